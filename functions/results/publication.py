"""Publication of an assessment's marks, and how many sheets have different marks since.

What was published is stored as a fingerprint of each sheet's marks, keyed with the stack's secret: enough to see that
marks differ, but it reveals neither the student nor the marks, even after a sheet is erased.
"""

import json
from collections.abc import Iterable
from typing import Any

from core.models.submission import keyed_hash
from core.storage.assessment_repository import AssessmentRecord
from core.storage.table import Item
from results.submission_status import MARKED_STATES


def publication_status(current: AssessmentRecord, changed_since: int | None) -> dict[str, Any]:
    """`changed_since`: the number of sheets whose marks differ from the published ones; None if unpublished."""
    return {
        "published_at": current.published_at,
        "published_by": current.published_by,
        "changed_since": changed_since,
    }


def fingerprints(secret: bytes, records: Iterable[Item]) -> list[str]:
    """A fingerprint of each marked sheet: of its id and its marks with changes applied. Sorted, so that their order
    does not reveal the order of the sheets."""
    return sorted(keyed_hash(secret, "published", one["pk"], _marks_json(one)) for one in records if _is_marked(one))


def count_changed_after(at: str, records: Iterable[Item]) -> int:
    """How many sheets were marked or changed after `at`, whatever their marks: the fallback for a publication without
    stored fingerprints."""
    return sum(_last_changed_at(one) > at for one in records if _is_marked(one))


def _is_marked(record: Item) -> bool:
    return record["state"] in MARKED_STATES and "question_marks" in record


def _marks_json(record: Item) -> str:
    """What a student receives, as JSON: the total and each question's marks and maximum. 2 and 2.0 are the same."""
    rows = [(None, record.get("marks"), record.get("max_marks"))]
    rows += [(one["question"], one["marks"], one["max_marks"]) for one in record["question_marks"]]
    return json.dumps([(name, _as_float(marks), _as_float(max_marks)) for name, marks, max_marks in rows])


def _as_float(value: float | None) -> float | None:
    return None if value is None else float(value)


def _last_changed_at(record: Item) -> str:
    edits = (str(entry["at"]) for entry in record.get("edit_log", ()))
    return max([str(record.get("ended_at", "")), *edits])
