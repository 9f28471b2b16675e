"""Writes a teacher's edits to the submission's record.

One conditional write makes the change, counts the edit, and logs who made it and when.
"""

from core.storage.submission_record import SubmissionRecord
from core.storage.table import RECORD_SK, ConditionFailed, Item, Table, submission_pk
from core.storage.teacher_edits import CORRECTION_PREFIX, MARK_CHANGE_PREFIX, Correction, EditLogEntry, MarkChange


def set_mark_change(table: Table, record: SubmissionRecord, question: str, change: MarkChange) -> bool:
    """Set a teacher's mark. Returns False if the record has another run, state or edit than `record`."""
    entry = EditLogEntry(question, "marks", change.marks, change.by, change.at)
    return _write_edit(table, record, MARK_CHANGE_PREFIX + question, change.to_dict(), entry)


def remove_mark_change(table: Table, record: SubmissionRecord, question: str, *, by: str, at: str) -> bool:
    """Remove a teacher's mark. Returns False as `set_mark_change` does."""
    entry = EditLogEntry(question, "marks", None, by, at)
    return _write_edit(table, record, MARK_CHANGE_PREFIX + question, None, entry)


def set_correction(table: Table, record: SubmissionRecord, question: str, correction: Correction) -> bool:
    """Set a corrected answer. Returns False as `set_mark_change` does."""
    entry = EditLogEntry(question, "correction", correction.key, correction.by, correction.at)
    return _write_edit(table, record, CORRECTION_PREFIX + question, correction.to_dict(), entry)


def remove_correction(table: Table, record: SubmissionRecord, question: str, *, by: str, at: str) -> bool:
    """Remove a corrected answer. Returns False as `set_mark_change` does."""
    entry = EditLogEntry(question, "correction", None, by, at)
    return _write_edit(table, record, CORRECTION_PREFIX + question, None, entry)


def _write_edit(
    table: Table, record: SubmissionRecord, attribute: str, value: Item | None, entry: EditLogEntry
) -> bool:
    """Set an attribute of the record (None: remove it) and append `entry` to its edit log."""
    values: Item = {
        ":entry": [entry.to_dict()],
        ":none": [],
        ":one": 1,
        ":run": record.run,
        ":state": record.state.value,
    }
    edited = "attribute_not_exists(edits)"
    if record.edits is not None:
        edited, values[":edits"] = "edits = :edits", record.edits
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
            submission_pk(record.id),
            RECORD_SK,
            expression,
            names={"#change": attribute, "#run": "run", "#state": "state"},
            values=values,
            condition=f"#run = :run AND #state = :state AND {edited} AND attribute_not_exists(erased_at)",
        )
    except ConditionFailed:
        return False
    return True
