"""OCR engine of the tests: reads pages that carry their text from it, and all others with the real engine."""

import threading
from contextlib import suppress
from pathlib import Path

from pypdf.errors import PyPdfError

from benchmarks.chaos.metadata_ocr import MetadataOcr
from local.cloud.ocr_pool import OcrPage, OcrProcessPool


class FastOcrEngine:
    """Images of `tests.documents.picture` and PDF pages with a text layer cost nothing.

    The real engine takes seconds of processor time for a page. It starts with the first page that needs it.
    """

    def __init__(self, log: Path) -> None:
        self._log = log
        self._text = MetadataOcr()
        self._real: OcrProcessPool | None = None
        self._starting = threading.Lock()

    def read(self, content: bytes, page: int | None = None) -> OcrPage:
        with suppress(OSError, PyPdfError):
            found = self._text.read(content, page)
            if found.lines:
                return found
        return self._real_engine().read(content, page)

    def count(self, content: bytes) -> int:
        return self._real_engine().count(content)

    def close(self) -> None:
        if self._real is not None:
            self._real.close()

    def _real_engine(self) -> OcrProcessPool:
        with self._starting:
            if self._real is None:
                self._real = OcrProcessPool(1, self._log)
        return self._real
