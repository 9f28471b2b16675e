"""Decides whether a document is read page by page or by an asynchronous Textract job.

Calls page by page are the quickest way for what people usually send. A document that would occupy the account's
quota for minutes is better read by an asynchronous job, which has a quota of its own: others can read in the meantime.
"""

import math
import threading
import time
from collections.abc import Callable
from typing import Self

from core.models import errors

# A job takes anything from seconds to some minutes, unpredictably; for a shorter reading it is not worth it.
MAX_SYNC_SECONDS = 240.0
# How many pages must be classified before the estimate is used, and after how many seconds the measured call rate is.
_MIN_JUDGED_PAGES, _MIN_MEASURED_SECONDS = 30, 20.0


class AsyncJobPolicy:
    """Estimates the remaining time from the pages classified and read so far.

    `rate` is the account's quota in pages a second, `deadline` how many seconds this reading may take at most,
    `max_sync_seconds` the total time above which a job is better.
    """

    def __init__(
        self,
        rate: float,
        deadline: float,
        *,
        max_sync_seconds: float = MAX_SYNC_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rate, self._deadline, self._max_sync_seconds, self._clock = rate, deadline, max_sync_seconds, clock
        self._started = clock()
        self._pages = self._judged_pages = self._ocr_pages = 0
        self._response_count = 0
        self._lock = threading.Lock()

    @classmethod
    def disabled(cls, *, clock: Callable[[], float] = time.monotonic) -> Self:
        """A policy that never chooses a job, for a reading that no job can take over."""
        return cls(math.inf, math.inf, max_sync_seconds=math.inf, clock=clock)

    def set_page_count(self, total: int) -> None:
        """Set the document's number of pages."""
        self._pages = total

    def record_page(self, *, by_ocr: bool) -> None:
        """Count one more classified page; `by_ocr` if a call is made for it."""
        self._judged_pages += 1
        self._ocr_pages += by_ocr

    def record_response(self) -> None:
        """Count one more finished call. Safe to call from any thread."""
        with self._lock:
            self._response_count += 1

    def check(self) -> None:
        """Raise if a job should take over.

        Raises
        ------
        ReadingTakesLong
            A job would finish earlier than the calls, or the calls would not finish by the deadline.
        """
        if self._judged_pages < min(_MIN_JUDGED_PAGES, self._pages):
            return
        elapsed = self._clock() - self._started
        remaining = self._estimate_remaining_seconds(elapsed)
        exceeds_deadline = elapsed + remaining > self._deadline
        # A job reads the whole document again: with less time remaining than elapsed it is better to continue.
        if exceeds_deadline or (elapsed + remaining > self._max_sync_seconds and remaining > elapsed):
            raise errors.ReadingTakesLong(
                f"Page by page this document would take {elapsed + remaining:.0f} seconds; an asynchronous job "
                f"reads it."
            )

    def _estimate_remaining_seconds(self, elapsed: float) -> float:
        unseen = max(0, self._pages - self._judged_pages)
        left = self._ocr_pages - self._response_count + unseen * self._ocr_pages / max(1, self._judged_pages)
        rate = self._rate
        if elapsed > _MIN_MEASURED_SECONDS:
            rate = min(rate, max(self._response_count, 1) / elapsed)
        return left / rate if left else 0.0
