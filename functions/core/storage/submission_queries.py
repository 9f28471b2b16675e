"""Reads submissions from the table: one record, everything of one submission, or the records of an assessment."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Self

from core.models.document_kinds import DocumentKind
from core.models.stored_file import StoredFile
from core.storage.branch_items import GRADING, READING, STORING, GradingItem, ReadingItem, StoringItem
from core.storage.submission_record import RecordItem, SubmissionRecord, decode_record
from core.storage.table import BRANCH_PREFIX, RECORD_SK, Item, Table, branch_of_sk, submission_pk

_NONE: Mapping[int, Any] = MappingProxyType({})


class SubmissionItems(NamedTuple):
    """The items of a submission: its record or tombstone (None: neither), and those of its branches, by run."""

    record: RecordItem | None = None
    reading: Mapping[int, ReadingItem] = _NONE
    storing: Mapping[int, StoringItem] = _NONE
    grading: Mapping[int, GradingItem] = _NONE

    @classmethod
    def from_items(cls, items: Iterable[Item]) -> Self:
        record = None
        branches: dict[str, dict[int, Item]] = {READING: {}, STORING: {}, GRADING: {}}
        for item in items:
            if item["sk"] == RECORD_SK:
                record = decode_record(item)
            elif item["sk"].startswith(BRANCH_PREFIX):
                run, branch = branch_of_sk(item["sk"])
                branches.setdefault(branch, {})[run] = item
        return cls(
            record,
            {run: ReadingItem.from_item(item) for run, item in branches[READING].items()},
            {run: StoringItem.from_item(item) for run, item in branches[STORING].items()},
            {run: GradingItem.from_item(item) for run, item in branches[GRADING].items()},
        )

    @property
    def last_stored(self) -> StoringItem | None:
        """The result of the latest run that has stored the file, None if none has."""
        complete = [run for run, item in self.storing.items() if item.file is not None]
        return self.storing[max(complete)] if complete else None

    @property
    def stored_file(self) -> StoredFile | None:
        """The durable copy of the file, None if there is none."""
        return self.last_stored.file if self.last_stored else None

    @property
    def ocr_calls(self) -> int:
        """The OCR calls of all attempts of all runs."""
        return sum(sum(progress.ocr_calls.values()) for progress in self.reading.values())

    @property
    def model_calls(self) -> int:
        """The model calls of all attempts of all runs."""
        return sum(sum(costs.model_calls.values()) for costs in self.grading.values())


def load_record(table: Table, submission_id: str) -> RecordItem | None:
    """Return a submission's record or its tombstone, read consistently; None if there is neither."""
    return decode_record(table.get(submission_pk(submission_id), RECORD_SK))


def load_items(table: Table, submission_id: str) -> SubmissionItems:
    """Return all items of a submission, read consistently in one query."""
    return SubmissionItems.from_items(table.partition(submission_pk(submission_id)))


def load_branch_items(table: Table, submission_id: str) -> SubmissionItems:
    """Return the items of a submission's branches, read consistently, without its record."""
    return SubmissionItems.from_items(table.partition(submission_pk(submission_id), BRANCH_PREFIX))


def list_records(
    table: Table, tenant: str, assessment: str, kind: DocumentKind | None = None
) -> list[SubmissionRecord]:
    """Return the records of an assessment (or those of one kind), oldest first. Eventually consistent."""
    return _decode_listed(table.query_by_assessment(tenant, assessment, kind or ""))


def list_records_page(
    table: Table, tenant: str, assessment: str, *, limit: int, after: str = ""
) -> tuple[list[SubmissionRecord], str]:
    """Return at most `limit` records of an assessment by kind, then oldest first, and the next page's `after`, ""
    after the last."""
    items, last = table.query_assessment_page(tenant, assessment, limit=limit, after=after)
    return _decode_listed(items), last


def _decode_listed(items: Iterable[Item]) -> list[SubmissionRecord]:
    # A tombstone is not in the index.
    return [record for record in map(decode_record, items) if isinstance(record, SubmissionRecord)]
