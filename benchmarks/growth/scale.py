"""Simulates how the system scales on an account's quotas: the scenarios of docs/scale.md, with their plots.

    python -m benchmarks.growth.scale [--quick]

Seeded: the same code gives the same figures. The full run writes `out/benchmarks/growth.json` and the plots
`docs/scale-*.svg`. Takes about two minutes, a quarter of it with --quick.
"""

import argparse
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import plots, prices
from benchmarks.growth.account_quotas import AccountQuotas, BucketSize
from benchmarks.growth.growth_table import markdown
from benchmarks.growth.simulation import SchoolDaySimulation, SimulationResult
from benchmarks.growth.simulation_parameters import MeasuredTimes, ProductPolicy
from benchmarks.measurements import write_measurement

ROOT = Path(__file__).resolve().parents[2]
SEED = 1
_SHEETS, _HOUR = 50_000, 3600.0
DEFAULT = AccountQuotas()
MORE_TEXTRACT = replace(DEFAULT, textract_tps=150)
MORE_TEXTRACT_AND_MODEL = replace(
    MORE_TEXTRACT, model_requests=BucketSize(30_000 / 60, 30_000 / 60), model_tokens=BucketSize(30e6 / 60, 30e6 / 60)
)
_FIVE_TRIES = ProductPolicy(function_tries=5, longest_pause=30.0)
# Scenario: quotas and the product's policy. Some are earlier or alternative policies, to show why they are not used.
HOUR_SCENARIOS = {
    "default quotas": (DEFAULT, ProductPolicy()),
    "default quotas, OCR may wait 240 s, five invocations": (
        DEFAULT,
        replace(_FIVE_TRIES, patience=240),
    ),
    "default quotas, OCR slots reserved before the wait is known": (
        DEFAULT,
        ProductPolicy(patience=240, bounded=False),
    ),
    "Textract 150": (MORE_TEXTRACT, ProductPolicy()),
    "Textract 150, at most 30 grading functions, five invocations": (
        MORE_TEXTRACT,
        replace(_FIVE_TRIES, grading_at_once=30),
    ),
    "Textract 150, at most 30 grading functions": (MORE_TEXTRACT, ProductPolicy(grading_at_once=30)),
    "Textract 150, model 30,000 a minute": (MORE_TEXTRACT_AND_MODEL, ProductPolicy()),
}
RATES = (2000, 5000, 8000, 11_000, 14_000, 20_000, 30_000, 40_000, 50_000, 60_000)


def uniform_arrivals(sheets: int, seconds: float) -> Iterator[float]:
    rng = random.Random(f"arrivals:{SEED}")
    return iter(sorted(rng.uniform(0, seconds) for _ in range(sheets)))


def simulate_day(sheets: int, seconds: float, quotas: AccountQuotas, policy: ProductPolicy) -> SimulationResult:
    return SchoolDaySimulation(
        uniform_arrivals(sheets, seconds), sheets, quotas=quotas, measured=MeasuredTimes(), policy=policy, seed=SEED
    ).run()


def result_row(name: str, outcome: SimulationResult) -> dict[str, Any]:
    """Return one row: seconds to the marks, failed sheets, throttles, and dollars of functions and pages per thousand
    sheets."""
    seconds_to_marks, first_ocr, counts = outcome.took, sorted(outcome.first_ocr), outcome.counts
    questions = outcome.sheets * MeasuredTimes().questions
    gigabyte_seconds = sum(outcome.busy.values())
    return {
        "name": name,
        "sheets": outcome.sheets,
        "p50": _percentile(seconds_to_marks, 0.5),
        "p95": _percentile(seconds_to_marks, 0.95),
        "last": max((end for _, end in outcome.ended), default=0.0),
        "first_ocr_p95": _percentile(first_ocr, 0.95),
        "failed": counts["failed"],
        "functions": outcome.most_functions,
        "by_jobs": counts["pages read by jobs"] / (outcome.sheets * MeasuredTimes().pages),
        "to_a_person": counts["questions sent to a person"] / questions,
        "throttled": {
            "textract": counts["pages throttled"],
            "functions": counts["functions throttled"],
            "starts": counts["StartExecution throttled"],
            "doors": counts["refused requests"],
            "model": counts["questions refused by the model"],
        },
        "dollars_a_thousand": {
            "functions": 1000 * gigabyte_seconds * prices.LAMBDA_GB_SECOND / outcome.sheets,
            "pages": 1000 * MeasuredTimes().pages * prices.TEXTRACT_PAGE,
        },
    }


