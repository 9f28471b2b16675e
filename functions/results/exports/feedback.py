"""Feedback sheets, to hand out to students: marks, the words that earned them, and comments.

They leave out what is for the teacher only: review reasons, confidence and the marker's name.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from core.models import errors
from core.models.assessment import Question, QuestionPaper
from core.models.question_labels import format_question_id
from core.models.result import CriterionMark, QuestionMark, SheetResult
from core.storage.submission_queries import SubmissionItems, list_records
from core.storage.submission_record import MARKED_STATES, SubmissionRecord
from results import submission_status
from results.listed_submissions import counting_sheets, list_for_table
from results.tenant_records import TenantRecords

# Parallel S3 requests: as many as a client keeps connections.
_MAX_WORKERS = 10


@dataclass(frozen=True, slots=True)
class FeedbackCriterion:
    """A criterion as a student sees it; `quote` is the passage of the answer that meets it."""

    text: str
    verdict: str
    marks: float
    max_marks: float
    quote: str


@dataclass(frozen=True, slots=True)
class FeedbackAnswer:
    """One question. `marks` is None if it is not marked yet; `counted` is False for an extra attempt."""

    label: str
    question: str
    answer: str
    marks: float | None
    max_marks: float
    counted: bool
    comment: str
    points: tuple[FeedbackCriterion, ...]


@dataclass(frozen=True, slots=True)
class FeedbackSheet:
    """A student's sheet. `student` is None if it is not known; `draft` means the marks are not published."""

    title: str
    student: str | None
    marks: float
    max_marks: float
    answers: tuple[FeedbackAnswer, ...]
    draft: bool

    @property
    def unmarked(self) -> int:
        """How many answers that count have no mark yet; the total leaves them out."""
        return sum(answer.counted and answer.marks is None for answer in self.answers)


def submission_feedback(records: TenantRecords, submission_id: str, *, draft: bool) -> FeedbackSheet:
    """The feedback sheet of one submission.

    Raises
    ------
    NotFound
    NotMarked
        There are no marks (yet).
    NotPublished
        The marks are not published, and no draft was requested.
    """
    items = submission_status.find_items(records.table, submission_id, records.tenant)
    if items is None or not isinstance(items.record, SubmissionRecord):
        raise errors.NotFound("There is no submission of this id.")
    found = records.status_of(items)
    if not found["result"]:
        raise errors.NotMarked("This submission has no marks that could be handed out.")
    assessment = items.record.assessment
    draft = _check_published(records, assessment, draft)
    (listed,) = list_for_table([items.record], records.cipher, records.roster(assessment))
    result = SheetResult.from_dict(found["result"])
    return _build_sheet(assessment, listed.student, result, records.paper(assessment), draft)


def class_feedback(records: TenantRecords, assessment: str, *, draft: bool) -> list[FeedbackSheet]:
    """The feedback sheets of an assessment, one per student, sorted by name.

    Raises
    ------
    NotFound
        There is no such assessment, or none of its sheets is marked.
    NotPublished
        The marks are not published, and no draft was requested.
    """
    by_id = {record.id: record for record in list_records(records.table, records.tenant, assessment)}
    listed = list_for_table(by_id.values(), records.cipher, records.roster(assessment))
    marked = [sheet for sheet in counting_sheets(listed) if sheet.state in MARKED_STATES]
    if not marked:
        raise errors.NotFound("No sheet of this assessment is marked.")
    draft = _check_published(records, assessment, draft)
    paper = records.paper(assessment)
    with ThreadPoolExecutor(_MAX_WORKERS) as pool:
        found = list(pool.map(records.status_of, [SubmissionItems(by_id[sheet.id]) for sheet in marked]))
    return [
        _build_sheet(assessment, sheet.student, SheetResult.from_dict(status["result"]), paper, draft)
        for sheet, status in zip(marked, found, strict=True)
        if status["result"]
    ]


def _check_published(records: TenantRecords, assessment: str, draft: bool) -> bool:
    """Return whether the feedback is a draft. Raises NotPublished if it is and no draft was requested."""
    is_held = records.current_assessment(assessment).published_at is None
    if is_held and not draft:
        raise errors.NotPublished("The marks are not published yet. Publish them, or ask for a draft (draft=true).")
    return is_held


def _build_sheet(
    assessment: str, student: str | None, result: SheetResult, paper: QuestionPaper | None, draft: bool
) -> FeedbackSheet:
    question = {leaf.id: leaf for leaf in paper.leaves()} if paper else {}
    return FeedbackSheet(
        title=(paper.title if paper else "") or assessment,
        student=student,
        marks=result.marks,
        max_marks=result.max_marks,
        answers=tuple(_build_answer(mark, question.get(mark.question)) for mark in result.questions),
        draft=draft,
    )


def _build_answer(mark: QuestionMark, question: Question | None) -> FeedbackAnswer:
    # After a teacher has set a different mark, the comments of grading no longer explain it.
    explained = mark.marker != "person" or mark.marks == mark.machine_marks
    return FeedbackAnswer(
        label=format_question_id(mark.question),
        question=question.text if question else "",
        answer=mark.answer,
        marks=mark.marks,
        max_marks=mark.max_marks,
        counted=mark.counted,
        comment=mark.feedback if explained else "",
        points=_build_criteria(mark.criteria) if explained else (),
    )


def _build_criteria(criteria: Iterable[CriterionMark]) -> tuple[FeedbackCriterion, ...]:
    return tuple(FeedbackCriterion(one.text, one.verdict, one.marks, one.max_marks, one.quote) for one in criteria)
