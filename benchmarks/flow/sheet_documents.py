"""Generates a free-text question paper, its scheme, and answer sheets of any number of pages.

Generated from seeds. A sheet's pages are scans whose label gives the sheet's page count (its document number) and the
page's number. The fake Textract responds with the lines of `page_lines`. A typed sheet holds the same lines as text.
"""

import io
import random
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from benchmarks.scanned_documents import write_scan
from benchmarks.textract_responses import page_label, random_words

QUESTIONS = 20
_LINES_PER_PAGE = 40
SIZES = (1, 5, 20, 50)
# A sheet's document number is its page count; a typed sheet's is this plus the index of its size.
_TYPED = 90
_SUBJECTS = ("light", "charge", "rust", "speed", "water", "sugar", "mass", "energy", "a force", "damp air")
_LABEL_MARK = "gradeline-page:"


def paper() -> bytes:
    """Return the question paper as a typed PDF: two pages with a text layer."""
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    for first in range(1, QUESTIONS + 1, QUESTIONS // 2):
        canvas.setFont("Times-Roman", 12)
        for row, number in enumerate(range(first, first + QUESTIONS // 2)):
            canvas.drawString(60, 760 - 60 * row, f"{number}. {question(number)}   [3]")
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def question(number: int) -> str:
    subject, other = (_SUBJECTS[(number + step) % len(_SUBJECTS)] for step in (0, 3))
    return f"Explain in your own words how {subject} is changed by {other}, and give one example."


def scheme() -> bytes:
    """Return the marking scheme: three criteria of one mark each for every question."""
    entries = "".join(
        f'  - question: "{number}"\n    type: text\n    marks: 3\n    criteria:\n'
        + "".join(
            f'      - {{text: "It says {criterion}.", marks: 1}}\n'
            for criterion in ("what happens", "why", "an example")
        )
        for number in range(1, QUESTIONS + 1)
    )
    return f"questions:\n{entries}".encode()


@cache
def sheet_lines(pages: int) -> tuple[tuple[str, ...], ...]:
    """Return all lines of a sheet, each a tuple of words. Answers are spread evenly, each starts with its label."""
    rng = random.Random(f"sheet:{pages}")
    count = pages * (_LINES_PER_PAGE - 1)
    lines = [random_words(rng) for _ in range(count)]
    for number in range(QUESTIONS):
        lines[number * count // QUESTIONS].insert(0, f"{number + 1}.")
    return tuple(tuple(line) for line in lines)


def page_lines(pages: int, page: int, *, typed: bool = False) -> Sequence[Sequence[str]]:
    """Return the lines of a page. The first one names the page."""
    name = (
        [_LABEL_MARK + page_label(_TYPED + SIZES.index(pages), page)] if typed else ["Sheet", page_label(pages, page)]
    )
    width = _LINES_PER_PAGE - 1
    return [name, *sheet_lines(pages)[(page - 1) * width : page * width]]


def lines_of_label(name: str) -> Sequence[Sequence[str]]:
    """Return the lines of the page with this label."""
    document, _, page = name.partition("-")
    typed = int(document) >= _TYPED
    return page_lines(SIZES[int(document) - _TYPED] if typed else int(document), int(page), typed=typed)


def write_sheet(path: Path, pages: int, *, typed: bool = False) -> Path:
    """Write a sheet as a PDF: scanned pages of about 300 KB each, or pages with a text layer."""
    if not typed:
        return write_scan(path, pages, document=pages)
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(path), pagesize=A4, invariant=1, pageCompression=0)
    for page in range(1, pages + 1):
        canvas.setFont("Times-Roman", 11)
        for row, words in enumerate(page_lines(pages, page, typed=True)):
            canvas.drawString(60, 800 - 18 * row, " ".join(words))
        canvas.showPage()
    canvas.save()
    return path


def with_copy_number(body: bytes, number: int) -> bytes:
    """Return the same document with different bytes, since equal files are never read twice."""
    return body + b"%% copy %d\n" % number
