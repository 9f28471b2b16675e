"""Feedback drawn as PDF: a page that a teacher hands out, its text to be copied and read aloud.

Set with ReportLab in DejaVu Sans (layers/feedback/typefaces). The same feedback gives the same bytes. Nothing of it is
markup: text is drawn as it is.
"""

import io
import re
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.resources import files

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from results.feedback import Answer, Feedback, Point

_PLAIN, _BOLD = "DejaVuSans", "DejaVuSans-Bold"
_MISSING = "\u25a1"
_LEFT, _TOP, _FOOT = 18 * mm, A4[1] - 18 * mm, 20 * mm
_WIDE = A4[0] - 2 * _LEFT
_INK, _SOFT, _LINE, _WARN = (0.14, 0.15, 0.17), (0.36, 0.39, 0.43), (0.84, 0.83, 0.8), (0.59, 0.12, 0.08)
_LEVELS = ((0.79, 0.28, 0.24), (0.75, 0.47, 0.1), (0.26, 0.54, 0.37))
_VERDICTS = {"met": ("✓", 2), "partly": ("◐", 1), "not": ("✗", 0)}
_SAID = {"met": "met", "partly": "partly met", "not": "not met"}
# Nothing but text is drawn: no signs that steer a device, no half characters.
_NO_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
# Letters that join, or run from right to left, would be set one by one and backwards: not shown is more honest.
_NOT_SET = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
# An answer's heading and its first lines stay together.
_TOGETHER = 26 * mm
_LONGEST = 20_000

Colour = tuple[float, float, float]


def draw(sheets: Sequence[Feedback]) -> bytes:
    """The sheets one after another, each on pages of its own."""
    file = io.BytesIO()
    _typefaces()
    # Invariant: no moment of drawing, no random id.
    canvas = Canvas(file, pagesize=A4, invariant=1, lang="en")
    canvas.setCreator("Gradeline")
    canvas.setTitle(_shown(f"Feedback: {sheets[0].title}"))
    canvas.setViewerPreference("DisplayDocTitle", "true")
    for number, sheet in enumerate(sheets):
        _Sheet(canvas, sheet, f"sheet-{number}").draw()
    canvas.save()
    return file.getvalue()


@cache
def _typefaces() -> frozenset[int]:
    """Both faces, known to ReportLab; the characters that they have."""
    for name in (_PLAIN, _BOLD):
        pdfmetrics.registerFont(TTFont(name, str(files("typefaces").joinpath(f"{name}.ttf"))))
    return frozenset(pdfmetrics.getFont(_PLAIN).face.charToGlyph)


def _shown(text: str) -> str:
    """What can be drawn of a text; a box for each character that the typeface has not."""
    text = _NOT_SET.sub(_MISSING, _NO_TEXT.sub("", text.replace("\r\n", "\n").replace("\t", "    ")))
    known = _typefaces()
    return "".join(char if char == "\n" or ord(char) in known else _MISSING for char in text)


