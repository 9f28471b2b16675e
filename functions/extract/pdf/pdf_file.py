"""A PDF opened by PDFium: page sizes, copies and renderings. Not safe for threads, as PDFium is not."""

import ctypes
import mmap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pypdfium2.raw as pdfium

from core.models import errors
from extract.limits import MAX_CALL_BYTES, MAX_CALL_PIXELS_PER_SIDE, DocumentLimits
from extract.pdf.annotations import AnnotationFlattener

_DAMAGED = "This PDF is damaged and cannot be opened. Export or scan it again and resend it."
# The resolution recommended for OCR, and an upper limit: about an A4 page at 400 dpi.
_RENDER_DPI = 200
_MAX_RENDER_PIXELS = 16_000_000


class PdfFile:
    """One open PDF; page indices count from 0.

    The constructor raises EncryptedDocument, DamagedDocument, NoPages, TooManyPages or UnsupportedFileType.
    """

    def __init__(self, mapped: mmap.mmap, limits: DocumentLimits) -> None:
        self._limits = limits
        self._bytes = (ctypes.c_ubyte * len(mapped)).from_buffer(mapped)
        self._document = pdfium.FPDF_LoadMemDocument64(self._bytes, len(mapped), None)
        if not self._document:
            raise _build_open_error(pdfium.FPDF_GetLastError())
        if pdfium.FPDF_GetFormType(self._document) == pdfium.FORMTYPE_XFA_FULL:
            raise errors.UnsupportedFileType(
                "This PDF is an interactive XFA form, which cannot be read. Print it to a PDF and send that."
            )
        self._annotations = AnnotationFlattener(self._document)
        self.pages = pdfium.FPDF_GetPageCount(self._document)
        if self.pages < 1:
            raise errors.NoPages("This PDF has no pages.")
        if self.pages > limits.max_pages:
            raise errors.TooManyPages(
                f"This PDF has {self.pages} pages; at most {limits.max_pages} can be read. Send it in parts."
            )

    @contextmanager
    def page(self, index: int) -> Iterator[pdfium.FPDF_PAGE]:
        """The loaded page; None if PDFium cannot load it."""
        page = pdfium.FPDF_LoadPage(self._document, index)
        try:
            yield page
        finally:
            if page:
                pdfium.FPDF_ClosePage(page)

    def get_page_size(self, index: int) -> tuple[float, float]:
        """Width and height as displayed, in points; 0 if PDFium cannot tell."""
        size = pdfium.FS_SIZEF()
        if not pdfium.FPDF_GetPageSizeByIndexF(self._document, index, ctypes.byref(size)):
            return (0.0, 0.0)
        return (size.width, size.height)

    def copy_page(self, index: int, *, flatten: bool) -> bytes | None:
        """Page `index` as a PDF of one page, with its annotations as contents if `flatten`. None if PDFium cannot."""
        if flatten and not self._flatten_page(index):
            return None
        copy = pdfium.FPDF_CreateNewDocument()
        try:
            if not pdfium.FPDF_ImportPagesByIndex(copy, self._document, (ctypes.c_int * 1)(index), 1, 0):
                return None
            return _save(copy)
        finally:
            pdfium.FPDF_CloseDocument(copy)

    def _flatten_page(self, index: int) -> bool:
        with self.page(index) as page:
            return bool(page) and self._annotations.flatten(page)

    def render_jpeg(self, index: int) -> bytes:
        """Render the page as a JPEG that fits into one OCR call.

        Raises
        ------
        DamagedDocument
            The page cannot be rendered.
        """
        # Imported here: only a page that cannot be extracted needs it.
        from extract.images import encode_jpeg

        width, height = self.get_page_size(index)
        longest = max(width, height, 1.0)
        return encode_jpeg(
            self.render(index, min(_RENDER_DPI / 72, (MAX_CALL_PIXELS_PER_SIDE - 1) / longest)), MAX_CALL_BYTES
        )

    def render(self, index: int, scale: float) -> Any:
        """Render the page with its annotations as a Pillow image, at `scale` pixels a point; fewer if it would have
        more than 16 million pixels.

        Raises
        ------
        DamagedDocument
            The page cannot be rendered.
        """
        from PIL import Image

        width, height = self.get_page_size(index)
        scale = min(scale, (_MAX_RENDER_PIXELS / max(width * height, 1.0)) ** 0.5)
        across, down = max(1, round(width * scale)), max(1, round(height * scale))
        self._flatten_page(index)
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


def _build_open_error(code: int) -> errors.DocumentRejected:
    if code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
        return errors.EncryptedDocument("This PDF asks for a password. Remove the password and send it again.")
    return errors.DamagedDocument(_DAMAGED)


def _save(document: pdfium.FPDF_DOCUMENT) -> bytes | None:
    parts: list[bytes] = []

    def write(_: object, data: int, size: int) -> int:
        parts.append(ctypes.string_at(data, size))
        return 1

    writer = pdfium.FPDF_FILEWRITE(version=1)
    write_callback: Callable[..., int] = type(writer.WriteBlock)(write)
    writer.WriteBlock = write_callback
    is_saved = pdfium.FPDF_SaveAsCopy(document, ctypes.byref(writer), pdfium.FPDF_REMOVE_SECURITY)
    return b"".join(parts) if is_saved else None
