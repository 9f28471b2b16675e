"""One worker process of a function, seen from the parent: its Runtime API and the results of its invocations.

The process (forked by `local.cloud.forkserver`) fetches invocations and posts results over HTTP, as on AWS:
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html. This module serves that API, detects when the process
exits, and kills it when an invocation times out.
"""

import contextlib
import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, Any, cast

INIT_TIMEOUT_SECONDS = 60.0
_API_PREFIX = "/2018-06-01/runtime/"


@dataclass
class Invocation:
    """One invocation of a function. `payload` and `result` are JSON; `error`: the function raised or did not return."""

    request_id: str
    arn: str
    payload: bytes
    timeout: float
    result: bytes = b""
    error: bool = False
    ended: threading.Event = field(default_factory=threading.Event, repr=False)

    def complete(self, result: bytes, *, error: bool) -> None:
        if not self.ended.is_set():
            self.result, self.error = result, error
            self.ended.set()

    def fail(self, error_type: str, message: str) -> None:
        text = f"RequestId: {self.request_id} Error: {message}"
        self.complete(json.dumps({"errorType": error_type, "errorMessage": text}).encode(), error=True)


class FunctionWorker:
    """A process that serves one function, one invocation at a time."""

    def __init__(self, worker_id: str) -> None:
        self.id = worker_id
        self.alive = True
        self._invocations: queue.SimpleQueue[Invocation | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._started = threading.Event()
        self._initialised = False
        self._current: Invocation | None = None
        self._init_error: bytes | None = None
        self._status = 0
        self._server = _RuntimeApiServer(self)

    @property
    def runtime_api(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    def run(self, invocation: Invocation, kill: Callable[[], None]) -> bool:
        """Runs the invocation and returns when it has completed, failed or timed out (then `kill` is called).

        Returns False if the process had exited while idle; the invocation is then untouched.
        """
        with self._lock:
            if not self.alive and self._initialised:
                return False
            self._current = invocation
            if not self.alive:
                self._fail_current()
        if not self._started.wait(INIT_TIMEOUT_SECONDS):
            self._fail_with_timeout(invocation, INIT_TIMEOUT_SECONDS, kill)
        elif self.alive:
            self._invocations.put(invocation)
            if not invocation.ended.wait(invocation.timeout):
                self._fail_with_timeout(invocation, invocation.timeout, kill)
        self._current = None
        return True

    def next_invocation(self) -> Invocation | None:
        self._initialised = True
        self._started.set()
        return self._invocations.get()

    def current(self, request_id: str) -> Invocation | None:
        current = self._current
        return current if current is not None and current.request_id == request_id else None

    def set_init_error(self, body: bytes) -> None:
        self._init_error = body

    def handle_exit(self, status: int) -> None:
        """Called when the process has exited."""
        with self._lock:
            self.alive = False
            self._status = status
            self._fail_current()
        self._started.set()
        self.close()

    def close(self) -> None:
        self.alive = False
        self._invocations.put(None)
        self._server.stop()

    def _fail_with_timeout(self, invocation: Invocation, seconds: float, kill: Callable[[], None]) -> None:
        self.alive = False
        invocation.fail("Sandbox.Timedout", f"Task timed out after {seconds:.2f} seconds")
        kill()

    def _fail_current(self) -> None:
        if self._current is None:
            return
        if self._init_error is not None:
            self._current.complete(self._init_error, error=True)
        else:
            self._current.fail("Runtime.ExitError", _describe_exit(self._status))


def _describe_exit(status: int) -> str:
    if status == 0:
        return "Runtime exited without providing a reason"
    if status < 0:
        import signal

        name = {signal.SIGKILL: "killed", signal.SIGSEGV: "segmentation fault", signal.SIGABRT: "aborted"}
        return f"Runtime exited with error: signal: {name.get(signal.Signals(-status), signal.Signals(-status).name)}"
    return f"Runtime exited with error: exit status {status}"


class _RuntimeApiServer(ThreadingHTTPServer):
    """The Runtime API of one worker. Each worker has its own port, which identifies it."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, worker: FunctionWorker) -> None:
        super().__init__(("127.0.0.1", 0), _RuntimeApiHandler)
        self.worker = worker
        self._stopped = False
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True, name=f"runtime-api-{worker.id}").start()

    def stop(self) -> None:
        if not self._stopped:
            self._stopped = True
            # In another thread: `shutdown` waits for the server loop, which may be waiting for the caller.
            threading.Thread(target=self._shut_down, daemon=True).start()

    def _shut_down(self) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignores connections that a killed worker leaves behind: they are expected."""


class _RuntimeApiHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _RuntimeApiServer

    def do_GET(self) -> None:
        if self.path != _API_PREFIX + "invocation/next":
            self._send_response(404)
            return
        invocation = self.server.worker.next_invocation()
        if invocation is None:
            self._send_response(410)
            self.close_connection = True
            return
        deadline = int((time.time() + invocation.timeout) * 1000)
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Invoked-Function-Arn": invocation.arn,
            "Lambda-Runtime-Deadline-Ms": str(deadline),
            "Content-Type": "application/json",
        }
        self._send_response(200, invocation.payload, headers)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        worker = self.server.worker
        parts = self.path.removeprefix(_API_PREFIX).split("/")
        if parts == ["init", "error"]:
            worker.set_init_error(body)
        elif len(parts) == 3 and parts[0] == "invocation" and parts[2] in ("response", "error"):
            invocation = worker.current(parts[1])
            if invocation is None:
                self._send_response(400, b'{"errorType":"InvalidRequestID"}')
                return
            invocation.complete(body, error=parts[2] == "error")
        else:
            self._send_response(404)
            return
        self._send_response(202, b'{"status":"OK"}')

    def _send_response(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        lines = {"Content-Length": str(len(body)), **(headers or {})}
        head = f"HTTP/1.1 {status} .\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + "\r\n"
        self.wfile.write(head.encode("latin-1") + body)

    def log_message(self, *_: Any) -> None:
        """Logs nothing: the function has its own log file."""


class ForkServerClient:
    """Starts the fork server (`local.cloud.forkserver`), sends it commands and reports exited workers to `on_exit`."""

    def __init__(self, log: Path, on_exit: Callable[[str, int], None]) -> None:
        self._on_exit = on_exit
        self._lock = threading.Lock()
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "local.cloud.forkserver"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=Path(__file__).parents[2],
                # Ctrl-C goes to the cloud only, which then stops this process in order.
                start_new_session=True,
            )
        self._commands = cast("IO[bytes]", self._process.stdin)
        self._events = cast("IO[bytes]", self._process.stdout)
        threading.Thread(target=self._listen, daemon=True, name="fork-server").start()

    def spawn(self, worker_id: str, *, handler: str, code: Path, log: Path, environment: dict[str, str]) -> None:
        command = {"do": "spawn", "id": worker_id, "handler": handler, "code": str(code), "log": str(log)}
        self._send(command | {"environment": environment})

    def kill(self, worker_id: str) -> None:
        self._send({"do": "kill", "id": worker_id})

    def stop(self) -> None:
        """Stops the server with all its workers; returns when they have exited."""
        with contextlib.suppress(BrokenPipeError):
            self._commands.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _send(self, command: dict[str, Any]) -> None:
        with self._lock:
            self._commands.write(json.dumps(command).encode() + b"\n")
            self._commands.flush()

    def _listen(self) -> None:
        for line in self._events:
            event = json.loads(line)
            if event["event"] == "exited":
                self._on_exit(event["id"], event["status"])
        self._events.close()
