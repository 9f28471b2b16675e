"""Limits OCR calls to the account's quota (calls a second), shared by all functions that read at the same time.

The shared state is one number: the time up to which the quota has been reserved (the theoretical arrival time, TAT, of
the generic cell rate algorithm, GCRA, ITU-T I.371). A reader advances it by the calls that it is about to make, and so
learns when each of them may begin. A single document has the whole quota with a burst of one second; ten at once take
turns. If a function dies, what it had reserved is a fraction of a second that expires by itself: there is no counter
that could leak.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from core.models import errors
from core.storage.table import ConditionFailed, Table

_PARTITION_KEY = "pacing"
# The schedule runs a little slower than the quota, so that network jitter does not exceed the quota.
_QUOTA_SHARE = 0.98
_BURST_SECONDS = 1.0
# How long before they are needed a reader reserves calls, and how many seconds of quota at a time: others wait for
# that long.
_RESERVE_AHEAD_SECONDS = 0.1
_BATCH_SECONDS = 0.34
_MAX_TRIES = 8
_CLOSED_MESSAGE = "This reading has ended."
_QUEUE_TOO_LONG_MESSAGE = "The OCR quota is reserved for the next minute; an asynchronous job reads this document."


class Schedule(Protocol):
    """Hands out time slots for calls."""

    def reserve(self, max_calls: int, max_waiting: int) -> tuple[float, int]:
        """Reserve up to `max_calls` calls if they can begin at once, but no more than `max_waiting` that have to wait.

        Returns the start of the reserved time (epoch seconds), and how many calls were reserved.
        """


class _Rate:
    """Converts between calls and seconds of the schedule; `rate` is in calls a second."""

    def __init__(self, rate: float, clock: Callable[[], float]) -> None:
        self.rate, self.clock = rate, clock
        self.burst = max(_BURST_SECONDS, 1 / rate)

    def wanted(self, max_calls: int, max_waiting: int, reserved_until: float, now: float) -> int:
        """How many calls to reserve if the schedule is reserved up to `reserved_until` (epoch seconds)."""
        at_once = math.floor((now + self.burst - reserved_until) * self.rate)
        return max(1, min(max_calls, max(max_waiting, at_once)))


class LocalSchedule:
    """A schedule for this process only."""

    def __init__(self, rate: float, clock: Callable[[], float] = time.time) -> None:
        self._rate = _Rate(rate, clock)
        self._reserved_until = 0.0

    def reserve(self, max_calls: int, max_waiting: int) -> tuple[float, int]:
        now = self._rate.clock()
        start = max(self._reserved_until, now)
        calls = self._rate.wanted(max_calls, max_waiting, start, now)
        self._reserved_until = start + calls / self._rate.rate
        return start, calls


def get_schedule_key(engine: str) -> tuple[str, str]:
    """The key of the item that holds an engine's schedule."""
    return (_PARTITION_KEY, engine)


class QueueTooLong(Exception):
    """The schedule is reserved for longer than a new reader may wait; nothing was reserved."""


class SharedSchedule:
    """One engine's schedule for the whole account, in one item of the table; a reservation is one write if no other
    reader writes in between.

    A reader that has not reserved yet and would wait for longer than `max_queue_seconds` reserves nothing. Otherwise
    readers that then give up would still advance the schedule, and the quota would be unused.
    """

    def __init__(
        self,
        table: Table,
        engine: str,
        rate: float,
        clock: Callable[[], float] = time.time,
        *,
        max_queue_seconds: float = math.inf,
    ) -> None:
        self._table, self._key, self._rate = table, get_schedule_key(engine), _Rate(rate, clock)
        self._reserved_until = 0.0
        self._max_queue_seconds = max_queue_seconds

    def reserve(self, max_calls: int, max_waiting: int) -> tuple[float, int]:
        """See `Schedule.reserve`.

        Raises
        ------
        QueueTooLong
            A new reader would wait for longer than `max_queue_seconds`.
        ServiceUnavailable
            Other readers wrote in between at every attempt.
        """
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
            # A reader that has begun continues however long it waits: what it has read would be paid for again.
            self._max_queue_seconds = math.inf
            return self._reserved_until - cost, calls
        raise errors.ServiceUnavailable("The schedule of OCR calls is too busy.")

    def _advance(self, change: str, condition: str, values: dict[str, float]) -> None:
        self._reserved_until = float(self._table.update(*self._key, change, values=values, condition=condition)["tat"])


class RateLimiter:
    """Lets each call begin at its reserved time. Safe to use from many threads.

    The first calls begin at once, before the schedule has answered; they are reserved in the background. If the shared
    schedule cannot be reached, this process limits itself to the whole quota; the service's throttling does the rest.
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
        """Cancel the waiting calls (each of them raises ServiceUnavailable) and reserve nothing more."""
        self._closed.set()
        with self._changed:
            self._changed.notify_all()

    def acquire(self, deadline: float = math.inf) -> None:
        """Wait until the next call may begin; `deadline` in epoch seconds.

        Raises
        ------
        ServiceUnavailable
            The call could not begin before the deadline, or the limiter was closed.
        ReadingTakesLong
            The shared schedule is reserved for longer than a new reading may wait.
        """
        slot = self._take_slot()
        if slot is None:
            return
        if slot > deadline:
            raise errors.ServiceUnavailable("The OCR quota is used up for longer than this reading may take.")
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
            threading.Thread(target=self._reserve, name="rate-limiter", daemon=True).start()

    def _reserve(self) -> None:
        """Reserve slots until no call waits."""
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
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the table, the reading continues
            self._on_nonfatal_error(error)
            self._schedule = self._local
            start, calls = self._schedule.reserve(max_calls, max_waiting)
        with self._changed:
            for call in range(unreserved + 1, calls + 1):
                self._last_slot = start + call * self._step - self._burst
                self._slots.append(self._last_slot)
            self._changed.notify_all()
