"""Compares the flow with the sequential one that it replaces and with its own bound, in one run on the local cloud.

    python -m benchmarks.flow.compare [--rounds N] [--json FILE]

Services take the times of `benchmarks.flow.service_times`. Each round runs in turn: a sheet through the real state
machine, each of its parts alone, the same sheet through the sequential state machine with the same warm functions, a
typed sheet, and the state machine with empty handlers. The effect of the other changes (concurrent pages, concurrent
model calls) is measured on clouds whose functions may have one call in progress at a time.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.flow import sheet_documents
from benchmarks.flow.cloud_client import CloudClient
from benchmarks.flow.flow_table import markdown
from benchmarks.flow.service_times import PAGE_JITTER, PAGE_SECONDS, TEXTRACT_TPS, list_service_times
from benchmarks.loopback import LoopbackServer, TextractServer
from benchmarks.machine import machine
from benchmarks.process_usage import OtherCpuUsage
from benchmarks.textract_quota import TextractQuota

_EMPTY_RUNS = 4


@dataclass
class FlowTestbed:
    """The servers, the documents by page count, and the clouds."""

    textract: TextractServer
    model: LoopbackServer
    scans: dict[int, str]
    typed: dict[int, str]
    main: CloudClient
    empty: CloudClient

    def account(self, name: str, seed: int) -> None:
        """Reopen a cloud's Textract account: full burst, the seed's latencies."""
        self.textract.open_account(name, TextractQuota(TEXTRACT_TPS, seed, PAGE_SECONDS, PAGE_JITTER))

    def cloud(self, name: str, **environment: str) -> CloudClient:
        """Return a cloud with the fake Textract and model, on a Textract account of its own."""
        url = self.textract.open_account(name, TextractQuota(TEXTRACT_TPS * 40, 1, 0.0))
        return CloudClient(
            environment=cloud_environment(url, self.model) | environment, parameters={"Model": "stand-in"}
        )


def cloud_environment(textract: str, model: LoopbackServer) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL_TEXTRACT": textract,
        "OPENAI_BASE_URL": f"{model.address}/v1",
        "OPENAI_API_KEY": "benchmark",
        "POWERTOOLS_LOG_LEVEL": "ERROR",
    }


@contextmanager
def flow_testbed(sizes: Sequence[int] = sheet_documents.SIZES) -> Iterator[FlowTestbed]:
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="gradeline-bench-")))
        textract = opened.enter_context(TextractServer("benchmarks.flow.sheet_endpoint"))
        model = opened.enter_context(LoopbackServer("benchmarks.flow.model_endpoint"))
        scans = {size: str(sheet_documents.write_sheet(folder / f"scan-{size}.pdf", size)) for size in sizes}
        typed = {
            size: str(sheet_documents.write_sheet(folder / f"typed-{size}.pdf", size, typed=True)) for size in sizes
        }
        url = textract.open_account("main", TextractQuota(TEXTRACT_TPS * 40, 1, 0.0))
        main = CloudClient(environment=cloud_environment(url, model), parameters={"Model": "stand-in"})
        testbed = FlowTestbed(
            textract, model, scans, typed, opened.enter_context(main), opened.enter_context(CloudClient(empty=True))
        )
        _warm_up(testbed)
        yield testbed


def _warm_up(testbed: FlowTestbed) -> None:
    """Run every function once, with the largest document too, before anything is timed."""
    testbed.main.do("prepare")
    for path in (*testbed.scans.values(), *testbed.typed.values()):
        testbed.main.do("run", machine="side by side", path=path)
    testbed.main.do("run", machine="sequential", path=testbed.scans[min(testbed.scans)])
    testbed.main.do("alone", path=testbed.scans[min(testbed.scans)])
    for _ in range(_EMPTY_RUNS):
        testbed.empty.do("run_empty")
    testbed.main.do("slow_down")


@dataclass
class MeasuredRounds:
    """Measurements by size and by variant. `log` gets a line for each size."""

    log: Callable[[str], None]
    runs: dict[int, dict[str, list[dict[str, Any]]]] = field(default_factory=dict)
    empty: list[float] = field(default_factory=list)

    def add(self, size: int, variant: str, measurement: dict[str, Any]) -> None:
        self.runs.setdefault(size, {}).setdefault(variant, []).append(measurement)

    def measure(self, testbed: FlowTestbed, seed: int) -> None:
        """Run one round: everything in turn, so that other load on the machine affects all variants equally."""
        for size, path in testbed.scans.items():
            for variant in ("side by side", "alone", "sequential", "typed"):
                testbed.account("main", seed)
                if variant == "alone":
                    self.add(size, variant, testbed.main.do("alone", path=path))
                else:
                    machine_variant = "sequential" if variant == "sequential" else "side by side"
                    sheet = testbed.typed[size] if variant == "typed" else path
                    self.add(size, variant, testbed.main.do("run", machine=machine_variant, path=sheet))
            self.add(size, "one read", {"seconds": time_object_read(testbed.main.do("readable", path=path)["url"])})
            self.empty += [testbed.empty.do("run_empty")["seconds"] for _ in range(_EMPTY_RUNS)]
            self._log_size(size)

    def _log_size(self, size: int) -> None:
        row = summarise_size(self, size)
        self.log(
            f"{size:>3} pages  {row['now']:6.2f} s now  {row['bound']:6.2f} bound ({row['ratio']:.3f})  "
            f"{row['old']:6.2f} sequential"
        )


def time_object_read(url: str) -> float:
    """Return the seconds in which a separate process downloads an object to a file: the lower limit for reading it."""
    started_at = time.perf_counter()
    with urllib.request.urlopen(url, timeout=60) as response, tempfile.TemporaryFile() as file:  # noqa: S310 -- our own
        shutil.copyfileobj(response, file, 1_048_576)
    return time.perf_counter() - started_at


def summarise_size(rounds: MeasuredRounds, size: int) -> dict[str, Any]:
    """Return the medians of one size. The bound uses the same rounds: each part measured alone, plus the empty
    machine."""
    variants = rounds.runs[size]
    empty = median(rounds.empty)
    now, alone = variants["side by side"], variants["alone"]
    bounds = [
        one["receive"] + max(parts["reading"], parts["storing"], parts["recording"]) + parts["grading"] + empty
        for one, parts in zip(now, alone, strict=True)
    ]
    row = {
        "pages": size,
        "bytes": now[0]["bytes"],
        "now": _median(now, "end_to_end"),
        "bound": median(bounds),
        "ratio": median(one["end_to_end"] / bound for one, bound in zip(now, bounds, strict=True)),
        "old": _median(variants["sequential"], "end_to_end"),
        "receive": _median(now, "receive"),
        "first_ocr": _median(now, "first_ocr"),
        "first_ocr_old": _median(variants["sequential"], "first_ocr"),
        "one_read": _median(variants["one read"], "seconds"),
        "until_grading": _median(now, "until_grading"),
        "until_grading_old": _median(variants["sequential"], "until_grading"),
        "lanes": {name: median(one["lanes"][name] for one in now) for name in now[0]["lanes"]},
        "alone": {name: _median(alone, name) for name in ("reading", "storing", "recording", "grading")},
        "saved_by_lanes": _median(now, "saved"),
    }
    if "typed" in variants:
        row["typed"] = _median(variants["typed"], "end_to_end")
        row["typed_reading"] = median(one["lanes"]["reading"] for one in variants["typed"])
    return row


def _median(measurement: Sequence[dict[str, Any]], name: str) -> float:
    return float(median(one[name] for one in measurement))


def measure_unbatched(testbed: FlowTestbed, log: Callable[[str], None]) -> dict[int, dict[str, Any]]:
    """Run the sequential flow with one page and one question in progress at a time, by size.

    It takes minutes of waiting, so all sizes run concurrently.
    """
    with testbed.cloud("unbatched", TEXTRACT_CONCURRENCY="1", MODEL_CONCURRENCY="1") as cloud:
        cloud.do("prepare")
        cloud.do("slow_down")
        testbed.account("unbatched", 1)
        waiting = {size: cloud.begin("run", machine="sequential", path=path) for size, path in testbed.scans.items()}
        measurement = {size: job.result() for size, job in waiting.items()}
    for size, one in measurement.items():
        log(f"{size:>3} pages  {one['end_to_end']:6.2f} s with one thing at a time")
    return measurement


def measure_rounds(testbed: FlowTestbed, rounds: int, log: Callable[[str], None]) -> dict[str, Any]:
    """Run `rounds` rounds on a test bed and return the measurements of each size."""
    measured, before = MeasuredRounds(log), machine()
    with OtherCpuUsage(os.getpid()) as others:
        for seed in range(1, rounds + 1):
            measured.measure(testbed, seed)
    return {
        "machine": {"before": before, "after": machine()},
        "services": list_service_times(),
        "seeds": list(range(1, rounds + 1)),
        "elsewhere": others.share,
        "empty_machine": median(measured.empty),
        "sizes": [summarise_size(measured, size) for size in testbed.scans],
        "runs": measured.runs,
    }


def with_unbatched(measurement: dict[str, Any], singly: dict[int, dict[str, Any]]) -> dict[str, Any]:
    return {**measurement, "sizes": [{**row, "singly": singly[row["pages"]]} for row in measurement["sizes"]]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, metavar="FILE", help="where the results go as JSON")
    arguments = parser.parse_args()

    def log(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    with flow_testbed() as testbed:
        measurement = with_unbatched(measure_rounds(testbed, arguments.rounds, log), measure_unbatched(testbed, log))
    if arguments.json:
        arguments.json.write_text(json.dumps(measurement, indent=1) + "\n", encoding="utf-8")
    print(markdown(measurement))


if __name__ == "__main__":
    main()
