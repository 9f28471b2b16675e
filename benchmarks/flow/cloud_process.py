"""A local cloud in a process of its own that runs submissions on request.

    python -m benchmarks.flow.cloud_process '{"environment": {…}, "parameters": {…}, "empty": false}'

Prints "ready". Then it takes one job per line on standard input, runs all of them concurrently, and answers each with
a line that carries the job's number. A job names a method of `FlowCloud` and its arguments. `empty`: the same
template and state machine with handlers that do nothing.
"""

import json
import os
import shutil
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from benchmarks.flow.service_times import slow_down_services
from benchmarks.flow.service_usage import ServiceUsage
from benchmarks.flow.step_timings import StepTimer
from benchmarks.flow.submission_runner import SubmissionRunner
from local.cloud.local_cloud import ROOT, LocalCloud
from local.cloud.ocr_pool import OcrPage

_HERE = Path(__file__).parent


class NoOcrEngine:
    """Rejects every page: the benchmark's own endpoint does the OCR, and the cloud's engine is not started."""

    def read(self, content: bytes, page: int | None = None) -> OcrPage:  # noqa: ARG002
        raise RuntimeError("no page should be read here")

    def count(self, content: bytes) -> int:  # noqa: ARG002
        raise RuntimeError("no document should be read here")

    def close(self) -> None:
        """Nothing to close."""


class FlowCloud:
    """The methods that a job may name."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._cloud = cloud
        self._runner = SubmissionRunner(cloud)
        self._step_timer = StepTimer(cloud, self._runner)
        self._usage = ServiceUsage(cloud, self._runner)

    def prepare(self) -> dict[str, Any]:
        """Submit the scheme and the paper, and wait until they are ready."""
        self._runner.prepare()
        return {}

    def slow_down(self) -> dict[str, Any]:
        slow_down_services(self._cloud.faults)
        return {}

    def run(self, **job: Any) -> dict[str, Any]:
        return self._runner.run(**job)

    def run_empty(self) -> dict[str, Any]:
        return self._runner.run_empty()

    def alone(self, **job: Any) -> dict[str, Any]:
        return self._step_timer.measure(**job)

    def readable(self, **job: Any) -> dict[str, Any]:
        return self._step_timer.readable(**job)

    def count(self, **job: Any) -> dict[str, Any]:
        return self._usage.measure(**job)

    def run_many(self, **job: Any) -> dict[str, Any]:
        return self._runner.run_many(**job)

    def run_many_empty(self, **job: Any) -> dict[str, Any]:
        return self._runner.run_many_empty(**job)


def serve(cloud: FlowCloud) -> None:
    output = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    lock = threading.Lock()

    def do(job: dict[str, Any]) -> None:
        try:
            reply = {"result": getattr(cloud, job["do"])(**job.get("with", {}))}
        except Exception as error:  # noqa: BLE001 - any failure is reported to the caller
            reply = {"failed": f"{type(error).__name__}: {error}"}
        with lock:
            print(json.dumps({"job": job["job"], **reply}), file=output, flush=True)

    with lock:
        print("ready", file=output, flush=True)
    for line in sys.stdin:
        threading.Thread(target=do, args=(json.loads(line),), daemon=True).start()


def empty_template(folder: Path) -> Path:
    """Copy the real template and state machine, with handlers that do nothing."""
    shutil.copytree(_HERE / "handlers", folder / "functions")
    shutil.copytree(ROOT / "statemachine", folder / "statemachine")
    return Path(shutil.copy(ROOT / "template.yaml", folder))


def main() -> None:
    settings = json.loads(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="gradeline-bench-") as folder:
        template = empty_template(Path(folder)) if settings["empty"] else ROOT / "template.yaml"
        with LocalCloud(
            template=template,
            reader=NoOcrEngine(),
            environment=settings["environment"],
            parameters=settings["parameters"],
        ) as cloud:
            serve(FlowCloud(cloud))


if __name__ == "__main__":
    main()
