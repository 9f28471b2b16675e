"""What a process and all that it started cost: CPU seconds, and memory at its highest; and what others used.

Read from /proc (Linux). Memory is the proportional set size: a page of memory that several processes share counts
once, as it does for the memory of a Lambda function.
"""

import os
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

_PROC = Path("/proc")
_SAMPLE_SECONDS = 0.1


def available() -> bool:
    return (_PROC / "self" / "smaps_rollup").exists()


def process_tree(pid: int) -> list[int]:
    """The process and all below it that still run."""
    parents = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            fields = _read_stat(int(entry.name))
            if fields:
                parents[int(entry.name)] = int(fields[1])
    family, fresh = [pid], {pid}
    while fresh:
        fresh = {child for child, parent in parents.items() if parent in fresh}
        family += fresh
    return family


def cpu_seconds(pid: int) -> float:
    """CPU of the process and all below it so far, those that have ended and were waited for with them."""
    spent = 0
    for member in process_tree(pid):
        fields = _read_stat(member)
        if fields:
            spent += sum(int(value) for value in fields[11:15])  # utime, stime, cutime, cstime (proc(5), from field 14)
    return spent / os.sysconf("SC_CLK_TCK")


def memory_bytes(pid: int) -> int:
    """Proportional set size of the process and all below it, now."""
    total = 0
    for member in process_tree(pid):
        try:
            rollup = (_PROC / str(member) / "smaps_rollup").read_text(encoding="ascii")
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue  # it has ended meanwhile
        total += sum(int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:"))
    return total


# Seconds on the clock, CPU seconds of the whole machine, CPU seconds of the measured processes.
CpuCounters = tuple[float, float, float]


def other_cpu_share(before: CpuCounters, after: CpuCounters, cores: int) -> float:
    seconds, busy, own = (now - then for now, then in zip(after, before, strict=True))
    return max(0.0, busy - own) / (seconds * cores)


class OtherCpuUsage:
    """How much of the machine others used while the `with` block ran, as a share of all its processors; what
    `pid` and all below it used does not count. None where it cannot be told."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.share: float | None = None

    def __enter__(self) -> Self:
        self._before = self._counts() if available() else None
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._before:
            self.share = other_cpu_share(self._before, self._counts(), os.cpu_count() or 1)

    def _counts(self) -> CpuCounters:
        fields = (_PROC / "stat").read_text(encoding="ascii").splitlines()[0].split()
        # user, nice, system, irq, softirq, and steal: what another machine on the same host took.
        busy = sum(int(fields[column]) for column in (1, 2, 3, 6, 7, 8))
        return time.monotonic(), busy / os.sysconf("SC_CLK_TCK"), cpu_seconds(self._pid)


class PeakMemory:
    """The highest `memory_bytes` of a process while the `with` block runs, looked at ten times a second."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.bytes = 0

    def __enter__(self) -> Self:
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._watcher.join()

    def _watch(self) -> None:
        while not self._over.wait(_SAMPLE_SECONDS):
            self.bytes = max(self.bytes, memory_bytes(self._pid))


def _read_stat(pid: int) -> list[str]:
    """The fields of /proc/{pid}/stat after the name (state first); none where it has ended."""
    try:
        text = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return []
    return text.rpartition(")")[2].split()
