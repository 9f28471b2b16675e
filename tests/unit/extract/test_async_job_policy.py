"""When a document is given to a job: where calls would hold the quota for minutes, or would not end in time."""

import math

import pytest

from core.models import errors
from extract.ocr.async_job_policy import AsyncJobPolicy


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def make_policy(rate: float, *, deadline: float = 830.0, pages: int, clock: Clock | None = None) -> AsyncJobPolicy:
    made = AsyncJobPolicy(rate, deadline, clock=clock or Clock())
    made.pages(pages)
    return made


def judge(made: AsyncJobPolicy, *, by_ocr: int = 0, by_layer: int = 0) -> None:
    for _ in range(by_ocr):
        made.record_page(by_ocr=True)
        made.check()
    for _ in range(by_layer):
        made.record_page(by_ocr=False)
        made.check()


def test_three_hundred_scanned_pages_at_one_a_second_are_a_jobs() -> None:
    made = make_policy(1.0, pages=300)
    judge(made, by_ocr=29)
    with pytest.raises(errors.ReadingTakesLong, match="300 seconds"):
        judge(made, by_ocr=1)


def test_the_same_at_five_a_second_are_read_by_calls() -> None:
    judge(make_policy(5.0, pages=300), by_ocr=300)


def test_a_document_with_text_layers_is_none_of_a_jobs_however_long() -> None:
    judge(make_policy(1.0, pages=300), by_ocr=10, by_layer=290)


def test_a_short_document_is_none_of_a_jobs_however_small_the_quota() -> None:
    judge(make_policy(0.1, pages=20), by_ocr=20)


def test_a_pace_far_below_the_quota_counts_once_it_is_known() -> None:
    """Others read at the same time: 60 pages at 5 a second are 12 seconds, but only 3 came back in 25."""
    clock = Clock()
    made = make_policy(5.0, pages=60, clock=clock)
    judge(made, by_ocr=60)
    for _ in range(3):
        made.record_response()
    clock.now = 15.0
    made.check()
    clock.now = 25.0
    with pytest.raises(errors.ReadingTakesLong):
        made.check()


def test_what_is_half_done_is_not_begun_again() -> None:
    clock = Clock()
    made = make_policy(5.0, pages=100, clock=clock)
    judge(made, by_ocr=100)
    for _ in range(60):
        made.record_response()
    clock.now = 180.0  # 120 seconds more: 300 altogether, and less ahead than behind
    made.check()


def test_what_would_not_end_in_time_is_given_away_even_then() -> None:
    clock = Clock()
    made = make_policy(5.0, pages=100, deadline=250.0, clock=clock)
    judge(made, by_ocr=100)
    for _ in range(60):
        made.record_response()
    clock.now = 180.0
    with pytest.raises(errors.ReadingTakesLong):
        made.check()


def test_without_a_quota_nothing_takes_long() -> None:
    clock = Clock()
    made = AsyncJobPolicy(math.inf, math.inf, clock=clock, max_sync_seconds=math.inf)
    made.pages(3_000)
    judge(made, by_ocr=3_000)
    clock.now = 10_000.0
    made.check()


def test_where_no_job_can_take_over_the_reading_goes_on_however_long() -> None:
    """A document of one page, and of many: neither a page that takes minutes nor all of them end it."""
    for pages in (1, 2, 300):
        clock = Clock()
        made = AsyncJobPolicy.disabled(clock=clock)
        made.pages(pages)
        judge(made, by_ocr=pages)
        for _ in range(pages):
            clock.now += 10_000.0
            made.check()
            made.record_response()
