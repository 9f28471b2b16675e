"""Why the last uploaded question paper cannot be used, and the reason shown for the sheets that wait for it.

Nothing of this is stored. It is computed from the papers' records on each request, so another paper, another run of
the paper or an erasure needs no second write.
"""

from collections.abc import Sequence
from typing import Any

from core.models.document_kinds import DocumentKind
from core.models.errors import NoAnswersFound, NoQuestionsFound, PaperNotReady
from core.models.submission import SubmissionState
from core.storage.assessment_repository import AssessmentRecord
from core.storage.table import Item, submission_pk

FailureReason = dict[str, Any]

# For papers and keys that an earlier release ended without storing a reason.
_DEFAULT_REASONS = {
    DocumentKind.QUESTION_PAPER: {"type": NoQuestionsFound.__name__, "message": "No question was found in this file."},
    DocumentKind.ANSWER_KEY: {"type": NoAnswersFound.__name__, "message": "No answer was found in this file."},
}
_PREVIOUS_PAPER_COUNTS = " The question paper that was there before still counts."


def failure_reason(record: Item) -> FailureReason | None:
    """Why a submission ended without marks, or was not used as a paper or key; None if it was."""
    if record["state"] == SubmissionState.NEEDS_REVIEW and record["kind"] in _DEFAULT_REASONS:
        return record.get("failure") or _DEFAULT_REASONS[record["kind"]]
    return record.get("failure")


def paper_problem(papers: Sequence[Item], current: AssessmentRecord) -> FailureReason | None:
    """What is wrong with the question paper that was received last: {submission, type, message}.

    None if that paper is in use, if a paper is still being read, or if a teacher corrected the paper in use after this
    one had ended.
    """
    records = [
        record for record in papers if "erased_at" not in record and record["state"] != SubmissionState.DUPLICATE_OF
    ]
    if not records or any(_is_in_progress(record) for record in records):
        return None
    newest = max(records, key=_received_at)
    reason = failure_reason(newest)
    if reason is None or _is_superseded(current, newest):
        return None
    still = _PREVIOUS_PAPER_COUNTS if current.paper is not None else ""
    submission = newest["pk"].removeprefix(submission_pk(""))
    return {"submission": submission, "type": reason["type"], "message": f"{reason['message']}{still}"}


def reason_to_wait(papers: Sequence[Item], current: AssessmentRecord) -> FailureReason | None:
    """Why the sheets that wait for their paper will not be marked without action; None if a paper may still come."""
    problem = paper_problem(papers, current) if current.paper is None else None
    if problem is None:
        return None
    message = (
        f"The question paper cannot be used: {problem['message']} "
        "The sheet is kept; it is marked when another question paper is there."
    )
    return {"type": PaperNotReady.__name__, "message": message}


def _is_in_progress(record: Item) -> bool:
    return record["state"] == SubmissionState.READING or int(record.get("claimed", 0)) > int(record["run"])


def _is_superseded(current: AssessmentRecord, record: Item) -> bool:
    """Whether the paper in use was received after this one, or corrected by a teacher who could see how it ended."""
    if current.paper is None:
        return False
    # A correction keeps the time at which its paper was received, so that the next uploaded paper still replaces it.
    corrected = current.paper_by is not None and (current.paper_placed_at or "") >= max(
        _received_at(record), str(record.get("ended_at", ""))
    )
    return corrected or (current.paper_received_at or "") >= _received_at(record)


def _received_at(record: Item) -> str:
    return str(record.get("counts_from", record["received_at"]))
