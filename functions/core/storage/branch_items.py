"""Items of a run's branches: progress of the reading, the stored file, and calls that cost money.

An attempt whose process dies returns nothing, yet its calls (Textract, models) are charged. Each attempt therefore has
a counter of its own in its branch's item, `ocr_calls#{attempt}` or `model_calls#{attempt}`: writing it again has the
same result, and no other attempt overwrites it.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple, Self
from uuid import uuid4

from core.models.stored_file import StoredFile
from core.models.timeline import BranchTimes
from core.storage.table import Item, Table, branch_sk, submission_pk

READING, STORING, GRADING = "reading", "storing", "grading"
_OCR_CALLS, _MODEL_CALLS = "ocr_calls", "model_calls"
_NO_CALLS: Mapping[str, int] = MappingProxyType({})


class ReadingItem(NamedTuple):
    """Progress of a reading. `pages_total` is 0 until it is known, `ocr_calls` has the calls of each attempt."""

    pages_total: int | None = None
    pages_done: int | None = None
    times: BranchTimes = BranchTimes()
    ocr_calls: Mapping[str, int] = _NO_CALLS

    def to_item(self) -> Item:
        return {
            "pages_total": self.pages_total,
            "pages_done": self.pages_done,
            "started_at": self.times.started_at,
            "first_ocr_at": self.times.first_ocr_at,
            "ended_at": self.times.ended_at,
            **_counters_to_item(_OCR_CALLS, self.ocr_calls),
        }

    @classmethod
    def from_item(cls, item: Item) -> Self:
        return cls(
            pages_total=item.get("pages_total"),
            pages_done=item.get("pages_done"),
            times=BranchTimes.from_dict(item),
            ocr_calls=_counters_from_item(_OCR_CALLS, item),
        )


class StoringItem(NamedTuple):
    """What a run has stored. `file` is the durable copy, None if it is not complete; `claim` the key of the content's
    claim; `duplicate_of` the submission that has the same content."""

    times: BranchTimes = BranchTimes()
    file: StoredFile | None = None
    claim: str | None = None
    duplicate_of: str | None = None

    def to_item(self) -> Item:
        return {
            **(self.file.to_state() if self.file else {}),
            "claim": self.claim,
            "duplicate_of": self.duplicate_of,
            "started_at": self.times.started_at,
            "ended_at": self.times.ended_at,
        }

    @classmethod
    def from_item(cls, item: Item) -> Self:
        is_complete = item.get("version_id") and item.get("sha256")
        return cls(
            times=BranchTimes.from_dict(item),
            file=StoredFile.from_state(item) if is_complete else None,
            claim=item.get("claim"),
            duplicate_of=item.get("duplicate_of"),
        )


class GradingItem(NamedTuple):
    """Model calls of a grading, by attempt."""

    model_calls: Mapping[str, int]

    def to_item(self) -> Item:
        return _counters_to_item(_MODEL_CALLS, self.model_calls)

    @classmethod
    def from_item(cls, item: Item) -> Self:
        return cls(_counters_from_item(_MODEL_CALLS, item))


def new_attempt() -> str:
    """Return a name for the counter of one attempt; each call returns another."""
    return uuid4().hex[:8]


def write_reading_progress(table: Table, submission_id: str, run: int, progress: ReadingItem) -> None:
    """Write the progress and the counters that it has; those of other attempts stay."""
    _set_attributes(table, submission_id, branch_sk(run, READING), progress.to_item())


def write_storing_item(table: Table, submission_id: str, run: int, item: StoringItem) -> None:
    table.put({"pk": submission_pk(submission_id), "sk": branch_sk(run, STORING), **item.to_item()})


def write_model_calls(table: Table, submission_id: str, run: int, *, attempt: str, calls: int) -> None:
    """Write the model calls of one attempt; those of other attempts stay."""
    _set_attributes(table, submission_id, branch_sk(run, GRADING), GradingItem({attempt: calls}).to_item())


def load_stored_file(table: Table, submission_id: str, run: int) -> StoredFile | None:
    """Return the durable copy that a run has made, None if it has made none (yet)."""
    item = table.get(submission_pk(submission_id), branch_sk(run, STORING))
    return StoringItem.from_item(item).file if item else None


def _set_attributes(table: Table, submission_id: str, sk: str, attributes: Item) -> None:
    names = {f"#{position}": name for position, name in enumerate(attributes)}
    values = {f":{position}": value for position, value in enumerate(attributes.values())}
    expression = "SET " + ", ".join(f"#{position} = :{position}" for position in range(len(attributes)))
    table.update(submission_pk(submission_id), sk, expression, values=values, names=names)


def _counters_to_item(kind: str, calls: Mapping[str, int]) -> Item:
    return {f"{kind}#{attempt}": count for attempt, count in calls.items()}


def _counters_from_item(kind: str, item: Item) -> dict[str, int]:
    prefix = f"{kind}#"
    return {name.removeprefix(prefix): int(count) for name, count in item.items() if name.startswith(prefix)}
