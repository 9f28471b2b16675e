"""Flattens a page's annotations (form fields, notes, strokes): viewers display them, so OCR must see them too.

Many programs leave the drawing of annotations to the viewer: a form field then has a value and no appearance stream.
PDFium draws fields if it has a form environment (without scripts), creates the appearance of strokes and marks when
the page is rendered, and does not draw notes of typed text at all.
"""

import ctypes
from typing import Any

import pypdfium2.raw as pdfium

_NOTE_SIZE, _MIN_NOTE_SIZE = 11.0, 4.0
# Average width of a letter of Helvetica, as a share of its size.
_LETTER_WIDTH = 0.52
_ENCODING = "cp1252"


class AnnotationFlattener:
    """Flattens pages of one open document."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._form: Any = None
        if pdfium.FPDF_GetFormType(document) != pdfium.FORMTYPE_NONE:
            # Both must live as long as the document, which is as long as the child process.
            self._form_info = pdfium.FPDF_FORMFILLINFO(version=2)
            self._form = pdfium.FPDFDOC_InitFormFillEnvironment(document, self._form_info)

    def flatten(self, page: Any) -> bool:
        """Make the annotations part of the page's contents, visible when the page is loaded again. Returns False if
        PDFium cannot."""
        if self._form:
            pdfium.FORM_OnAfterLoadPage(page, self._form)
        _create_appearances(page)
        self._write_notes(page)
        done = pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY) != pdfium.FLATTEN_FAIL
        if self._form:
            pdfium.FORM_OnBeforeClosePage(page, self._form)
        return bool(done)

    def _write_notes(self, page: Any) -> None:
        written = False
        for index in range(pdfium.FPDFPage_GetAnnotCount(page)):
            annotation = pdfium.FPDFPage_GetAnnot(page, index)
            if pdfium.FPDFAnnot_GetSubtype(annotation) == pdfium.FPDF_ANNOT_FREETEXT and not _has_appearance(
                annotation
            ):
                written |= self._write(page, annotation)
            pdfium.FPDFPage_CloseAnnot(annotation)
        if written:
            pdfium.FPDFPage_GenerateContent(page)

    def _write(self, page: Any, annotation: Any) -> bool:
        """Write a note's text into its rectangle, at the largest size that fits. Returns False if it has none."""
        rectangle = pdfium.FS_RECTF()
        text = _get_string(annotation, b"Contents")
        if not text.strip() or not pdfium.FPDFAnnot_GetRect(annotation, ctypes.byref(rectangle)):
            return False
        width, height = rectangle.right - rectangle.left, rectangle.top - rectangle.bottom
        size = _NOTE_SIZE
        while (lines := _wrap(text, width / (size * _LETTER_WIDTH))) and len(lines) * size * 1.2 > height:
            if size <= _MIN_NOTE_SIZE:
                break
            size *= 0.9
        for number, line in enumerate(lines, 1):
            letters = pdfium.FPDFPageObj_NewTextObj(self._document, b"Helvetica", size)
            encoded = (line.encode(_ENCODING, "replace").decode(_ENCODING) + "\0").encode("utf-16-le")
            buffer = (ctypes.c_ushort * (len(encoded) // 2)).from_buffer_copy(encoded)
            pdfium.FPDFText_SetText(letters, buffer)
            down = rectangle.top - number * size * 1.2
            pdfium.FPDFPageObj_Transform(letters, 1, 0, 0, 1, rectangle.left + 1, down)
            pdfium.FPDFPage_InsertObject(page, letters)
        return True


def _create_appearances(page: Any) -> None:
    """Render the page once: only then does PDFium create the missing appearance of strokes and marks."""
    bitmap = pdfium.FPDFBitmap_CreateEx(1, 1, pdfium.FPDFBitmap_BGR, None, 0)
    if bitmap:
        pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, 1, 1, 0, pdfium.FPDF_ANNOT)
        pdfium.FPDFBitmap_Destroy(bitmap)


def _has_appearance(annotation: Any) -> bool:
    return bool(pdfium.FPDFAnnot_GetAP(annotation, pdfium.FPDF_ANNOT_APPEARANCEMODE_NORMAL, None, 0) > 2)


def _get_string(annotation: Any, key: bytes) -> str:
    size = pdfium.FPDFAnnot_GetStringValue(annotation, key, None, 0)
    buffer = (ctypes.c_ushort * (size // 2 + 1))()
    pdfium.FPDFAnnot_GetStringValue(annotation, key, buffer, size)
    return bytes(buffer)[:size].decode("utf-16-le", "replace").rstrip("\0")


def _wrap(text: str, letters: float) -> list[str]:
    """Break the text between words into lines of about `letters` letters."""
    lines: list[str] = []
    for paragraph in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        line = ""
        for word in paragraph.split():
            if line and len(line) + 1 + len(word) > letters:
                lines.append(line)
                line = word
            else:
                line = f"{line} {word}".strip()
        lines.append(line)
    return lines
