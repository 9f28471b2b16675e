"""What a teacher changed, laid over what the machine gave. The machine's marks are never overwritten.

A record carries the changes of its submission, an attribute each (`change:4.a` for a mark, `correction:4.a` for a
reading), so that one conditional write makes a change, counts the edit and keeps who did it and when. A later run
leaves them where they are: a mark holds over its marks as well, a corrected reading is what it marks. Totals and
"answer any two" are worked out again each time they are read.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core import errors, totals
from core.assessment import QuestionPaper
from core.clock import now
from core.corrections import Correction, corrections_of
from core.corrections import attribute as correction_attribute
from core.result import ReviewReason
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
    changes, laid_over = changes_of(record), corrections_of_this_run(record)
    if not (changes or laid_over) or record["state"] not in _MARKED or "question_marks" not in record:
        return record
    read = [_summarised(one, laid_over.get(one["question"])) for one in record["question_marks"]]
    questions = with_changes(read, changes, paper())
    doubtful = bool(record.get("review")) or any(question["review"] for question in questions)
    state = State.NEEDS_REVIEW if doubtful else State.GRADED
    return {**record, "question_marks": questions, "marks": total(questions), "state": state.value}


def moderated_result(
    result: dict[str, Any],
    record: Item,
    paper: Callable[[], QuestionPaper | None],
    marked_again: Mapping[str, dict[str, Any]],
) -> dict[str, Any]:
    """A sheet's result as it counts, with who changed what. `marked_again`: the documents of the corrections of this
    run, by question."""
    changes, corrections = changes_of(record), corrections_of(record)
    if not (changes or corrections):
        return result
    read = [
        _read_by(marked_again.get(one["question"], one), corrections.get(one["question"]))
        for one in result["questions"]
    ]
    questions = with_changes(read, changes, paper())
    doubtful = bool(result["review"]) or any(question["review"] for question in questions)
    return {**result, "questions": questions, "marks": total(questions), "needs_review": doubtful}


def corrections_of_this_run(record: Item) -> dict[str, Correction]:
    """Those that were made after its marks were: they stand over them."""
    return {name: one for name, one in corrections_of(record).items() if one.run == record["run"]}


def _summarised(question: dict[str, Any], correction: Correction | None) -> dict[str, Any]:
    if correction is None:
        return question
    marks, review = correction.marks, list(correction.review)
    return {**question, "marks": marks, "review": review, "answered": correction.answered}


def _read_by(question: dict[str, Any], correction: Correction | None) -> dict[str, Any]:
    if correction is None or question.get("read_as") is None:
        return question
    return {**question, "read_by": correction.by, "read_at": correction.at}


def edition(record: Item) -> str:
    """Which marks these are: another run's, or the same after an edit, are another edition."""
    return f"{record['run']}.{record.get('edits', 0)}"


def look_at(record: Item, question: str, seen: str | None) -> dict[str, Any]:
    """The summary of the question that is to be changed.

    Raises
    ------
    NotFound
        The sheet has no such question.
    NotMarked
        There are no marks to change (yet).
    ChangedMeanwhile
        `seen` is not how the submission stands.
    """
    # A question paper may want a look as well, and has no marks.
    if record["state"] not in _MARKED or "question_marks" not in record:
        raise errors.NotMarked("This submission has no marks that could be changed now.")
    if seen is not None and seen != edition(record):
        raise errors.ChangedMeanwhile(_MEANWHILE)
    marks: Marks = record["question_marks"]
    given = next((one for one in marks if one["question"] == question), None)
    if given is None:
        raise errors.NotFound(f"This sheet has no question {question}.")
    return given


def change(table: Table, record: Item, question: str, marks: float | None, *, by: str, seen: str | None) -> None:
    """Set or take back a teacher's mark; one write, under the edition that `record` shows.

    Raises
    ------
    InvalidMark
        The question cannot have this mark.
    NotFound, NotMarked, ChangedMeanwhile
        See `look_at`; or somebody was faster.
    """
    given = look_at(record, question, seen)
    if marks is not None:
        _check(marks, given)
    at = now()
    entry = {"question": question, "marks": marks, "by": by, "at": at}
    _edit(table, record, attribute(question), None if marks is None else Change(marks, by, at).to_item(), entry)


def correct(table: Table, record: Item, question: str, correction: Correction) -> None:
    """Keep a corrected reading, in one write under the edition that `record` shows. Raises ChangedMeanwhile."""
    entry = {"question": question, "correction": correction.key, "by": correction.by, "at": correction.at}
    _edit(table, record, correction_attribute(question), correction.to_item(), entry)


def take_back_correction(table: Table, record: Item, question: str, *, by: str) -> None:
    """Let the machine's reading of this run count again. Raises ChangedMeanwhile."""
    entry = {"question": question, "correction": None, "by": by, "at": now()}
    _edit(table, record, correction_attribute(question), None, entry)


def _edit(table: Table, record: Item, name: str, value: Item | None, entry: Item) -> None:
    """Set an attribute of the record (None: remove it), and say so in its log."""
    values: Item = {":entry": [entry], ":none": [], ":one": 1, ":run": record["run"], ":state": record["state"]}
    edited = "attribute_not_exists(edits)"
    if "edits" in record:
        edited, values[":edits"] = "edits = :edits", record["edits"]
    if value is not None:
        values[":change"] = value
    log = "edit_log = list_append(if_not_exists(edit_log, :none), :entry)"
    expression = (
        f"SET #change = :change, {log} ADD edits :one"
        if value is not None
        else f"SET {log} REMOVE #change ADD edits :one"
    )
    try:
        table.update(
            record["pk"],
            RECORD,
            expression,
            names={"#change": name, "#run": "run", "#state": "state"},
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
        # What a question is worth may have been changed since.
        "review": [ReviewReason.ABOVE_MAXIMUM.value] if change.marks > question["max_marks"] else [],
        "changed_by": change.by,
        "changed_at": change.at,
    }


def _attempt(question: dict[str, Any]) -> totals.Attempt:
    return totals.Attempt(question["marks"], question["max_marks"], _answered(question))


def _answered(question: dict[str, Any]) -> bool:
    # A summary says it; a result holds the text itself.
    if "answered" in question:
        return bool(question["answered"])
    return totals.is_attempt(question.get("answer") or "")


def _counting(question: dict[str, Any], counted: frozenset[str]) -> dict[str, Any]:
    counts = question["question"] in counted
    if counts == question["counted"] or "reason" not in question:
        return {**question, "counted": counts}
    why = totals.why_not_counted(answered=_answered(question))
    reason = question["reason"].removesuffix(f" {why}")
    return {**question, "counted": counts, "reason": reason if counts else f"{reason} {why}"}
