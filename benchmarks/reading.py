"""Measures how fast documents are read, compared with the bound and with two simple strategies.

    python -m benchmarks.reading [--quick] [--json FILE]

Everything runs on this machine: a Textract endpoint with a quota and seeded latencies, S3 and DynamoDB (moto), and
readers in processes of their own. "Ours" is the extract handler. Prints a table; the full run also writes
`benchmarks/results/reading.md`, and its figures to `out/benchmarks/reading.json`. Takes about four minutes, under one
with --quick.
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

from benchmarks import process_usage
from benchmarks.machine import machine
from benchmarks.measurements import write_measurement
from benchmarks.reading_strategies import Document
from benchmarks.reading_table import markdown
from benchmarks.reading_testbed import ReaderPool, ReadingRun, ReadingTestbed
from benchmarks.scanned_documents import COARSE_GRAIN, write_typed
from benchmarks.textract_quota import TextractQuota, bound

RESULTS = Path(__file__).parent / "results"
SIZES = (1, 5, 20, 50)
QUOTAS = (25.0, 5.0)
FIRST_SEED = 1


@dataclass(frozen=True)
class ReadingPlan:
    """How much is measured: the rounds of a case by its bound in seconds, with one seed per round."""

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
class ReadingResults:
    """Collects rows as they are measured. `log` gets a line for each."""

    plan: ReadingPlan
    log: Callable[[str], None]
    reading_runs: list[dict[str, Any]] = field(default_factory=list)
    single: dict[str, Any] = field(default_factory=dict)

    def add(self, case: str, reader_pool: ReaderPool, reading_runs: Sequence[ReadingRun]) -> None:
        row = {
            "case": case,
            "strategy": reader_pool.strategy,
            "tps": reader_pool.tps,
            "pages": reading_runs[0].pages,
            "rounds": len(reading_runs),
            "seconds": round(median(reading_run.seconds for reading_run in reading_runs), 3),
            "bound": round(median(reading_run.bound for reading_run in reading_runs), 3),
            "ratio": round(median(reading_run.ratio for reading_run in reading_runs), 3),
            "ratios": [round(reading_run.ratio, 3) for reading_run in reading_runs],
            "lost": sum(reading_run.lost for reading_run in reading_runs),
            "throttled": sum(reading_run.report["throttled"] for reading_run in reading_runs),
            "cpu_ms_a_page": round(
                1000 * median(reading_run.cpu_seconds / reading_run.pages for reading_run in reading_runs), 1
            ),
            "elsewhere": _median_share([reading_run.other_cpu_share for reading_run in reading_runs]),
            "failed": sorted({failure for reading_run in reading_runs for failure in reading_run.failed}),
        }
        self.reading_runs.append(row)
        self.log(
            f"{case:>28} at {reader_pool.tps:>2g} TPS  {reader_pool.strategy:<15} {row['seconds']:7.2f} s  "
            f"{row['ratio']:6.2f} of the bound  {row['lost']} lost"
        )


def run(plan: ReadingPlan, log: Callable[[str], None]) -> dict[str, Any]:
    results = ReadingResults(plan, log)
    before = machine()
    with ReadingTestbed() as reading_testbed:
        scans = {size: reading_testbed.scan(1, size) for size in SIZES}
        with ExitStack() as reader_pools:
            threads = [
                threading.Thread(target=_one_by_one, args=(reader_pools.enter_context(reader_pool), scans, results))
                for reader_pool in [reading_testbed.reader_pool("one by one", tps) for tps in QUOTAS]
            ]
            # In parallel with the others: these take minutes, mostly waiting.
            for thread in threads:
                thread.start()
            _single_documents(reading_testbed, scans, results)
            if not plan.quick:
                _concurrent_documents(reading_testbed, results)
            for thread in threads:
                thread.join()
        _counted_cases(reading_testbed, results)
        endpoint = reading_testbed.textract.cpu_seconds()
    return {
        "machine": {"before": before, "after": machine()},
        "seeds": {"rounds_from": FIRST_SEED, "page_seconds": 1.5, "jitter": 0.2},
        "races": sorted(
            results.reading_runs, key=lambda row: (-row["tps"], row["pages"], row["case"], row["strategy"])
        ),
        "single": results.single,
        "endpoint_cpu_seconds": round(endpoint, 2),
    }


def _compare(
    results: ReadingResults,
    case: str,
    reader_pools: Sequence[ReaderPool],
    documents: Sequence[Document],
    **faults: float,
) -> None:
    """Run all reader pools in turn, round by round, so that other load on the machine affects them equally."""
    rounds = results.plan.rounds(
        bound(sum(document.pages for document in documents), TextractQuota(reader_pools[0].tps))
    )
    reading_runs: dict[ReaderPool, list[ReadingRun]] = {reader_pool: [] for reader_pool in reader_pools}
    for seed in range(FIRST_SEED, FIRST_SEED + rounds):
        for reader_pool in reader_pools:
            reading_runs[reader_pool].append(reader_pool.reading_run(documents, seed, **faults))
    for reader_pool in reader_pools:
        results.add(case, reader_pool, reading_runs[reader_pool])


def _one_by_one(reader_pool: ReaderPool, scans: dict[int, Document], results: ReadingResults) -> None:
    for size in results.plan.sizes(reader_pool.strategy, reader_pool.tps):
        results.add(_page_count_text(size), reader_pool, [reader_pool.reading_run([scans[size]], FIRST_SEED)])


def _single_documents(reading_testbed: ReadingTestbed, scans: dict[int, Document], results: ReadingResults) -> None:
    """Read one document at a time. The full run repeats one case with faults.

    Of 100 calls, four end in a 500, two in a closed connection, and two take four times as long.
    """
    for tps in QUOTAS:
        with (
            reading_testbed.reader_pool("ours", tps) as ours,
            reading_testbed.reader_pool("unlimited pool", tps) as pool,
        ):
            for size in results.plan.sizes("ours", tps):
                reader_pools = [
                    reader_pool for reader_pool in (ours, pool) if size in results.plan.sizes(reader_pool.strategy, tps)
                ]
                _compare(results, _page_count_text(size), reader_pools, [scans[size]])
            if tps == QUOTAS[0] and not results.plan.quick:
                faults = {"error_share": 0.04, "drop_share": 0.02, "stall_share": 0.02}
                _compare(results, "20 pages, 8 % faults", [ours, pool], [scans[20]], **faults)


def _concurrent_documents(reading_testbed: ReadingTestbed, results: ReadingResults) -> None:
    """Read as ten Lambdas on one account: ten equal documents, and a large one among small ones."""
    mixed_documents = [reading_testbed.scan(10, 50), *(reading_testbed.scan(number, 2) for number in range(11, 20))]
    equal_documents = [reading_testbed.scan(number, 20) for number in range(20, 30)]
    tps = QUOTAS[0]
    with (
        reading_testbed.reader_pool("ours", tps, count=10) as ours,
        reading_testbed.reader_pool("unlimited pool", tps, count=10) as pool,
    ):
        _compare(results, "1 × 50 and 9 × 2 pages", [ours, pool], mixed_documents)
        _compare(results, "10 × 20 pages", [ours, pool], equal_documents)


def _counted_cases(reading_testbed: ReadingTestbed, results: ReadingResults) -> None:
    """Measure what is counted rather than timed: calls, CPU, memory, bytes sent."""
    with reading_testbed.reader_pool("ours", QUOTAS[0]) as reader_pool:
        rounds = 1 if results.plan.quick else 3
        results.single["typed"] = _text_layer_case(reading_testbed, reader_pool, rounds)
        results.single["heavy"] = _memory_case(reading_testbed, reader_pool, rounds)
        shared = reading_testbed.scan(32, 20, shared=True)
        calls_sent = reader_pool.reading_run([shared], FIRST_SEED).report["calls"]
        results.single["shared"] = {
            "pages": 20,
            "file_bytes": shared.size,
            "bytes_a_page": round(median(call["bytes"] for call in calls_sent)),
            "pictures_a_page": max(len(call["pages"]) for call in calls_sent),
        }


def _text_layer_case(reading_testbed: ReadingTestbed, reader_pool: ReaderPool, rounds: int) -> dict[str, Any]:
    """Read a teacher's paper of 100 pages with a text layer: CPU of the function and of the child that opens it."""
    typed = reading_testbed.document(0, 100, lambda path: write_typed(path, 100), kind="question_paper")
    reader, measured = reader_pool.readers[0].pid, process_usage.available()
    cpu_seconds, calls, lost = [], 0, 0
    for seed in range(rounds):
        before = process_usage.cpu_seconds(reader) if measured else 0.0
        reading_run = reader_pool.reading_run([typed], seed)
        calls, lost = calls + reading_run.report["admitted"], lost + reading_run.lost
        if measured:
            cpu_seconds.append(process_usage.cpu_seconds(reader) - before)
    return {
        "pages": 100,
        "calls": calls,
        "lost": lost,
        "cpu_seconds": round(median(cpu_seconds), 2) if cpu_seconds else None,
    }


