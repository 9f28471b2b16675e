"""The OCR engine of the local cloud as a document's reader calls it: a page's bytes in, Textract's answer out."""

import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.models import errors

if TYPE_CHECKING:
    from local.cloud.ocr_pool import OcrProcessPool

# Errors of the engine's own: another page, or another try, may do. All others are about the page.
_ENGINE_ERROR = "InternalServerError"


def start_engine(folder: Path) -> "OcrProcessPool":
    """One engine in a process of its own, which writes its log into `folder`."""
    from local.cloud.ocr_pool import OcrProcessPool

    return OcrProcessPool(1, folder / "ocr.log")


class LocalOcr:
    """Starts the engine with the first page that needs it, and ends it with the block. Use as a context manager."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="gradeline-")
        self._engine: OcrProcessPool | None = None
        self._closed = False
        self._lock = threading.Lock()

    def __enter__(self) -> "LocalOcr":
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._closed, engine = True, self._engine
        if engine:
            engine.close()
        self._folder.cleanup()

    def __call__(self, content: bytes) -> dict[str, Any]:
        """
        Raises
        ------
        PageRefused
            The engine does not take this page.
        ServiceUnavailable
            The engine failed: that is not the page's fault.
        """
        from extract.ocr.textract import PageRefused
        from local.cloud.ocr_pool import OcrError
        from local.cloud.textract_blocks import make_blocks

        try:
            page = self._get_engine().read(content)
        except OcrError as error:
            if error.code == _ENGINE_ERROR:
                raise errors.ServiceUnavailable(str(error)) from error
            raise PageRefused(error.code) from None
        return {"DocumentMetadata": {"Pages": 1}, "Blocks": list(make_blocks(page))}

    def _get_engine(self) -> "OcrProcessPool":
        with self._lock:
            if self._closed:
                raise errors.ServiceUnavailable("The reading was stopped.")
            self._engine = self._engine or start_engine(Path(self._folder.name))
            return self._engine
