"""Why the last uploaded question paper cannot be used, and the reason shown for the sheets that wait for it.

Nothing of this is stored. It is computed from the papers' records on each request, so another paper, another run of
the paper or an erasure needs no second write.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.models.document_kinds import DocumentKind
from core.models.errors import NoAnswersFound, NoQuestionsFound, PaperNotReady
from core.models.submission import SubmissionState
from core.storage.assessment_repository import AssessmentRecord
from core.storage.outcome_attributes import Failure
from core.storage.submission_record import SubmissionRecord

# For papers and keys that an earlier release ended without storing a reason.
_DEFAULT_REASONS = {
    DocumentKind.QUESTION_PAPER: Failure(NoQuestionsFound.__name__, "No question was found in this file."),
    DocumentKind.ANSWER_KEY: Failure(NoAnswersFound.__name__, "No answer was found in this file."),
}
_PREVIOUS_PAPER_COUNTS = " The question paper that was there before still counts."


@dataclass(frozen=True, slots=True)
class PaperProblem:
    """What is wrong with the question paper that was received last."""

    submission_id: str
    reason: Failure

    def to_dict(self) -> dict[str, Any]:
        return {"submission": self.submission_id, **self.reason.to_dict()}


def failure_reason(record: SubmissionRecord) -> Failure | None:
    """Why a submission ended without marks, or was not used as a paper or key; None if it was."""
    if record.failure is None and record.state is SubmissionState.NEEDS_REVIEW:
        return _DEFAULT_REASONS.get(record.kind)
    return record.failure


def paper_problem(papers: Sequence[SubmissionRecord], current: AssessmentRecord) -> PaperProblem | None:
    """What is wrong with the question paper that was received last.

    None if that paper is in use, if a paper is still being read, or if a teacher corrected the paper in use after this
    one had ended.
    """
    records = [record for record in papers if record.state is not SubmissionState.DUPLICATE_OF]
    if not records or any(_is_in_progress(record) for record in records):
        return None
    newest = max(records, key=lambda record: record.last_received_at)
    reason = failure_reason(newest)
    if reason is None or _is_superseded(current, newest):
        return None
    still = _PREVIOUS_PAPER_COUNTS if current.paper is not None else ""
    return PaperProblem(newest.id, Failure(reason.type, f"{reason.message}{still}"))


def reason_to_wait(papers: Sequence[SubmissionRecord], current: AssessmentRecord) -> Failure | None:
    """Why the sheets that wait for their paper will not be marked without action; None if a paper may still come."""
    problem = paper_problem(papers, current) if current.paper is None else None
    if problem is None:
        return None
    message = (
        f"The question paper cannot be used: {problem.reason.message} "
        "The sheet is kept; it is marked when another question paper is there."
    )
    return Failure(PaperNotReady.__name__, message)


def _is_in_progress(record: SubmissionRecord) -> bool:
    return record.state is SubmissionState.READING or record.last_run > record.run


def _is_superseded(current: AssessmentRecord, record: SubmissionRecord) -> bool:
    """Whether the paper in use was received after this one, or corrected by a teacher who could see how it ended."""
    if current.paper is None:
        return False
    # A correction keeps the time at which its paper was received, so that the next uploaded paper still replaces it.
    corrected = current.paper_by is not None and (current.paper_placed_at or "") >= max(
        record.last_received_at, record.ended_at or ""
    )
    return corrected or (current.paper_received_at or "") >= record.last_received_at
