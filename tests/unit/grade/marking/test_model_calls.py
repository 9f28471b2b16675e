"""What a try at a sheet's marks asks of a model is counted, whatever becomes of the try."""

from core.models.submission import DocumentKind, IntakeChannel, SourceFile, Submission
from core.storage import cost_counters
from core.storage.table import branch_sk, submission_pk
from grade.markers.model_call_counter import ModelCallCounter
from tests.memory_table import MemoryTable

ID = "5f0c7d1e9a3b48c2a6d4e8f01b2c3d4e"
SHEET = Submission(
    ID,
    2,
    "demo",
    "science-9",
    DocumentKind.ANSWER_SHEET,
    None,
    IntakeChannel.API,
    "2026-01-31T08:30:00.125Z",
    SourceFile(bucket="temp", key="sealed", version_id="1", size=1, sha256=None, media_type=None),
)


def stands(table: MemoryTable) -> int:
    return cost_counters.sum_counters(
        cost_counters.MODEL_CALLS, [table.get(submission_pk(ID), branch_sk(2, "grading")) or {}]
    )


def fail(fault: Exception) -> None:
    raise AssertionError(fault)


def test_calls_that_were_coming_stand_where_nothing_more_is_heard_of_the_try() -> None:
    table = MemoryTable()
    with ModelCallCounter(table, SHEET.id, SHEET.run, on_error=fail) as calls:
        calls.store_count(20)
    assert stands(table) == 20


def test_calls_that_were_made_take_their_place_and_tries_add_up() -> None:
    table = MemoryTable()
    for made in (23, 20):
        with ModelCallCounter(table, SHEET.id, SHEET.run, on_error=fail) as calls:
            calls.store_count(20)
            calls.store_count(made)
    assert stands(table) == 43


def test_a_count_that_cannot_be_written_is_told_and_no_more() -> None:
    class Broken(MemoryTable):
        def update(self, *_: object, **__: object) -> dict[str, object]:
            raise OSError("no table")

    told: list[Exception] = []
    with ModelCallCounter(Broken(), SHEET.id, SHEET.run, on_error=told.append) as calls:
        calls.store_count(20)
    assert [str(fault) for fault in told] == ["no table"]
