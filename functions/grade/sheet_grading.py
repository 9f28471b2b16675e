"""The grade step of a sheet: load, split, mark, store."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from core.models import counting_rules
from core.models.assessment import MarkingScheme, QuestionPaper
from core.models.execution_state import ExecutionState
from core.models.result import QuestionMark, SheetResult, Usage
from core.models.roster import Roster
from core.models.submission import Submission, SubmissionState
from core.models.timeline import Timeline
from core.models.transcript import Transcript
from core.platform.clock import now
from core.storage import assessment_repository, submission_repository
from core.storage.assessment_repository import AssessmentRecord
from core.storage.encryption import TextCipher
from core.storage.outcome_attributes import OutcomeAttributes, QuestionSummary
from core.storage.submission_queries import load_record
from core.storage.submission_record import SubmissionRecord
from core.storage.table import Table
from grade.document_store import DocumentStore, load_paper_and_scheme
from grade.markers.free_text import FreeTextMarker
from grade.markers.marker_cache import CachedMarks, CachingMarker, cached_marks_from_document, with_cached_marks
from grade.marking import mark_sheet
from grade.review_reasons import add_student_reasons


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

    cached_marks: CachedMarks
    corrected_answers: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Inputs:
    """Everything that a sheet is graded from. `record` is the submission's record, None if there is none."""

    assessment: AssessmentRecord
    paper: QuestionPaper
    scheme: MarkingScheme
    roster: Roster | None
    transcript: Transcript
    record: SubmissionRecord | None


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
    result = replace(result, review=add_student_reasons(result.review, is_student_certain=student.certain))
    outcome = OutcomeAttributes(
        result_key=_store_result(submission, result, caching_marker, document_store),
        transcript_key=transcript_key,
        revision=inputs.assessment.revision,
        student=None if declared_student else _encrypt_student(submission, student.label, cipher),
    )
    return _record_result(submission, result, outcome, build_timeline(state, joined_at), table)


def _decrypt_student(submission: Submission, cipher: TextCipher) -> str | None:
    """The student label that came with the upload, if any."""
    return cipher.decrypt(submission.student, associated_data=submission.id) if submission.student else None


def _encrypt_student(submission: Submission, label: str | None, cipher: TextCipher) -> str | None:
    """The student label found on the sheet, encrypted like one that came with the upload; None if there is none."""
    return None if label is None else cipher.encrypt(label, associated_data=submission.id)


def _load_inputs(
    submission: Submission, transcript_key: str, document_store: DocumentStore, table: Table
) -> _Inputs | SubmissionState:
    """The inputs of the grading, or the recorded terminal state if this run has already ended and only its response was
    lost: then nothing is marked, or paid for, twice. The transcript and the record are read concurrently with the
    assessment."""
    with ThreadPoolExecutor(2) as pool:
        transcript_future = pool.submit(document_store.read_transcript, transcript_key)
        record_future = pool.submit(load_record, table, submission.id)
        assessment = assessment_repository.load(table, submission.tenant, submission.assessment)
        paper, scheme = load_paper_and_scheme(assessment, document_store)
        roster = document_store.read_roster(assessment.roster) if assessment.roster else None
        record = record_future.result()
        recorded_state = submission_repository.find_final_state(record, submission)
        if recorded_state is not None:
            return recorded_state
        transcript = transcript_future.result()
    present = record if isinstance(record, SubmissionRecord) else None
    return _Inputs(assessment, paper, scheme, roster, transcript, present)


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
    document_store.write(key, with_cached_marks(result.to_dict(), marker.cached_marks))
    return key


def _record_result(
    submission: Submission, result: SheetResult, outcome: OutcomeAttributes, timeline: Timeline, table: Table
) -> GradingOutcome:
    """Write the terminal state with this outcome and what the result adds to it."""
    terminal_state = SubmissionState.NEEDS_REVIEW if result.needs_review else SubmissionState.GRADED
    outcome = replace(
        outcome,
        timeline=timeline,
        marks=result.marks,
        max_marks=result.max_marks,
        review=tuple(reason.value for reason in result.review),
        question_marks=tuple(map(_summarize_question, result.questions)),
    )
    return GradingOutcome(
        submission_repository.write_terminal_state(table, submission, terminal_state, outcome),
        timeline,
        result.marks,
        result.max_marks,
        for_review=sum(bool(question.review) for question in result.questions),
        usage=result.usage,
    )


def _load_earlier_run(record: SubmissionRecord | None, document_store: DocumentStore) -> _EarlierRun:
    """Empty for a first run, whose record has neither a result nor corrections."""
    corrections = record.corrections if record else {}
    result_keys = [record.result_key] if record and record.result_key else []
    if not result_keys and not corrections:
        return _EarlierRun({}, {})
    with ThreadPoolExecutor(8) as pool:
        documents = list(pool.map(document_store.read, [*result_keys, *(one.key for one in corrections.values())]))
    cached_marks = {key: mark for one in documents for key, mark in cached_marks_from_document(one).items()}
    corrected = [QuestionMark.from_dict(document) for document in documents[len(result_keys) :]]
    return _EarlierRun(
        cached_marks, {question: one.answer for question, one in zip(corrections, corrected, strict=True)}
    )


def build_timeline(state: ExecutionState, joined_at: str) -> Timeline:
    """The timestamps that only the merged state has; the branches' own are in their items."""
    return Timeline(state.reading_result.first_ocr_at, joined_at, now())


def _summarize_question(mark: QuestionMark) -> QuestionSummary:
    return QuestionSummary(
        question=mark.question,
        label=mark.label,
        marks=mark.marks,
        max_marks=mark.max_marks,
        review=tuple(reason.value for reason in mark.review),
        counted=mark.counted,
        answered=counting_rules.is_attempted(mark.answer),
    )
