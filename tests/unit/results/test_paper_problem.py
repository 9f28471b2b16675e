"""Why the question paper cannot be used, computed from the papers' records."""

from dataclasses import replace
from typing import Any

import pytest

from core.models.document_kinds import DocumentKind
from core.models.submission import IntakeChannel, SubmissionState
from core.storage.assessment_repository import AssessmentRecord
from core.storage.outcome_attributes import Failure
from core.storage.submission_record import SubmissionRecord
from results.paper_problem import PaperProblem, failure_reason, paper_problem, reason_to_wait

NOTHING = Failure("NoQuestionsFound", "No question was found in this file.")
LOCKED = Failure("EncryptedDocument", "The PDF asks for a password.")
GOOD = AssessmentRecord({"paper": "assessments/t/bio/paper/p.json"}, paper_received_at="2030-01-02", revision=1)


def paper(state: SubmissionState, at: str, **more: Any) -> SubmissionRecord:
    return SubmissionRecord(
        id=at,
        tenant="demo",
        assessment="bio",
        kind=DocumentKind.QUESTION_PAPER,
        channel=IntakeChannel.API,
        received_at=at,
        state=state,
        run=1,
        input="{}",
        **more,
    )


def rejected(at: str, **more: Any) -> SubmissionRecord:
    return paper(SubmissionState.REJECTED, at, **{"failure": NOTHING, **more})


def reason_of(papers: list[SubmissionRecord]) -> Failure | None:
    """The reason of the problem in an assessment without a paper."""
    problem = paper_problem(papers, AssessmentRecord())
    return problem and problem.reason


@pytest.mark.parametrize("papers", [[], [paper(SubmissionState.READING, "2030-01-01")]])
def test_no_problem_without_a_paper_or_while_one_is_read(papers: list[SubmissionRecord]) -> None:
    assert paper_problem(papers, AssessmentRecord()) is None
    assert reason_to_wait(papers, AssessmentRecord()) is None


def test_an_unusable_paper_is_reported_with_a_remedy() -> None:
    papers = [rejected("2030-01-01")]

    assert paper_problem(papers, AssessmentRecord()) == PaperProblem("2030-01-01", NOTHING)
    reason = reason_to_wait(papers, AssessmentRecord())
    assert reason is not None and reason.type == "PaperNotReady"
    assert NOTHING.message in reason.message and "another question paper" in reason.message


@pytest.mark.parametrize("state", [SubmissionState.REJECTED, SubmissionState.FAILED])
def test_of_several_unusable_papers_the_newest_is_reported(state: SubmissionState) -> None:
    other = paper(state, "2030-01-04", failure=LOCKED)
    sent_again = rejected("2030-01-03", counts_from="2030-01-05")
    assert reason_of([sent_again, other]) == NOTHING
    assert reason_of([rejected("2030-01-03"), other]) == LOCKED


@pytest.mark.parametrize(
    "other",
    [
        paper(SubmissionState.READING, "2029-01-01"),
        paper(SubmissionState.READING, "2031-01-01"),
        paper(SubmissionState.FAILED, "2029-01-01", failure=LOCKED, claimed=2),
    ],
    ids=["an older one is being read", "a newer one is being read", "a failed one is about to run again"],
)
def test_sheets_wait_while_a_paper_may_still_come(other: SubmissionRecord) -> None:
    assert reason_to_wait([rejected("2030-01-01"), other], AssessmentRecord()) is None


def test_a_good_paper_still_counts_after_an_unusable_one() -> None:
    papers = [paper(SubmissionState.READY, "2030-01-02"), rejected("2030-01-03")]

    problem = paper_problem(papers, GOOD)
    assert problem is not None and problem.reason.message.endswith(
        "The question paper that was there before still counts."
    )
    assert reason_to_wait(papers, GOOD) is None


def test_a_newer_good_paper_ends_the_problem() -> None:
    assert paper_problem([rejected("2030-01-01"), paper(SubmissionState.READY, "2030-01-02")], GOOD) is None
    assert paper_problem([rejected("2030-01-01")], GOOD) is None


CORRECTED = replace(GOOD, paper_by="teacher", originals=GOOD.documents)


def test_a_later_correction_ends_the_problem_of_a_wrong_file() -> None:
    wrong = rejected("2030-01-03", ended_at="2030-01-05")

    assert paper_problem([wrong], replace(CORRECTED, paper_placed_at="2030-01-06")) is None


@pytest.mark.parametrize(
    ("current", "more"),
    [
        (replace(CORRECTED, paper_placed_at="2030-01-02"), {}),
        (replace(CORRECTED, paper_placed_at="2030-01-04"), {}),
        (replace(CORRECTED, paper_placed_at="2030-01-06"), {"counts_from": "2030-01-07"}),
        (replace(GOOD, paper_placed_at="2030-01-06"), {}),
    ],
    ids=["before it came", "while it was read", "before it was sent again", "an older paper stored late"],
)
def test_a_wrong_file_unknown_to_the_teacher_is_still_reported(current: AssessmentRecord, more: dict[str, Any]) -> None:
    assert paper_problem([rejected("2030-01-03", ended_at="2030-01-05", **more)], current) is not None


def test_duplicate_papers_are_ignored() -> None:
    assert reason_of([paper(SubmissionState.DUPLICATE_OF, "2030-01-03", duplicate_of="x")]) is None


def test_papers_of_an_older_release_get_a_default_reason() -> None:
    old = paper(SubmissionState.NEEDS_REVIEW, "2030-01-01")
    assert failure_reason(old) == NOTHING
    assert failure_reason(replace(old, kind=DocumentKind.ANSWER_SHEET)) is None
    assert reason_of([old]) == NOTHING
