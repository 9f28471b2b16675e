"""Grades a sheet from its transcript, the paper and the scheme, and stores the result."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from core.models import counting_rules
from core.models.assessment import MarkingScheme, QuestionPaper
from core.models.execution_state import ExecutionState
from core.models.result import ReviewReason, SheetResult, Usage
from core.models.roster import Roster
from core.models.submission import Submission, SubmissionState
from core.models.timeline import Timeline
from core.models.transcript import Transcript
from core.platform.clock import now
from core.storage import assessment_repository, submission_repository
from core.storage.assessment_repository import AssessmentRecord
from core.storage.corrections import corrections_from_record
from core.storage.encryption import TextCipher
from core.storage.table import RECORD_SK, Item, Table, submission_pk
from grade.document_store import DocumentStore, load_paper_and_scheme
from grade.markers.free_text import FreeTextMarker
from grade.markers.marker_cache import CachingMarker
from grade.marking import mark_sheet


@dataclass(frozen=True, slots=True)
class GradingOutcome:
    """The terminal state for the state machine, and what the metrics need: timestamps of the merged state, the number
    of questions for review, the usage of a model."""

    state: SubmissionState
    timeline: Timeline
    marks: float | None = None
    max_marks: float | None = None
    for_review: int = 0
    usage: Usage = field(default_factory=Usage)

    def to_state(self) -> dict[str, Any]:
        return {"state": self.state.value, "marks": self.marks, "max_marks": self.max_marks}


@dataclass(frozen=True, slots=True)
class _EarlierRun:
    """What an earlier run and a teacher left behind: the model's cached marks, and corrected answers by question."""

    cached_marks: dict[str, Any]
    corrected_answers: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Inputs:
    """Everything that a sheet is graded from. `record` is the submission's item, empty if there is none."""

    assessment: AssessmentRecord
    paper: QuestionPaper
    scheme: MarkingScheme
    roster: Roster | None
    transcript: Transcript
    record: Item


def grade_sheet(
    state: ExecutionState,
    *,
    document_store: DocumentStore,
    table: Table,
    cipher: TextCipher,
    free_text_marker: FreeTextMarker,
) -> GradingOutcome:
    """Grade one sheet and record its terminal state once.

    When this returns, the result is durable and the record points to it.

    Raises
    ------
    PaperNotReady
        The assessment's paper has not been read yet; nothing was written.
    SubmissionErased
        The submission was erased while it was graded.
    """
    from grade.sheet.student_matching import match_student

    joined_at = now()
    submission, transcript_key = state.submission, state.reading_result.transcript_key
    declared_student = _decrypt_student(submission, cipher)
    inputs = _load_inputs(submission, transcript_key, document_store, table)
    if isinstance(inputs, SubmissionState):
        return GradingOutcome(inputs, build_timeline(state, joined_at))
    earlier = _load_earlier_run(inputs.record, document_store)
    caching_marker = CachingMarker(free_text_marker, earlier.cached_marks)
    result = _mark(inputs, earlier, caching_marker)
    student = match_student(declared_student, result.name_on_sheet, inputs.roster)
    if not student.certain:
        result = replace(result, review=tuple(dict.fromkeys((*result.review, ReviewReason.UNKNOWN_STUDENT))))
    attributes: Item = {
        "result_key": _store_result(submission, result, caching_marker, document_store),
        "transcript_key": transcript_key,
        "revision": inputs.assessment.revision,
        **({} if declared_student else _student_attribute(submission, student.label, cipher)),
    }
    return _record_result(submission, result, attributes, build_timeline(state, joined_at), table)


def _decrypt_student(submission: Submission, cipher: TextCipher) -> str | None:
    """The student label that came with the upload, if any."""
    return cipher.decrypt(submission.student, associated_data=submission.id) if submission.student else None


def _student_attribute(submission: Submission, label: str | None, cipher: TextCipher) -> Item:
    """The student label found on the sheet, encrypted like one that came with the upload; empty if there is none."""
    return {} if label is None else {"student": cipher.encrypt(label, associated_data=submission.id)}


