"""Items of a submission keep everything when they are decoded and encoded, also those that version 0.1.0 stored."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.models.document_kinds import DocumentKind
from core.models.submission import IntakeChannel, SourceFile, Submission, SubmissionState
from core.models.timeline import BranchTimes, Timeline
from core.storage import submission_repository
from core.storage.branch_items import GradingItem, ReadingItem, StoringItem
from core.storage.outcome_attributes import Failure, OutcomeAttributes, QuestionSummary
from core.storage.submission_queries import SubmissionItems, list_records, load_items, load_record
from core.storage.submission_record import (
    ErasureTargets,
    RepeatUpload,
    SubmissionRecord,
    Tombstone,
    decode_record,
)
from core.storage.teacher_edits import Correction, EditLogEntry, MarkChange
from core.storage.tombstones import write_tombstone
from tests.memory_table import MemoryTable

STORED = Path(__file__).parents[2] / "integration" / "stored_by_0_1" / "items.json"
ITEMS: list[dict[str, Any]] = [
    item for item in json.loads(STORED.read_text()) if item["pk"].startswith("submission#") and "sk" in item
]
ID = "0123456789abcdef0123456789abcdef"
SUBMISSION = Submission(
    ID,
    1,
    "demo",
    "bio",
    DocumentKind.ANSWER_SHEET,
    None,
    IntakeChannel.API,
    "2030",
    SourceFile("temp", "incoming/a", "v1", 1),
)
BRANCH_ITEMS = {"reading": ReadingItem, "storing": StoringItem, "grading": GradingItem}

MARKS = st.floats(0, 100, allow_nan=False)
WORDS = st.text(min_size=1, max_size=8)
NAMES = st.lists(WORDS, max_size=3).map(tuple)
QUESTIONS = st.builds(QuestionSummary, marks=st.none() | MARKS, max_marks=MARKS, review=NAMES)
OUTCOME: dict[str, st.SearchStrategy[Any]] = {
    "student": st.none() | WORDS,
    "marks": st.none() | MARKS,
    "max_marks": st.none() | MARKS,
    "review": st.none() | NAMES,
    "question_marks": st.none() | st.lists(QUESTIONS, max_size=3).map(tuple),
    "timeline": st.none() | st.builds(Timeline),
    "failure": st.none() | st.builds(Failure),
}
EDIT_LOG = st.lists(
    st.builds(EditLogEntry, changed=st.just("marks"), value=st.none() | MARKS)
    | st.builds(EditLogEntry, changed=st.just("correction"), value=st.none() | WORDS),
    max_size=3,
).map(tuple)
RECORDS = st.builds(
    SubmissionRecord,
    **OUTCOME,
    edit_log=EDIT_LOG,
    mark_changes=st.dictionaries(WORDS, st.builds(MarkChange, marks=MARKS), max_size=2),
    corrections=st.dictionaries(WORDS, st.builds(Correction, marks=st.none() | MARKS, review=NAMES), max_size=2),
)


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: f"{item['pk'][-6:]} {item['sk']}")
def test_an_item_of_version_0_1_is_encoded_as_it_was_stored(item: dict[str, Any]) -> None:
    if item["sk"] == "record":
        record = decode_record(item)
        assert record is not None and record.to_item() == item
        return
    branch = BRANCH_ITEMS[item["sk"].rpartition("#")[2]]
    assert branch.from_item(item).to_item() | {"pk": item["pk"], "sk": item["sk"]} == item


def test_every_kind_of_item_is_among_those_of_version_0_1() -> None:
    kinds = {type(decode_record(item)) for item in ITEMS if item["sk"] == "record"}
    assert kinds == {SubmissionRecord, Tombstone}
    assert {item["sk"].rpartition("#")[2] for item in ITEMS} == {"record", *BRANCH_ITEMS}


@given(RECORDS)
def test_a_record_is_decoded_as_it_was_encoded(record: SubmissionRecord) -> None:
    assert decode_record(record.to_item()) == record


@given(st.builds(OutcomeAttributes, **OUTCOME))
def test_an_outcome_is_decoded_as_it_was_encoded(outcome: OutcomeAttributes) -> None:
    assert OutcomeAttributes.from_item(outcome.to_item()) == outcome


@given(st.builds(Tombstone) | st.builds(RepeatUpload))
def test_items_without_a_record_are_decoded_as_they_were_encoded(item: Tombstone | RepeatUpload) -> None:
    assert decode_record(item.to_item()) == item


def test_a_record_without_optional_attributes_has_their_defaults() -> None:
    stored = {"pk", "sk", "tenant", "assessment", "kind", "door", "received_at", "state", "run", "input"}
    item = next(item for item in ITEMS if "question_marks" in item)
    record = SubmissionRecord.from_item({name: value for name, value in item.items() if name in stored})
    assert (record.claimed, record.counts_from, record.edits, record.student) == (None, None, None, None)
    assert (record.last_run, record.last_received_at) == (record.run, record.received_at)
    assert (record.has_marks, record.edit_log, record.mark_changes, record.corrections) == (False, (), {}, {})


def test_a_repeat_before_the_record_has_no_state() -> None:
    table = MemoryTable()
    assert submission_repository.record_repeat_upload(table, ID, "2031") == RepeatUpload(ID, "2031")
    assert load_record(table, ID) == RepeatUpload(ID, "2031")
    submission_repository.create_record(table, SUBMISSION, SubmissionState.READING)
    record = load_record(table, ID)
    assert isinstance(record, SubmissionRecord)
    assert (record.state, record.last_received_at) == (SubmissionState.READING, "2031")


def test_a_tombstone_is_never_listed() -> None:
    table = MemoryTable()
    submission_repository.create_record(table, SUBMISSION, SubmissionState.READING)
    assert [record.id for record in list_records(table, "demo", "bio")] == [ID]
    tombstone = write_tombstone(table, SUBMISSION, load_items(table, ID))
    assert list_records(table, "demo", "bio") == []
    assert tombstone.targets == ErasureTargets("temp", "incoming/a", "v1", None, None)


def test_the_latest_complete_copy_counts() -> None:
    copy = {"bucket": "documents", "key": "a", "size": 1, "sha256": "ab"}
    items = [
        {"pk": f"submission#{ID}", "sk": f"lane#{run:04}#storing", **copy, "version_id": version}
        for run, version in ((2, "v2"), (10, "v10"), (11, None))
    ]
    stored_file = SubmissionItems.from_items(items).stored_file
    assert stored_file is not None and stored_file.version_id == "v10"


def test_costs_are_the_sum_over_all_attempts_and_runs() -> None:
    items = SubmissionItems(
        reading={1: ReadingItem(times=BranchTimes(), ocr_calls={"a": 1, "b": 2}), 2: ReadingItem(ocr_calls={"a": 4})},
        grading={2: GradingItem({"a": 8})},
    )
    assert (items.ocr_calls, items.model_calls) == (7, 8)
