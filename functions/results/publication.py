"""Whether an assessment's marks are given out, and what has changed since they were."""

from collections.abc import Sequence
from typing import Any

from core.shelf import Shelf
from core.table import Item
from results.status import MARKED


def told(current: Shelf, records: Sequence[Item]) -> dict[str, Any]:
    """`changed_since`: sheets that were marked, or whose marks were changed, after they had been published; None while
    the marks are held."""
    at = current.published_at
    return {
        "published_at": at,
        "published_by": current.published_by,
        "changed_since": None if at is None else sum(_changed(record, at) for record in records),
    }


def _changed(record: Item, at: str) -> bool:
    if record["state"] not in MARKED or "question_marks" not in record:
        return False
    edits = (str(entry["at"]) for entry in record.get("edit_log", ()))
    return max([str(record.get("ended_at", "")), *edits]) > at
