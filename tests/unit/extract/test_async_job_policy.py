"""A document is read by an asynchronous job if calls would occupy the quota for minutes or miss the deadline."""

import math

import pytest

from core.models import errors
from extract.ocr.async_job_policy import AsyncJobPolicy


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def build_policy(rate: float, *, deadline: float = 830.0, pages: int, clock: Clock | None = None) -> AsyncJobPolicy:
    policy = AsyncJobPolicy(rate, deadline, clock=clock or Clock())
    policy.set_page_count(pages)
    return policy


def record_pages(policy: AsyncJobPolicy, *, by_ocr: int = 0, by_layer: int = 0) -> None:
    for _ in range(by_ocr):
        policy.record_page(by_ocr=True)
        policy.check()
    for _ in range(by_layer):
        policy.record_page(by_ocr=False)
        policy.check()


def test_300_scanned_pages_at_one_a_second_go_to_a_job() -> None:
    policy = build_policy(1.0, pages=300)
    record_pages(policy, by_ocr=29)
    with pytest.raises(errors.ReadingTakesLong, match="300 seconds"):
        record_pages(policy, by_ocr=1)


def test_300_scanned_pages_at_five_a_second_are_read_by_calls() -> None:
    record_pages(build_policy(5.0, pages=300), by_ocr=300)


def test_a_long_document_with_text_layers_is_read_without_a_job() -> None:
    record_pages(build_policy(1.0, pages=300), by_ocr=10, by_layer=290)


def test_a_short_document_is_read_without_a_job_at_any_quota() -> None:
    record_pages(build_policy(0.1, pages=20), by_ocr=20)


def test_a_measured_rate_below_the_quota_is_used() -> None:
    """Others read at the same time: 60 pages at 5 a second take 12 seconds, but only 3 were read in 25."""
    clock = Clock()
    policy = build_policy(5.0, pages=60, clock=clock)
    record_pages(policy, by_ocr=60)
    for _ in range(3):
        policy.record_response()
    clock.now = 15.0
    policy.check()
    clock.now = 25.0
    with pytest.raises(errors.ReadingTakesLong):
        policy.check()


def test_a_reading_more_than_half_done_continues() -> None:
    clock = Clock()
    policy = build_policy(5.0, pages=100, clock=clock)
    record_pages(policy, by_ocr=100)
    for _ in range(60):
        policy.record_response()
    clock.now = 180.0  # 120 seconds remain: 300 altogether, and less remaining than elapsed
    policy.check()


def test_a_reading_that_would_miss_its_deadline_goes_to_a_job() -> None:
    clock = Clock()
    policy = build_policy(5.0, pages=100, deadline=250.0, clock=clock)
    record_pages(policy, by_ocr=100)
    for _ in range(60):
        policy.record_response()
    clock.now = 180.0
    with pytest.raises(errors.ReadingTakesLong):
        policy.check()


def test_without_a_quota_no_reading_goes_to_a_job() -> None:
    clock = Clock()
    policy = AsyncJobPolicy(math.inf, math.inf, clock=clock, max_sync_seconds=math.inf)
    policy.set_page_count(3_000)
    record_pages(policy, by_ocr=3_000)
    clock.now = 10_000.0
    policy.check()


def test_a_disabled_policy_never_ends_a_reading() -> None:
    """Neither one page that takes very long nor many of them."""
    for pages in (1, 2, 300):
        clock = Clock()
        policy = AsyncJobPolicy.disabled(clock=clock)
        policy.set_page_count(pages)
        record_pages(policy, by_ocr=pages)
        for _ in range(pages):
            clock.now += 10_000.0
            policy.check()
            policy.record_response()
