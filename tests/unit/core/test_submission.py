"""Identity of submissions: one file has one id, whichever way and however often it is delivered."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.models import errors
from core.models.document_kinds import DocumentKind
from core.models.submission import (
    IntakeChannel,
    SourceFile,
    Submission,
    keyed_hash,
    parse_assessment,
    parse_student,
    submission_id_from_content,
)

SECRET = b"secret"
TEXT = st.text(max_size=20)


def submission(**change: Any) -> Submission:
    file = SourceFile("temp", "incoming/1", "v1", 10, "ab" * 32, "application/pdf")
    original = Submission(
        "0" * 32, 1, "demo", "bio", DocumentKind.ANSWER_SHEET, None, IntakeChannel.API, "2026-01-31T08:30:00.125Z", file
    )
    return replace(original, **change)


@given(st.lists(TEXT, min_size=1, max_size=4), st.lists(TEXT, min_size=1, max_size=4))
def test_only_equal_parts_have_equal_hashes(one: list[str], other: list[str]) -> None:
    assert (keyed_hash(SECRET, *one) == keyed_hash(SECRET, *other)) == (one == other)


def test_an_id_cannot_be_guessed_without_the_secret() -> None:
    given = {"tenant": "t", "assessment": "a", "kind": DocumentKind.ANSWER_SHEET, "student": "Ada", "sha256": "00" * 32}
    assert submission_id_from_content(SECRET, **given) != submission_id_from_content(b"another", **given)


@pytest.mark.parametrize("student", [None, "sealed.abc"])
def test_a_submission_survives_the_round_trip_through_a_state(student: str | None) -> None:
    original = submission(student=student)
    assert Submission.from_state(original.to_state()) == original


def test_an_execution_name_fits_step_functions() -> None:
    name = submission(run=9999).execution_name
    assert len(name) <= 80
    assert name.replace("-", "").isalnum()


@pytest.mark.parametrize("name", ["biology-1", "A", "2026.physics_2", "x" * 64])
def test_valid_assessment_names_are_accepted(name: str) -> None:
    assert parse_assessment(name) == name


@pytest.mark.parametrize("name", ["../x", "a/b", "a..b", "-a", ".a", "x" * 65, "a b", "ä", "a\n"])
def test_invalid_assessment_names_are_refused(name: str) -> None:
    with pytest.raises(errors.InvalidAssessment):
        parse_assessment(name)


@pytest.mark.parametrize(
    ("label", "expected"), [("  Ada ", "Ada"), ("Zoë Müller", "Zoë Müller"), ("", None), (" ", None)]
)
def test_student_labels_are_trimmed_and_may_be_blank(label: str, expected: str | None) -> None:
    assert parse_student(label) == expected


@pytest.mark.parametrize("label", ["a/b", "a\\b", "..", "a\x00b", "a\nb", "x" * 129])
def test_invalid_student_labels_are_refused(label: str) -> None:
    with pytest.raises(errors.InvalidStudent):
        parse_student(label)
