"""The real template and state machine with other code behind them, and a reader that reads nothing."""

import shutil
from pathlib import Path

from local.cloud.ocr import Page

ROOT = Path(__file__).parents[2]
STANDIN = Path(__file__).parent / "standin"


class BlankReader:
    """Every page is blank: what is read does not matter here."""

    def read(self, content: bytes, page: int | None = None) -> Page:
        return Page(10, 10, 0, ())

    def count(self, content: bytes) -> int:
        return 1

    def close(self) -> None:
        """Nothing to end."""


def template_with_standins(folder: Path) -> Path:
    """The real template and state machine, only the code is another."""
    shutil.copytree(STANDIN, folder / "functions")
    shutil.copytree(ROOT / "statemachine", folder / "statemachine")
    return Path(shutil.copy(ROOT / "template.yaml", folder))
