"""A paper or an answer key becomes what sheets are graded against, and takes its place on the shelf."""

from typing import Any

from core.models import errors
from core.models.assessment import QuestionPaper
from core.models.submission import DocumentKind, Submission, SubmissionState
from core.models.transcript import Transcript
from core.platform.clock import now
from core.storage import assessment_repository, submission_repository
from core.storage.table import RECORD_SK, Item, Table, submission_pk
from grade.document_store import DocumentStore
from grade.sheet_grading import GradingOutcome, timeline

_NO_QUESTIONS_MESSAGE = (
    "No question was found in this file. Is it the question paper? Send another file, or a clearer scan of the paper."
)
_NO_ANSWERS_MESSAGE = (
    "No answer was found in this file. Is it the answer key? Send another file, or a marking scheme as YAML or JSON."
)
_NO_ANSWERS_YET_MESSAGE = "No answer was found in this file. It is read again when the question paper is there."


def prepare_document(state: dict[str, Any], *, document_store: DocumentStore, table: Table) -> GradingOutcome:
    """Read the question tree (or the key's answers) out of a transcript and put it on the shelf.

    A paper in which no question is found does not replace one that stands: it ends as REJECTED with the reason
    (so does a key without an answer), and its transcript can be looked at. A key that says nothing without its paper
    is noted as `before_paper`: it is read again when the paper is there.
    """
    joined_at = now()
    submission = Submission.from_state(state)
    transcript_key = state["outcome"]["reading"]["value"]["transcript"]["key"]
    transcript = Transcript.from_dict(document_store.read(transcript_key))
    document, fault = _parse_document(submission, transcript, document_store, table)
    slot: assessment_repository.Slot = "paper" if submission.kind is DocumentKind.QUESTION_PAPER else "key_document"
    key = assessment_repository.assessment_document_key(
        submission.tenant, submission.assessment, slot, f"{submission.id}-{submission.run}"
    )
    document_store.write(key, document)
    if fault is None:
        assessment_repository.set_document_if_newer(
            table, submission.tenant, submission.assessment, slot, key=key, received_at=submission.received_at
        )
    terminal_state = SubmissionState.READY if fault is None else SubmissionState.REJECTED
    timestamps = timeline(state, joined_at)
    attributes: Item = {"paper_key": key, "transcript_key": transcript_key, "timeline": timestamps}
    if fault is not None:
        attributes["failure"] = {"type": type(fault).__name__, "message": fault.message}
    if submission.kind is DocumentKind.ANSWER_KEY:
        attributes["before_paper"] = isinstance(fault, errors.NoAnswersFound) and fault.before_paper
    stored = submission_repository.write_terminal_state(table, submission, terminal_state, attributes)
    if fault is None:
        _restore_newer_upload_time(table, submission, slot, key)
    return GradingOutcome(stored, timestamps)


def _restore_newer_upload_time(
    table: Table, submission: Submission, slot: assessment_repository.Slot, key: str
) -> None:
    """Where the same file was received once more while it was prepared, that receipt is the one that counts."""
    found = table.get(submission_pk(submission.id), RECORD_SK) or {}
    at = found.get("counts_from")
    if at and found.get("paper_key") == key:
        assessment_repository.set_document_if_newer(
            table, submission.tenant, submission.assessment, slot, key=key, received_at=at
        )


def _parse_document(
    submission: Submission, transcript: Transcript, document_store: DocumentStore, table: Table
) -> tuple[dict[str, Any], errors.NothingFound | None]:
    """The document to keep, and what is wrong with it: nothing was found in it, or None."""
    from grade.paper.paper_parser import parse_paper
    from grade.scheme.answer_key_parser import parse_answer_key

    if submission.kind is DocumentKind.QUESTION_PAPER:
        paper = parse_paper(transcript)
        return paper.to_dict(), None if paper.questions else errors.NoQuestionsFound(_NO_QUESTIONS_MESSAGE)
    current = assessment_repository.load(table, submission.tenant, submission.assessment)
    stored = document_store.read_cached(current.paper)
    scheme = parse_answer_key(transcript, QuestionPaper.from_dict(stored) if stored else None)
    if scheme.entries:
        return scheme.to_dict(), None
    is_paper_missing = stored is None
    return scheme.to_dict(), errors.NoAnswersFound(
        _NO_ANSWERS_YET_MESSAGE if is_paper_missing else _NO_ANSWERS_MESSAGE, before_paper=is_paper_missing
    )
