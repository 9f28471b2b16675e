"""Everything that is measured of speed, growth and cost, in one run: `make bench`, or `python -m benchmarks`.

Writes `benchmarks/results.md`, the figures behind it as JSON and its plots into `benchmarks/results/`. Under ten
minutes on two cores: what takes minutes of waiting runs beside what only counts. The parts are programs of their own as
well (benchmarks/README.md).
"""

import argparse
import json
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
from local.cloud.local_cloud import ROOT

HERE = ROOT / "benchmarks"


def log(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def run(rounds: int) -> dict[str, Any]:
    began, before = time.monotonic(), machine()
    with flow_testbed() as made:
        flow = measure_rounds(made, rounds, log)
        with ThreadPoolExecutor(1) as beside, ProcessPoolExecutor(1, get_context("spawn")) as simulating:
            # Two minutes of waiting, which hardly disturb the processor times that are taken first.
            singly = beside.submit(measure_unbatched, made, log)
            starts = imports.run(4)
            simulated = simulating.submit(scale.run, quick=True)
            counts = counting.run(made, log)
            flow, growth = with_unbatched(flow, singly.result()), simulated.result()
    crowds = load.run(log)
    reading = run_reading_benchmark()
    typical = next(row for row in counts if row["pages"] == counting.TYPICAL_PAGES and row["route"] == "scan")
    return {
        "machine": {"before": before, "after": machine()},
        "minutes": (time.monotonic() - began) / 60,
        "flow": flow,
        "load": crowds,
        "imports": starts,
        "memory": memory_sizes.rows(typical, starts),
        "counts": counts,
        "growth": growth,
        "reading": reading,
    }


def run_reading_benchmark() -> str:
    """The benchmark of reading in its quick form, a program of its own; what it prints."""
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.reading", "--quick"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    return ended.stdout


def write(measurements: dict[str, Any]) -> None:
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    for name in ("flow", "load", "imports", "counts"):
        kept = {"machine": measurements["machine"], name: measurements[name]}
        (results / f"{name}.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    draw_plots(measurements, results)
    (HERE / "results.md").write_text(results_page.markdown(measurements), encoding="utf-8")


def draw_plots(measurements: dict[str, Any], folder: Path) -> None:
    rows = measurements["flow"]["sizes"]
    lines = [
        plots.Series("one thing at a time", [(row["pages"], row["singly"]["end_to_end"]) for row in rows]),
        plots.Series("sequential lanes", [(row["pages"], row["old"]) for row in rows]),
        plots.Series("now", [(row["pages"], row["now"]) for row in rows]),
        plots.Series("bound", [(row["pages"], row["bound"]) for row in rows]),
    ]
    plots.write(folder / "flow.svg", plots.chart("From sending to marks", "pages", "seconds", lines, log_up=True))
    crowd = [
        plots.Series("sheets", [(row["count"], row["seconds"]) for row in measurements["load"]]),
        plots.Series("empty handlers", [(row["count"], row["empty_seconds"]) for row in measurements["load"]]),
    ]
    plots.write(
        folder / "load.svg", plots.chart("The local cloud under load", "at once", "seconds until all ended", crowd)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="rounds of the flow's comparison (3)")
    measurements = run(parser.parse_args().rounds)
    write(measurements)
    log(f"{HERE / 'results.md'} written after {measurements['minutes']:.1f} minutes")


if __name__ == "__main__":
    main()
