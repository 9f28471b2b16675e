"""Runs all benchmarks of speed, growth and cost: `make bench`, or `python -m benchmarks`.

Writes `benchmarks/results.md` with its plots in `benchmarks/results/`, and its figures as JSON to `out/benchmarks/`.
Takes under ten minutes on two cores: parts that mostly wait run in parallel with parts that only count. Each part is
also a program of its own (benchmarks/README.md).
"""

import argparse
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks import imports, memory_sizes, plots, results_page
from benchmarks.flow import counting, load
from benchmarks.flow.compare import flow_testbed, measure_rounds, measure_unbatched, with_unbatched
from benchmarks.growth import scale
from benchmarks.machine import machine
from benchmarks.measurements import write_measurement
from local.cloud.local_cloud import ROOT

HERE = ROOT / "benchmarks"


def log(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def run(rounds: int) -> dict[str, Any]:
    started_at, machine_before = time.monotonic(), machine()
    with flow_testbed() as testbed:
        flow = measure_rounds(testbed, rounds, log)
        with ThreadPoolExecutor(1) as waiting_pool, ProcessPoolExecutor(1, get_context("spawn")) as simulation_pool:
            # Two minutes of mostly waiting; it hardly affects the CPU times that are measured first.
            unbatched = waiting_pool.submit(measure_unbatched, testbed, log)
            cold_starts = imports.run(4)
            simulation = simulation_pool.submit(scale.run, quick=True)
            counts = counting.run(testbed, log)
            flow, growth = with_unbatched(flow, unbatched.result()), simulation.result()
    load_rows = load.run(log)
    reading = run_reading_benchmark()
    typical = next(row for row in counts if row["pages"] == counting.TYPICAL_PAGES and row["route"] == "scan")
    return {
        "machine": {"before": machine_before, "after": machine()},
        "minutes": (time.monotonic() - started_at) / 60,
        "flow": flow,
        "load": load_rows,
        "imports": cold_starts,
        "memory": memory_sizes.rows(typical, cold_starts),
        "counts": counts,
        "growth": growth,
        "reading": reading,
    }


def run_reading_benchmark() -> str:
    """Run the reading benchmark in its quick form, as a program of its own, and return its output."""
    completed = subprocess.run(
        [sys.executable, "-m", "benchmarks.reading", "--quick"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    return completed.stdout


def write(measurements: dict[str, Any]) -> None:
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    for name in ("flow", "load", "imports", "counts"):
        write_measurement(name, {"machine": measurements["machine"], name: measurements[name]})
    draw_plots(measurements, results)
    (HERE / "results.md").write_text(results_page.markdown(measurements), encoding="utf-8")


def draw_plots(measurements: dict[str, Any], folder: Path) -> None:
    rows = measurements["flow"]["sizes"]
    lines = [
        plots.Series("one page and question at a time", [(row["pages"], row["singly"]["end_to_end"]) for row in rows]),
        plots.Series("sequential steps", [(row["pages"], row["old"]) for row in rows]),
        plots.Series("now", [(row["pages"], row["now"]) for row in rows]),
        plots.Series("bound", [(row["pages"], row["bound"]) for row in rows]),
    ]
    plots.write(folder / "flow.svg", plots.chart("From upload to marks", "pages", "seconds", lines, log_up=True))
    load_lines = [
        plots.Series("sheets", [(row["count"], row["seconds"]) for row in measurements["load"]]),
        plots.Series("empty handlers", [(row["count"], row["empty_seconds"]) for row in measurements["load"]]),
    ]
    plots.write(
        folder / "load.svg",
        plots.chart("The local cloud under load", "at once", "seconds until all have ended", load_lines),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="rounds of the flow comparison (3)")
    measurements = run(parser.parse_args().rounds)
    write(measurements)
    log(f"{HERE / 'results.md'} written after {measurements['minutes']:.1f} minutes")


if __name__ == "__main__":
    main()
