"""Loopback servers, each a process of its own that ends with the process that started it."""

import json
import os
import subprocess
import sys
import threading
import urllib.request
from types import TracebackType
from typing import Any, Self

from benchmarks.textract_quota import TextractQuota

# The minimum that boto3 needs, independent of this machine's own settings.
AWS_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "benchmark",
    "AWS_SECRET_ACCESS_KEY": "benchmark",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


def exit_when_stdin_closes() -> None:
    """Exit this process as soon as the process that holds its standard input is gone. Runs in the background."""

    def wait() -> None:
        sys.stdin.buffer.read()
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


class LoopbackServer:
    """Runs `python -m module`, which prints its address and ends when its standard input is closed."""

    def __init__(self, module: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().strip()
        if not self.address:
            raise RuntimeError(f"{module} did not start")

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class TextractServer(LoopbackServer):
    """Runs `benchmarks.textract_endpoint` and manages its accounts."""

    def __init__(self, module: str = "benchmarks.textract_endpoint") -> None:
        super().__init__(module)

    def open_account(self, name: str, quota: TextractQuota) -> str:
        """(Re)open an account with a full burst and counters at 0. Returns the endpoint for its clients."""
        url = f"{self.address}/accounts/{name}"
        _request_json("PUT", url, json.dumps(quota.to_dict()).encode())
        return url

    def report(self, name: str) -> dict[str, Any]:
        """Return the account's report: see `textract_endpoint.TextractAccount.report`."""
        return _request_json("GET", f"{self.address}/accounts/{name}")

    def cpu_seconds(self) -> float:
        """Return the CPU seconds of the endpoint itself so far."""
        return float(_request_json("GET", f"{self.address}/process")["cpu_seconds"])


def _request_json(method: str, url: str, body: bytes | None = None) -> dict[str, Any]:
    with urllib.request.urlopen(urllib.request.Request(url, data=body, method=method), timeout=10) as answer:  # noqa: S310
        reply: dict[str, Any] = json.loads(answer.read())
        return reply
