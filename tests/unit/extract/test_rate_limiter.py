"""All readers together stay just below the quota, and what a dead reader has reserved expires."""

import random
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from core.models import errors
from core.storage.table import ConditionFailed
from extract.ocr.rate_limiter import LocalSchedule, QueueTooLong, RateLimiter, SharedSchedule

TPS = 50.0


class MemoryTable:
    """One item with the conditions that the schedule uses; a call takes `delay` seconds, and fails if `broken`."""

    def __init__(self, delay: float = 0.0) -> None:
        self.item: dict[str, float] | None = None
        self.calls = 0
        self.broken = False
        self._delay, self._lock = delay, threading.Lock()

    def update(self, pk: str, sk: str, expression: str, *, values: dict[str, float], condition: str) -> dict[str, Any]:
        time.sleep(self._delay)
        with self._lock:
            self.calls += 1
            if self.broken:
                raise ConnectionError("no table")
            tat = self.item["tat"] if self.item else None
            busy = tat is not None and tat >= values[":now"]
            if expression == "SET tat = tat + :cost":
                bounded = ":latest" in values
                assert condition == ("tat >= :now AND tat < :latest" if bounded else "tat >= :now")
                if not busy or (tat is not None and bounded and tat >= values[":latest"]):
                    raise ConditionFailed(dict(self.item) if self.item else None)
                assert self.item is not None
                self.item = {"tat": self.item["tat"] + values[":cost"]}
            else:
                assert (expression, condition) == ("SET tat = :until", "attribute_not_exists(tat) OR tat < :now")
                if busy:
                    raise ConditionFailed(self.item)
                self.item = {"tat": values[":until"]}
            return dict(self.item)


