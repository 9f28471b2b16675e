"""What one submission asks of the services: calls, state transitions, seconds and CPU of each function, its memory.

CPU and memory are the workers' own, read from /proc (Linux): a worker is known by the log that its output goes to.
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
    def __init__(self, cloud: LocalCloud, runs: SubmissionRunner) -> None:
        self._cloud, self._runs = cloud, runs

    def measure(self, path: str, times: int) -> dict[str, Any]:
        """`times` sheets of one kind, one after the other; figures are of one sheet."""
        before, calls, transitions, seconds = self._cpu(), Counter[str](), 0, Counter[str]()
        usage: Counter[str] = Counter()
        run_report: dict[str, Any] = {}
        with _PeakMemory(self) as memory:
            for _ in range(times):
                self._cloud.clear_calls()
                run_report = self._runs.run("side by side", path)
                made = self._cloud.calls()
                calls.update(f"{call.caller} {call.name}" for call in made if call.service != "lambda")
                transitions += self._transitions(run_report["id"])
                seconds.update(self._seconds(made) | {"ReceiveFunction": run_report["receive"]})
                usage.update(self._usage(run_report["id"]))
        spent = self._cpu()
        return {
            "times": times,
            "bytes": run_report["bytes"],
            "pages": run_report["ocr_pages"],
            "calls": {name: count / times for name, count in sorted(calls.items())},
            "transitions": transitions / times,
            "seconds": {name: round(value / times, 3) for name, value in seconds.items()},
            "cpu_seconds": {name: round((spent[name] - before.get(name, 0.0)) / times, 3) for name in spent},
            "peak_megabytes": {name: round(size / 1e6) for name, size in memory.highest.items()},
            "usage": {name: value / times for name, value in usage.items()},
        }

    def _transitions(self, submission_id: str) -> int:
        """States entered, and the end."""
        machine = self._cloud.stack.state_machine_arn.replace(":stateMachine:", ":execution:")
        history = read_history(self._cloud.client("stepfunctions"), f"{machine}:{submission_id}-1")
        return 1 + sum("stateEnteredEventDetails" in event for event in history)

    def _seconds(self, made: list[Any]) -> dict[str, float]:
        """What the state machine's calls of functions took."""
        names = {function.arn: name for name, function in self._cloud.stack.functions.items()}
        taken: Counter[str] = Counter()
        for call in made:
            if call.service == "lambda" and call.ended:
                # Functions are called by an alias: name and qualifier stand behind the ARN's first seven parts.
                arn = ":".join(call.parameters["FunctionName"].split(":")[:7])
                taken[names[arn]] += call.ended - call.started
        return dict(taken)

    def _usage(self, submission_id: str) -> dict[str, float]:
        with self._runs.api() as api:
            result = api._json("GET", f"/submissions/{submission_id}")["result"]
        usage: dict[str, float] = result["usage"]
        return usage

    def workers(self) -> dict[int, str]:
        """Processes of this cloud's functions with what they have started, and the function's logical id."""
        logs = str(self._cloud.folder / "logs")
        found = {}
        for pid in process_usage.process_tree(os.getpid()):
            try:
                output = Path(f"/proc/{pid}/fd/1").readlink()
            except OSError:
                continue
            if str(output.parent) == logs and output.stem in self._cloud.stack.functions:
                found |= dict.fromkeys(process_usage.process_tree(pid), output.stem)
        return found

    def _cpu(self) -> dict[str, float]:
        spent: Counter[str] = Counter()
        for pid, name in self.workers().items():
            fields = process_usage._read_stat(pid)
            spent[name] += sum(int(value) for value in fields[11:15]) / os.sysconf("SC_CLK_TCK") if fields else 0.0
        return dict(spent)


class _PeakMemory:
    """The most that a function's workers held at once, a few times a second."""

    def __init__(self, counts: ServiceUsage) -> None:
        self._counts = counts
        self.highest: dict[str, int] = {}

    def __enter__(self) -> "_PeakMemory":
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watcher.join()

    def _watch(self) -> None:
        while not self._over.wait(_SAMPLE_SECONDS):
            resident: Counter[str] = Counter()
            for pid, name in self._counts.workers().items():
                resident[name] += _resident_bytes(pid)
            for name, size in resident.items():
                self.highest[name] = max(self.highest.get(name, 0), size)


def _resident_bytes(pid: int) -> int:
    """Resident memory: what a worker shares with the local fork server it would hold alone in a Lambda."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0
