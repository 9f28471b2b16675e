"""What runs below a process, as Linux tells it in `/proc`: the tests that no process is left behind ask here."""

import os
import signal
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

# A process that has ended stays in the table until its parent has asked for it.
ZOMBIE_STATE = "Z"


def _states_and_parents() -> dict[int, tuple[str, int]]:
    table = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        # Of all processes of the machine, any may end while this looks.
        with suppress(OSError):
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            table[int(stat.parent.name)] = (state, int(parent))
    return table


def children(pid: int) -> list[int]:
    """The running processes that one has started, and what those have started.

    Asked of every process for its parent: the lists that the threads of the parent hold go
    with the thread, which may end while it is asked.
    """
    below = defaultdict(list)
    for process, (state, parent) in _states_and_parents().items():
        if state != ZOMBIE_STATE:
            below[parent].append(process)
    found: list[int] = []
    pending = [pid]
    while pending:
        started = below[pending.pop()]
        found += started
        pending += started
    return sorted(found)


def is_running(pid: int) -> bool:
    return _states_and_parents().get(pid, (ZOMBIE_STATE, 0))[0] != ZOMBIE_STATE


def wait_for_group_exit(group: int, *, seconds: float = 5) -> bool:
    """Whether no process of a group is left soon."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


@contextmanager
def running_program(arguments: list[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A program in a session of its own that is killed, with what it started, if the test fails on the way."""
    with subprocess.Popen(arguments, text=True, start_new_session=True, **options) as process:
        try:
            yield process
        except BaseException:
            for pid in [process.pid, *children(process.pid)]:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            raise
