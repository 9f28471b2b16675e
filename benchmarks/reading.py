"""How fast documents are read, beside the bound and beside what anybody would write first.

    python -m benchmarks.reading [--quick] [--json FILE]

Everything runs on this machine: a Textract endpoint with a quota and seeded latencies, S3 and DynamoDB (moto), and
readers in processes of their own. Ours is the reading lane's handler. Prints a table; the full run also writes
`benchmarks/results/reading.json` and `reading.md`. About four minutes, under one with --quick.
"""

import argparse
import json
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import footprint
from benchmarks.machine import machine
from benchmarks.quota import Allowance, bound
from benchmarks.reading_table import markdown
from benchmarks.scans import COARSE_GRAIN, write_typed
from benchmarks.stage import Crew, Race, Stage
from benchmarks.strategies import Document

RESULTS = Path(__file__).parent / "results"
SIZES = (1, 5, 20, 50)
QUOTAS = (25.0, 5.0)
FIRST_SEED = 1


@dataclass(frozen=True)
class Plan:
    """How much is measured. `rounds` of a case by its bound in seconds; a seed for each round."""

    quick: bool

    def rounds(self, bound: float) -> int:
        if self.quick or bound > 9:
            return 1
        return 3 if bound < 4 else 2

    def sizes(self, strategy: str, tps: float) -> Sequence[int]:
        if not self.quick:
            return SIZES
        if tps != QUOTAS[0]:
            return (20,) if strategy == "ours" else ()
        return {"ours": SIZES, "unlimited pool": (20, 50), "one by one": (1, 5)}[strategy]


@dataclass
class Results:
    """Rows as they are measured; `say` hears of each."""

    plan: Plan
    say: Callable[[str], None]
    races: list[dict[str, Any]] = field(default_factory=list)
    single: dict[str, Any] = field(default_factory=dict)

    def add(self, case: str, crew: Crew, races: Sequence[Race]) -> None:
        row = {
            "case": case,
            "strategy": crew.strategy,
            "tps": crew.tps,
            "pages": races[0].pages,
            "rounds": len(races),
            "seconds": round(median(race.seconds for race in races), 3),
            "bound": round(median(race.bound for race in races), 3),
            "ratio": round(median(race.ratio for race in races), 3),
            "ratios": [round(race.ratio, 3) for race in races],
            "lost": sum(race.lost for race in races),
            "throttled": sum(race.told["throttled"] for race in races),
            "cpu_ms_a_page": round(1000 * median(race.cpu_seconds / race.pages for race in races), 1),
            "elsewhere": _median_of([race.elsewhere for race in races]),
            "failed": sorted({failure for race in races for failure in race.failed}),
        }
        self.races.append(row)
        self.say(
            f"{case:>28} at {crew.tps:>2g} TPS  {crew.strategy:<15} {row['seconds']:7.2f} s  "
            f"{row['ratio']:6.2f} of the bound  {row['lost']} lost"
        )


def run(plan: Plan, say: Callable[[str], None]) -> dict[str, Any]:
    results = Results(plan, say)
    before = machine()
    with Stage() as stage:
        scans = {size: stage.scan(1, size) for size in SIZES}
        with ExitStack() as crews:
            walks = [
                threading.Thread(target=_one_by_one, args=(crews.enter_context(crew), scans, results))
                for crew in [stage.crew("one by one", tps) for tps in QUOTAS]
            ]
            # Beside the others, as they take minutes in which they do next to nothing.
            for walk in walks:
                walk.start()
            _lone(stage, scans, results)
            if not plan.quick:
                _crowds(stage, results)
            for walk in walks:
                walk.join()
        _singles(stage, results)
        endpoint = stage.textract.cpu_seconds()
    return {
        "machine": {"before": before, "after": machine()},
        "seeds": {"rounds_from": FIRST_SEED, "page_seconds": 1.5, "jitter": 0.2},
        "races": sorted(results.races, key=lambda row: (-row["tps"], row["pages"], row["case"], row["strategy"])),
        "single": results.single,
        "endpoint_cpu_seconds": round(endpoint, 2),
    }


def _compare(
    results: Results, case: str, crews: Sequence[Crew], documents: Sequence[Document], **faults: float
) -> None:
    """All crews in turn, round by round, so that whatever else the machine does meets them alike."""
    rounds = results.plan.rounds(bound(sum(document.pages for document in documents), Allowance(crews[0].tps)))
    races: dict[Crew, list[Race]] = {crew: [] for crew in crews}
    for seed in range(FIRST_SEED, FIRST_SEED + rounds):
        for crew in crews:
            races[crew].append(crew.race(documents, seed, **faults))
    for crew in crews:
        results.add(case, crew, races[crew])


