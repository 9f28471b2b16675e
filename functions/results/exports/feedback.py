"""What goes back to a student: marks, the words that earned them, and feedback; nothing that is the teacher's own.

No doubts, no confidence, no name of a marker: a sheet to hand out.
"""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from core.models import errors
from core.models.assessment import Question, QuestionPaper
from core.models.labels import format_question_id
from core.storage.table import RECORD_SK, submission_pk
from results import roster_comparison, submission_status
from results.exports import results_table
from results.tenant_records import TenantRecords

ResultDocument = Mapping[str, Any]
# S3 answers while others are asked; as many as a client keeps connections.
_MAX_WORKERS = 10


@dataclass(frozen=True, slots=True)
class FeedbackCriterion:
    """A criterion as a student sees it; `quote` is the student's own words for it."""

    text: str
    verdict: str
    marks: float
    max_marks: float
    quote: str


@dataclass(frozen=True, slots=True)
class FeedbackAnswer:
    """One question. `marks` is None where nobody has given any yet; `counted` False for an extra attempt."""

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
    """A student's sheet. `student` is None where nobody knows whose it is; `draft`: it is not given out yet."""

    title: str
    student: str | None
    marks: float
    max_marks: float
    answers: tuple[FeedbackAnswer, ...]
    draft: bool

    @property
    def unmarked(self) -> int:
        """How many answers that count have no mark yet: the total is without them."""
        return sum(answer.counted and answer.marks is None for answer in self.answers)


def submission_feedback(at: TenantRecords, submission_id: str, *, draft: bool) -> FeedbackSheet:
    """One student's sheet.

    Raises
    ------
    NotFound
    NotMarked
        There are no marks (yet).
    NotPublished
        The marks are held, and no draft was asked for.
    """
    items = submission_status.find(at.table, submission_id, at.tenant)
    if items is None or "erased_at" in items[RECORD_SK]:
        raise errors.NotFound("There is no submission of this id.")
    found = at.status_of(items)
    if not found["result"]:
        raise errors.NotMarked("This submission has no marks that could be handed out.")
    draft = _check_published(at, found["assessment"], draft)
    (found,) = roster_comparison.with_roster_names([found], at.roster(found["assessment"]))
    return _build_sheet(found["assessment"], found["student"], found["result"], at.paper(found["assessment"]), draft)


def class_feedback(at: TenantRecords, assessment: str, *, draft: bool) -> list[FeedbackSheet]:
    """The sheets that count, one a student, in the order of their names.

    Raises
    ------
    NotFound
        There is no such assessment, or nothing in it is marked.
    NotPublished
        The marks are held, and no draft was asked for.
    """
    records = {record["pk"]: record for record in at.table.query_by_assessment(at.tenant, assessment)}
    recorded = [submission_status.status_from_items({RECORD_SK: record}, at.cipher) for record in records.values()]
    listed = roster_comparison.with_roster_names(recorded, at.roster(assessment))
    marked = [one for one in results_table.counting_sheets(listed) if one["state"] in submission_status.MARKED_STATES]
    if not marked:
        raise errors.NotFound("No sheet of this assessment is marked.")
    draft = _check_published(at, assessment, draft)
    paper = at.paper(assessment)
    with ThreadPoolExecutor(_MAX_WORKERS) as pool:
        items = [{RECORD_SK: records[submission_pk(one["id"])]} for one in marked]
        found = list(pool.map(at.status_of, items))
    return [
        _build_sheet(assessment, one["student"], sheet["result"], paper, draft)
        for one, sheet in zip(marked, found, strict=True)
        if sheet["result"]
    ]


def _check_published(at: TenantRecords, assessment: str, draft: bool) -> bool:
    """Whether what goes out is a draft."""
    is_held = at.current_assessment(assessment).published_at is None
    if is_held and not draft:
        raise errors.NotPublished("The marks are not published yet. Publish them, or ask for a draft (draft=true).")
    return is_held


def _build_sheet(
    assessment: str, student: str | None, result: ResultDocument, paper: QuestionPaper | None, draft: bool
) -> FeedbackSheet:
    question = {leaf.id: leaf for leaf in paper.leaves()} if paper else {}
    return FeedbackSheet(
        title=(paper.title if paper else "") or assessment,
        student=student,
        marks=result["marks"],
        max_marks=result["max_marks"],
        answers=tuple(_build_answer(one, question.get(one["question"])) for one in result["questions"]),
        draft=draft,
    )


def _build_answer(mark_row: Mapping[str, Any], question: Question | None) -> FeedbackAnswer:
    # Where a teacher has set another mark, what the machine had to say no longer explains it.
    explained = mark_row["marker"] != "person" or mark_row["marks"] == mark_row.get("machine_marks")
    return FeedbackAnswer(
        label=format_question_id(mark_row["question"]),
        question=question.text if question else "",
        answer=mark_row["answer"],
        marks=mark_row["marks"],
        max_marks=mark_row["max_marks"],
        counted=mark_row["counted"],
        comment=(mark_row.get("feedback") or "") if explained else "",
        points=_build_criteria(mark_row.get("criteria", ())) if explained else (),
    )


def _build_criteria(criteria: Iterable[Mapping[str, Any]]) -> tuple[FeedbackCriterion, ...]:
    return tuple(
        FeedbackCriterion(one["text"], one["verdict"], one["marks"], one["max_marks"], one.get("quote") or "")
        for one in criteria
    )