def _memory_case(reading_testbed: ReadingTestbed, reader_pool: ReaderPool, rounds: int) -> dict[str, Any]:
    """Read a scan of 40 MB: peak memory over all rounds."""
    heavy = reading_testbed.scan(31, 50, grain=COARSE_GRAIN)
    with process_usage.PeakMemory(reader_pool.readers[0].pid) as peak:
        lost = sum(reader_pool.reading_run([heavy], FIRST_SEED + number).lost for number in range(rounds))
    return {
        "pages": 50,
        "megabytes": round(heavy.size / 1e6, 1),
        "lost": lost,
        "peak_megabytes": round(peak.bytes / 1e6) if process_usage.available() else None,
    }


def _median_share(shares: Sequence[float | None]) -> float | None:
    known = [share for share in shares if share is not None]
    return round(median(known), 3) if known else None


def _page_count_text(size: int) -> str:
    return "1 page" if size == 1 else f"{size} pages"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rounds and cases; results are not written")
    parser.add_argument(
        "--json", metavar="FILE", type=Path, help="write the results as JSON to FILE ('-': standard output)"
    )
    arguments = parser.parse_args()
    report = run(ReadingPlan(arguments.quick), lambda line: print(line, file=sys.stderr, flush=True))
    body = json.dumps(report, indent=2, ensure_ascii=False) + "\n"
    if not arguments.quick:
        write_measurement("reading", report)
        (RESULTS / "reading.md").write_text(markdown(report), encoding="utf-8")
    if arguments.json and str(arguments.json) != "-":
        arguments.json.write_text(body, encoding="utf-8")
    print(body if arguments.json and str(arguments.json) == "-" else markdown(report))


if __name__ == "__main__":
    main()
