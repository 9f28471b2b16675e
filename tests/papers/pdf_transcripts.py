"""Reads a PDF's text layer into a transcript with PDFium.

It is independent of the product's own PDF reader, so that the tests that use it test the parsing of a paper and not
the extraction.
"""

from pathlib import Path

import pypdfium2

from core.models.transcript import Line, Page, Transcript

Glyph = tuple[str, float, float, float, float]
"""A character with its left, right, top and bottom edge, as fractions of the page."""


def read_pdf(path: Path, *, join: bool = False) -> Transcript:
    """Read a PDF. `join`: adjacent text becomes one line with wide spaces, as some OCR engines return it."""
    document = pypdfium2.PdfDocument(str(path))
    try:
        return Transcript(tuple(_read_page(document[index], index + 1, join) for index in range(len(document))))
    finally:
        document.close()


def _read_page(page: pypdfium2.PdfPage, number: int, join: bool) -> Page:
    width, height = page.get_size()
    text = page.get_textpage()
    lines: list[Line] = []
    run: list[Glyph] = []
    for index in range(text.count_chars()):
        character = text.get_text_range(index, 1)
        if not character.strip() or not character.isprintable():
            if run and character == " ":
                run.append((" ", *run[-1][1:]))
            continue
        left, bottom, right, top = text.get_charbox(index, loose=True)
        glyph = (character, left / width, right / width, 1 - top / height, 1 - bottom / height)
        if run and _starts_new_line(run[-1], glyph):
            lines += _lines_of_run(run)
            run = []
        run.append(glyph)
    lines += _lines_of_run(run)
    return Page(number, "text_layer", tuple(_join_side_by_side(lines) if join else lines))


def _starts_new_line(previous: Glyph, glyph: Glyph) -> bool:
    same_height = min(previous[4], glyph[4]) - max(previous[3], glyph[3]) > 0.4 * min(
        previous[4] - previous[3], glyph[4] - glyph[3]
    )
    return not same_height or glyph[1] < previous[1] - 0.01 or glyph[1] - previous[2] > 0.025


def _lines_of_run(run: list[Glyph]) -> list[Line]:
    text = "".join(glyph[0] for glyph in run).strip()
    if not text:
        return []
    left, right = min(g[1] for g in run), max(g[2] for g in run)
    top, bottom = min(g[3] for g in run), max(g[4] for g in run)
    return [Line(text, 99.0, (left, top, right - left, bottom - top))]


def _join_side_by_side(lines: list[Line]) -> list[Line]:
    joined: list[Line] = []
    for line in lines:
        if joined:
            left, top, width, height = joined[-1].box
            overlap = min(top + height, line.box[1] + line.box[3]) - max(top, line.box[1])
            if overlap > 0.5 * min(height, line.box[3]) and line.box[0] >= left + width:
                spaces = max(4, round((line.box[0] - left - width) / 0.01))
                box = (left, min(top, line.box[1]), line.box[0] + line.box[2] - left, max(height, line.box[3]))
                joined[-1] = Line(joined[-1].text + " " * spaces + line.text, 99.0, box)
                continue
        joined.append(line)
    return joined
