"""Changes that the local cloud makes to its own process, each with a function that undoes it."""

import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from local.cloud import moto_patches
from local.cloud.stack import REGION

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication


class CloudError(Exception):
    """The local cloud cannot run; the message is a sentence that says why."""


def listen(port: int) -> socket.socket:
    """Returns a listening socket on the loopback address; port 0 takes a free one."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
    except (OSError, OverflowError) as error:
        listener.close()
        raise CloudError(f"Port {port} cannot be used on this machine ({error}); choose another one.") from error
    return listener


def serve(listener: socket.socket, application: "WSGIApplication") -> Callable[[], None]:
    """Serves an application on a listening socket in background threads. Returns the function that stops serving."""
    from moto.moto_server.werkzeug_app import MotoRequestHandler
    from werkzeug.serving import make_server

    port = listener.getsockname()[1]
    handler, fd = MotoRequestHandler, listener.fileno()
    server = make_server("127.0.0.1", port, application, threaded=True, request_handler=handler, fd=fd)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True, name="local-cloud")
    thread.start()

    def close() -> None:
        server.shutdown()
        thread.join(5)
        server.server_close()

    return close


def configure_moto(port: int) -> Callable[[], None]:
    """Points moto's interpreter at the port and hides the machine's AWS configuration. Returns the undo function."""
    from moto.core.config import default_user_config

    previous_environment = dict(os.environ)
    interpreter = default_user_config.get("stepfunctions")
    for name in [name for name in os.environ if name.startswith("AWS_") or name.lower() in ("http_proxy", "all_proxy")]:
        del os.environ[name]
    os.environ |= {
        "MOTO_PORT": str(port),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_DEFAULT_REGION": REGION,
    }
    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    _reset_moto()
    undo_patches = moto_patches.apply_patches()

    def undo() -> None:
        undo_patches()
        os.environ.clear()
        os.environ.update(previous_environment)
        if interpreter is not None:
            default_user_config["stepfunctions"] = interpreter
        _reset_moto()

    return undo


def _reset_moto() -> None:
    from moto.core.base_backend import BackendDict

    BackendDict.reset()


def redirect_logs(path: Path) -> Callable[[], None]:
    """Sends the logs of moto, the server and the cloud to a file instead of the terminal. Returns the undo function."""
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    # moto logs state data: the execution history may contain it, a log file must not. The level stays changed
    # afterwards too, because an execution that is just ending still writes.
    logging.getLogger("moto").setLevel(logging.CRITICAL)
    loggers = [logging.getLogger(name) for name in ("werkzeug", "gradeline.local")]
    previous_settings = [(logger, logger.level, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
        logger.propagate = False
        logger.addHandler(handler)

    def undo() -> None:
        for logger, level, propagate in previous_settings:
            logger.removeHandler(handler)
            logger.setLevel(level)
            logger.propagate = propagate
        handler.close()

    return undo


def exit_on_sigterm() -> Callable[[], None]:
    """Makes SIGTERM unwind the program as Ctrl-C does, so that a cloud in a `with` block stops in order."""
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        return lambda: None

    def exit_program(number: int, _frame: FrameType | None) -> None:
        sys.exit(128 + number)

    signal.signal(signal.SIGTERM, exit_program)

    def undo() -> None:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, signal.SIG_DFL)

    return undo
