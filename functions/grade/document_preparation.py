"""Prepares a question paper or an answer key for grading, and makes it the assessment's current document."""

from collections.abc import Callable

from core.models import errors
from core.models.assessment import MarkingScheme, QuestionPaper
from core.models.document_kinds import DocumentKind
from core.models.execution_state import ExecutionState
from core.models.submission import Submission, SubmissionState
from core.models.transcript import Transcript
from core.platform.clock import now
from core.storage import assessment_repository, submission_repository
from core.storage.outcome_attributes import Failure, OutcomeAttributes
from core.storage.submission_queries import load_record
from core.storage.submission_record import SubmissionRecord
from core.storage.table import Table
from grade.document_store import DocumentStore
from grade.sheet_grading import GradingOutcome, build_timeline

# The document to store, and the error if nothing was found in it.
ParsedDocument = tuple[QuestionPaper | MarkingScheme, errors.NothingFound | None]

_NO_QUESTIONS_MESSAGE = (
    "No question was found in this file. Is it the question paper? Send another file, or a clearer scan of the paper."
)
_NO_ANSWERS_MESSAGE = (
    "No answer was found in this file. Is it the answer key? Send another file, or a marking scheme as YAML or JSON."
)
_NO_ANSWERS_YET_MESSAGE = "No answer was found in this file. It is read again when the question paper is there."


def prepare_document(state: ExecutionState, *, document_store: DocumentStore, table: Table) -> GradingOutcome:
    """Parse the questions (or the key's answers) from a transcript and store them as the assessment's document.

    A paper without a question does not replace the current one: it ends as REJECTED with the reason, and its
    transcript stays readable. The same holds for a key without an answer. A key that cannot be read without its paper
    is recorded as `before_paper`: it is read again when the paper is there.
    """
    joined_at = now()
    submission, transcript_key = state.submission, state.reading_result.transcript_key
    transcript = document_store.read_transcript(transcript_key)
    document, failure = PARSERS[submission.kind](submission, transcript, document_store, table)
    slot = submission.kind.rules.slot
    if slot is None:
        raise ValueError(f"{submission.kind} is graded, not prepared.")
    key = assessment_repository.assessment_document_key(
        submission.tenant, submission.assessment, slot, f"{submission.id}-{submission.run}"
    )
    document_store.write(key, document.to_dict())
    if failure is None:
        assessment_repository.set_document_if_newer(
            table, submission.tenant, submission.assessment, slot, key=key, received_at=submission.received_at
        )
    terminal_state = SubmissionState.READY if failure is None else SubmissionState.REJECTED
    timeline = build_timeline(state, joined_at)
    is_before_paper = isinstance(failure, errors.NoAnswersFound) and failure.before_paper
    outcome = OutcomeAttributes(
        paper_key=key,
        transcript_key=transcript_key,
        timeline=timeline,
        failure=None if failure is None else Failure(type(failure).__name__, failure.message),
        before_paper=is_before_paper if submission.kind.rules.needs_paper else None,
    )
    stored = submission_repository.write_terminal_state(table, submission, terminal_state, outcome)
    if failure is None:
        _restore_newer_upload_time(table, submission, slot, key)
    return GradingOutcome(stored, timeline)


def _restore_newer_upload_time(
    table: Table, submission: Submission, slot: assessment_repository.Slot, key: str
) -> None:
    """If the same file was uploaded again while it was prepared, the time of that later upload counts."""
    record = load_record(table, submission.id)
    if isinstance(record, SubmissionRecord) and record.counts_from and record.paper_key == key:
        assessment_repository.set_document_if_newer(
            table, submission.tenant, submission.assessment, slot, key=key, received_at=record.counts_from
        )


def _parse_paper(
    _submission: Submission, transcript: Transcript, _document_store: DocumentStore, _table: Table
) -> ParsedDocument:
    from grade.paper.paper_parser import parse_paper

    paper = parse_paper(transcript)
    return paper, None if paper.questions else errors.NoQuestionsFound(_NO_QUESTIONS_MESSAGE)


def _parse_answer_key(
    submission: Submission, transcript: Transcript, document_store: DocumentStore, table: Table
) -> ParsedDocument:
    from grade.scheme.answer_key_parser import parse_answer_key

    current = assessment_repository.load(table, submission.tenant, submission.assessment)
    paper = document_store.read_paper(current.paper) if current.paper else None
    scheme = parse_answer_key(transcript, paper)
    if scheme.entries:
        return scheme, None
    is_paper_missing = paper is None
    return scheme, errors.NoAnswersFound(
        _NO_ANSWERS_YET_MESSAGE if is_paper_missing else _NO_ANSWERS_MESSAGE, before_paper=is_paper_missing
    )


# The parser of each kind that is prepared; it returns the document to store, and why nothing was found in it.
PARSERS: dict[DocumentKind, Callable[[Submission, Transcript, DocumentStore, Table], ParsedDocument]] = {
    DocumentKind.QUESTION_PAPER: _parse_paper,
    DocumentKind.ANSWER_KEY: _parse_answer_key,
}
