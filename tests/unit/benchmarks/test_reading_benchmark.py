"""The reading benchmark reports lost pages, cost and CPU share correctly."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from benchmarks import process_usage
from benchmarks.reading_strategies import Document
from benchmarks.reading_table import markdown
from benchmarks.reading_testbed import ReadingTestbed, lost_pages

needs_proc = pytest.mark.skipif(not process_usage.available(), reason="this system has no /proc/…/smaps_rollup")


@pytest.fixture(scope="module")
def reading_testbed() -> Iterator[ReadingTestbed]:
    with ReadingTestbed() as testbed:
        yield testbed


# ── pages ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("lines", "lost"),
    [
        (["Sheet 04-0001", "Sheet 04-0002", "Sheet 04-0003"], 0),
        (["Sheet 04-0001", None, "Sheet 04-0003"], 1),
        (["Sheet 04-0002", "Sheet 04-0001", "Sheet 04-0003"], 2),
        (["Sheet 05-0001", "Sheet 04-0002", "Sheet 04-0003"], 1),
        (["Sheet 04-0001", "Sheet 04-0002"], 1),
        ([], 3),
    ],
    ids=["all", "one missing", "two swapped", "another document's page", "cut short", "nothing"],
)
def test_a_page_counts_only_at_its_position(lines: list[str | None], lost: int):
    document = Document(4, "scan.pdf", 3, "bucket", "key", "version", 1)
    assert lost_pages(document, lines) == lost


def test_a_pool_without_a_quota_loses_pages_and_they_are_reported(reading_testbed: ReadingTestbed):
    with reading_testbed.reader_pool("unlimited pool", tps=0.01) as reader_pool:
        reading_run = reader_pool.reading_run([reading_testbed.scan(1, 3)], seed=1, page_seconds=0.0)
    assert (reading_run.report["admitted"], reading_run.lost, reading_run.pages) == (1, 2, 3)
    assert reading_run.report["throttled"] == 2 * 3  # boto3's own three attempts for each


def test_readers_of_one_pool_share_one_account(reading_testbed: ReadingTestbed):
    with reading_testbed.reader_pool("one by one", tps=50, count=2) as reader_pool:
        reading_run = reader_pool.reading_run(
            [reading_testbed.scan(1, 2), reading_testbed.scan(2, 1)], seed=1, page_seconds=0.1, jitter=0.0
        )
    assert (reading_run.pages, reading_run.lost, reading_run.failed) == (3, 0, ())
    assert sorted(call["pages"] for call in reading_run.report["calls"]) == [["01-0001"], ["01-0002"], ["02-0001"]]
    assert reading_run.bound == pytest.approx(0.1)
    assert reading_run.seconds >= 0.2  # the longer document takes two pages, one after the other


# ── cost ─────────────────────────────────────────────────────────────────────────────────────────

_USE_MEMORY_AND_CPU = """
import sys, time
memory = bytearray(b"x") * 60_000_000
deadline = time.process_time() + 0.4
while time.process_time() < deadline: pass
print("done", flush=True)
sys.stdin.read()
"""


@needs_proc
def test_memory_and_cpu_of_a_child_count_for_its_parent():
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {_USE_MEMORY_AND_CPU!r}])"
    with subprocess.Popen(
        [sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin and process.stdout
        with process_usage.PeakMemory(process.pid) as peak:
            assert process.stdout.readline() == "done\n"
        assert len(process_usage.process_tree(process.pid)) == 2
        assert process_usage.cpu_seconds(process.pid) >= 0.4
        assert process_usage.memory_bytes(process.pid) > 60_000_000
        assert 60_000_000 < peak.bytes < 200_000_000
        process.stdin.close()


def test_cpu_share_of_other_programs_excludes_measured_processes():
    assert process_usage.other_cpu_share((10.0, 100.0, 7.0), (14.0, 106.0, 9.0), cores=2) == 0.5
    assert process_usage.other_cpu_share((10.0, 100.0, 7.0), (14.0, 102.0, 9.0), cores=2) == 0.0
    # Clocks of different resolution may report more for the measured processes than for the whole machine.
    assert process_usage.other_cpu_share((10.0, 100.0, 7.0), (14.0, 101.99, 9.0), cores=2) == 0.0


@needs_proc
def test_cpu_usage_of_other_programs_is_measured_during_a_block():
    with process_usage.OtherCpuUsage(os.getpid()) as others:
        subprocess.run([sys.executable, "-c", "pass"], check=True)
    assert others.share is not None and 0.0 <= others.share < 1.2


# ── the table ────────────────────────────────────────────────────────────────────────────────────


def row(case: str, strategy: str, **more: float) -> dict:
    return {
        "case": case, "strategy": strategy, "tps": 25.0, "pages": 20, "rounds": 2,
        "seconds": 2.0, "bound": 1.6, "ratio": 1.25, "lost": 0, "elsewhere": 0.04,
    } | more  # fmt: skip


def test_the_table_shows_ratios_and_lost_pages():
    machine = {"processor": "a processor", "cores": 2, "system": "Linux", "python": "3.13", "boto3": "1", "load": 0.1}
    text = markdown(
        {
            "machine": {"before": machine, "after": machine},
            "seeds": {"page_seconds": 1.5, "jitter": 0.2, "rounds_from": 1},
            "races": [
                row("20 pages", "ours"),
                row("20 pages", "unlimited pool", lost=3, ratio=0.9),
                row("50 pages", "ours", pages=50, bound=2.6, elsewhere=0.31),
            ],
            "single": {
                "typed": {"pages": 100, "calls": 0, "lost": 0, "cpu_seconds": None},
                "heavy": {"pages": 50, "megabytes": 40.1, "lost": 0, "peak_megabytes": 240},
                "shared": {"pages": 20, "file_bytes": 6_200_000, "bytes_a_page": 309_000, "pictures_a_page": 1},
            },
        }
    )
    assert "| 20 pages | 1.60 | 2.00 (1.25) | 2.00 (0.90), **3 of 40 lost** |" in text
    assert "| 50 pages | 2.60 | 2.00 (1.25) | – |" in text
    assert "Other programs used 4% to 31% of the processors" in text
    assert "| not measured on this system |" in text
