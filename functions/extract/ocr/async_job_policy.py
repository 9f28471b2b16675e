"""How long a reading will still take, and whether a job would do better.

Calls page by page are the quickest way for all that people usually send. A document that would hold the account's
quota for minutes is better off with an asynchronous job: that has a quota of its own, and others may read meanwhile.
"""

import math
import threading
import time
from collections.abc import Callable
from typing import Self

from core.models import errors

# A job takes between seconds and some minutes, and nobody can say which; less than this is not worth it.
MAX_SYNC_SECONDS = 240.0
# Pages judged before a document is judged by them, and seconds before the pace of its calls is.
_MIN_JUDGED_PAGES, _MIN_MEASURED_SECONDS = 30, 20.0


class AsyncJobPolicy:
    """Counts pages as they are judged and read. `rate` is the account's quota (pages a second), `deadline` how many
    seconds this reading may take at most, `patience` how many before a job is the better way."""

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
        """For a reading that no asynchronous job can take over: it goes on, however long that takes."""
        return cls(math.inf, math.inf, max_sync_seconds=math.inf, clock=clock)

    def pages(self, total: int) -> None:
        self._pages = total

    def record_page(self, *, by_ocr: bool) -> None:
        """One page more has been looked at; `by_ocr` where a call is made for it."""
        self._judged_pages += 1
        self._ocr_pages += by_ocr

    def record_response(self) -> None:
        """A call has come back; told from any thread."""
        with self._lock:
            self._response_count += 1

    def check(self) -> None:
        """
        Raises
        ------
        ReadingTakesLong
            A job will have read this document before the calls have, or they would not end in time.
        """
        if self._judged_pages < min(_MIN_JUDGED_PAGES, self._pages):
            return
        elapsed = self._clock() - self._started
        remaining = self._estimate_remaining_seconds(elapsed)
        exceeds_deadline = elapsed + remaining > self._deadline
        # What has been read would be read again: with less ahead than behind it is better to go on.
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
