"""Writes a reading's progress to the table, in the background.

One item a run (`core.storage.branch_items`), with a counter of OCR calls for each attempt.
Progress is shown to people and decides nothing, so a failed write is logged and ignored.
"""

import threading
from collections.abc import Callable

from core.models.timeline import BranchTimes
from core.platform.clock import now
from core.storage import branch_items
from core.storage.branch_items import ReadingItem
from core.storage.table import Table

# A reading that takes less than this writes its progress once, at its end.
_WRITE_INTERVAL_SECONDS = 0.6


class ProgressRecorder:
    """A `ProgressListener` that counts in memory; its own thread writes the counts, at most about once a second.

    `started_at` is given if an earlier call of the same run began the reading (an asynchronous job).
    """

    def __init__(
        self,
        table: Table,
        submission_id: str,
        run: int,
        *,
        should_stop: Callable[[], bool],
        on_nonfatal_error: Callable[[Exception], None],
        started_at: str | None = None,
    ) -> None:
        self._table, self._on_nonfatal_error = table, on_nonfatal_error
        self._submission_id, self._run = submission_id, run
        self._attempt = branch_items.new_attempt()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._writer: threading.Thread | None = None
        self.should_stop = should_stop
        self.started_at = started_at or now()
        self.first_ocr_at: str | None = started_at
        self._total = self._done = self._calls = 0

    def pages(self, total: int) -> None:
        with self._lock:
            self._total = total
        self._start_writer()

    def ocr_call_started(self) -> None:
        with self._lock:
            self._calls += 1
            if self.first_ocr_at is None:
                self.first_ocr_at = now()
        self._start_writer()

    def page_done(self) -> None:
        with self._lock:
            self._done = min(self._done + 1, self._total or self._done + 1)
        self._start_writer()

    def end(self, ended_at: str | None) -> None:
        """Write the final progress and return when it is written (or could not be). `ended_at` is None if another
        call will continue the reading."""
        self._closing.set()
        with self._lock:
            writer = self._writer
        if writer:
            writer.join()
        self._write(ended_at)

    def _start_writer(self) -> None:
        with self._lock:
            if self._writer is None and not self._closing.is_set():
                self._writer = threading.Thread(target=self._write_periodically, name="progress", daemon=True)
                self._writer.start()

    def _write_periodically(self) -> None:
        while not self._closing.wait(_WRITE_INTERVAL_SECONDS):
            self._write(None)

    def _write(self, ended_at: str | None) -> None:
        with self._lock:
            progress = ReadingItem(
                pages_total=self._total,
                pages_done=self._done,
                times=BranchTimes(self.started_at, ended_at, self.first_ocr_at),
                ocr_calls={self._attempt: self._calls},
            )
        try:
            branch_items.write_reading_progress(self._table, self._submission_id, self._run, progress)
        except Exception as error:  # noqa: BLE001 - a reading does not fail because its progress cannot be written
            self._on_nonfatal_error(error)
