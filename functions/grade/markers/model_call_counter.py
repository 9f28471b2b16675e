"""The model's calls of one try at a sheet, counted in the sheet's grading lane (`core.storage.cost_counters`).

How many are coming is written while they are under way, how many there were once they are done, so that a try that
dies in between has told. Beside the marking, never before it: a write that fails is reported and no more.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

from core.storage import cost_counters
from core.storage.table import Table, branch_sk, submission_pk


class ModelCallCounter:
    def __init__(self, table: Table, submission_id: str, run: int, *, on_fault: Callable[[Exception], None]) -> None:
        self._table, self._on_fault = table, on_fault
        self._pk, self._sk = submission_pk(submission_id), branch_sk(run, "grading")
        self._counter = cost_counters.new_counter_attribute(cost_counters.MODEL_CALLS)
        # One thread: the second word is never overtaken by the first. It starts with its first work.
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model-calls")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        """Returns when all is written (or could not be)."""
        self._executor.shutdown()

    def store_count(self, calls: int) -> None:
        """So many calls this try makes, or has made."""
        self._executor.submit(self._write, calls)

    def _write(self, calls: int) -> None:
        try:
            self._table.update(
                self._pk, self._sk, "SET #calls = :calls", values={":calls": calls}, names={"#calls": self._counter}
            )
        except Exception as fault:  # noqa: BLE001 - marks do not fail for want of a count
            self._on_fault(fault)
