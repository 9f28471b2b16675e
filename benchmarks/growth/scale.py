"""How the system grows on an account's quotas: the scenarios of docs/scale.md, simulated, with their plots.

    python -m benchmarks.growth.scale [--quick]

Seeded: the same code gives the same figures. Writes `benchmarks/results/growth.json` and `growth.md`, and with the
full run the plots `docs/scale-*.svg`. About two minutes, a quarter of it with --quick.
"""

import argparse
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import plots, prices
from benchmarks.growth.account_quotas import Bucket, Quotas
from benchmarks.growth.growth_table import markdown
from benchmarks.growth.school_day import Calibration, Day, Outcome, Policy

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "benchmarks" / "results"
SEED = 1
_SHEETS, _HOUR = 50_000, 3600.0
DEFAULT = Quotas()
MORE_PAGES = replace(DEFAULT, textract_tps=150)
MORE_OF_BOTH = replace(
    MORE_PAGES, model_requests=Bucket(30_000 / 60, 30_000 / 60), model_tokens=Bucket(30e6 / 60, 30e6 / 60)
)
_FIVE = {"function_tries": 5, "longest_pause": 30.0}
# Scenario: quotas and what the product does. Some are what it did before, or would do, and why it does not.
AN_HOUR = {
    "default quotas": (DEFAULT, Policy()),
    "default quotas, readers that wait for 240 s, five tries for a function": (DEFAULT, Policy(patience=240, **_FIVE)),
    "default quotas, slots reserved by those who cannot wait": (DEFAULT, Policy(patience=240, bounded=False)),
    "Textract 150": (MORE_PAGES, Policy()),
    "Textract 150, grading capped at 30, five tries for a function": (MORE_PAGES, Policy(grading_at_once=30, **_FIVE)),
    "Textract 150, grading capped at 30": (MORE_PAGES, Policy(grading_at_once=30)),
    "Textract 150, model 30,000 a minute": (MORE_OF_BOTH, Policy()),
}
RATES = (2000, 5000, 8000, 11_000, 14_000, 20_000, 30_000, 40_000, 50_000, 60_000)


def evenly(sheets: int, seconds: float) -> Iterator[float]:
    chance = random.Random(f"arrivals:{SEED}")
    return iter(sorted(chance.uniform(0, seconds) for _ in range(sheets)))


def day(sheets: int, seconds: float, quotas: Quotas, policy: Policy) -> Outcome:
    return Day(evenly(sheets, seconds), sheets, quotas=quotas, measured=Calibration(), policy=policy, seed=SEED).run()


def row(name: str, outcome: Outcome) -> dict[str, Any]:
    """Seconds to the marks, who did not get any, throttles, and dollars of functions and pages a thousand sheets."""
    took, first, counts = outcome.took, sorted(outcome.first_ocr), outcome.counts
    questions = outcome.sheets * Calibration().questions
    gigabyte_seconds = sum(outcome.busy.values())
    return {
        "name": name,
        "sheets": outcome.sheets,
        "p50": _share(took, 0.5),
        "p95": _share(took, 0.95),
        "last": max((end for _, end in outcome.ended), default=0.0),
        "first_ocr_p95": _share(first, 0.95),
        "failed": counts["failed"],
        "functions": outcome.most_functions,
        "by_jobs": counts["pages read by jobs"] / (outcome.sheets * Calibration().pages),
        "to_a_person": counts["questions sent to a person"] / questions,
        "throttled": {
            "textract": counts["pages throttled"],
            "functions": counts["functions throttled"],
            "starts": counts["StartExecution throttled"],
            "doors": counts["refused at the door"],
            "model": counts["questions refused by the model"],
        },
        "dollars_a_thousand": {
            "functions": 1000 * gigabyte_seconds * prices.LAMBDA_GB_SECOND / outcome.sheets,
            "pages": 1000 * Calibration().pages * prices.TEXTRACT_PAGE,
        },
    }


def _share(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def at_once() -> list[dict[str, Any]]:
    """500 sheets of 8 pages within a second, by Textract's quota."""
    return [
        {"tps": tps, **row(f"{tps} TPS", day(500, 1.0, replace(DEFAULT, textract_tps=tps), Policy()))}
        for tps in (5, 25, 50, 100, 200)
    ]


def an_hour(quick: bool) -> tuple[list[dict[str, Any]], dict[str, Outcome]]:
    outcomes = {
        name: day(_SHEETS // (10 if quick else 1), _HOUR / (10 if quick else 1), quotas, policy)
        for name, (quotas, policy) in AN_HOUR.items()
    }
    return [row(name, outcome) for name, outcome in outcomes.items()], outcomes


def knee(quick: bool) -> dict[str, list[dict[str, Any]]]:
    """A quarter of an hour of arrivals at each rate: where waiting begins."""
    minutes = 3 if quick else 15
    return {
        name: [
            {"rate": rate, **row(name, day(rate * minutes // 60, 60.0 * minutes, quotas, Policy()))} for rate in RATES
        ]
        for name, quotas in (
            ("default quotas", DEFAULT),
            ("Textract 150", MORE_PAGES),
            ("Textract 150, model 30,000", MORE_OF_BOTH),
        )
    }


def on_paper(sheets: int, hours: float) -> dict[str, float]:
    """What a day asks of the quotas on average, by counts and times alone (Little's law)."""
    measured = Calibration()
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


def draw(told: dict[str, Any], outcomes: dict[str, Outcome]) -> None:
    lines = [
        plots.Line(name, [(point["rate"], max(point["p95"], 1.0)) for point in points])
        for name, points in told["knee"].items()
    ]
    plots.write(
        ROOT / "docs" / "scale-knee.svg",
        plots.chart(
            "Where waiting begins", "sheets of 8 pages an hour", "seconds to the marks, p95", lines, log_up=True
        ),
    )
    shown = ("default quotas", "Textract 150", "Textract 150, grading capped at 30")
    progress = [plots.Line(name.removeprefix("Textract 150, "), _progress(outcomes[name])) for name in shown]
    plots.write(
        ROOT / "docs" / "scale-hour.svg",
        plots.chart("50,000 sheets in an hour", "minutes", "sheets with marks", progress),
    )


def _progress(outcome: Outcome) -> list[tuple[float, float]]:
    ends = sorted(end for _, end in outcome.ended)
    step = max(1, len(ends) // 100)
    return [(0.0, 0.0), *((end / 60, number + 1.0) for number, end in enumerate(ends) if number % step == 0)]


def run(quick: bool) -> dict[str, Any]:
    rows, outcomes = an_hour(quick)
    told = {
        "seed": SEED,
        "quick": quick,
        "at_once": at_once(),
        "an_hour": rows,
        "knee": knee(quick),
        "a_million": on_paper(1_000_000, 10),
    }
    if not quick:
        draw(told, outcomes)
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the hour, a fifth of the knee; no plots")
    told = run(parser.parse_args().quick)
    if not told["quick"]:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "growth.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    print(markdown(told))


if __name__ == "__main__":
    main()
