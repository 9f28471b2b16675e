"""Program: forks function workers from a process that has the SDK loaded already.

Commands come as JSON lines on stdin, events go as JSON lines to stdout:

    {"do": "spawn", "id", "handler", "code", "log", "environment"}   → {"event": "spawned", "id", "pid"}
    {"do": "kill", "id"}
                                                                    → {"event": "exited", "id", "status"}

`status` is an exit code, or minus the signal's number. When stdin ends (also because whoever held it was
killed) every worker is killed with all it has started, and this process ends.

A forked worker is a Lambda runtime: AWS's own `awslambdaric` against the Runtime API that its environment
names. The SDK is loaded before the fork (half of a cold start), `awslambdaric` after it: its HTTP client
must not be shared.
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
        for end in (self._wake_read, wake_write):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._wake_write = wake_write

    def serve(self) -> None:
        """Until stdin ends."""
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

    def end(self) -> None:
        """Kills every worker and waits until they are gone."""
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
            # What the worker itself had started goes with it.
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
        except BaseException:  # noqa: BLE001 -- whatever it was, it ends here: it must never return into the server
            sys.excepthook(*sys.exc_info())
        finally:
            with contextlib.suppress(Exception):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)


def run_function(command: dict[str, Any]) -> None:
    """Serves one function's invocations until the process is ended."""
    os.environ.clear()
    os.environ.update(command["environment"])
    os.chdir(command["code"])
    # The function's own code and the installed packages: nothing else of this checkout can be imported.
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
    """The worker is killed when the fork server is, even by a signal that nobody can catch (Linux)."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _kill_process_group(pid: int) -> None:
    """The worker and everything it has started: it leads a process group of its own once it runs."""
    for end in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            end(pid, signal.SIGKILL)


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
        server.end()
