"""Child processes of a process, from Linux's `/proc`, for the tests that no process is left behind."""

import os
import signal
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

# A process that has ended stays in the process table until its parent waits for it.
ZOMBIE_STATE = "Z"


def _states_and_parents() -> dict[int, tuple[str, int]]:
    table = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        # Any process of the machine may end while its entry is read.
        with suppress(OSError):
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            table[int(stat.parent.name)] = (state, int(parent))
    return table


def children(pid: int) -> list[int]:
    """Return the running processes that a process has started, and those that they have started.

    Every process is asked for its parent: the children lists in `/proc` belong to the parent's threads and disappear
    with a thread that ends while they are read.
    """
    children_by_parent = defaultdict(list)
    for process, (state, parent) in _states_and_parents().items():
        if state != ZOMBIE_STATE:
            children_by_parent[parent].append(process)
    descendants: list[int] = []
    pending = [pid]
    while pending:
        started = children_by_parent[pending.pop()]
        descendants += started
        pending += started
    return sorted(descendants)


def is_running(pid: int) -> bool:
    return _states_and_parents().get(pid, (ZOMBIE_STATE, 0))[0] != ZOMBIE_STATE


def wait_for_group_exit(group: int, *, seconds: float = 5) -> bool:
    """Whether all processes of a group end within `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


@contextmanager
def running_program(arguments: list[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """Run a program in a session of its own; kill it and its descendants if the test fails while it runs."""
    with subprocess.Popen(arguments, text=True, start_new_session=True, **options) as process:
        try:
            yield process
        except BaseException:
            for pid in [process.pid, *children(process.pid)]:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            raise
