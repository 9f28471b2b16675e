"""Teachers' changes to marks and to recognised answers: how they are stored, and how they apply to the marks that
grading gave. The marks of grading are never overwritten.

A submission's record holds each change in an attribute of its own (`change:4.a` for a mark, `correction:4.a` for a
corrected answer), so that one conditional write makes the change, counts the edit, and stores who made it and when. A
later run keeps them: a changed mark overrides the new mark too, and a corrected answer is what the run marks. Totals
and "answer any two" rules are computed again on every read.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.models import counting_rules, errors
from core.models.assessment import QuestionPaper
from core.models.result import ReviewReason
from core.models.submission import SubmissionState
from core.platform.clock import now
from core.storage.corrections import Correction, correction_attribute, corrections_from_record
from core.storage.table import RECORD_SK, ConditionFailed, Item, Table

_CHANGE_PREFIX = "change:"
_MARKED_STATES = (SubmissionState.GRADED.value, SubmissionState.NEEDS_REVIEW.value)
_CHANGED_MESSAGE = "This submission has changed since it was looked at. Fetch it again, then change it."
Marks = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class MarkChange:
    """A mark that a teacher set: by whom and when."""

    marks: float
    by: str
    at: str

    def to_item(self) -> Item:
        return {"marks": self.marks, "by": self.by, "at": self.at}


def mark_change_attribute(question: str) -> str:
    """The record's attribute that holds a question's mark change."""
    return _CHANGE_PREFIX + question


def mark_changes(record: Item) -> dict[str, MarkChange]:
    """All mark changes of a record, by question."""
    return {
        name.removeprefix(_CHANGE_PREFIX): MarkChange(value["marks"], value["by"], value["at"])
        for name, value in record.items()
        if name.startswith(_CHANGE_PREFIX)
    }


def moderated_record(record: Item, paper: Callable[[], QuestionPaper | None]) -> Item:
    """The record with the teacher's changes applied: marks, total and state.

    `paper` is called only if something was changed; it tells which questions are a choice.
    """
    changes, run_corrections = mark_changes(record), current_run_corrections(record)
    if not (changes or run_corrections) or record["state"] not in _MARKED_STATES or "question_marks" not in record:
        return record
    read = [_apply_correction(one, run_corrections.get(one["question"])) for one in record["question_marks"]]
    questions = apply_changes(read, changes, paper())
    doubtful = bool(record.get("review")) or any(question["review"] for question in questions)
    state = SubmissionState.NEEDS_REVIEW if doubtful else SubmissionState.GRADED
    return {**record, "question_marks": questions, "marks": total_marks(questions), "state": state.value}


def moderated_result(
    result: dict[str, Any],
    record: Item,
    paper: Callable[[], QuestionPaper | None],
    corrected_questions: Mapping[str, dict[str, Any]],
) -> dict[str, Any]:
    """A sheet's result with the teacher's changes applied, and who made each.

    `corrected_questions` are the questions marked again after a correction of this run, by question id.
    """
    changes, corrections = mark_changes(record), corrections_from_record(record)
    if not (changes or corrections):
        return result
    read = [
        _add_corrector(corrected_questions.get(one["question"], one), corrections.get(one["question"]))
        for one in result["questions"]
    ]
    questions = apply_changes(read, changes, paper())
    doubtful = bool(result["review"]) or any(question["review"] for question in questions)
    return {**result, "questions": questions, "marks": total_marks(questions), "needs_review": doubtful}


def current_run_corrections(record: Item) -> dict[str, Correction]:
    """Corrections that were made after the current run had marked the sheet: they override its marks."""
    return {name: one for name, one in corrections_from_record(record).items() if one.run == record["run"]}


def _apply_correction(question: dict[str, Any], correction: Correction | None) -> dict[str, Any]:
    if correction is None:
        return question
    marks, review = correction.marks, list(correction.review)
    return {**question, "marks": marks, "review": review, "answered": correction.answered}


def _add_corrector(question: dict[str, Any], correction: Correction | None) -> dict[str, Any]:
    if correction is None or question.get("read_as") is None:
        return question
    return {**question, "read_by": correction.by, "read_at": correction.at}


def edition(record: Item) -> str:
    """The edition of a record's marks: another run or another edit makes another edition."""
    return f"{record['run']}.{record.get('edits', 0)}"


def find_editable_question(record: Item, question: str, expected_edition: str | None) -> dict[str, Any]:
    """The summary of the question to be changed.

    Raises
    ------
    NotFound
        The sheet has no such question.
    NotMarked
        There are no marks to change (yet).
    ChangedMeanwhile
        The marks do not have the expected edition.
    """
    # A question paper may need a review as well, but has no marks.
    if record["state"] not in _MARKED_STATES or "question_marks" not in record:
        raise errors.NotMarked("This submission has no marks that could be changed now.")
    if expected_edition is not None and expected_edition != edition(record):
        raise errors.ChangedMeanwhile(_CHANGED_MESSAGE)
    marks: Marks = record["question_marks"]
    mark_row = next((one for one in marks if one["question"] == question), None)
    if mark_row is None:
        raise errors.NotFound(f"This sheet has no question {question}.")
    return mark_row


