"""What the local cloud changes in the process it runs in, each change with the way to undo it."""

import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from local.cloud import moto_patches
from local.cloud.stack import REGION


class CloudError(Exception):
    """The local cloud cannot run; the message is a sentence that says why."""


def listen(port: int) -> socket.socket:
    """A listening socket on the loopback address; port 0 takes a free one."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
    except (OSError, OverflowError) as error:
        listener.close()
        raise CloudError(f"Port {port} cannot be used on this machine ({error}); choose another one.") from error
    return listener


def configure_moto(port: int) -> Callable[[], None]:
    """Points moto's interpreter at the port, keeps the machine's own AWS set-up out; undone by what is returned."""
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
    """Sends the log of moto, the server and the cloud into a file, and not to the terminal."""
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    # What moto logs flows through the states; the history has it, a log file must not. It stays quiet afterwards
    # too: an execution that is just ending still writes.
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
    """SIGTERM unwinds the program as Ctrl-C does, so that a cloud in a `with` block stops in order."""
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        return lambda: None

    def exit_program(number: int, _frame: FrameType | None) -> None:
        sys.exit(128 + number)

    signal.signal(signal.SIGTERM, exit_program)

    def undo() -> None:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, signal.SIG_DFL)

    return undo
