"""Pacing calls to the account's quota, shared by all who read at the same time.

What is shared is one number: the moment up to which the quota has been given away (a virtual schedule, as in
ITU-T I.371's GCRA). A reader moves it on by as many calls as it is about to make, and learns when each may begin.
So a lone document has the whole quota with a burst of one second, ten at once take turns, and when a function
dies what it had reserved is a fraction of a second that passes by itself: nothing is counted, nothing can leak.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from core.models import errors
from core.storage.table import ConditionFailed, Table

RATE_LIMIT_KEY = ("pacing", "textract")
# The schedule runs a little slower than the quota, so that jitter on the way does not overtake it.
_QUOTA_SHARE = 0.98
_BURST_SECONDS = 1.0
# How far ahead of need a reader reserves, and how many seconds of quota at a time: what others wait for.
_RESERVE_AHEAD_SECONDS = 0.1
_BATCH_SECONDS = 0.34
_MAX_TRIES = 8
_CLOSED_MESSAGE = "This reading has ended."
_QUEUE_TOO_LONG_MESSAGE = "Textract's quota is given away for the next minute; an asynchronous job reads this document."


class Schedule(Protocol):
    def reserve(self, max_calls: int, max_waiting: int) -> tuple[float, int]:
        """Reserve calls: `most` as far as they can begin at once, and up to `share` that have to wait.

        Returns the moment (epoch seconds) from which the first of them counts, and how many were reserved.
        """


class _Rate:
    """How calls and seconds of the schedule belong together."""

    def __init__(self, rate: float, clock: Callable[[], float]) -> None:
        self.rate, self.clock = rate, clock
        self.burst = max(_BURST_SECONDS, 1 / rate)

    def wanted(self, max_calls: int, max_waiting: int, reserved_until: float, now: float) -> int:
        """How many calls to reserve when the schedule is given away up to `until`."""
        at_once = math.floor((now + self.burst - reserved_until) * self.rate)
        return max(1, min(max_calls, max(max_waiting, at_once)))


class LocalSchedule:
    """The schedule of this process alone."""

    def __init__(self, rate: float, clock: Callable[[], float] = time.time) -> None:
        self._rate = _Rate(rate, clock)
        self._reserved_until = 0.0

    def reserve(self, max_calls: int, max_waiting: int) -> tuple[float, int]:
        now = self._rate.clock()
        start = max(self._reserved_until, now)
        calls = self._rate.wanted(max_calls, max_waiting, start, now)
        self._reserved_until = start + calls / self._rate.rate
        return start, calls


class QueueTooLong(Exception):
    """The schedule is given away for longer than a reader that has not begun may wait; nothing was reserved."""


class SharedSchedule:
    """The schedule of the account, in one item of the table; one write where nobody comes between.

    Who has not begun and would wait for longer than `longest` seconds reserves nothing: else those who then go away
    would move the schedule on all the same, away from the clock, and the quota would lie idle.
    """

    def __init__(
        self,
        table: Table,
        rate: float,
        clock: Callable[[], float] = time.time,
        *,
        max_queue_seconds: float = math.inf,
    ) -> None:
        self._table, self._rate = table, _Rate(rate, clock)
        self._reserved_until = 0.0
        self._max_queue_seconds = max_queue_seconds

    def reserve(self, max_calls: int, max_waiting: int) -> tuple[float, int]:
        """As `Schedule.reserve`. Raises Overbooked; ServiceUnavailable where others come between again and again."""
        for _ in range(_MAX_TRIES):
            now = round(self._rate.clock(), 6)
            if self._reserved_until - now >= self._max_queue_seconds:
                raise QueueTooLong
            idle = self._reserved_until < now
            calls = self._rate.wanted(max_calls, max_waiting, max(self._reserved_until, now), now)
            cost = round(calls / self._rate.rate, 6)
            try:
                if idle:
                    free = "attribute_not_exists(tat) OR tat < :now"
                    self._advance("SET tat = :until", free, {":until": round(now + cost, 6), ":now": now})
                elif self._max_queue_seconds < math.inf:
                    values = {":cost": cost, ":now": now, ":latest": round(now + self._max_queue_seconds, 6)}
                    self._advance("SET tat = tat + :cost", "tat >= :now AND tat < :latest", values)
                else:
                    self._advance("SET tat = tat + :cost", "tat >= :now", {":cost": cost, ":now": now})
            except ConditionFailed as failed:
                self._reserved_until = float((failed.item or {}).get("tat", 0.0))
                continue
            # Who has begun goes on: what was read would be paid for again.
            self._max_queue_seconds = math.inf
            return self._reserved_until - cost, calls
        raise errors.ServiceUnavailable("The schedule of Textract calls is too busy.")

    def _advance(self, change: str, condition: str, values: dict[str, float]) -> None:
        self._reserved_until = float(
            self._table.update(*RATE_LIMIT_KEY, change, values=values, condition=condition)["tat"]
        )


class RateLimiter:
    """Admits calls, each at its moment. Safe to use from many threads.

    The first calls begin at once, before the schedule has answered: what they cost is reserved beside them. Where
    the shared schedule cannot be reached, this process paces itself by the whole quota, and throttles do the rest.
    """

    def __init__(
        self,
        tps: float,
        schedule: Callable[[float], Schedule] | None = None,
        *,
        clock: Callable[[], float] = time.time,
        on_nonfatal_error: Callable[[Exception], None] = lambda _: None,
    ) -> None:
        rate = max(tps, 0.05) * _QUOTA_SHARE
        self._clock, self._on_nonfatal_error = clock, on_nonfatal_error
        self._local = LocalSchedule(rate, clock)
        self._schedule: Schedule = schedule(rate) if schedule else self._local
        self._step = 1 / rate
        self._burst = max(_BURST_SECONDS, self._step)
        self._batch = max(1, math.ceil(tps * _BATCH_SECONDS))
        self._free_calls = max(1, int(tps / 10))
        self._changed = threading.Condition()
        self._slots: deque[float] = deque()
        self._last_slot = 0.0
        self._waiting = 0
        self._unreserved_calls = 0
        self._is_reserving = False
        self._closed = threading.Event()
        self._queue_too_long = False

    def close(self) -> None:
        """Nobody needs the calls that still wait: each of them is told so, and nothing more is reserved."""
        self._closed.set()
        with self._changed:
            self._changed.notify_all()

    def acquire(self, deadline: float = math.inf) -> None:
        """Return when the next call may begin; `deadline` in epoch seconds.

        Raises
        ------
        ServiceUnavailable
            That moment lies after the deadline, or the reading has ended.
        ReadingTakesLong
            The shared schedule is given away for longer than a reading that has not begun waits.
        """
        slot = self._take_slot()
        if slot is None:
            return
        if slot > deadline:
            raise errors.ServiceUnavailable("Textract's quota is used up for longer than this reading may take.")
        delay = slot - self._clock()
        if self._closed.wait(delay) if delay > 0 else self._closed.is_set():
            raise errors.ServiceUnavailable(_CLOSED_MESSAGE)

    def _take_slot(self) -> float | None:
        with self._changed:
            if self._closed.is_set():
                raise errors.ServiceUnavailable(_CLOSED_MESSAGE)
            if self._free_calls:
                self._free_calls -= 1
                self._unreserved_calls += 1
                self._start_reserving()
                return None
            self._waiting += 1
            try:
                while not self._slots:
                    if self._closed.is_set():
                        raise errors.ServiceUnavailable(_CLOSED_MESSAGE)
                    if self._queue_too_long:
                        raise errors.ReadingTakesLong(_QUEUE_TOO_LONG_MESSAGE)
                    self._start_reserving()
                    self._changed.wait()
                return self._slots.popleft()
            finally:
                self._waiting -= 1

    def _start_reserving(self) -> None:
        if not self._is_reserving:
            self._is_reserving = True
            threading.Thread(target=self._reserve, name="pacing", daemon=True).start()

    def _reserve(self) -> None:
        """Reserve for whoever waits, until nobody does."""
        while True:
            with self._changed:
                seconds_early = (
                    self._last_slot - _RESERVE_AHEAD_SECONDS - self._clock() if self._slots or self._waiting else 0.0
                )
            if seconds_early > 0:
                time.sleep(seconds_early)
            with self._changed:
                wanted = max(0, self._waiting - len(self._slots))
                unreserved, self._unreserved_calls = self._unreserved_calls, 0
                if not wanted and not unreserved:
                    self._is_reserving = False
                    return
            self._reserve_slots(unreserved, wanted)

    def _reserve_slots(self, unreserved: int, wanted: int) -> None:
        max_calls, max_waiting = unreserved + wanted, unreserved + min(self._batch, wanted)
        try:
            start, calls = self._schedule.reserve(max_calls, max_waiting)
        except QueueTooLong:
            with self._changed:
                self._queue_too_long = True
                self._changed.notify_all()
            return
        except Exception as error:  # noqa: BLE001 - whatever keeps the table away, reading goes on
            self._on_nonfatal_error(error)
            self._schedule = self._local
            start, calls = self._schedule.reserve(max_calls, max_waiting)
        with self._changed:
            for call in range(unreserved + 1, calls + 1):
                self._last_slot = start + call * self._step - self._burst
                self._slots.append(self._last_slot)
            self._changed.notify_all()
