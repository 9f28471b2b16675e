"""The results of a whole benchmark run become one page with plots that covers everything `make bench` measures."""

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from benchmarks import __main__ as bench
from benchmarks import memory_sizes, results_page
from benchmarks.flow import compare
from benchmarks.flow.service_times import list_service_times
from benchmarks.growth import scale

BRANCHES = {"reading": 2.0, "storing": 0.4, "recording": 0.05, "grading": 2.4}
COUNTS: dict[str, Any] = {
    "bytes": 1_500_000,
    "pages": 5,
    "ocr_pages": 5.0,
    "transitions": 10.0,
    "calls": {"ExtractFunction s3:GetObject": 1.0},
    "seconds": dict.fromkeys(("ReceiveFunction", "ExtractFunction", "PersistFunction", "GradeFunction"), 1.0),
    "cpu_seconds": {"GradeFunction": 0.2},
    "peak_megabytes": {"GradeFunction": 105},
    "usage": {"input_tokens": 12_000.0, "output_tokens": 1_900.0},
}  # fmt: skip
MACHINE = {
    moment: {"processor": "A", "cores": 2, "system": "Linux", "python": "3.13", "boto3": "1", "load": 0.1}
    for moment in ("before", "after")
}


def run_times(seconds: float, **more: Any) -> dict[str, Any]:
    run = {
        "end_to_end": seconds,
        "receive": 0.3,
        "first_ocr": 0.3,
        "until_grading": 2.1,
        "saved": 0.5,
        "bytes": 1_500_000,
    }
    return {**run, "lanes": BRANCHES, **more}


@pytest.fixture
def measurements(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    rounds = compare.MeasuredRounds(log=lambda _: None, empty=[0.08, 0.09, 0.1])
    for size in (1, 5):
        for seconds in (4.7, 4.8, 5.0):
            rounds.add(size, "side by side", run_times(seconds))
            rounds.add(size, "sequential", run_times(seconds + 0.5, until_grading=2.6))
            rounds.add(size, "typed", run_times(seconds - 0.3))
            rounds.add(size, "alone", {**BRANCHES})
            rounds.add(size, "one read", {"seconds": 0.2})
    flow = {
        "machine": MACHINE,
        "services": list_service_times(),
        "seeds": [1, 2, 3],
        "elsewhere": 0.1,
        "empty_machine": 0.09,
        "sizes": [compare.summarise_size(rounds, size) for size in (1, 5)],
        "runs": rounds.runs,
    }
    unbatched = {size: run_times(50.0, lanes={**BRANCHES, "grading": 42.0}) for size in (1, 5)}
    monkeypatch.setattr(scale, "_SHEETS", 400)
    monkeypatch.setattr(scale, "RATES", (2000, 5000))
    starts = [
        {"function": name, "bare_ms": 300, "door_ms": 310, "ratio": 1.03}
        for name in ("receive", "extract", "persist", "grade")
    ]
    return {
        "machine": MACHINE,
        "minutes": 8.2,
        "flow": compare.with_unbatched(flow, unbatched),
        "load": [
            {"count": n, "seconds": n / 5, "cpu_seconds": n / 9, "empty_seconds": n / 10, "lost": 0} for n in (1, 200)
        ],
        "imports": starts,
        "memory": memory_sizes.rows(COUNTS, starts),
        "counts": [
            {**COUNTS, "route": route, "model": model}
            for route, model in (("scan", True), ("typed", True), ("scan", False))
        ],
        "growth": scale.run(quick=True),
        "reading": "# Reading: measured\n\nA table.\n\n## 25 calls a second\n\nAnother.\n",
    }


def test_the_page_has_every_section_with_its_medians(measurements: dict[str, Any], tmp_path: Path) -> None:
    page = results_page.markdown(measurements)
    headings = [line.removeprefix("## ") for line in page.splitlines() if line.startswith("## ")]
    assert headings == [
        "The flow",
        "The local cloud itself",
        "Cold starts",
        "Memory sizes",
        "Cost",
        "Growth",
        "Reading, in its quick form",
    ]
    # Receive, the longest branch, grading and the empty machine: 0.3 + 2.0 + 2.4 + 0.09.
    assert "| 5 (1.5 MB) | 4.79 | **4.80** (1.002) | 5.30 | 0.50 | 50.00 | 45.20 |" in page
    # Parallel branches save the time by which grading starts earlier; batched questions shorten grading itself.
    assert "| 5 | 50.00 | 0.50 | 0.00 | 39.60 | 4.80 | 0.30 |" in page
    bench.draw_plots(measurements, tmp_path)
    for name in ("flow.svg", "load.svg"):
        ET.fromstring((tmp_path / name).read_text(encoding="utf-8"))  # noqa: S314 - our own
