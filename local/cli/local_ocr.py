"""The local cloud's OCR engine behind the document reader's interface: page bytes in, lines out."""

import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from core.models import errors

if TYPE_CHECKING:
    from extract.ocr.engine import DetectedLine
    from local.cloud.ocr_pool import OcrProcessPool

# The code of a failure of the engine itself, which may succeed when retried. All other codes concern the page.
_ENGINE_ERROR = "InternalServerError"


def start_engine(folder: Path) -> "OcrProcessPool":
    """Start one engine in its own process; it logs to `ocr.log` in `folder`."""
    from local.cloud.ocr_pool import OcrProcessPool

    return OcrProcessPool(1, folder / "ocr.log")


class LocalOcr:
    """Reads pages with an engine that starts at the first page and stops on exit. Use as a context manager.

    Its pages have Textract's name as their source, because the engine answers in Textract's place.
    """

    name = "textract"

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="gradeline-")
        self._engine: OcrProcessPool | None = None
        self._closed = False
        self._lock = threading.Lock()

    def __enter__(self) -> "LocalOcr":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        self._folder.cleanup()

    def close(self) -> None:
        with self._lock:
            self._closed, engine = True, self._engine
        if engine:
            engine.close()

    def read_page(self, body: bytes) -> "list[DetectedLine]":
        """Read one page.

        Raises
        ------
        PageRefused
            The engine cannot read this page.
        ServiceUnavailable
            The engine failed for a reason other than the page, or was closed.
        """
        from extract.ocr.engine import PageRefused
        from extract.ocr.response_parser import parse_page_lines
        from local.cloud.ocr_pool import OcrError
        from local.cloud.textract_blocks import make_blocks

        try:
            page = self._get_engine().read(body)
        except OcrError as error:
            if error.code == _ENGINE_ERROR:
                raise errors.ServiceUnavailable(str(error)) from error
            raise PageRefused(error.code) from None
        return parse_page_lines({"Blocks": list(make_blocks(page))})

    def _get_engine(self) -> "OcrProcessPool":
        with self._lock:
            if self._closed:
                raise errors.ServiceUnavailable("The reading was stopped.")
            self._engine = self._engine or start_engine(Path(self._folder.name))
            return self._engine
