"""How long a reading will still take, and whether a job would do better.

Calls page by page are the quickest way for all that people usually send. A document that would hold the account's
quota for minutes is better off with an asynchronous job: that has a quota of its own, and others may read meanwhile.
"""

import math
import threading
import time
from collections.abc import Callable
from typing import Self

from core import errors

# A job takes between seconds and some minutes, and nobody can say which; less than this is not worth it.
PATIENCE_SECONDS = 240.0
# Pages judged before a document is judged by them, and seconds before the pace of its calls is.
_PAGES, _PACE_SECONDS = 30, 20.0


class Outlook:
    """Counts pages as they are judged and read. `rate` is the account's quota (pages a second), `deadline` how many
    seconds this reading may take at most, `patience` how many before a job is the better way."""

    def __init__(
        self,
        rate: float,
        deadline: float,
        *,
        patience: float = PATIENCE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rate, self._deadline, self._patience, self._clock = rate, deadline, patience, clock
        self._begun = clock()
        self._pages = self._judged = self._asked = 0
        self._answered = 0
        self._lock = threading.Lock()

    @classmethod
    def without_job(cls, *, clock: Callable[[], float] = time.monotonic) -> Self:
        """For a reading that no asynchronous job can take over: it goes on, however long that takes."""
        return cls(math.inf, math.inf, patience=math.inf, clock=clock)

    def pages(self, total: int) -> None:
        self._pages = total

    def judged(self, *, by_ocr: bool) -> None:
        """One page more has been looked at; `by_ocr` where a call is made for it."""
        self._judged += 1
        self._asked += by_ocr

    def answered(self) -> None:
        """A call has come back; told from any thread."""
        with self._lock:
            self._answered += 1

    def check(self) -> None:
        """
        Raises
        ------
        ReadingTakesLong
            A job will have read this document before the calls have, or they would not end in time.
        """
        if self._judged < min(_PAGES, self._pages):
            return
        passed = self._clock() - self._begun
        ahead = self._seconds_ahead(passed)
        late = passed + ahead > self._deadline
        # What has been read would be read again: with less ahead than behind it is better to go on.
        if late or (passed + ahead > self._patience and ahead > passed):
            raise errors.ReadingTakesLong(
                f"Page by page this document would take {passed + ahead:.0f} seconds; an asynchronous job reads it."
            )

    def _seconds_ahead(self, passed: float) -> float:
        unseen = max(0, self._pages - self._judged)
        left = self._asked - self._answered + unseen * self._asked / max(1, self._judged)
        rate = self._rate
        if passed > _PACE_SECONDS:
            rate = min(rate, max(self._answered, 1) / passed)
        return left / rate if left else 0.0
