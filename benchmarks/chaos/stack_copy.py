"""Copies the stack for a run: the real functions, state machine and template, with shorter waits.

The flow is unchanged. Only times are shortened: the longest pause between two attempts of the state machine, and how
long a call waits for its response.
"""

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from local.cloud.local_cloud import ROOT

ANSWER_SECONDS = 4
_FILES = ("functions", "statemachine", "template.yaml")


@dataclass(frozen=True)
class StackCopy:
    """The folder of a copied stack."""

    folder: Path

    @property
    def template(self) -> Path:
        return self.folder / "template.yaml"

    @property
    def state_machine(self) -> Path:
        return self.folder / "statemachine" / "grading.asl.yaml"

    def replace_in_file(self, name: str, pattern: str, replacement: str | Callable[[re.Match[str]], str]) -> None:
        """Replace a pattern in a file of the copy.

        Raises
        ------
        LookupError
            The pattern is not found: the code has changed, and the replacement would have no effect.
        """
        path = self.folder / name
        text, count = re.subn(pattern, replacement, path.read_text(encoding="utf-8"), flags=re.DOTALL)
        if not count:
            raise LookupError(f"{name} does not contain {pattern!r} any more.")
        path.write_text(text, encoding="utf-8")


def copy(folder: Path, source: Path = ROOT) -> StackCopy:
    """Copy the stack of `source` to `folder`, with shorter waits."""
    for name in _FILES:
        if (source / name).is_dir():
            shutil.copytree(source / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source / name, folder / name)
    stack = StackCopy(folder)
    stack.replace_in_file("statemachine/grading.asl.yaml", r"MaxDelaySeconds: \d+", "MaxDelaySeconds: 1")
    stack.replace_in_file("statemachine/grading.asl.yaml", r"BackoffRate: [\d.]+", "BackoffRate: 1")
    stack.replace_in_file("functions/core/platform/aws.py", r"read_timeout=\d+", f"read_timeout={ANSWER_SECONDS}")
    return stack
