"""The fork server: one thread, the libraries loaded, a fresh child for every document.

Run as `python -m extract.sandbox_child <descriptor>`. It lives as long as the socket's other end: when the
function goes, in whatever way, the server ends its children and itself.
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

from extract import frames
from extract.limits import Limits

_NUMBER = struct.Struct(">i")
# In the order of need. One is taken whenever no document waits, so that a cold start's first document is not held
# up by what it does not use; a reading of a page of our own then takes what parsers put off to their first use.
_PREPARATIONS = ["extract.pdf_reading", "pypdf", "extract.warming", "extract.pictures"]


class Server:
    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._children: dict[int, int] = {}
        self._waiting = list(_PREPARATIONS)
        self._parent = os.getppid()
        self._wake, self._woken = os.pipe()

    def serve(self) -> None:
        os.set_blocking(self._woken, False)
        os.set_blocking(self._wake, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._woken, warn_on_full_buffer=False)
        while os.getppid() == self._parent:
            watched = [self._control.fileno(), self._wake]
            ready, _, _ = select.select(watched, [], [], 0.0 if self._waiting else 1.0)
            if self._wake in ready:
                os.read(self._wake, 512)
            self._reap()
            if self._control.fileno() in ready:
                if not self._fork():
                    break
            elif self._waiting:
                __import__(self._waiting.pop(0))
                if not self._waiting:
                    gc.freeze()  # what stands now is shared by all children, and collected by none
        for child in self._children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)

    def _reap(self) -> None:
        while self._children:
            child, code = os.waitpid(-1, os.WNOHANG)
            if child == 0:
                return
            status = self._children.pop(child)
            _tell(status, os.waitstatus_to_exitcode(code))
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
            for other in (*self._children.values(), self._wake, self._woken):
                os.close(other)
            _work(frame.head, file, socket.socket(fileno=channel))
        self._children[child] = status
        _tell(status, child)
        os.close(file)
        os.close(channel)
        return True


def _tell(status: int, number: int) -> None:
    with contextlib.suppress(BrokenPipeError):
        os.write(status, _NUMBER.pack(number))


def _work(task: dict[str, Any], file: int, channel: socket.socket) -> None:
    """The child: bounded, without a way to write files, and gone when it has spoken."""
    from extract import bounds, opening

    limits = Limits(**task.pop("limits"))
    gc.set_threshold(25_000)  # a page is thousands of small objects; few of them ever form a cycle
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what parsers complain about may quote the document
        bounds.bound(limits, os.fstat(file).st_size)
        opening.open_document(task, file, limits, lambda head, body=b"": frames.send(channel, head, body))
    except (BrokenPipeError, ConnectionResetError):
        pass  # nobody wants the rest
    finally:
        os._exit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Server(socket.socket(fileno=int(sys.argv[1]))).serve()
