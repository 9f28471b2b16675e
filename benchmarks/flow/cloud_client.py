"""Client for the clouds of a comparison: one process each, controlled by jobs."""

import itertools
import json
import os
import subprocess
import sys
import threading
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Self

from benchmarks.flow.service_times import TEXTRACT_TPS
from local.cloud.local_cloud import ROOT

_READY_SECONDS = 60


class CloudClient:
    """Runs `benchmarks.flow.cloud_process` with these settings of its functions."""

    def __init__(
        self,
        *,
        environment: dict[str, str] | None = None,
        parameters: dict[str, str] | None = None,
        empty: bool = False,
    ) -> None:
        settings = {
            "environment": environment or {},
            "parameters": {"TextractTps": f"{TEXTRACT_TPS:g}", **(parameters or {})},
            "empty": empty,
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.flow.cloud_process", json.dumps(settings)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "functions")])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pid = self._process.pid
        self._numbers = itertools.count(1)
        self._waiting: dict[int, Future[dict[str, Any]]] = {}
        self._lock = threading.Lock()

    def begin(self, method: str, **arguments: Any) -> "Future[dict[str, Any]]":
        """Start a job and return the future of its result."""
        assert self._process.stdin is not None
        future: Future[dict[str, Any]] = Future()
        with self._lock:
            number = next(self._numbers)
            self._waiting[number] = future
            self._process.stdin.write(json.dumps({"job": number, "do": method, "with": arguments}) + "\n")
            self._process.stdin.flush()
        return future

    def do(self, method: str, **arguments: Any) -> dict[str, Any]:
        return self.begin(method, **arguments).result()

    def __enter__(self) -> Self:
        assert self._process.stdout is not None
        if self._process.stdout.readline().strip() != "ready":
            raise RuntimeError("a cloud process did not start")
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            message = json.loads(line)
            future = self._waiting.pop(message["job"])
            if "failed" in message:
                future.set_exception(RuntimeError(message["failed"]))
            else:
                future.set_result(message["result"])
        for future in self._waiting.values():
            future.set_exception(RuntimeError("a cloud process ended unexpectedly"))
