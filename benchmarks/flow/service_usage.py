"""Counts what one submission uses: service calls, state transitions, seconds and CPU of each function, and its
memory.

CPU and memory are the workers' own, read from /proc (Linux). A worker is identified by the log file that its output
goes to.
"""

import os
import threading
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks import process_usage
from benchmarks.flow.submission_runner import SubmissionRunner
from local.cli.execution_timeline import read_history
from local.cloud.local_cloud import LocalCloud

_SAMPLE_SECONDS = 0.2


class ServiceUsage:
    def __init__(self, cloud: LocalCloud, runner: SubmissionRunner) -> None:
        self._cloud, self._runner = cloud, runner

    def measure(self, path: str, times: int) -> dict[str, Any]:
        """Measure `times` sheets of one kind, one after the other. Figures are per sheet."""
        cpu_before, calls, transitions, seconds = self._cpu(), Counter[str](), 0, Counter[str]()
        usage: Counter[str] = Counter()
        run_report: dict[str, Any] = {}
        with _PeakMemory(self) as memory:
            for _ in range(times):
                self._cloud.clear_calls()
                run_report = self._runner.run("side by side", path)
                calls_made = self._cloud.calls()
                calls.update(f"{call.caller} {call.name}" for call in calls_made if call.service != "lambda")
                transitions += self._transitions(run_report["id"])
                seconds.update(self._seconds(calls_made) | {"ReceiveFunction": run_report["receive"]})
                usage.update(self._usage(run_report["id"]))
        cpu_after = self._cpu()
        return {
            "times": times,
            "bytes": run_report["bytes"],
            "pages": run_report["ocr_pages"],
            "calls": {name: count / times for name, count in sorted(calls.items())},
            "transitions": transitions / times,
            "seconds": {name: round(value / times, 3) for name, value in seconds.items()},
            "cpu_seconds": {
                name: round((cpu_after[name] - cpu_before.get(name, 0.0)) / times, 3) for name in cpu_after
            },
            "peak_megabytes": {name: round(size / 1e6) for name, size in memory.highest.items()},
            "usage": {name: value / times for name, value in usage.items()},
        }

    def _transitions(self, submission_id: str) -> int:
        """Count the states entered, and the end."""
        machine = self._cloud.stack.state_machine_arn.replace(":stateMachine:", ":execution:")
        history = read_history(self._cloud.client("stepfunctions"), f"{machine}:{submission_id}-1")
        return 1 + sum("stateEnteredEventDetails" in event for event in history)

    def _seconds(self, calls_made: list[Any]) -> dict[str, float]:
        """Return the seconds that the state machine's function calls took, by function."""
        names = {function.arn: name for name, function in self._cloud.stack.functions.items()}
        seconds_taken: Counter[str] = Counter()
        for call in calls_made:
            if call.service == "lambda" and call.ended:
                # Functions are called by an alias: the qualifier follows the ARN's first seven parts.
                arn = ":".join(call.parameters["FunctionName"].split(":")[:7])
                seconds_taken[names[arn]] += call.ended - call.started
        return dict(seconds_taken)

    def _usage(self, submission_id: str) -> dict[str, float]:
        with self._runner.api() as api:
            result = api._json("GET", f"/submissions/{submission_id}")["result"]
        usage: dict[str, float] = result["usage"]
        return usage

    def workers(self) -> dict[int, str]:
        """Return the processes of this cloud's functions and their descendants, each with its function's logical id."""
        logs = str(self._cloud.folder / "logs")
        found: dict[int, str] = {}
        for pid in process_usage.process_tree(os.getpid()):
            try:
                output = Path(f"/proc/{pid}/fd/1").readlink()
            except OSError:
                continue
            if str(output.parent) == logs and output.stem in self._cloud.stack.functions:
                found |= dict.fromkeys(process_usage.process_tree(pid), output.stem)
        return found

    def _cpu(self) -> dict[str, float]:
        spent: dict[str, float] = {}
        for pid, name in self.workers().items():
            ticks = process_usage.cpu_ticks(pid)
            spent[name] = spent.get(name, 0.0) + ticks / os.sysconf("SC_CLK_TCK")
        return spent


class _PeakMemory:
    """Samples the memory of each function's workers a few times a second and keeps the maximum."""

    def __init__(self, counts: ServiceUsage) -> None:
        self._counts = counts
        self.highest: dict[str, int] = {}

    def __enter__(self) -> "_PeakMemory":
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._stopping.wait(_SAMPLE_SECONDS):
            resident: Counter[str] = Counter()
            for pid, name in self._counts.workers().items():
                resident[name] += _resident_bytes(pid)
            for name, size in resident.items():
                self.highest[name] = max(self.highest.get(name, 0), size)


def _resident_bytes(pid: int) -> int:
    """Return resident memory. Memory shared with the local fork server counts, since a Lambda function would not share
    it."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0
