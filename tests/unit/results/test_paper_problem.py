"""Why a question paper does not count, as it follows from the papers' records."""

from dataclasses import replace
from typing import Any

import pytest

from core.models.submission import DocumentKind, SubmissionState
from core.storage.assessment_repository import AssessmentRecord
from results.paper_problem import failure_reason, paper_problem, reason_to_wait

NOTHING = {"type": "NoQuestionsFound", "message": "No question was found in this file."}
LOCKED = {"type": "EncryptedDocument", "message": "The PDF asks for a password."}
GOOD = AssessmentRecord(paper="assessments/t/bio/paper/p.json", paper_received_at="2030-01-02", revision=1)


def paper(state: SubmissionState, at: str, **more: Any) -> dict[str, Any]:
    return {
        "pk": f"submission#{at}",
        "kind": DocumentKind.QUESTION_PAPER.value,
        "state": state.value,
        "run": 1,
        "received_at": at,
        **more,
    }


def rejected(at: str, **more: Any) -> dict[str, Any]:
    return paper(SubmissionState.REJECTED, at, **{"failure": NOTHING, **more})


@pytest.mark.parametrize("papers", [[], [paper(SubmissionState.READING, "2030-01-01")]])
def test_without_a_paper_or_with_one_being_read_sheets_simply_wait(papers: list[dict[str, Any]]) -> None:
    assert paper_problem(papers, AssessmentRecord()) is None
    assert reason_to_wait(papers, AssessmentRecord()) is None


def test_a_paper_that_came_to_nothing_is_told_and_so_is_the_way_out() -> None:
    papers = [rejected("2030-01-01")]

    assert paper_problem(papers, AssessmentRecord()) == {"submission": "2030-01-01", **NOTHING}
    reason = reason_to_wait(papers, AssessmentRecord())
    assert reason is not None and reason["type"] == "PaperNotReady"
    assert NOTHING["message"] in reason["message"] and "another question paper" in reason["message"]


@pytest.mark.parametrize("state", [SubmissionState.REJECTED, SubmissionState.FAILED])
def test_of_several_that_came_to_nothing_the_one_received_last_is_told(state: SubmissionState) -> None:
    papers = [rejected("2030-01-03", counts_from="2030-01-05"), paper(state, "2030-01-04", failure=LOCKED)]
    assert (paper_problem(papers, AssessmentRecord()) or {})["type"] == "NoQuestionsFound"
    del papers[0]["counts_from"]
    assert (paper_problem(papers, AssessmentRecord()) or {})["type"] == "EncryptedDocument"


@pytest.mark.parametrize(
    "other",
    [
        paper(SubmissionState.READING, "2029-01-01"),
        paper(SubmissionState.READING, "2031-01-01"),
        paper(SubmissionState.FAILED, "2029-01-01", failure=LOCKED, claimed=2),
    ],
    ids=["an older one is read", "a newer one is read", "a failed one is about to run again"],
)
def test_while_a_paper_may_still_come_sheets_wait(other: dict[str, Any]) -> None:
    assert reason_to_wait([rejected("2030-01-01"), other], AssessmentRecord()) is None


def test_a_good_paper_counts_on_beside_a_later_one_without_questions() -> None:
    papers = [paper(SubmissionState.READY, "2030-01-02"), rejected("2030-01-03")]

    problem = paper_problem(papers, GOOD)
    assert problem is not None and problem["message"].endswith("The question paper that was there before still counts.")
    assert reason_to_wait(papers, GOOD) is None


def test_a_good_paper_after_it_or_a_persons_own_ends_the_problem() -> None:
    assert paper_problem([rejected("2030-01-01"), paper(SubmissionState.READY, "2030-01-02")], GOOD) is None
    assert paper_problem([rejected("2030-01-01")], GOOD) is None


CORRECTED = replace(GOOD, paper_by="teacher", paper_read=GOOD.paper)


def test_a_correction_of_the_paper_that_counts_ends_the_problem_of_a_wrong_file_before_it() -> None:
    wrong = rejected("2030-01-03", ended_at="2030-01-05")

    assert paper_problem([wrong], replace(CORRECTED, paper_placed_at="2030-01-06")) is None


@pytest.mark.parametrize(
    ("shelf", "more"),
    [
        (replace(CORRECTED, paper_placed_at="2030-01-02"), {}),
        (replace(CORRECTED, paper_placed_at="2030-01-04"), {}),
        (replace(CORRECTED, paper_placed_at="2030-01-06"), {"counts_from": "2030-01-07"}),
        (replace(GOOD, paper_placed_at="2030-01-06"), {}),
    ],
    ids=["before it came", "while it was read", "before it was sent again", "an older paper that was placed late"],
)
def test_a_wrong_file_that_nobody_could_know_of_is_still_told(shelf: AssessmentRecord, more: dict[str, Any]) -> None:
    assert paper_problem([rejected("2030-01-03", ended_at="2030-01-05", **more)], shelf) is not None


def test_what_is_erased_or_the_same_file_again_tells_nothing() -> None:
    papers = [
        rejected("2030-01-01", erased_at="2030-01-02"),
        paper(SubmissionState.DUPLICATE_OF, "2030-01-03", duplicate_of="x"),
    ]
    assert paper_problem(papers, AssessmentRecord()) is None


def test_papers_of_an_older_release_ended_without_a_reason_and_get_one() -> None:
    old = paper(SubmissionState.NEEDS_REVIEW, "2030-01-01")
    assert failure_reason(old) == NOTHING
    assert failure_reason({**old, "kind": DocumentKind.ANSWER_SHEET.value}) is None
    assert (paper_problem([old], AssessmentRecord()) or {})["type"] == "NoQuestionsFound"
