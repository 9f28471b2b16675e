"""Runs the parsers of untrusted files in child processes: the function's side.

A PDF parser and an image decoder are the likeliest parts to fail on a hostile file, so they run in a process of their
own that may die. Each document gets a new child. A small server process (`extract.sandbox.fork_server`) makes that
cheap: it has the libraries loaded and only forks. It has one thread, so forking is safe there; the function has many.
It uses only sockets and descriptors: Lambda has no /dev/shm, and so no multiprocessing queue or pool. The child gets
no credentials.
"""

import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import Any

from core.models import errors
from extract.limits import DocumentLimits
from extract.sandbox import frames
from extract.sandbox.frames import Frame

# The only variables of this process's environment that the child gets: paths of libraries, nothing secret.
_INHERITED_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "LANG", "TZ")
_INT = struct.Struct(">i")
_LIMIT_EXCEEDED = "Opening this file took more time or memory than a document may take. Export or scan it again."
_UNREADABLE = "This file is damaged and cannot be opened. Export or scan it again and resend it."


class Sandbox:
    """One fork server, started on first use and again if it dies. Safe to use from several threads."""

    def __init__(self) -> None:
        inherited = {name: os.environ[name] for name in _INHERITED_VARIABLES if name in os.environ}
        self._environment = {**inherited, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        self._lock = threading.Lock()
        self._server: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._owner_pid = os.getpid()

    def start(self) -> None:
        """Start the fork server if it is not running. Returns at once; the server then loads its libraries."""
        with self._lock:
            self._ensure_server()

    def close(self) -> None:
        """Stop the fork server and its children."""
        with self._lock:
            if self._control is not None:
                self._control.close()
            if self._server is not None:
                with suppress(subprocess.TimeoutExpired):
                    self._server.wait(timeout=2)
                self._server.kill()
                self._server.wait()
            self._control = self._server = None

    @contextmanager
    def run(self, task: Mapping[str, Any], file: int, limits: DocumentLimits) -> Iterator[Iterator[Frame]]:
        """Run the task on the open file in a new child, and iterate over the frames that it sends.

        Leaving the block kills the child, finished or not.

        Raises
        ------
        DocumentRejected
            One of its subclasses, during the iteration: the one that the child sent, or the one that its exit status
            stands for.
        ServiceUnavailable
            The fork server could not be started.
        """
        request = {**task, "limits": asdict(limits)}
        channel, status, child = self._fork(request, file)
        try:
            channel.settimeout(limits.idle_timeout_seconds)
            yield self._frames(channel, status, child)
        finally:
            channel.close()
            _kill(child, status)
            os.close(status)

    def _ensure_server(self) -> socket.socket:
        if self._owner_pid != os.getpid():
            # Forked from the process that started the server, which still uses that socket: start another server.
            self._control = self._server = None
            self._owner_pid = os.getpid()
        if self._control is not None and self._server is not None and self._server.poll() is None:
            return self._control
        own_end, server_end = socket.socketpair()
        with server_end:
            self._server = subprocess.Popen(
                [sys.executable, "-m", "extract.sandbox.fork_server", str(server_end.fileno())],
                pass_fds=(server_end.fileno(),),
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._control = own_end
        return own_end

    def _fork(self, request: Mapping[str, Any], file: int) -> tuple[socket.socket, int, int]:
        """Fork a child. Returns its channel, the pipe for its exit status, and its process id."""
        with self._lock:
            for attempt in (1, 2):
                control = self._ensure_server()
                own_end, server_end = socket.socketpair()
                reading, writing = os.pipe()
                try:
                    frames.send(control, dict(request))
                    socket.send_fds(control, [b"+"], [file, server_end.fileno(), writing])
                    os.close(writing)
                    writing = -1
                    packed = os.read(reading, _INT.size)
                    if len(packed) == _INT.size:
                        return own_end, reading, _INT.unpack(packed)[0]
                except OSError:
                    pass  # the server has died: handled like a missing response
                finally:
                    server_end.close()
                    if writing >= 0:
                        os.close(writing)
                own_end.close()
                os.close(reading)
                self._stop_server()
                if attempt == 2:
                    raise errors.ServiceUnavailable("The process that opens documents could not be started.")
        raise AssertionError("unreachable")

    def _stop_server(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._server is not None:
            self._server.kill()
            self._server.wait()
        self._control = self._server = None

    def _frames(self, channel: socket.socket, status: int, child: int) -> Iterator[Frame]:
        try:
            while (frame := frames.receive(channel)) is not None:
                kind = frame.head.get("type")
                if kind == "done":
                    return
                if kind == "refused":
                    raise _build_rejection(frame)
                yield frame
        except TimeoutError:
            _kill(child, status)
            raise errors.ReadingLimitExceeded(_LIMIT_EXCEEDED) from None
        except (frames.InvalidFrame, ConnectionError):
            pass  # the child died within a frame: its exit status tells why
        raise _explain_exit(status)


def _kill(child: int, status: int) -> None:
    """Kill a child that is still running. After its exit status has arrived, its process id may belong to another."""
    if not select.select([status], [], [], 0)[0]:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


def _build_rejection(frame: Frame) -> errors.DocumentRejected:
    kind = getattr(errors, str(frame.head.get("error")), None)
    message = str(frame.head.get("message", _UNREADABLE))
    if isinstance(kind, type) and issubclass(kind, errors.DocumentRejected):
        return kind(message)
    return errors.DamagedDocument(_UNREADABLE)


def _explain_exit(status: int) -> errors.DocumentRejected:
    packed = os.read(status, _INT.size)
    code = _INT.unpack(packed)[0] if len(packed) == _INT.size else -signal.SIGKILL
    if -code in (signal.SIGXCPU, signal.SIGKILL):
        return errors.ReadingLimitExceeded(_LIMIT_EXCEEDED)
    return errors.DamagedDocument(_UNREADABLE)
