"""What a teacher changed, laid over what the machine gave. The machine's marks are never overwritten.

A record carries the changes of its submission, an attribute each (`change:4.a`), so that one conditional write
changes a mark, counts the edit and keeps who did it and when. A later run leaves them where they are: they hold
for its marks as well. Totals and "answer any two" are worked out again each time they are read.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from core import errors, totals
from core.assessment import QuestionPaper
from core.clock import now
from core.submission import State
from core.table import RECORD, ConditionFailed, Item, Table

_CHANGE = "change:"
_MARKED = (State.GRADED.value, State.NEEDS_REVIEW.value)
_MEANWHILE = "This submission has changed since it was looked at. Fetch it again, then change it."
Marks = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Change:
    """A mark as a teacher set it."""

    marks: float
    by: str
    at: str

    def to_item(self) -> Item:
        return {"marks": self.marks, "by": self.by, "at": self.at}


def attribute(question: str) -> str:
    """The attribute of the record that holds a question's change."""
    return _CHANGE + question


def changes_of(record: Item) -> dict[str, Change]:
    """Every change of a record, by question."""
    return {
        name.removeprefix(_CHANGE): Change(value["marks"], value["by"], value["at"])
        for name, value in record.items()
        if name.startswith(_CHANGE)
    }


def moderated(record: Item, paper: Callable[[], QuestionPaper | None]) -> Item:
    """The record as it counts: with its changes, its total and the state that follows from them.

    `paper` is asked for only where something has been changed: it says which questions are a choice.
    """
    changes = changes_of(record)
    if not changes or record["state"] not in _MARKED or "question_marks" not in record:
        return record
    questions = with_changes(record["question_marks"], changes, paper())
    doubtful = bool(record.get("review")) or any(question["review"] for question in questions)
    state = State.NEEDS_REVIEW if doubtful else State.GRADED
    return {**record, "question_marks": questions, "marks": total(questions), "state": state.value}


def moderated_result(result: dict[str, Any], record: Item, paper: Callable[[], QuestionPaper | None]) -> dict[str, Any]:
    """A sheet's result as it counts, with who changed what."""
    changes = changes_of(record)
    if not changes:
        return result
    questions = with_changes(result["questions"], changes, paper())
    doubtful = bool(result["review"]) or any(question["review"] for question in questions)
    return {**result, "questions": questions, "marks": total(questions), "needs_review": doubtful}


def edition(record: Item) -> str:
    """Which marks these are: another run's, or the same after an edit, are another edition."""
    return f"{record['run']}.{record.get('edits', 0)}"


def change(table: Table, record: Item, question: str, marks: float | None, *, by: str, seen: str | None) -> None:
    """Set or take back a teacher's mark; one write, under the edition that `record` shows.

    Raises
    ------
    NotFound
        The sheet has no such question.
    NotMarked
        There are no marks to change (yet).
    InvalidMark
        The question cannot have this mark.
    ChangedMeanwhile
        `seen` is not how the submission stands, or somebody was faster.
    """
    # A question paper may want a look as well, and has no marks.
    if record["state"] not in _MARKED or "question_marks" not in record:
        raise errors.NotMarked("This submission has no marks that could be changed now.")
    if seen is not None and seen != edition(record):
        raise errors.ChangedMeanwhile(_MEANWHILE)
    given = next((one for one in record["question_marks"] if one["question"] == question), None)
    if given is None:
        raise errors.NotFound(f"This sheet has no question {question}.")
    if marks is not None:
        _check(marks, given)
    at = now()
    entry = {"question": question, "marks": marks, "by": by, "at": at}
    values: Item = {":entry": [entry], ":none": [], ":one": 1, ":run": record["run"], ":state": record["state"]}
    edited = "attribute_not_exists(edits)"
    if "edits" in record:
        edited, values[":edits"] = "edits = :edits", record["edits"]
    if marks is not None:
        values[":change"] = Change(marks, by, at).to_item()
    log = "edit_log = list_append(if_not_exists(edit_log, :none), :entry)"
    expression = (
        f"SET #change = :change, {log} ADD edits :one"
        if marks is not None
        else f"SET {log} REMOVE #change ADD edits :one"
    )
    try:
        table.update(
            record["pk"],
            RECORD,
            expression,
            names={"#change": attribute(question), "#run": "run", "#state": "state"},
            values=values,
            condition=f"#run = :run AND #state = :state AND {edited} AND attribute_not_exists(erased_at)",
        )
    except ConditionFailed:
        raise errors.ChangedMeanwhile(_MEANWHILE) from None


def _check(marks: float, given: dict[str, Any]) -> None:
    """Between nothing (or the loss that the scheme takes off a wrong answer) and the question's maximum."""
    least = min(0.0, float(given["marks"] or 0.0))
    if not least <= marks <= given["max_marks"] or round(marks, 2) != marks:
        raise errors.InvalidMark(
            f"Question {given['question']} can have {least:g} to {given['max_marks']:g} marks, with two decimals."
        )


def with_changes(questions: Iterable[dict[str, Any]], changes: dict[str, Change], paper: QuestionPaper | None) -> Marks:
    """Questions of a result (or of its summary) with the changes in them and what then counts."""
    merged = [_changed(question, changes.get(question["question"])) for question in questions]
    if paper is None:
        return merged
    counted = totals.counted_questions(paper, {question["question"]: _attempt(question) for question in merged})
    known = {leaf.id for leaf in paper.leaves()}
    return [_counting(question, counted) if question["question"] in known else question for question in merged]


def total(questions: Iterable[dict[str, Any]]) -> float:
    return totals.add([one["marks"] for one in questions if one["counted"] and one["marks"] is not None])


def _changed(question: dict[str, Any], change: Change | None) -> dict[str, Any]:
    if change is None:
        return question
    return {
        **question,
        "marks": change.marks,
        "machine_marks": question["marks"],
        "marker": "person",
        "review": [],
        "changed_by": change.by,
        "changed_at": change.at,
    }


def _attempt(question: dict[str, Any]) -> totals.Attempt:
    return totals.Attempt(question["marks"], question["max_marks"], _answered(question))


def _answered(question: dict[str, Any]) -> bool:
    return bool(question.get("answered", question.get("answer")))


def _counting(question: dict[str, Any], counted: frozenset[str]) -> dict[str, Any]:
    counts = question["question"] in counted
    if counts == question["counted"] or "reason" not in question:
        return {**question, "counted": counts}
    why = totals.why_not_counted(answered=_answered(question))
    reason = question["reason"].removesuffix(f" {why}")
    return {**question, "counted": counts, "reason": reason if counts else f"{reason} {why}"}
