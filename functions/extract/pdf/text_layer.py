"""Reads one PDF page's text layer and compares it with what is visible on the page.

Runs in the sandbox child. The result is the page's lines, or the reason why the page needs OCR.
"""

from dataclasses import dataclass
from typing import Any

import pypdfium2.raw as pdfium

from extract.layout import ink, ocr_decision
from extract.layout.reading_order import LineBox, find_reading_order
from extract.pdf import glyphs, line_builder
from extract.pdf.glyphs import GlyphPage, TextFragment
from extract.pdf.line_builder import FragmentLine

DIGITS = 5
_PRECISION = 10.0**DIGITS
# Confidence of a word, and of one with a character that the font does not map to Unicode.
_MAPPED_CONFIDENCE, _UNMAPPED_CONFIDENCE = 100.0, 50.0
# Above this share of images a page is a scan: its image is not worth decoding to verify the layer that came with it.
_SCAN_IMAGE_SHARE = 0.9
# Letters and digits that may be invisible by accident.
_MAX_ACCIDENTAL_LETTERS = 2

# text, confidence, box, words as [text, confidence, box]
SerializedLine = list[Any]


@dataclass(frozen=True, slots=True)
class TextLayer:
    """A text layer that can be trusted: its lines in reading order. `hidden`: invisible text was left out."""

    lines: list[SerializedLine]
    rotation: int
    aspect: float | None
    hidden: bool


@dataclass(frozen=True, slots=True)
class RejectedTextLayer:
    """A text layer that cannot be trusted. `hidden`: the page has invisible text."""

    reason: ocr_decision.OcrReason
    hidden: bool = False


def judge_text_layer(page: Any, *, strict: bool) -> TextLayer | RejectedTextLayer:
    """Read and verify the text layer of a loaded page. `strict` is for answer sheets."""
    if ink.has_visible_annotations(page):
        return RejectedTextLayer(ocr_decision.OcrReason.WRITTEN_OVER)
    text = pdfium.FPDFText_LoadPage(page)
    try:
        if not text or pdfium.FPDFText_CountChars(text) < 1:
            empty = pdfium.FPDFPage_CountObjects(page) == 0
            return TextLayer([], 0, None, False) if empty else RejectedTextLayer(ocr_decision.OcrReason.PICTURE)
        glyph_page = glyphs.read_glyphs(page, text)
    finally:
        pdfium.FPDFText_ClosePage(text)
    share = ink.image_share(page, glyph_page)
    if share > _SCAN_IMAGE_SHARE:
        return RejectedTextLayer(ocr_decision.OcrReason.PICTURE)
    lines = [*line_builder.build_lines(glyph_page.fragments), *line_builder.build_slanted_lines(glyph_page.slanted)]
    return _compare_with_ink(page, glyph_page, lines, share, strict)


def _compare_with_ink(
    page: Any, glyph_page: GlyphPage, lines: list[FragmentLine], share: float, strict: bool
) -> TextLayer | RejectedTextLayer:
    words = [word for line in lines for word in line]
    page_bitmap = ink.render_page(page, glyph_page)
    outside, invisible = _find_invisible_words(words, glyph_page, page_bitmap)
    removed = {id(word) for word in [*outside, *invisible]}
    visible_lines = [line for line in ([word for word in line if id(word) not in removed] for line in lines) if line]
    visible_words = [word for line in visible_lines for word in line]
    # A teacher's document may have crop marks and printer's notes outside the page; an answer sheet should not.
    hidden = ocr_decision.count_letters(
        "".join(word.text for word in ([*outside, *invisible] if strict else invisible))
    )
    plain = not strict and ink.has_only_text(page)
    layer_facts = ocr_decision.TextLayerFacts(
        visible_letters=ocr_decision.count_letters("".join(word.text for word in visible_words)),
        hidden=hidden,
        overlapping=ocr_decision.count_overlapping(visible_words) if strict else 0,
        garbled=ocr_decision.is_garbled([word.text for word in words], glyph_page.letters, glyph_page.unmapped),
        image_share=share,
        ink=ink.InkCounts(under_words=1, elsewhere=0) if plain else ink.measure_ink(page_bitmap, visible_words),
    )
    reason = ocr_decision.find_ocr_reason(layer_facts, strict=strict)
    if reason:
        return RejectedTextLayer(reason, hidden > _MAX_ACCIDENTAL_LETTERS)
    aspect = round(glyph_page.width / glyph_page.height, DIGITS) if glyph_page.height > 0 else None
    return TextLayer(
        _serialize_lines(glyph_page, visible_lines), glyph_page.rotation, aspect, hidden > _MAX_ACCIDENTAL_LETTERS
    )