def _one_by_one(crew: Crew, scans: dict[int, Document], results: Results) -> None:
    for size in results.plan.sizes(crew.strategy, crew.tps):
        results.add(_pages(size), crew, [crew.race([scans[size]], FIRST_SEED)])


def _lone(stage: Stage, scans: dict[int, Document], results: Results) -> None:
    """One document at a time; and, in full, on a bad day: of 100 calls, four end in a 500, two in a connection
    that closes, two take four times as long."""
    for tps in QUOTAS:
        with stage.crew("ours", tps) as ours, stage.crew("unlimited pool", tps) as pool:
            for size in results.plan.sizes("ours", tps):
                crews = [crew for crew in (ours, pool) if size in results.plan.sizes(crew.strategy, tps)]
                _compare(results, _pages(size), crews, [scans[size]])
            if tps == QUOTAS[0] and not results.plan.quick:
                faults = {"error_share": 0.04, "drop_share": 0.02, "stall_share": 0.02}
                _compare(results, "20 pages, 8 % faults", [ours, pool], [scans[20]], **faults)


def _crowds(stage: Stage, results: Results) -> None:
    """Ten Lambdas on one account: ten documents alike, and a large one among small ones."""
    mix = [stage.scan(10, 50), *(stage.scan(number, 2) for number in range(11, 20))]
    ten = [stage.scan(number, 20) for number in range(20, 30)]
    tps = QUOTAS[0]
    with stage.crew("ours", tps, count=10) as ours, stage.crew("unlimited pool", tps, count=10) as pool:
        _compare(results, "1 × 50 and 9 × 2 pages", [ours, pool], mix)
        _compare(results, "10 × 20 pages", [ours, pool], ten)


def _singles(stage: Stage, results: Results) -> None:
    """What is counted rather than timed: calls, CPU, memory, bytes sent."""
    with stage.crew("ours", QUOTAS[0]) as crew:
        rounds = 1 if results.plan.quick else 3
        results.single["typed"] = _typed(stage, crew, rounds)
        results.single["heavy"] = _heavy(stage, crew, rounds)
        shared = stage.scan(32, 20, shared=True)
        sent = crew.race([shared], FIRST_SEED).told["calls"]
        results.single["shared"] = {
            "pages": 20,
            "file_bytes": shared.size,
            "bytes_a_page": round(median(call["bytes"] for call in sent)),
            "pictures_a_page": max(len(call["pages"]) for call in sent),
        }


def _typed(stage: Stage, crew: Crew, rounds: int) -> dict[str, Any]:
    """A teacher's paper of 100 pages with a text layer: CPU of the function and of the child that opens it."""
    typed = stage.document(0, 100, lambda path: write_typed(path, 100), kind="question_paper")
    reader, measured = crew.readers[0].pid, footprint.available()
    spent, calls, lost = [], 0, 0
    for seed in range(rounds):
        before = footprint.cpu_seconds(reader) if measured else 0.0
        race = crew.race([typed], seed)
        calls, lost = calls + race.told["admitted"], lost + race.lost
        if measured:
            spent.append(footprint.cpu_seconds(reader) - before)
    return {"pages": 100, "calls": calls, "lost": lost, "cpu_seconds": round(median(spent), 2) if spent else None}


def _heavy(stage: Stage, crew: Crew, rounds: int) -> dict[str, Any]:
    """A scan of 40 MB: memory at its highest, in the worst of the rounds."""
    heavy = stage.scan(31, 50, grain=COARSE_GRAIN)
    with footprint.PeakMemory(crew.readers[0].pid) as peak:
        lost = sum(crew.race([heavy], FIRST_SEED + number).lost for number in range(rounds))
    return {
        "pages": 50,
        "megabytes": round(heavy.size / 1e6, 1),
        "lost": lost,
        "peak_megabytes": round(peak.bytes / 1e6) if footprint.available() else None,
    }


def _median_of(shares: Sequence[float | None]) -> float | None:
    known = [share for share in shares if share is not None]
    return round(median(known), 3) if known else None


def _pages(size: int) -> str:
    return "1 page" if size == 1 else f"{size} pages"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rounds and cases; results are not kept")
    parser.add_argument(
        "--json", metavar="FILE", type=Path, help="where the results go as JSON ('-' for standard output)"
    )
    asked = parser.parse_args()
    told = run(Plan(asked.quick), lambda line: print(line, file=sys.stderr, flush=True))
    body = json.dumps(told, indent=2, ensure_ascii=False) + "\n"
    if not asked.quick:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "reading.json").write_text(body, encoding="utf-8")
        (RESULTS / "reading.md").write_text(markdown(told), encoding="utf-8")
    if asked.json and str(asked.json) != "-":
        asked.json.write_text(body, encoding="utf-8")
    print(body if asked.json and str(asked.json) == "-" else markdown(told))


if __name__ == "__main__":
    main()
