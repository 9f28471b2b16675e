"""One PDF page's text layer, held against what can be seen on the page.

Runs in the child. The answer is the page's lines, or the doubt for which OCR is to read it instead.
"""

from dataclasses import dataclass
from typing import Any

import pypdfium2.raw as pdfium

from extract import glyphs, ink, text_layer, trust
from extract.glyphs import GlyphPage, Piece
from extract.order import Spot, reading_order
from extract.text_layer import PieceLine

DIGITS = 5
_FINE = 10.0**DIGITS
# A character whose meaning the font does not tell makes its word doubtful.
_SURE, _UNSURE = 100.0, 50.0
# Above this a page is a scan, and its picture is not worth decoding to judge the layer that came with it.
_SCAN = 0.9
# Letters and digits that may fail to show by accident.
_ACCIDENT = 2

# text, confidence, box, words as [text, confidence, box]
SaidLine = list[Any]


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer that can be trusted: lines in reading order; `hidden` says that something was left out of it."""

    lines: list[SaidLine]
    rotation: int
    aspect: float | None
    hidden: bool


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A layer that is not to be trusted, and whether text that cannot be seen is on the page."""

    doubt: trust.Doubt
    hidden: bool = False


def judge(page: Any, *, strict: bool) -> Layer | Doubtful:
    """Judge a loaded page. `strict` is for answer sheets."""
    if ink.shows_annotations(page):
        return Doubtful(trust.Doubt.WRITTEN_OVER)
    text = pdfium.FPDFText_LoadPage(page)
    try:
        if not text or pdfium.FPDFText_CountChars(text) < 1:
            empty = pdfium.FPDFPage_CountObjects(page) == 0
            return Layer([], 0, None, False) if empty else Doubtful(trust.Doubt.PICTURE)
        shape = glyphs.read(page, text)
    finally:
        pdfium.FPDFText_ClosePage(text)
    share = ink.picture_share(page, shape)
    if share > _SCAN:
        return Doubtful(trust.Doubt.PICTURE)
    lines = [*text_layer.lines(shape.pieces), *text_layer.slanted_lines(shape.slanted)]
    return _held_against_ink(page, shape, lines, share, strict)


def _held_against_ink(
    page: Any, shape: GlyphPage, lines: list[PieceLine], share: float, strict: bool
) -> Layer | Doubtful:
    words = [word for line in lines for word in line]
    drawing = ink.draw(page, shape)
    outside, unseen = _unseen(words, shape, drawing)
    gone = {id(word) for word in [*outside, *unseen]}
    kept = [line for line in ([word for word in line if id(word) not in gone] for line in lines) if line]
    seen = [word for line in kept for word in line]
    # Crop marks and the printer's notes stand outside of a teacher's page; nothing of a sheet should.
    hidden = trust.letters("".join(word.text for word in ([*outside, *unseen] if strict else unseen)))
    plain = not strict and ink.only_text(page)
    facts = trust.Facts(
        shown=trust.letters("".join(word.text for word in seen)),
        hidden=hidden,
        overlapping=trust.overlapping(seen) if strict else 0,
        garbled=trust.garbled([word.text for word in words], shape.letters, shape.unmapped),
        picture_share=share,
        ink=ink.Ink(of_words=1, elsewhere=0) if plain else ink.measure(drawing, seen),
    )
    doubt = trust.doubt(facts, strict=strict)
    if doubt:
        return Doubtful(doubt, hidden > _ACCIDENT)
    aspect = round(shape.width / shape.height, DIGITS) if shape.height > 0 else None
    return Layer(_said(shape, kept), shape.rotation, aspect, hidden > _ACCIDENT)


def _unseen(words: list[Piece], shape: GlyphPage, drawing: ink.Drawing) -> tuple[list[Piece], list[Piece]]:
    """Words outside the page, and words on it that do not show."""
    outside: list[Piece] = []
    unseen: list[Piece] = []
    tiny = trust.tiny(shape.height)
    for word in words:
        if not (word.x1 > 0 and word.y1 > 0 and word.x0 < shape.width and word.y0 < shape.height):
            outside.append(word)
        elif word.y1 - word.y0 < tiny or (not drawing.shows(word) and trust.letters(word.text)):
            unseen.append(word)
    return outside, unseen


def _said(shape: GlyphPage, lines: list[PieceLine]) -> list[SaidLine]:
    spots = []
    for at, line in enumerate(lines):
        top, bottom = min(piece.y0 for piece in line), max(piece.y1 for piece in line)
        text = " ".join(piece.text for piece in line)
        spots.append(Spot(at, line[0].x0, top, line[-1].x1, bottom, text))
    said: list[SaidLine] = []
    boxes = _Boxes(shape)
    for at in reading_order(spots):
        line = lines[at]
        sure = [_UNSURE if "\ufffd" in piece.text else _SURE for piece in line]
        words = [
            [piece.text, confidence, boxes.of(piece.x0, piece.y0, piece.x1, piece.y1)]
            for piece, confidence in zip(line, sure, strict=True)
        ]
        around = boxes.of(
            min(piece.x0 for piece in line),
            min(piece.y0 for piece in line),
            max(piece.x1 for piece in line),
            max(piece.y1 for piece in line),
        )
        said.append([spots[at].text, min(sure), around, words])
    return said


class _Boxes:
    """Places in points as left, top, width, height in fractions of the upright page. Made for every word of a
    document, so it is written for speed: `round` takes three times as long."""

    def __init__(self, shape: GlyphPage) -> None:
        self._width, self._height = shape.width or 1.0, shape.height or 1.0
        self._across, self._down = _FINE / self._width, _FINE / self._height

    def of(self, x0: float, y0: float, x1: float, y1: float) -> list[float]:
        width, height, across, down = self._width, self._height, self._across, self._down
        if x0 < 0 or y0 < 0 or x1 > width or y1 > height:  # what reaches over the page's edge
            x0, y0, x1, y1 = max(0.0, x0), max(0.0, y0), min(width, x1), min(height, y1)
        return [
            int(x0 * across + 0.5) / _FINE,
            int(y0 * down + 0.5) / _FINE,
            int((x1 - x0) * across + 0.5) / _FINE,
            int((y1 - y0) * down + 0.5) / _FINE,
        ]