def change_mark(
    table: Table, record: Item, question: str, marks: float | None, *, by: str, expected_edition: str | None
) -> None:
    """Set a teacher's mark, or remove it with None, in one write conditional on the edition of `record`.

    Raises
    ------
    InvalidMark
        The question cannot have this mark.
    NotFound, NotMarked, ChangedMeanwhile
        See `find_editable_question`; ChangedMeanwhile also if another change was written first.
    """
    mark_row = find_editable_question(record, question, expected_edition)
    if marks is not None:
        _check_mark(marks, mark_row)
    at = now()
    entry = {"question": question, "marks": marks, "by": by, "at": at}
    _write_edit(
        table,
        record,
        mark_change_attribute(question),
        None if marks is None else MarkChange(marks, by, at).to_item(),
        entry,
    )


def save_correction(table: Table, record: Item, question: str, correction: Correction) -> None:
    """Store a corrected answer, in one write conditional on the edition of `record`. Raises ChangedMeanwhile."""
    entry = {"question": question, "correction": correction.key, "by": correction.by, "at": correction.at}
    _write_edit(table, record, correction_attribute(question), correction.to_item(), entry)


def remove_correction(table: Table, record: Item, question: str, *, by: str) -> None:
    """Remove a correction, so that the recognised answer counts again. Raises ChangedMeanwhile."""
    entry = {"question": question, "correction": None, "by": by, "at": now()}
    _write_edit(table, record, correction_attribute(question), None, entry)


def _write_edit(table: Table, record: Item, name: str, value: Item | None, entry: Item) -> None:
    """Set an attribute of the record (None: remove it) and append `entry` to its edit log."""
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
            RECORD_SK,
            expression,
            names={"#change": name, "#run": "run", "#state": "state"},
            values=values,
            condition=f"#run = :run AND #state = :state AND {edited} AND attribute_not_exists(erased_at)",
        )
    except ConditionFailed:
        raise errors.ChangedMeanwhile(_CHANGED_MESSAGE) from None


def _check_mark(marks: float, mark_row: dict[str, Any]) -> None:
    """Raise InvalidMark unless the mark lies between 0 and the question's maximum, with two decimals.

    The lower bound is negative if the scheme deducts marks for a wrong answer and this one lost some.
    """
    least = min(0.0, float(mark_row["marks"] or 0.0))
    if not least <= marks <= mark_row["max_marks"] or round(marks, 2) != marks:
        raise errors.InvalidMark(
            f"Question {mark_row['question']} can have {least:g} to {mark_row['max_marks']:g} marks, with two decimals."
        )


def apply_changes(
    questions: Iterable[dict[str, Any]], changes: dict[str, MarkChange], paper: QuestionPaper | None
) -> Marks:
    """Apply mark changes to the questions of a result (or of its summary), and select again which of them count."""
    merged = [_apply_change(question, changes.get(question["question"])) for question in questions]
    if paper is None:
        return merged
    counted = counting_rules.select_counted_questions(
        paper, {question["question"]: _to_attempt(question) for question in merged}
    )
    known = {leaf.id for leaf in paper.leaves()}
    return [_with_counted(question, counted) if question["question"] in known else question for question in merged]


def total_marks(questions: Iterable[dict[str, Any]]) -> float:
    return counting_rules.sum_marks([one["marks"] for one in questions if one["counted"] and one["marks"] is not None])


def _apply_change(question: dict[str, Any], change: MarkChange | None) -> dict[str, Any]:
    if change is None:
        return question
    return {
        **question,
        "marks": change.marks,
        "machine_marks": question["marks"],
        "marker": "person",
        # The question's maximum may have been changed since.
        "review": [ReviewReason.ABOVE_MAXIMUM.value] if change.marks > question["max_marks"] else [],
        "changed_by": change.by,
        "changed_at": change.at,
    }


def _to_attempt(question: dict[str, Any]) -> counting_rules.QuestionAttempt:
    return counting_rules.QuestionAttempt(question["marks"], question["max_marks"], _is_answered(question))


def _is_answered(question: dict[str, Any]) -> bool:
    # A summary has the flag; a result has the text itself.
    if "answered" in question:
        return bool(question["answered"])
    return counting_rules.is_attempted(question.get("answer") or "")


def _with_counted(question: dict[str, Any], counted: frozenset[str]) -> dict[str, Any]:
    counts = question["question"] in counted
    if counts == question["counted"] or "reason" not in question:
        return {**question, "counted": counts}
    why = counting_rules.not_counted_reason(answered=_is_answered(question))
    reason = question["reason"].removesuffix(f" {why}")
    return {**question, "counted": counts, "reason": reason if counts else f"{reason} {why}"}
