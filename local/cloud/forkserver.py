"""Program that forks function workers from a process that has already loaded the SDK.

Commands arrive as JSON lines on stdin, events are sent as JSON lines on stdout:

    {"do": "spawn", "id", "handler", "code", "log", "environment"}   → {"event": "spawned", "id", "pid"}
    {"do": "kill", "id"}
                                                                    → {"event": "exited", "id", "status"}

`status` is an exit code, or the negative signal number. When stdin closes (also because its writer was killed), the
server kills every worker with all its child processes and exits.

A forked worker is a Lambda runtime: AWS's `awslambdaric` connected to the Runtime API that its environment names. The
SDK is loaded before the fork (half of a cold start) but `awslambdaric` after it: its HTTP client must not be shared.
"""

import contextlib
import gc
import json
import os
import select
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

_PRELOADED_MODULES = (
    "boto3",
    "botocore.httpsession",
    "boto3.s3.transfer",
    "aws_lambda_powertools.logging",
    "cryptography.fernet",
)
_PR_SET_PDEATHSIG = 1


class ForkServer:
    def __init__(self) -> None:
        self.workers: dict[int, str] = {}
        self._wake_read, wake_write = os.pipe()
        for descriptor in (self._wake_read, wake_write):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._wake_write = wake_write

    def serve(self) -> None:
        """Handles commands until stdin closes."""
        pending = b""
        while True:
            ready, _, _ = select.select([0, self._wake_read], [], [])
            if self._wake_read in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._wake_read, 4096)
                self._reap_workers()
            if 0 in ready:
                data = os.read(0, 1 << 20)
                if not data:
                    return
                *lines, pending = (pending + data).split(b"\n")
                for line in lines:
                    self._execute_command(json.loads(line))

    def stop(self) -> None:
        """Kills every worker and waits until all have exited."""
        for pid in self.workers:
            _kill_process_group(pid)
        for pid in self.workers:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)

    def _execute_command(self, command: dict[str, Any]) -> None:
        if command["do"] == "kill":
            for pid, name in self.workers.items():
                if name == command["id"]:
                    _kill_process_group(pid)
            return
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._become_worker(command, parent)
        self.workers[pid] = command["id"]
        _write_event({"event": "spawned", "id": command["id"], "pid": pid})

    def _reap_workers(self) -> None:
        while self.workers:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            # Kill the worker's child processes as well.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
            _write_event({"event": "exited", "id": self.workers.pop(pid), "status": os.waitstatus_to_exitcode(status)})

    def _become_worker(self, command: dict[str, Any], parent: int) -> NoReturn:
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.close(self._wake_read)
            os.close(self._wake_write)
            os.setsid()
            _set_parent_death_signal(parent)
            _redirect_output(command["log"])
            run_function(command)
        except SystemExit as exit_request:
            code = exit_request.code if isinstance(exit_request.code, int) else int(exit_request.code is not None)
        except BaseException:  # noqa: BLE001 -- must never return into the server's loop
            sys.excepthook(*sys.exc_info())
        finally:
            with contextlib.suppress(Exception):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)


def run_function(command: dict[str, Any]) -> None:
    """Serves invocations of one function until the process exits."""
    os.environ.clear()
    os.environ.update(command["environment"])
    os.chdir(command["code"])
    # Only the function's own code and the installed packages can be imported, nothing else of this checkout.
    root = Path(__file__).parents[2]
    sys.path[:] = [command["code"], *(entry for entry in sys.path[1:] if Path(entry) not in (root, root / "functions"))]
    sys.modules.pop("local", None)
    sys.argv = ["bootstrap", command["handler"]]
    from awslambdaric import bootstrap
    from awslambdaric.lambda_runtime_client import LambdaRuntimeClient

    bootstrap.run(command["handler"], LambdaRuntimeClient(os.environ["AWS_LAMBDA_RUNTIME_API"]))


def _redirect_output(log: str) -> None:
    log_descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    null_descriptor = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null_descriptor, 0)
    os.dup2(log_descriptor, 1)
    os.dup2(log_descriptor, 2)
    os.close(log_descriptor)
    os.close(null_descriptor)


def _set_parent_death_signal(parent: int) -> None:
    """Makes the kernel kill this worker when the fork server dies, even by SIGKILL (Linux only)."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _kill_process_group(pid: int) -> None:
    """Kills the worker with its child processes. It leads its own process group as soon as it has started."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)


def _write_event(event: dict[str, Any]) -> None:
    os.write(1, json.dumps(event).encode() + b"\n")


def _preload_modules() -> None:
    import importlib

    for name in _PRELOADED_MODULES:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _preload_modules()
    server = ForkServer()
    try:
        server.serve()
    finally:
        server.stop()
