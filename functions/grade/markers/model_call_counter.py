"""Counts the model calls of one attempt at a sheet in the item of its grading branch (`core.storage.branch_items`).

The expected number is written while the calls are under way and the actual number when they are done, so that an
attempt that dies in between is still counted. Writes run in parallel with the marking and never delay it: a write that
fails is reported and nothing else.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

from core.storage import branch_items
from core.storage.table import Table


class ModelCallCounter:
    def __init__(self, table: Table, submission_id: str, run: int, *, on_error: Callable[[Exception], None]) -> None:
        self._table, self._on_error = table, on_error
        self._submission_id, self._run = submission_id, run
        self._attempt = branch_items.new_attempt()
        # One thread, so that the first write cannot overtake the second. The thread starts with the first write.
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model-calls")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        """Returns when all writes have succeeded or failed."""
        self._executor.shutdown()

    def store_count(self, calls: int) -> None:
        """Store how many calls this attempt makes or has made; a later count replaces an earlier one."""
        self._executor.submit(self._write, calls)

    def _write(self, calls: int) -> None:
        try:
            branch_items.write_model_calls(
                self._table, self._submission_id, self._run, attempt=self._attempt, calls=calls
            )
        except Exception as error:  # noqa: BLE001 - marking must not fail because a count was not written
            self._on_error(error)