def _find_invisible_words(
    words: list[TextFragment], glyph_page: GlyphPage, page_bitmap: ink.PageBitmap
) -> tuple[list[TextFragment], list[TextFragment]]:
    """The words outside the page, and the words on it that are invisible."""
    outside: list[TextFragment] = []
    invisible: list[TextFragment] = []
    tiny = ocr_decision.min_readable_height(glyph_page.height)
    for word in words:
        if not (word.x1 > 0 and word.y1 > 0 and word.x0 < glyph_page.width and word.y0 < glyph_page.height):
            outside.append(word)
        elif word.y1 - word.y0 < tiny or (not page_bitmap.is_visible(word) and ocr_decision.count_letters(word.text)):
            invisible.append(word)
    return outside, invisible


def _serialize_lines(glyph_page: GlyphPage, lines: list[FragmentLine]) -> list[SerializedLine]:
    line_boxes = []
    for at, line in enumerate(lines):
        top, bottom = min(fragment.y0 for fragment in line), max(fragment.y1 for fragment in line)
        text = " ".join(fragment.text for fragment in line)
        line_boxes.append(LineBox(at, line[0].x0, top, line[-1].x1, bottom, text))
    serialized: list[SerializedLine] = []
    boxes = _BoxScaler(glyph_page)
    for at in find_reading_order(line_boxes):
        line = lines[at]
        confidences = [_UNMAPPED_CONFIDENCE if "\ufffd" in fragment.text else _MAPPED_CONFIDENCE for fragment in line]
        words = [
            [fragment.text, confidence, boxes.scale_box(fragment.x0, fragment.y0, fragment.x1, fragment.y1)]
            for fragment, confidence in zip(line, confidences, strict=True)
        ]
        line_bounds = boxes.scale_box(
            min(fragment.x0 for fragment in line),
            min(fragment.y0 for fragment in line),
            max(fragment.x1 for fragment in line),
            max(fragment.y1 for fragment in line),
        )
        serialized.append([line_boxes[at].text, min(confidences), line_bounds, words])
    return serialized


class _BoxScaler:
    """Converts boxes from points to left, top, width, height in fractions of the upright page.

    Called for every word of a document, so it is written for speed: `round` takes three times as long.
    """

    def __init__(self, glyph_page: GlyphPage) -> None:
        self._width, self._height = glyph_page.width or 1.0, glyph_page.height or 1.0
        self._across, self._down = _PRECISION / self._width, _PRECISION / self._height

    def scale_box(self, x0: float, y0: float, x1: float, y1: float) -> list[float]:
        width, height, across, down = self._width, self._height, self._across, self._down
        if x0 < 0 or y0 < 0 or x1 > width or y1 > height:  # a box that extends beyond the page
            x0, y0, x1, y1 = max(0.0, x0), max(0.0, y0), min(width, x1), min(height, y1)
        return [
            int(x0 * across + 0.5) / _PRECISION,
            int(y0 * down + 0.5) / _PRECISION,
            int((x1 - x0) * across + 0.5) / _PRECISION,
            int((y1 - y0) * down + 0.5) / _PRECISION,
        ]
