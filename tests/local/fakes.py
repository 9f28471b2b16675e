"""The real template and state machine with other code behind them, and a reader that reads nothing."""

import shutil
from pathlib import Path

from local.cloud.ocr_pool import OcrPage

ROOT = Path(__file__).parents[2]
STUB_FUNCTIONS = Path(__file__).parent / "standin"


class BlankOcrEngine:
    """Every page is blank: what is read does not matter here."""

    def read(self, content: bytes, page: int | None = None) -> OcrPage:
        return OcrPage(10, 10, 0, ())

    def count(self, content: bytes) -> int:
        return 1

    def close(self) -> None:
        """Nothing to end."""


def template_with_stub_functions(folder: Path) -> Path:
    """The real template and state machine, only the code is another."""
    shutil.copytree(STUB_FUNCTIONS, folder / "functions")
    shutil.copytree(ROOT / "statemachine", folder / "statemachine")
    return Path(shutil.copy(ROOT / "template.yaml", folder))
