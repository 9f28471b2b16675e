"""The real template and state machine with stub functions, and an OCR engine that returns blank pages."""

import shutil
import threading
from pathlib import Path

from local.cloud.ocr_pool import OcrError, OcrLine, OcrPage, OcrWord

ROOT = Path(__file__).parents[2]
STUB_FUNCTIONS = Path(__file__).parent / "stub_functions"
BOX = ((0.1, 0.2), (0.5, 0.2), (0.5, 0.25), (0.1, 0.25))
PAGE = OcrPage(100, 200, 0, (OcrLine("Two words", 0.9, BOX, (OcrWord("Two", 0.95, BOX), OcrWord("words", 0.85, BOX))),))


class BlankOcrEngine:
    """Returns a blank page for every document, for tests in which the text does not matter."""

    def read(self, content: bytes, page: int | None = None) -> OcrPage:
        return OcrPage(10, 10, 0, ())

    def count(self, content: bytes) -> int:
        return 1

    def close(self) -> None:
        """Has nothing to release."""


class FakeOcrReader:
    """Returns the same page for every document, or fails as set; records what it read."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.reads: list[bytes] = []
        self.gate = threading.Event()
        self.gate.set()
        self.bad_pages: set[int] = set()

    def read(self, content: bytes, page: int | None = None) -> OcrPage:
        self.reads.append(content)
        self.gate.wait(5)
        if self.failure:
            raise self.failure
        if page is not None and page in self.bad_pages:
            raise OcrError("BadDocumentException", "The page cannot be drawn.")
        return PAGE

    def count(self, content: bytes) -> int:
        if content == b"newest":
            raise OcrError("BadDocumentException", "The PDF cannot be read.")
        return 3

    def close(self) -> None:
        """Has nothing to release."""


def fetch_object(bucket: str, key: str, version: str | None) -> bytes:
    """Returns one of two versions of the object "k" in the bucket "temp"; raises KeyError for all others."""
    return {("temp", "k", None): b"newest", ("temp", "k", "v1"): b"first"}[bucket, key, version]


def template_with_stub_functions(folder: Path) -> Path:
    """Copies the real template and state machine next to the stub functions, and returns the template's path."""
    shutil.copytree(STUB_FUNCTIONS, folder / "functions")
    shutil.copytree(ROOT / "statemachine", folder / "statemachine")
    return Path(shutil.copy(ROOT / "template.yaml", folder))
