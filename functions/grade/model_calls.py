"""The model's calls of one try at a sheet, counted in the sheet's grading lane (`core.paid`).

How many are coming is written while they are under way, how many there were once they are done, so that a try that
dies in between has told. Beside the marking, never before it: a write that fails is reported and no more.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

from core import paid
from core.table import Table, lane_sk, submission_pk


class ModelCalls:
    def __init__(self, table: Table, submission_id: str, run: int, *, on_fault: Callable[[Exception], None]) -> None:
        self._table, self._on_fault = table, on_fault
        self._pk, self._sk = submission_pk(submission_id), lane_sk(run, "grading")
        self._counter = paid.counter(paid.MODEL_CALLS)
        # One thread: the second word is never overtaken by the first. It starts with its first work.
        self._beside = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model-calls")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        """Returns when all is written (or could not be)."""
        self._beside.shutdown()

    def counted(self, calls: int) -> None:
        """So many calls this try makes, or has made."""
        self._beside.submit(self._write, calls)

    def _write(self, calls: int) -> None:
        try:
            self._table.update(
                self._pk, self._sk, "SET #calls = :calls", values={":calls": calls}, names={"#calls": self._counter}
            )
        except Exception as fault:  # noqa: BLE001 - marks do not fail for want of a count
            self._on_fault(fault)
