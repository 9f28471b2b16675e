"""Text with unpaired surrogates, which JSON can hold and UTF-8 cannot, is stored nevertheless."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.platform.sanitize import sanitize_text
from grade.document_store import DocumentStore

ANY = st.text(alphabet=st.characters(), max_size=30)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\ud83db", "a\ufffdb"),
        ("\udc00", "\ufffd"),
        ("\ud83d\ude00", "\U0001f600"),
        ("a\0b", "ab"),
        ("süß 光", "süß 光"),
    ],
)
def test_unpaired_surrogates_are_replaced_and_nul_is_dropped(text: str, expected: str) -> None:
    assert sanitize_text(text) == expected


@given(ANY, st.sampled_from(["", "\ud83d", "\udfff", "\0"]))
def test_sanitized_text_can_be_encoded(text: str, odd: str) -> None:
    sanitized = sanitize_text(text + odd + text)
    sanitized.encode()
    assert "\0" not in sanitized


def test_a_result_with_an_unpaired_surrogate_is_stored() -> None:
    stored: dict[str, bytes] = {}

    class S3:
        def put_object(self, *, Key: str, Body: bytes, **_: str) -> None:  # noqa: N803 - as boto3 spells it
            stored[Key] = Body

    DocumentStore(S3(), "documents").write("a", {"answer": "Light \ud83d is taken in."})
    assert "Light \ufffd is taken in." in stored["a"].decode()
