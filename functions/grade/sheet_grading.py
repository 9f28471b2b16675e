"""A sheet becomes marks: its transcript, the paper and the scheme together, and one durable result."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from core.models import counting_rules
from core.models.result import ReviewReason, Usage
from core.models.roster import Roster
from core.models.submission import Submission, SubmissionState
from core.models.transcript import Transcript
from core.platform.clock import now
from core.storage import assessment_repository, submission_repository
from core.storage.corrections import corrections_from_record
from core.storage.encryption import TextCipher
from core.storage.table import RECORD_SK, Item, Table, submission_pk
from grade.document_store import DocumentStore, load_paper_and_scheme
from grade.markers.free_text import FreeTextMarker
from grade.markers.marker_cache import CachingMarker
from grade.marking import mark_sheet


@dataclass(frozen=True, slots=True)
class GradingOutcome:
    """An ending as the state machine carries it on, and what the metrics say of it: the moments that only the joined
    state knows, the questions that want a person, what a model was asked."""

    state: SubmissionState
    timeline: dict[str, Any]
    marks: float | None = None
    max_marks: float | None = None
    for_review: int = 0
    usage: Usage = field(default_factory=Usage)

    def to_state(self) -> dict[str, Any]:
        return {"state": self.state.value, "marks": self.marks, "max_marks": self.max_marks}


def grade_sheet(
    state: dict[str, Any],
    *,
    document_store: DocumentStore,
    table: Table,
    cipher: TextCipher,
    free_text_marker: FreeTextMarker,
) -> GradingOutcome:
    """Grade one sheet and record its ending, once.

    When this returns, the result is durable and the record points to it.

    Raises
    ------
    PaperNotReady
        The assessment's paper is not there yet; nothing was written.
    SubmissionErased
        It was erased meanwhile.
    """
    from grade.corrected_answers import apply_corrections, attach_original_readings
    from grade.sheet.answers import split_into_answers
    from grade.sheet.student_matching import match_student

    joined_at = now()
    submission = Submission.from_state(state)
    declared = cipher.decrypt(submission.student, associated_data=submission.id) if submission.student else None
    transcript_key = state["outcome"]["reading"]["value"]["transcript"]["key"]
    with ThreadPoolExecutor(2) as pool:
        # The transcript comes over while the shelf is looked at, and so does the word whether this run has ended
        # before (its answer was lost): then nothing is marked, or paid for, twice.
        transcript_future = pool.submit(document_store.read, transcript_key)
        record_future = pool.submit(table.get, submission_pk(submission.id), RECORD_SK)
        current = assessment_repository.load(table, submission.tenant, submission.assessment)
        paper, scheme = load_paper_and_scheme(current, document_store)
        roster = Roster.from_dict(document_store.read(current.roster)) if current.roster else None
        found = record_future.result()
        recorded_state = submission_repository.find_final_state(found, submission)
        if recorded_state is not None:
            return GradingOutcome(recorded_state, build_timeline(state, joined_at))
        transcript = Transcript.from_dict(transcript_future.result())
    earlier = _load_earlier_run(found or {}, document_store)
    caching_marker = CachingMarker(free_text_marker, earlier.cached_marks)
    question_ids = {leaf.id for leaf in paper.leaves()}
    # What was corrected for a question that the paper does not ask any more concerns nothing now.
    corrected = {question: text for question, text in earlier.corrected.items() if question in question_ids}
    sheet, read = apply_corrections(split_into_answers(transcript, paper), corrected)
    result = mark_sheet(paper, scheme, sheet, free_text_marker=caching_marker)
    matched_student = match_student(declared, sheet.student, roster)
    review = (*result.review, *(() if matched_student.certain else (ReviewReason.UNKNOWN_STUDENT,)))
    result = replace(
        attach_original_readings(result, read), review=tuple(dict.fromkeys(review)), name_on_sheet=sheet.student
    )
    key = f"results/{submission.tenant}/{submission.id}/{submission.run}.json"
    document_store.write(key, {**result.to_dict(), "opinions": caching_marker.cached_marks})
    terminal_state = SubmissionState.NEEDS_REVIEW if result.needs_review else SubmissionState.GRADED
    timestamps = build_timeline(state, joined_at)
    attributes = {
        "result_key": key,
        "transcript_key": transcript_key,
        "revision": current.revision,
        "marks": result.marks,
        "max_marks": result.max_marks,
        # Found on the sheet itself: sealed like a label that came with the upload.
        **(
            {}
            if declared or matched_student.label is None
            else {"student": cipher.encrypt(matched_student.label, associated_data=submission.id)}
        ),
        "review": [reason.value for reason in result.review],
        "question_marks": [_summarize_question(question.to_dict()) for question in result.questions],
        "timeline": timestamps,
    }
    return GradingOutcome(
        submission_repository.write_terminal_state(table, submission, terminal_state, attributes),
        timestamps,
        result.marks,
        result.max_marks,
        for_review=sum(bool(question.review) for question in result.questions),
        usage=result.usage,
    )


@dataclass(frozen=True, slots=True)
class _EarlierRun:
    """What an earlier run and a teacher have left: a model's opinions, and corrected readings by question."""

    cached_marks: dict[str, Any]
    corrected: dict[str, str]


def _load_earlier_run(found: Item, document_store: DocumentStore) -> _EarlierRun:
    """Looked up by a later run alone: the first one finds neither in its record."""
    corrections = corrections_from_record(found)
    keys = [found["result_key"]] if "result_key" in found else []
    if not keys and not corrections:
        return _EarlierRun({}, {})
    with ThreadPoolExecutor(8) as pool:
        documents = list(pool.map(document_store.read, [*keys, *(one.key for one in corrections.values())]))
    cached_marks = {key: mark for document in documents for key, mark in document.get("opinions", {}).items()}
    corrected = documents[len(keys) :]
    return _EarlierRun(cached_marks, {name: one["answer"] for name, one in zip(corrections, corrected, strict=True)})


def build_timeline(state: dict[str, Any], joined_at: str) -> dict[str, Any]:
    """The moments that only the joined state knows; the lanes' own stand in their items."""
    reading = state["outcome"]["reading"]["value"]
    return {"first_ocr_at": reading.get("first_ocr_at"), "joined_at": joined_at, "graded_at": now()}


def _summarize_question(question: dict[str, Any]) -> dict[str, Any]:
    """What a table of marks needs of a question; the rest lies in the result document."""
    summary = {name: question[name] for name in ("question", "label", "marks", "max_marks", "review", "counted")}
    return {**summary, "answered": counting_rules.is_attempted(question["answer"])}
