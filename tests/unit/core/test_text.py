"""Half characters, which JSON can hold and UTF-8 cannot, do not keep anything from being stored."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.platform.sanitize import sanitize_text
from grade.document_store import DocumentStore

ANY = st.text(alphabet=st.characters(), max_size=30)


@pytest.mark.parametrize(
    ("given_text", "made"),
    [
        ("a\ud83db", "a\ufffdb"),
        ("\udc00", "\ufffd"),
        ("\ud83d\ude00", "\U0001f600"),
        ("a\0b", "ab"),
        ("süß 光", "süß 光"),
    ],
)
def test_halves_are_replaced_pairs_joined_and_nul_dropped(given_text: str, made: str) -> None:
    assert sanitize_text(given_text) == made


@given(ANY, st.sampled_from(["", "\ud83d", "\udfff", "\0"]))
def test_whatever_it_was_it_can_be_written(text: str, odd: str) -> None:
    made = sanitize_text(text + odd + text)
    made.encode()
    assert "\0" not in made


def test_a_result_with_half_a_character_of_a_student_is_written() -> None:
    kept: dict[str, bytes] = {}

    class S3:
        def put_object(self, *, Key: str, Body: bytes, **_: str) -> None:  # noqa: N803 - as boto3 spells it
            kept[Key] = Body

    DocumentStore(S3(), "documents").write("a", {"answer": "Light \ud83d is taken in."})
    assert "Light \ufffd is taken in." in kept["a"].decode()
