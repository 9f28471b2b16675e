"""A copy of the stack to be run: the real functions, state machine and template, their waits cut short.

The flow stays as it is. Only times are made smaller, so that what waits for seconds on AWS is seen in fractions
here: the longest pause between two tries of the state machine, and how long a call waits for its answer.
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
    """The folder of a stack; `source` is where it was copied from."""

    folder: Path

    @property
    def template(self) -> Path:
        return self.folder / "template.yaml"

    @property
    def state_machine(self) -> Path:
        return self.folder / "statemachine" / "grading.asl.yaml"

    def replace_in_file(self, name: str, pattern: str, replacement: str | Callable[[re.Match[str]], str]) -> None:
        """Change a file of the copy wherever the pattern is found.

        Raises
        ------
        LookupError
            It is found nowhere: the code has moved on, and what was to be changed was not.
        """
        path = self.folder / name
        text, count = re.subn(pattern, replacement, path.read_text(encoding="utf-8"), flags=re.DOTALL)
        if not count:
            raise LookupError(f"{name} has nothing like {pattern!r} any more.")
        path.write_text(text, encoding="utf-8")


def copy(folder: Path, source: Path = ROOT) -> StackCopy:
    """The stack of `source` in `folder`, with short waits."""
    for name in _FILES:
        if (source / name).is_dir():
            shutil.copytree(source / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source / name, folder / name)
    site = StackCopy(folder)
    site.replace_in_file("statemachine/grading.asl.yaml", r"MaxDelaySeconds: \d+", "MaxDelaySeconds: 1")
    site.replace_in_file("statemachine/grading.asl.yaml", r"BackoffRate: [\d.]+", "BackoffRate: 1")
    site.replace_in_file("functions/core/platform/aws.py", r"read_timeout=\d+", f"read_timeout={ANSWER_SECONDS}")
    return site
