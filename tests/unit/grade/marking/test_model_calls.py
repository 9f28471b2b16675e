"""What a try at a sheet's marks asks of a model is counted, whatever becomes of the try."""

from core import paid
from core.submission import Door, Kind, SourceFile, Submission
from core.table import lane_sk, submission_pk
from grade.model_calls import ModelCalls
from tests.memory_table import MemoryTable

ID = "5f0c7d1e9a3b48c2a6d4e8f01b2c3d4e"
SHEET = Submission(
    ID,
    2,
    "demo",
    "science-9",
    Kind.ANSWER_SHEET,
    None,
    Door.API,
    "2026-01-31T08:30:00.125Z",
    SourceFile(bucket="temp", key="sealed", version_id="1", size=1, sha256=None, media_type=None),
)


def stands(table: MemoryTable) -> int:
    return paid.total(paid.MODEL_CALLS, [table.get(submission_pk(ID), lane_sk(2, "grading")) or {}])


def fail(fault: Exception) -> None:
    raise AssertionError(fault)


def test_calls_that_were_coming_stand_where_nothing_more_is_heard_of_the_try() -> None:
    table = MemoryTable()
    with ModelCalls(table, SHEET.id, SHEET.run, on_fault=fail) as calls:
        calls.counted(20)
    assert stands(table) == 20


def test_calls_that_were_made_take_their_place_and_tries_add_up() -> None:
    table = MemoryTable()
    for made in (23, 20):
        with ModelCalls(table, SHEET.id, SHEET.run, on_fault=fail) as calls:
            calls.counted(20)
            calls.counted(made)
    assert stands(table) == 43


def test_a_count_that_cannot_be_written_is_told_and_no_more() -> None:
    class Broken(MemoryTable):
        def update(self, *_: object, **__: object) -> dict[str, object]:
            raise OSError("no table")

    told: list[Exception] = []
    with ModelCalls(Broken(), SHEET.id, SHEET.run, on_fault=told.append) as calls:
        calls.counted(20)
    assert [str(fault) for fault in told] == ["no table"]
