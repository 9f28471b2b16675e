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
from benchmarks.flow.compare import measured_rounds, one_at_a_time, stage, with_singly
from benchmarks.growth import scale
from benchmarks.machine import machine
from local.cloud.local_cloud import ROOT

HERE = ROOT / "benchmarks"


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def run(rounds: int) -> dict[str, Any]:
    began, before = time.monotonic(), machine()
    with stage() as made:
        flow = measured_rounds(made, rounds, say)
        with ThreadPoolExecutor(1) as beside, ProcessPoolExecutor(1, get_context("spawn")) as simulating:
            # Two minutes of waiting, which hardly disturb the processor times that are taken first.
            singly = beside.submit(one_at_a_time, made, say)
            starts = imports.run(4)
            simulated = simulating.submit(scale.run, quick=True)
            counts = counting.run(made, say)
            flow, growth = with_singly(flow, singly.result()), simulated.result()
    crowds = load.run(say)
    reading = reading_quickly()
    typical = next(row for row in counts if row["pages"] == counting.TYPICAL and row["route"] == "scan")
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


def reading_quickly() -> str:
    """The benchmark of reading in its quick form, a program of its own; what it prints."""
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.reading", "--quick"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    return ended.stdout


def write(told: dict[str, Any]) -> None:
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    for name in ("flow", "load", "imports", "counts"):
        kept = {"machine": told["machine"], name: told[name]}
        (results / f"{name}.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    draw(told, results)
    (HERE / "results.md").write_text(results_page.markdown(told), encoding="utf-8")


def draw(told: dict[str, Any], folder: Path) -> None:
    rows = told["flow"]["sizes"]
    lines = [
        plots.Line("one thing at a time", [(row["pages"], row["singly"]["end_to_end"]) for row in rows]),
        plots.Line("sequential lanes", [(row["pages"], row["old"]) for row in rows]),
        plots.Line("now", [(row["pages"], row["now"]) for row in rows]),
        plots.Line("bound", [(row["pages"], row["bound"]) for row in rows]),
    ]
    plots.write(folder / "flow.svg", plots.chart("From sending to marks", "pages", "seconds", lines, log_up=True))
    crowd = [
        plots.Line("sheets", [(row["count"], row["seconds"]) for row in told["load"]]),
        plots.Line("empty handlers", [(row["count"], row["empty_seconds"]) for row in told["load"]]),
    ]
    plots.write(
        folder / "load.svg", plots.chart("The local cloud under load", "at once", "seconds until all ended", crowd)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="rounds of the flow's comparison (3)")
    told = run(parser.parse_args().rounds)
    write(told)
    say(f"{HERE / 'results.md'} written after {told['minutes']:.1f} minutes")


if __name__ == "__main__":
    main()
