"""The fork server: a process with one thread and the libraries loaded, which forks a new child for each document.

Run as `python -m extract.sandbox.fork_server <descriptor>`. It lives as long as the other end of its socket: when the
function ends, for whatever reason, the server kills its children and exits.
"""

import contextlib
import gc
import os
import select
import signal
import socket
import struct
import sys
from typing import Any

from extract.limits import DocumentLimits
from extract.sandbox import frames

_INT = struct.Struct(">i")
# In the order in which documents need them. One module is imported whenever no document waits, so that the first
# document after a cold start is not delayed by modules that it does not use. `warm_up` reads a sample page, for what
# the parsers initialise at their first use.
_PRELOADED_MODULES = ["extract.pdf.pdf_reader", "pypdf", "extract.sandbox.warm_up", "extract.images"]


class SandboxServer:
    """Forks a child for each request on the control socket and reports its exit status through a pipe."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._children: dict[int, int] = {}
        self._pending_imports = list(_PRELOADED_MODULES)
        self._parent = os.getppid()
        self._wakeup_read, self._wakeup_write = os.pipe()

    def serve(self) -> None:
        os.set_blocking(self._wakeup_write, False)
        os.set_blocking(self._wakeup_read, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wakeup_write, warn_on_full_buffer=False)
        while os.getppid() == self._parent:
            watched = [self._control.fileno(), self._wakeup_read]
            ready, _, _ = select.select(watched, [], [], 0.0 if self._pending_imports else 1.0)
            if self._wakeup_read in ready:
                os.read(self._wakeup_read, 512)
            self._reap()
            if self._control.fileno() in ready:
                if not self._fork():
                    break
            elif self._pending_imports:
                __import__(self._pending_imports.pop(0))
                if not self._pending_imports:
                    gc.freeze()  # objects loaded so far are shared with all children: no child scans them
        for child in self._children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)

    def _reap(self) -> None:
        while self._children:
            child, code = os.waitpid(-1, os.WNOHANG)
            if child == 0:
                return
            status = self._children.pop(child)
            _write_status(status, os.waitstatus_to_exitcode(code))
            os.close(status)

    def _fork(self) -> bool:
        frame = frames.receive(self._control)
        if frame is None:
            return False
        _, (file, channel, status), _, _ = socket.recv_fds(self._control, 1, 3)
        child = os.fork()
        if child == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._control.close()
            os.close(status)
            for other in (*self._children.values(), self._wakeup_read, self._wakeup_write):
                os.close(other)
            _run_child(frame.head, file, socket.socket(fileno=channel))
        self._children[child] = status
        _write_status(status, child)
        os.close(file)
        os.close(channel)
        return True


def _write_status(status: int, number: int) -> None:
    with contextlib.suppress(BrokenPipeError):
        os.write(status, _INT.pack(number))


def _run_child(task: dict[str, Any], file: int, channel: socket.socket) -> None:
    """Run one task in the child: with resource limits, without the ability to write files. Exits afterwards."""
    from extract.sandbox import process_limits, tasks

    limits = DocumentLimits(**task.pop("limits"))
    gc.set_threshold(25_000)  # a page is thousands of small objects, and few of them form a cycle
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # warnings of the parsers may quote the document
        process_limits.set_rlimits(limits, os.fstat(file).st_size)
        tasks.run_task(task, file, limits, lambda head, body=b"": frames.send(channel, head, body))
    except (BrokenPipeError, ConnectionResetError):
        pass  # the reader has closed the channel: the rest is not needed
    finally:
        os._exit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    SandboxServer(socket.socket(fileno=int(sys.argv[1]))).serve()