def measure_admissions(rate_limiters: list[RateLimiter], calls: list[int]) -> list[list[float]]:
    """When each reader's calls were admitted, in seconds from the start."""
    started = time.time()
    times: list[list[float]] = [[] for _ in rate_limiters]

    def acquire(reader: int) -> None:
        rate_limiters[reader].acquire()
        times[reader].append(time.time() - started)

    threads = [threading.Thread(target=acquire, args=(r,)) for r, count in enumerate(calls) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return [sorted(each) for each in times]


def max_in_one_second(times: list[float]) -> int:
    return max(sum(start <= time < start + 1 for time in times) for start in times)


def test_a_burst_of_one_second_begins_at_once_then_the_rate_applies() -> None:
    (times,) = measure_admissions([RateLimiter(TPS)], [100])
    assert times[int(TPS) - 2] < 0.35
    assert 0.85 < times[-1] < 1.5
    assert max_in_one_second([time for time in times if time > 0.3]) <= TPS * 1.1


def test_one_reader_has_the_whole_quota_and_ten_share_it() -> None:
    table = MemoryTable()
    shared = [RateLimiter(TPS, lambda rate: SharedSchedule(table, "textract", rate)) for _ in range(10)]  # type: ignore[arg-type]
    times = measure_admissions(shared, [10] * 10)
    all_times = sorted(time for each in times for time in each)
    assert all_times[-1] < 1.9, "100 calls at 50 a second with a burst of 50 end after one second"
    assert max_in_one_second([time for time in all_times if time > 0.3]) <= TPS * 1.3


def test_a_small_document_does_not_wait_for_a_large_one() -> None:
    table = MemoryTable()
    rate_limiters = [RateLimiter(20, lambda rate: SharedSchedule(table, "textract", rate)) for _ in range(2)]  # type: ignore[arg-type]
    large = threading.Thread(target=measure_admissions, args=([rate_limiters[0]], [80]))
    large.start()
    time.sleep(0.6)
    started = time.time()
    (times,) = measure_admissions([rate_limiters[1]], [2])
    assert times[-1] < 1.2, time.time() - started
    large.join()


def test_a_dead_readers_reservation_expires() -> None:
    now = [1_000.0]
    table = MemoryTable()
    schedule = SharedSchedule(table, "textract", 10, clock=lambda: now[0])  # type: ignore[arg-type]
    assert schedule.reserve(5, 5) == (pytest.approx(1_000.0), 5)
    assert schedule.reserve(5, 5) == (pytest.approx(1_000.5), 5)
    now[0] += 60
    assert schedule.reserve(1, 1) == (pytest.approx(1_060.0), 1)


def test_immediate_calls_are_reserved_at_once_and_waiting_ones_in_batches() -> None:
    table = MemoryTable()
    first, second = (SharedSchedule(table, "textract", 10, clock=lambda: 1_000.0) for _ in range(2))  # type: ignore[arg-type]
    assert first.reserve(50, 3) == (pytest.approx(1_000.0), 10)
    assert table.calls == 1
    assert second.reserve(50, 3) == (pytest.approx(1_001.0), 3)
    assert first.reserve(2, 3) == (pytest.approx(1_001.3), 2)


def test_a_new_reader_with_a_long_wait_reserves_nothing() -> None:
    now = [1_000.0]
    table = MemoryTable()

    def new_schedule(max_queue_seconds: float) -> SharedSchedule:
        return SharedSchedule(table, "textract", 10, clock=lambda: now[0], max_queue_seconds=max_queue_seconds)  # type: ignore[arg-type]

    active = new_schedule(60)
    active.reserve(10, 10)
    for _ in range(70):
        new_schedule(1_000).reserve(20, 10)
    unchanged = dict(table.item or {})
    for _ in range(3):
        with pytest.raises(QueueTooLong):
            new_schedule(60).reserve(8, 8)
    assert table.item == unchanged
    assert active.reserve(8, 8)[0] > now[0] + 60
    now[0] += 100
    assert new_schedule(60).reserve(8, 8)[1] == 8


def test_a_full_schedule_sends_a_new_reader_to_a_job() -> None:
    table = MemoryTable()
    SharedSchedule(table, "textract", 1).reserve(100, 100)  # type: ignore[arg-type]
    SharedSchedule(table, "textract", 1).reserve(100, 100)  # type: ignore[arg-type]
    rate_limiter = RateLimiter(1, lambda rate: SharedSchedule(table, "textract", rate, max_queue_seconds=60))  # type: ignore[arg-type]
    rate_limiter.acquire()
    with pytest.raises(errors.ReadingTakesLong, match="job"):
        rate_limiter.acquire()


def test_the_shared_schedule_reserves_each_slot_once() -> None:
    table = MemoryTable()
    starts: list[float] = []

    def reserve() -> None:
        starts.append(SharedSchedule(table, "textract", 100).reserve(1, 1)[0])  # type: ignore[arg-type]

    threads = [threading.Thread(target=reserve) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    gaps = [b - a for a, b in zip(sorted(starts), sorted(starts)[1:], strict=False)]
    assert min(gaps) > 0.0099


def test_first_calls_begin_before_the_schedule_answers() -> None:
    table = MemoryTable(delay=0.5)
    rate_limiter = RateLimiter(TPS, lambda rate: SharedSchedule(table, "textract", rate))  # type: ignore[arg-type]
    started = time.monotonic()
    for _ in range(int(TPS / 10)):
        rate_limiter.acquire()
    assert time.monotonic() - started < 0.2
    time.sleep(1.3)
    assert table.item is not None, "calls that began without a reservation are reserved afterwards"


def test_a_reader_limits_itself_if_the_table_is_unreachable() -> None:
    table = MemoryTable()
    table.broken = True
    nonfatal_errors: list[Exception] = []
    rate_limiter = RateLimiter(
        TPS, lambda rate: SharedSchedule(table, "textract", rate), on_nonfatal_error=nonfatal_errors.append
    )  # type: ignore[arg-type]
    (times,) = measure_admissions([rate_limiter], [80])
    assert 0.4 < times[-1] < 1.4
    assert [str(error) for error in nonfatal_errors] == ["no table"]


def test_a_call_that_would_miss_its_deadline_is_refused_at_once() -> None:
    rate_limiter = RateLimiter(1)
    for _ in range(2):
        rate_limiter.acquire()
    started = time.monotonic()
    with pytest.raises(errors.ServiceUnavailable, match="quota"):
        for _ in range(3):
            rate_limiter.acquire(deadline=time.time() + 0.3)
    assert time.monotonic() - started < 2.5


@pytest.mark.parametrize(
    "make", [LocalSchedule, lambda rate, clock: SharedSchedule(MemoryTable(), "textract", rate, clock)]
)
def test_a_schedule_never_reserves_more_than_the_rate(make: Callable[..., Any]) -> None:
    """For any requests at any times: in any period no more calls than its length times the rate."""
    now = [5_000.0]
    schedule = make(10.0, lambda: now[0])
    rng = random.Random(3)  # noqa: S311
    reserved_until = 0.0
    for _ in range(300):
        start, calls = schedule.reserve(rng.randint(1, 30), rng.randint(1, 9))
        assert start >= reserved_until - 1e-5
        reserved_until = start + calls / 10.0
        now[0] += rng.uniform(0, 1.5)


def test_closing_cancels_waiting_calls() -> None:
    """Otherwise they would be made and paid for although the reading has ended."""
    rate_limiter = RateLimiter(0.1)
    messages: list[str] = []

    def wait() -> None:
        try:
            rate_limiter.acquire()
        except errors.ServiceUnavailable as error:
            messages.append(error.message)

    rate_limiter.acquire()
    threads = [threading.Thread(target=wait) for _ in range(5)]
    for thread in threads:
        thread.start()
    rate_limiter.close()
    for thread in threads:
        thread.join(5)
    assert messages == ["This reading has ended."] * 5