def _percentile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def simulate_burst() -> list[dict[str, Any]]:
    """Simulate 500 sheets of 8 pages within a second, by Textract quota."""
    return [
        {
            "tps": tps,
            **result_row(f"{tps} TPS", simulate_day(500, 1.0, replace(DEFAULT, textract_tps=tps), ProductPolicy())),
        }
        for tps in (5, 25, 50, 100, 200)
    ]


def simulate_hour(quick: bool) -> tuple[list[dict[str, Any]], dict[str, SimulationResult]]:
    outcomes = {
        name: simulate_day(_SHEETS // (10 if quick else 1), _HOUR / (10 if quick else 1), quotas, policy)
        for name, (quotas, policy) in HOUR_SCENARIOS.items()
    }
    return [result_row(name, outcome) for name, outcome in outcomes.items()], outcomes


def find_saturation(quick: bool) -> dict[str, list[dict[str, Any]]]:
    """Simulate a quarter of an hour of arrivals at each rate, to find where waiting begins."""
    minutes = 3 if quick else 15
    return {
        name: [
            {
                "rate": rate,
                **result_row(name, simulate_day(rate * minutes // 60, 60.0 * minutes, quotas, ProductPolicy())),
            }
            for rate in RATES
        ]
        for name, quotas in (
            ("default quotas", DEFAULT),
            ("Textract 150", MORE_TEXTRACT),
            ("Textract 150, model 30,000", MORE_TEXTRACT_AND_MODEL),
        )
    }


def average_load(sheets: int, hours: float) -> dict[str, float]:
    """Return the average load of a day on the quotas, from counts and times alone (Little's law)."""
    measured = MeasuredTimes()
    rate = sheets / (3600 * hours)
    reading = measured.read_busy + measured.page * (1 + measured.page_jitter)
    return {
        "sheets a second": rate,
        "pages a second": rate * measured.pages,
        "starts a second": rate,
        "transitions a second": rate * measured.transitions,
        "functions at once": rate
        * (measured.receive + reading + measured.store + measured.grade_busy + measured.model),
        "model requests a minute": 60 * rate * measured.questions,
        "model tokens a minute": 60 * rate * measured.questions * measured.tokens,
    }


def draw_plots(results: dict[str, Any], outcomes: dict[str, SimulationResult]) -> None:
    lines = [
        plots.Series(name, [(point["rate"], max(point["p95"], 1.0)) for point in points])
        for name, points in results["knee"].items()
    ]
    plots.write(
        ROOT / "docs" / "scale-knee.svg",
        plots.chart(
            "Where waiting begins", "sheets of 8 pages an hour", "seconds to the marks, p95", lines, log_up=True
        ),
    )
    plotted = ("default quotas", "Textract 150", "Textract 150, at most 30 grading functions")
    progress = [plots.Series(name.removeprefix("Textract 150, "), _progress(outcomes[name])) for name in plotted]
    plots.write(
        ROOT / "docs" / "scale-hour.svg",
        plots.chart("50,000 sheets in an hour", "minutes", "sheets with marks", progress),
    )


def _progress(outcome: SimulationResult) -> list[tuple[float, float]]:
    ends = sorted(end for _, end in outcome.ended)
    step = max(1, len(ends) // 100)
    return [(0.0, 0.0), *((end / 60, number + 1.0) for number, end in enumerate(ends) if number % step == 0)]


def run(quick: bool) -> dict[str, Any]:
    rows, outcomes = simulate_hour(quick)
    results = {
        "seed": SEED,
        "quick": quick,
        "at_once": simulate_burst(),
        "an_hour": rows,
        "knee": find_saturation(quick),
        "a_million": average_load(1_000_000, 10),
    }
    if not quick:
        draw_plots(results, outcomes)
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the hour, a fifth of each rate; no plots")
    results = run(parser.parse_args().quick)
    if not results["quick"]:
        write_measurement("growth", results)
    print(markdown(results))


if __name__ == "__main__":
    main()
