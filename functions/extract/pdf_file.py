"""A PDF opened by PDFium: pages, sizes, copies and drawings. One at a time; PDFium knows no threads."""

import ctypes
import mmap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pypdfium2.raw as pdfium

from core import errors
from extract.limits import CALL_BYTES, CALL_PIXELS_A_SIDE, Limits
from extract.pdf_overlay import Overlay

_DAMAGED = "This PDF is damaged and cannot be opened. Export or scan it again and resend it."
# A drawing is as fine as a scan for OCR should be, and no larger than a page of it at 400 dpi.
_DRAWN_DPI = 200
_DRAWN_PIXELS = 16_000_000


class PdfFile:
    """Raises, on opening: EncryptedDocument, DamagedDocument, NoPages, TooManyPages, UnsupportedFileType."""

    def __init__(self, mapped: mmap.mmap, limits: Limits) -> None:
        self._limits = limits
        self._bytes = (ctypes.c_ubyte * len(mapped)).from_buffer(mapped)
        self._document = pdfium.FPDF_LoadMemDocument64(self._bytes, len(mapped), None)
        if not self._document:
            raise _why_not(pdfium.FPDF_GetLastError())
        if pdfium.FPDF_GetFormType(self._document) == pdfium.FORMTYPE_XFA_FULL:
            raise errors.UnsupportedFileType(
                "This PDF is an interactive XFA form, which cannot be read. Print it to a PDF and send that."
            )
        self._overlay = Overlay(self._document)
        self.pages = pdfium.FPDF_GetPageCount(self._document)
        if self.pages < 1:
            raise errors.NoPages("This PDF has no pages.")
        if self.pages > limits.max_pages:
            raise errors.TooManyPages(
                f"This PDF has {self.pages} pages; at most {limits.max_pages} can be read. Send it in parts."
            )

    @contextmanager
    def page(self, index: int) -> Iterator[pdfium.FPDF_PAGE]:
        """The page, loaded; None where PDFium cannot load it."""
        page = pdfium.FPDF_LoadPage(self._document, index)
        try:
            yield page
        finally:
            if page:
                pdfium.FPDF_ClosePage(page)

    def size_of_page(self, index: int) -> tuple[float, float]:
        """Width and height as shown, in points."""
        size = pdfium.FS_SIZEF()
        if not pdfium.FPDF_GetPageSizeByIndexF(self._document, index, ctypes.byref(size)):
            return (0.0, 0.0)
        return (size.width, size.height)

    def copy_of_page(self, index: int, *, flatten: bool) -> bytes | None:
        """Page `index` in a document of its own, None where PDFium cannot copy it."""
        if flatten and not self._flattened(index):
            return None
        copy = pdfium.FPDF_CreateNewDocument()
        try:
            if not pdfium.FPDF_ImportPagesByIndex(copy, self._document, (ctypes.c_int * 1)(index), 1, 0):
                return None
            return _saved(copy)
        finally:
            pdfium.FPDF_CloseDocument(copy)

    def _flattened(self, index: int) -> bool:
        with self.page(index) as page:
            return bool(page) and self._overlay.flatten(page)

    def drawing_of_page(self, index: int) -> bytes:
        """The page drawn as a JPEG that one call takes.

        Raises
        ------
        DamagedDocument
            It cannot be drawn.
        """
        # Imported here: only a page that cannot be sent as it is needs it.
        from extract.pictures import as_jpeg

        width, height = self.size_of_page(index)
        longest = max(width, height, 1.0)
        return as_jpeg(self.drawn(index, min(_DRAWN_DPI / 72, (CALL_PIXELS_A_SIDE - 1) / longest)), CALL_BYTES)

    def drawn(self, index: int, scale: float) -> Any:
        """The page with all that is written over it as a Pillow image, `scale` pixels a point, or fewer where it
        would be larger than any drawing.

        Raises
        ------
        DamagedDocument
            It cannot be drawn.
        """
        from PIL import Image

        width, height = self.size_of_page(index)
        scale = min(scale, (_DRAWN_PIXELS / max(width * height, 1.0)) ** 0.5)
        across, down = max(1, round(width * scale)), max(1, round(height * scale))
        self._flattened(index)
        with self.page(index) as page:
            bitmap = pdfium.FPDFBitmap_CreateEx(across, down, pdfium.FPDFBitmap_BGR, None, 0) if page else None
            if not bitmap:
                raise errors.DamagedDocument(f"Page {index + 1} of this PDF is damaged and cannot be read.")
            try:
                pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, across, down, 0xFFFFFFFF)
                pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, across, down, 0, pdfium.FPDF_ANNOT)
                stride = pdfium.FPDFBitmap_GetStride(bitmap)
                raw = ctypes.string_at(pdfium.FPDFBitmap_GetBuffer(bitmap), stride * down)
            finally:
                pdfium.FPDFBitmap_Destroy(bitmap)
        return Image.frombuffer("RGB", (across, down), raw, "raw", "BGR", stride, 1)


def _why_not(code: int) -> errors.DocumentRejected:
    if code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
        return errors.EncryptedDocument("This PDF asks for a password. Remove the password and send it again.")
    return errors.DamagedDocument(_DAMAGED)


def _saved(document: pdfium.FPDF_DOCUMENT) -> bytes | None:
    parts: list[bytes] = []

    def write(_: object, data: int, size: int) -> int:
        parts.append(ctypes.string_at(data, size))
        return 1

    writer = pdfium.FPDF_FILEWRITE(version=1)
    kept: Callable[..., int] = type(writer.WriteBlock)(write)
    writer.WriteBlock = kept
    done = pdfium.FPDF_SaveAsCopy(document, ctypes.byref(writer), pdfium.FPDF_REMOVE_SECURITY)
    return b"".join(parts) if done else None
