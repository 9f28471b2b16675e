"""What goes back to a student: marks, the words that earned them, and feedback; nothing that is the teacher's own.

No doubts, no confidence, no name of a marker: a sheet to hand out.
"""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from core import errors
from core.assessment import Question, QuestionPaper
from core.labels import spoken
from core.table import RECORD, submission_pk
from results import class_list, gradebook, status
from results.records import Records

Result = Mapping[str, Any]
# S3 answers while others are asked; as many as a client keeps connections.
_AT_ONCE = 10


@dataclass(frozen=True, slots=True)
class Point:
    """A criterion as a student sees it; `quote` is the student's own words for it."""

    text: str
    verdict: str
    marks: float
    max_marks: float
    quote: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One question. `marks` is None where nobody has given any yet; `counted` False for an extra attempt."""

    label: str
    asked: str
    answer: str
    marks: float | None
    max_marks: float
    counted: bool
    comment: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Feedback:
    """A student's sheet. `student` is None where nobody knows whose it is; `draft`: it is not given out yet."""

    title: str
    student: str | None
    marks: float
    max_marks: float
    answers: tuple[Answer, ...]
    draft: bool

    @property
    def unmarked(self) -> int:
        """How many answers that count have no mark yet: the total is without them."""
        return sum(answer.counted and answer.marks is None for answer in self.answers)


def of_submission(at: Records, submission_id: str, *, draft: bool) -> Feedback:
    """One student's sheet.

    Raises
    ------
    NotFound
    NotMarked
        There are no marks (yet).
    NotPublished
        The marks are held, and no draft was asked for.
    """
    items = status.find(at.table, submission_id, at.tenant)
    if items is None or "erased_at" in items[RECORD]:
        raise errors.NotFound("There is no submission of this id.")
    found = at.status_of(items)
    if not found["result"]:
        raise errors.NotMarked("This submission has no marks that could be handed out.")
    draft = _held(at, found["assessment"], draft)
    (found,) = class_list.named([found], at.roster(found["assessment"]))
    return _feedback(found["assessment"], found["student"], found["result"], at.paper(found["assessment"]), draft)


def of_class(at: Records, assessment: str, *, draft: bool) -> list[Feedback]:
    """The sheets that count, one a student, in the order of their names.

    Raises
    ------
    NotFound
        There is no such assessment, or nothing in it is marked.
    NotPublished
        The marks are held, and no draft was asked for.
    """
    records = {record["pk"]: record for record in at.table.by_assessment(at.tenant, assessment)}
    recorded = [status.from_items({RECORD: record}, at.seal) for record in records.values()]
    listed = class_list.named(recorded, at.roster(assessment))
    marked = [one for one in gradebook.counting(listed) if one["state"] in status.MARKED]
    if not marked:
        raise errors.NotFound("No sheet of this assessment is marked.")
    draft = _held(at, assessment, draft)
    paper = at.paper(assessment)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        items = [{RECORD: records[submission_pk(one["id"])]} for one in marked]
        found = list(pool.map(at.status_of, items))
    return [
        _feedback(assessment, one["student"], sheet["result"], paper, draft)
        for one, sheet in zip(marked, found, strict=True)
        if sheet["result"]
    ]


def _held(at: Records, assessment: str, draft: bool) -> bool:
    """Whether what goes out is a draft."""
    held = at.on_shelf(assessment).published_at is None
    if held and not draft:
        raise errors.NotPublished("The marks are not published yet. Publish them, or ask for a draft (draft=true).")
    return held


def _feedback(
    assessment: str, student: str | None, result: Result, paper: QuestionPaper | None, draft: bool
) -> Feedback:
    asked = {leaf.id: leaf for leaf in paper.leaves()} if paper else {}
    return Feedback(
        title=(paper.title if paper else "") or assessment,
        student=student,
        marks=result["marks"],
        max_marks=result["max_marks"],
        answers=tuple(_answer(one, asked.get(one["question"])) for one in result["questions"]),
        draft=draft,
    )


def _answer(given: Mapping[str, Any], asked: Question | None) -> Answer:
    # Where a teacher has set another mark, what the machine had to say no longer explains it.
    explained = given["marker"] != "person" or given["marks"] == given.get("machine_marks")
    return Answer(
        label=spoken(given["question"]),
        asked=asked.text if asked else "",
        answer=given["answer"],
        marks=given["marks"],
        max_marks=given["max_marks"],
        counted=given["counted"],
        comment=(given.get("feedback") or "") if explained else "",
        points=_points(given.get("criteria", ())) if explained else (),
    )


def _points(criteria: Iterable[Mapping[str, Any]]) -> tuple[Point, ...]:
    return tuple(
        Point(one["text"], one["verdict"], one["marks"], one["max_marks"], one.get("quote") or "") for one in criteria
    )
