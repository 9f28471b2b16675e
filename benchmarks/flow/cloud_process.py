"""A local cloud of its own in a process of its own, which runs submissions as it is told to.

    python -m benchmarks.flow.cloud_process '{"environment": {…}, "parameters": {…}, "empty": false}'

says "ready" and then takes a job a line on its standard input, as many at once as come, and answers each with a line
that bears the job's number. A job names a method of `FlowCloud` and its arguments. `empty`: the same template and
state machine over handlers that do nothing.
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
    """Pages are read by the benchmark's own endpoint; the cloud's engine is not started."""

    def read(self, content: bytes, page: int | None = None) -> OcrPage:  # noqa: ARG002
        raise RuntimeError("no page should come here")

    def count(self, content: bytes) -> int:  # noqa: ARG002
        raise RuntimeError("no document should come here")

    def close(self) -> None:
        """Nothing to end."""


class FlowCloud:
    """What a job may ask for."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._cloud = cloud
        self._runs = SubmissionRunner(cloud)
        self._alone = StepTimer(cloud, self._runs)
        self._counts = ServiceUsage(cloud, self._runs)

    def prepare(self) -> dict[str, Any]:
        """Scheme and paper, read and ready."""
        self._runs.prepare()
        return {}

    def slow_down(self) -> dict[str, Any]:
        slow_down_services(self._cloud.faults)
        return {}

    def run(self, **job: Any) -> dict[str, Any]:
        return self._runs.run(**job)

    def run_empty(self) -> dict[str, Any]:
        return self._runs.run_empty()

    def alone(self, **job: Any) -> dict[str, Any]:
        return self._alone.measure(**job)

    def readable(self, **job: Any) -> dict[str, Any]:
        return self._alone.readable(**job)

    def count(self, **job: Any) -> dict[str, Any]:
        return self._counts.measure(**job)

    def crowd(self, **job: Any) -> dict[str, Any]:
        return self._runs.crowd(**job)

    def crowd_empty(self, **job: Any) -> dict[str, Any]:
        return self._runs.crowd_empty(**job)


def serve(cloud: FlowCloud) -> None:
    output = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    lock = threading.Lock()

    def do(job: dict[str, Any]) -> None:
        try:
            reply = {"told": getattr(cloud, job["do"])(**job.get("with", {}))}
        except Exception as error:  # noqa: BLE001 - whatever ends a job is told to whoever asked for it
            reply = {"failed": f"{type(error).__name__}: {error}"}
        with lock:
            print(json.dumps({"job": job["job"], **reply}), file=output, flush=True)

    with lock:
        print("ready", file=output, flush=True)
    for line in sys.stdin:
        threading.Thread(target=do, args=(json.loads(line),), daemon=True).start()


def empty_template(folder: Path) -> Path:
    """The real template and state machine over handlers that do nothing."""
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
