"""Model calls of an attempt at a sheet are counted, even if the attempt does not finish."""

from core.models.document_kinds import DocumentKind
from core.models.submission import IntakeChannel, SourceFile, Submission
from core.storage.submission_queries import load_items
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


def stored_count(table: MemoryTable) -> int:
    return load_items(table, ID).model_calls


def fail(error: Exception) -> None:
    raise AssertionError(error)


def test_expected_calls_stay_counted_if_the_attempt_dies() -> None:
    table = MemoryTable()
    with ModelCallCounter(table, SHEET.id, SHEET.run, on_error=fail) as calls:
        calls.store_count(20)
    assert stored_count(table) == 20


def test_actual_calls_replace_expected_ones_and_attempts_add_up() -> None:
    table = MemoryTable()
    for made in (23, 20):
        with ModelCallCounter(table, SHEET.id, SHEET.run, on_error=fail) as calls:
            calls.store_count(20)
            calls.store_count(made)
    assert stored_count(table) == 43


def test_a_failed_write_is_reported_and_does_not_raise() -> None:
    class Broken(MemoryTable):
        def update(self, *_: object, **__: object) -> dict[str, object]:
            raise OSError("no table")

    errors: list[Exception] = []
    with ModelCallCounter(Broken(), SHEET.id, SHEET.run, on_error=errors.append) as calls:
        calls.store_count(20)
    assert [str(error) for error in errors] == ["no table"]
