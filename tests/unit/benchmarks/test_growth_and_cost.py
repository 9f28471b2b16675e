"""The simulated school day respects its quotas, and the cost calculator adds up correctly."""

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
import simpy

from benchmarks import cost, memory_sizes, plots, prices
from benchmarks.growth.account_quotas import AccountQuotas, BucketSize
from benchmarks.growth.simulation import SchoolDaySimulation, SimulatedTokenBucket, SimulationResult
from benchmarks.growth.simulation_parameters import MeasuredTimes, ProductPolicy

COUNTS = {
    "bytes": 300_000,
    "pages": 2,
    "transitions": 10.0,
    "calls": {
        "ReceiveFunction s3:PutObject": 1.0,
        "ExtractFunction s3:GetObject": 1.0,
        "GradeFunction dynamodb:GetItem": 1.0,
        "stepfunctions dynamodb:UpdateItem": 1.0,
        "ResultsFunction s3:GetObject": 9.0,
    },
    "seconds": {"GradeFunction": 2.0},
    "cpu_seconds": {"GradeFunction": 0.5, "ReceiveFunction": 0.1, "ExtractFunction": 0.1, "PersistFunction": 0.1},
    "peak_megabytes": {"GradeFunction": 100},
    "usage": {"input_tokens": 1_000_000, "output_tokens": 100_000},
}


def simulate_day(sheets: int, interval: float = 0.0, **changes: float) -> SimulationResult:
    policy = {name: value for name, value in changes.items() if name in ProductPolicy.__dataclass_fields__}
    quotas = {name: value for name, value in changes.items() if name not in policy}
    return SchoolDaySimulation(
        iter([interval * number for number in range(sheets)]),
        sheets,
        quotas=replace(AccountQuotas(), **quotas),
        measured=MeasuredTimes(),
        policy=replace(ProductPolicy(), **policy),
    ).run()


def test_a_token_bucket_allows_its_burst_then_its_rate() -> None:
    env = simpy.Environment()
    bucket = SimulatedTokenBucket(env, BucketSize(3, 2))
    assert [bucket.take() for _ in range(4)] == [1, 1, 1, 0]
    env.run(until=1.0)
    assert bucket.take(5, part=True) == 2


def test_simultaneous_sheets_are_all_marked_within_the_page_quota() -> None:
    outcome = simulate_day(60)
    assert len(outcome.ended) == 60
    assert outcome.counts["failed"] == outcome.counts["pages throttled"] == 0
    assert outcome.counts["pages read at once"] == 60 * 8
    # 480 pages at 25 per second, minus one second's burst, plus the time of the last page.
    last = max(end for _, end in outcome.ended)
    assert 480 / 25 - 1 < last < 480 / 25 + 8


def test_a_sheet_that_would_wait_too_long_becomes_an_async_job() -> None:
    # Eight pages per sheet and ten sheets per second are three times the quota.
    bounded, runaway = (simulate_day(1200, interval=0.1, patience=20.0, bounded=bounded) for bounded in (True, False))
    assert len(bounded.ended) == len(runaway.ended) == 1200
    at_once = bounded.counts["pages read at once"]
    assert at_once > 0.9 * 25 * 120
    # If they reserve nevertheless, the schedule runs ahead of the clock and the quota stays unused.
    assert at_once > 2 * runaway.counts["pages read at once"]


def test_functions_above_the_concurrency_limit_are_throttled_and_retried() -> None:
    outcome = simulate_day(30, functions_at_once=20, function_tries=200)
    assert outcome.most_functions <= 20
    assert outcome.counts["functions throttled"] > 0
    assert len(outcome.ended) == 30


def test_the_price_of_a_submission_is_the_sum_of_its_usage() -> None:
    price = cost.price(COUNTS, {"GradeFunction": 1024}, ocr_pages=2, model="gpt-4o-mini")
    assert price.ocr == pytest.approx(0.003)
    assert price.model == pytest.approx(0.15 + 0.06)
    assert price.functions == pytest.approx(2 * prices.LAMBDA_GB_SECOND + prices.LAMBDA_REQUEST)
    assert price.transitions == pytest.approx(0.00025)
    # Later reads of the results are not part of the submission's price.
    assert price.storage_calls == pytest.approx(prices.S3_WRITE + prices.S3_READ)
    assert price.total == pytest.approx(
        price.ocr + price.model + price.functions + price.transitions + price.storage_calls + price.table + price.rest
    )
    assert cost.price(COUNTS, {"GradeFunction": 1024}, ocr_pages=2, model=None).model == 0


def test_an_async_job_costs_transitions_instead_of_waiting_time() -> None:
    counts = {**COUNTS, "seconds": {"ExtractFunction": 40.0}}
    by_job = cost.with_async_job(counts)
    assert by_job["transitions"] > counts["transitions"]
    assert by_job["seconds"]["ExtractFunction"] < 40


def test_less_memory_means_proportionally_less_cpu() -> None:
    counts = {**COUNTS, "seconds": dict.fromkeys(COUNTS["cpu_seconds"], 2.0)}
    starts = [{"function": name, "door_ms": 400} for name in ("receive", "extract", "persist", "grade")]
    grade = next(row for row in memory_sizes.rows(counts, starts) if row["function"] == "grade")
    assert grade["waiting"] == pytest.approx(1.5)
    assert grade["sizes"][1769]["seconds"] == grade["sizes"][3008]["seconds"] == pytest.approx(2.0)
    assert grade["sizes"][512]["seconds"] == pytest.approx(1.5 + 0.5 * 1769 / 512)


@pytest.mark.parametrize("log_up", [False, True])
def test_a_chart_is_valid_and_shows_every_series(log_up: bool) -> None:
    lines = [plots.Series("a < b", [(0, 1.0), (50, 120.0)]), plots.Series("other", [(0, 2.0), (50, 3.5)])]
    tree = ET.fromstring(plots.chart("Title", "across", "up", lines, log_up=log_up))  # noqa: S314 - our own
    names = [element.text for element in tree.iter() if element.tag.endswith("text")]
    assert {"Title", "a < b", "other"} <= set(names)
    assert sum(element.tag.endswith("polyline") for element in tree.iter()) == 2
