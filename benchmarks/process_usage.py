"""CPU seconds and peak memory of a process and its descendants, and the CPU share used by other processes.

Read from /proc (Linux). Memory is the proportional set size: a memory page shared by several processes counts once,
as it does for the memory of a Lambda function.
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
    """Whether this system provides the figures."""
    return (_PROC / "self" / "smaps_rollup").exists()


def process_tree(pid: int) -> list[int]:
    """Return the process and all its running descendants."""
    parents = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            fields = _read_stat(int(entry.name))
            if fields:
                parents[int(entry.name)] = int(fields[1])
    members, generation = [pid], {pid}
    while generation:
        generation = {child for child, parent in parents.items() if parent in generation}
        members += generation
    return members


def cpu_seconds(pid: int) -> float:
    """Return the CPU seconds of the process and its descendants so far, including children that were waited for."""
    return sum(cpu_ticks(member) for member in process_tree(pid)) / os.sysconf("SC_CLK_TCK")


def cpu_ticks(pid: int) -> int:
    """Return the clock ticks of one process and its children that were waited for; 0 where the process has ended."""
    # utime, stime, cutime, cstime (proc(5), from field 14)
    return sum(int(value) for value in _read_stat(pid)[11:15])


def memory_bytes(pid: int) -> int:
    """Return the current proportional set size of the process and its descendants."""
    total = 0
    for member in process_tree(pid):
        try:
            rollup = (_PROC / str(member) / "smaps_rollup").read_text(encoding="ascii")
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue  # the process has ended
        total += sum(int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:"))
    return total


# Seconds on the clock, CPU seconds of the whole machine, CPU seconds of the measured processes.
CpuCounters = tuple[float, float, float]


def other_cpu_share(before: CpuCounters, after: CpuCounters, cores: int) -> float:
    """Return the CPU share that other processes used between two readings, as a fraction of all processors."""
    seconds, busy, own = (now - then for now, then in zip(after, before, strict=True))
    return max(0.0, busy - own) / (seconds * cores)


class OtherCpuUsage:
    """Measures the CPU share that other processes use while the `with` block runs.

    `share` is a fraction of all processors. It excludes `pid` and its descendants, and is None where it cannot be
    measured.
    """

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
        # user, nice, system, irq, softirq, and steal: time taken by another machine on the same host.
        busy = sum(int(fields[column]) for column in (1, 2, 3, 6, 7, 8))
        return time.monotonic(), busy / os.sysconf("SC_CLK_TCK"), cpu_seconds(self._pid)


class PeakMemory:
    """Samples `memory_bytes` of a process ten times a second while the `with` block runs, and keeps the maximum."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.bytes = 0

    def __enter__(self) -> Self:
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stopping.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._stopping.wait(_SAMPLE_SECONDS):
            self.bytes = max(self.bytes, memory_bytes(self._pid))


def _read_stat(pid: int) -> list[str]:
    """Return the fields of /proc/{pid}/stat after the name (state first); none where the process has ended."""
    try:
        text = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return []
    return text.rpartition(")")[2].split()