def _load_inputs(
    submission: Submission, transcript_key: str, document_store: DocumentStore, table: Table
) -> _Inputs | SubmissionState:
    """The inputs of the grading, or the recorded terminal state if this run has already ended and only its response was
    lost: then nothing is marked, or paid for, twice. The transcript and the record are read concurrently with the
    assessment."""
    with ThreadPoolExecutor(2) as pool:
        transcript_future = pool.submit(document_store.read, transcript_key)
        record_future = pool.submit(table.get, submission_pk(submission.id), RECORD_SK)
        assessment = assessment_repository.load(table, submission.tenant, submission.assessment)
        paper, scheme = load_paper_and_scheme(assessment, document_store)
        roster = Roster.from_dict(document_store.read(assessment.roster)) if assessment.roster else None
        record = record_future.result()
        recorded_state = submission_repository.find_final_state(record, submission)
        if recorded_state is not None:
            return recorded_state
        transcript = Transcript.from_dict(transcript_future.result())
    return _Inputs(assessment, paper, scheme, roster, transcript, record or {})


def _mark(inputs: _Inputs, earlier: _EarlierRun, marker: FreeTextMarker) -> SheetResult:
    """The marks of the sheet, with the teacher's corrected readings applied."""
    from grade.corrected_answers import apply_corrections, attach_original_readings
    from grade.sheet.answers import split_into_answers

    question_ids = {leaf.id for leaf in inputs.paper.leaves()}
    # Corrections for questions that the paper no longer has are ignored.
    corrected = {question: text for question, text in earlier.corrected_answers.items() if question in question_ids}
    sheet, original_readings = apply_corrections(split_into_answers(inputs.transcript, inputs.paper), corrected)
    result = mark_sheet(inputs.paper, inputs.scheme, sheet, free_text_marker=marker)
    return replace(attach_original_readings(result, original_readings), name_on_sheet=sheet.student)


def _store_result(
    submission: Submission, result: SheetResult, marker: CachingMarker, document_store: DocumentStore
) -> str:
    """Write the result document, with the cached marks for later runs, and return its key."""
    key = f"results/{submission.tenant}/{submission.id}/{submission.run}.json"
    document_store.write(key, {**result.to_dict(), "opinions": marker.cached_marks})
    return key


def _record_result(
    submission: Submission, result: SheetResult, attributes: Item, timeline: Timeline, table: Table
) -> GradingOutcome:
    """Write the terminal state with these attributes and those that come from the result."""
    terminal_state = SubmissionState.NEEDS_REVIEW if result.needs_review else SubmissionState.GRADED
    from_result: Item = {
        "timeline": timeline.to_dict(),
        "marks": result.marks,
        "max_marks": result.max_marks,
        "review": [reason.value for reason in result.review],
        "question_marks": [_summarize_question(question.to_dict()) for question in result.questions],
    }
    return GradingOutcome(
        submission_repository.write_terminal_state(table, submission, terminal_state, attributes | from_result),
        timeline,
        result.marks,
        result.max_marks,
        for_review=sum(bool(question.review) for question in result.questions),
        usage=result.usage,
    )


def _load_earlier_run(record: Item, document_store: DocumentStore) -> _EarlierRun:
    """Empty for a first run, whose record has neither a result nor corrections."""
    corrections = corrections_from_record(record)
    result_keys = [record["result_key"]] if "result_key" in record else []
    if not result_keys and not corrections:
        return _EarlierRun({}, {})
    with ThreadPoolExecutor(8) as pool:
        documents = list(pool.map(document_store.read, [*result_keys, *(one.key for one in corrections.values())]))
    cached_marks = {key: mark for document in documents for key, mark in document.get("opinions", {}).items()}
    corrected = documents[len(result_keys) :]
    return _EarlierRun(
        cached_marks, {question: one["answer"] for question, one in zip(corrections, corrected, strict=True)}
    )


def build_timeline(state: ExecutionState, joined_at: str) -> Timeline:
    """The timestamps that only the merged state has; the branches' own are in their items."""
    return Timeline(state.reading_result.first_ocr_at, joined_at, now())


def _summarize_question(question: dict[str, Any]) -> dict[str, Any]:
    """The fields of a question that a table of marks needs; the others are in the result document."""
    summary = {name: question[name] for name in ("question", "label", "marks", "max_marks", "review", "counted")}
    return {**summary, "answered": counting_rules.is_attempted(question["answer"])}
