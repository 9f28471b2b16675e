"""Runs the `gradeline` program as a process."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def gradeline(*arguments: str | Path) -> list[str]:
    """Return the command line of the `gradeline` program."""
    return [sys.executable, "-m", "local", *map(str, arguments)]


def environment() -> dict[str, str]:
    """Return the environment in which the program finds this repository."""
    return {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'functions'}"}
