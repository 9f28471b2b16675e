"""Writes the typed answer sheet: a PDF with a text layer, as from a word processor."""

from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import simpleSplit
from reportlab.pdfgen.canvas import Canvas

from samples.students import Sheet

LEFT, RIGHT, TOP, BOTTOM = 72.0, A4[0] - 72.0, A4[1] - 72.0, 72.0
SIZE, LEADING, AFTER_ANSWER = 11.5, 16.0, 7.0
INDENT = 44.0


def write_typed(sheet: Sheet, path: Path) -> None:
    """Write the sheet to `path`, with page numbers. The same reportlab version gives the same bytes each time."""
    canvas = Canvas(str(path), pagesize=A4, invariant=True)
    canvas.setTitle(sheet.heading)
    canvas.setFont("Times-Roman", SIZE)
    y = TOP
    canvas.drawString(LEFT, y, sheet.heading)
    canvas.drawString(LEFT, y - LEADING, "Science test answers")
    y -= LEADING * 3
    for answer in sheet.answers:
        lines = simpleSplit(answer.text, "Times-Roman", SIZE, RIGHT - LEFT - INDENT)
        if y - len(lines) * LEADING < BOTTOM:
            _page_number(canvas)
            canvas.showPage()
            canvas.setFont("Times-Roman", SIZE)
            y = TOP
        canvas.drawString(LEFT, y, answer.label)
        for line in lines:
            canvas.drawString(LEFT + INDENT, y, line)
            y -= LEADING
        y -= AFTER_ANSWER
    _page_number(canvas)
    canvas.save()


def _page_number(canvas: Canvas) -> None:
    canvas.drawCentredString(A4[0] / 2, 40, str(canvas.getPageNumber()))