def _mark(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")


class _Sheet:
    """One student's pages, from the top; `_at` is the height that is reached."""

    def __init__(self, canvas: Canvas, sheet: Feedback, mark: str) -> None:
        self._canvas, self._sheet, self._bookmark = canvas, sheet, mark
        self._at, self._page = _TOP, 1
        self._missing = False

    def draw(self) -> None:
        name = self._sheet.student or "No name"
        self._canvas.bookmarkPage(self._bookmark)
        self._canvas.addOutlineEntry(_shown(name)[:100], self._bookmark)
        self._head(name)
        for answer in self._sheet.answers:
            self._answer(answer)
        if self._missing:
            self._write(f"{_MISSING} stands for a character that this sheet cannot show.", 8, _SOFT)
        self._end_page()

    def _head(self, name: str) -> None:
        sheet, aside = self._sheet, 44 * mm
        top = self._at
        self._write(f"{_mark(sheet.marks)} / {_mark(sheet.max_marks)}", 20, _INK, face=_BOLD, right=True)
        if sheet.max_marks > 0:
            self._write(f"{int(100 * sheet.marks / sheet.max_marks + 0.5)} %", 9, _SOFT, right=True)
        beside, self._at = self._at, top
        self._write(sheet.title, 9, _SOFT, width=_WIDE - aside)
        self._write(name, 20, _INK, face=_BOLD, width=_WIDE - aside)
        self._at = min(self._at, beside) - 2 * mm
        if sheet.draft:
            self._write("Draft: these marks are not published.", 9, _WARN, face=_BOLD)
        if sheet.unmarked:
            answers = "One answer has" if sheet.unmarked == 1 else f"{sheet.unmarked} answers have"
            self._write(f"{answers} no mark yet; the total is without.", 9, _WARN, face=_BOLD)
        self._rule(1.2, _INK)

    def _answer(self, answer: Answer) -> None:
        if self._at - _TOGETHER < _FOOT:
            self._next_page()
        self._heading(answer)
        if answer.asked:
            self._write(answer.asked, 8.5, _SOFT)
            self._at -= 1 * mm
        if answer.answer.strip():
            cut = answer.answer if len(answer.answer) <= _LONGEST else answer.answer[:_LONGEST] + " …"
            self._write(cut, 9.5, _INK, indent=4 * mm, line=True)
        else:
            self._write("No answer was found.", 9.5, _SOFT)
        for point in answer.points:
            self._point(point)
        if answer.comment:
            self._at -= 1 * mm
            self._write(answer.comment, 9.5, _INK)
        self._rule(0.5, _LINE)

    def _heading(self, answer: Answer) -> None:
        top = self._at
        said = f"{_mark(answer.marks)} / {_mark(answer.max_marks)}"
        if answer.counted:
            self._write(said, 12, _level(answer.marks, answer.max_marks), face=_BOLD, right=True)
        else:
            self._write(f"not counted: {said}", 9, _SOFT, face=_BOLD, right=True)
        self._at = top
        self._write(answer.label, 12, _INK, face=_BOLD, width=_WIDE - 50 * mm)

    def _point(self, point: Point) -> None:
        sign, level = _VERDICTS[point.verdict]
        self._at -= 1 * mm
        share = f"{_mark(point.marks)} / {_mark(point.max_marks)}"
        said = f"{point.text}  ({_SAID[point.verdict]}, {share})"
        self._write(said, 9, _INK, indent=6 * mm, before=(sign, _LEVELS[level]))
        if point.quote:
            self._write(f"“{point.quote}”", 8.5, _SOFT, indent=6 * mm)

    def _write(
        self,
        text: str,
        size: float,
        colour: Colour,
        *,
        face: str = _PLAIN,
        width: float = _WIDE,
        indent: float = 0.0,
        right: bool = False,
        line: bool = False,
        before: tuple[str, Colour] | None = None,
    ) -> None:
        """Text in as many lines and pages as it takes. `line`: a rule stands beside it, `before`: a sign."""
        shown = _shown(text)
        self._missing = self._missing or (_MISSING in shown and _MISSING not in text)
        for row in _lines(shown, face, size, width - indent):
            if self._at - 1.4 * size < _FOOT:
                self._next_page()
            self._at -= 1.4 * size
            self._canvas.setFont(face, size)
            if before is not None:
                self._canvas.setFillColorRGB(*before[1])
                self._canvas.drawString(_LEFT, self._at, before[0])
                before = None
            self._canvas.setFillColorRGB(*colour)
            if right:
                self._canvas.drawRightString(_LEFT + _WIDE, self._at, row)
            else:
                self._canvas.drawString(_LEFT + indent, self._at, row)
            if line:
                self._canvas.setStrokeColorRGB(*_LINE)
                self._canvas.setLineWidth(2)
                self._canvas.line(_LEFT + 3, self._at - 0.3 * size, _LEFT + 3, self._at + 1.1 * size)

    def _rule(self, width: float, colour: Colour) -> None:
        self._at -= 3 * mm
        self._canvas.setStrokeColorRGB(*colour)
        self._canvas.setLineWidth(width)
        self._canvas.line(_LEFT, self._at, _LEFT + _WIDE, self._at)
        self._at -= 2.5 * mm

    def _next_page(self) -> None:
        self._end_page()
        self._at, self._page = _TOP, self._page + 1

    def _end_page(self) -> None:
        draft = "Draft · " if self._sheet.draft else ""
        name = _shown(self._sheet.student or "No name")[:80]
        self._canvas.setFont(_PLAIN, 7.5)
        self._canvas.setFillColorRGB(*_SOFT)
        self._canvas.drawCentredString(A4[0] / 2, 11 * mm, f"{draft}{name} · page {self._page}")
        self._canvas.showPage()


def _lines(text: str, face: str, size: float, width: float) -> list[str]:
    """The text in lines that fit; a word that is wider than a line is broken."""
    return [part for row in simpleSplit(text, face, size, width) for part in _parts(row, face, size, width)]


def _parts(row: str, face: str, size: float, width: float) -> list[str]:
    parts, begun, filled = [], 0, 0.0
    for at, char in enumerate(row):
        wide = _width(char, face) * size
        if filled + wide > width and at > begun:
            parts.append(row[begun:at])
            begun, filled = at, 0.0
        filled += wide
    return [*parts, row[begun:]]


@lru_cache(maxsize=4096)
def _width(char: str, face: str) -> float:
    """In parts of the size that it is set in."""
    return float(pdfmetrics.stringWidth(char, face, 1))


def _level(marks: float | None, most: float) -> Colour:
    if marks is None or most <= 0:
        return _SOFT
    share = marks / most
    return _LEVELS[0 if share < 0.34 else 1 if share < 0.75 else 2]
