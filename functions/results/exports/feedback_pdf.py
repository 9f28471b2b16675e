"""Feedback sheets rendered as PDF, with text that can be copied and read aloud by a screen reader.

Rendered with ReportLab in DejaVu Sans (layers/feedback/typefaces). The same feedback gives the same bytes. Nothing in
it is interpreted as markup.
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

from results.exports.feedback import FeedbackAnswer, FeedbackCriterion, FeedbackSheet

_PLAIN, _BOLD = "DejaVuSans", "DejaVuSans-Bold"
_REPLACEMENT = "\u25a1"
_LEFT, _TOP, _BOTTOM = 18 * mm, A4[1] - 18 * mm, 20 * mm
_TEXT_WIDTH = A4[0] - 2 * _LEFT
_INK, _GREY, _LINE, _WARN = (0.14, 0.15, 0.17), (0.36, 0.39, 0.43), (0.84, 0.83, 0.8), (0.59, 0.12, 0.08)
_LEVELS = ((0.79, 0.28, 0.24), (0.75, 0.47, 0.1), (0.26, 0.54, 0.37))
_VERDICTS = {"met": ("✓", 2), "partly": ("◐", 1), "not": ("✗", 0)}
_VERDICT_TEXT = {"met": "met", "partly": "partly met", "not": "not met"}
# Control and formatting characters and unpaired surrogates, which are not drawn.
_CONTROL_CHARACTERS = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff\u200b-\u200f\u202a-\u202e\u2066-\u2069]"
)
# Scripts with joined letters or right-to-left order: ReportLab would draw single letters in the wrong order, so each
# is replaced instead.
_UNSUPPORTED_SCRIPTS = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
# Keeps an answer's heading and its first lines on one page.
_MIN_ANSWER_HEIGHT = 26 * mm
_MAX_ANSWER_LENGTH = 20_000

Colour = tuple[float, float, float]


def draw_pdf(sheets: Sequence[FeedbackSheet]) -> bytes:
    """Render the sheets one after another, each starting on a new page."""
    file = io.BytesIO()
    _register_fonts()
    # Invariant: no time stamp and no random id in the file.
    canvas = Canvas(file, pagesize=A4, invariant=1, lang="en")
    canvas.setCreator("Gradeline")
    canvas.setTitle(_printable(f"Feedback: {sheets[0].title}"))
    canvas.setViewerPreference("DisplayDocTitle", "true")
    for number, sheet in enumerate(sheets):
        _SheetWriter(canvas, sheet, f"sheet-{number}").draw()
    canvas.save()
    return file.getvalue()


@cache
def _register_fonts() -> frozenset[int]:
    """Register both fonts with ReportLab; returns the code points that they have."""
    for name in (_PLAIN, _BOLD):
        pdfmetrics.registerFont(TTFont(name, str(files("typefaces").joinpath(f"{name}.ttf"))))
    return frozenset(pdfmetrics.getFont(_PLAIN).face.charToGlyph)


def _printable(text: str) -> str:
    """The text without control characters, and with a box for each character that the font lacks."""
    text = _UNSUPPORTED_SCRIPTS.sub(
        _REPLACEMENT, _CONTROL_CHARACTERS.sub("", text.replace("\r\n", "\n").replace("\t", "    "))
    )
    known = _register_fonts()
    return "".join(char if char == "\n" or ord(char) in known else _REPLACEMENT for char in text)


def _format_marks(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")


class _SheetWriter:
    """Writes one student's pages from top to bottom; `_y` is the current height."""

    def __init__(self, canvas: Canvas, sheet: FeedbackSheet, mark: str) -> None:
        self._canvas, self._sheet, self._bookmark = canvas, sheet, mark
        self._y, self._page = _TOP, 1
        self._has_replacement = False

    def draw(self) -> None:
        name = self._sheet.student or "No name"
        self._canvas.bookmarkPage(self._bookmark)
        self._canvas.addOutlineEntry(_printable(name)[:100], self._bookmark)
        self._head(name)
        for answer in self._sheet.answers:
            self._answer(answer)
        if self._has_replacement:
            self._write(f"{_REPLACEMENT} marks a character that this sheet cannot show.", 8, _GREY)
        self._end_page()

    def _head(self, name: str) -> None:
        sheet, margin = self._sheet, 44 * mm
        top = self._y
        self._write(
            f"{_format_marks(sheet.marks)} / {_format_marks(sheet.max_marks)}", 20, _INK, face=_BOLD, right=True
        )
        if sheet.max_marks > 0:
            self._write(f"{int(100 * sheet.marks / sheet.max_marks + 0.5)} %", 9, _GREY, right=True)
        marks_bottom, self._y = self._y, top
        self._write(sheet.title, 9, _GREY, width=_TEXT_WIDTH - margin)
        self._write(name, 20, _INK, face=_BOLD, width=_TEXT_WIDTH - margin)
        self._y = min(self._y, marks_bottom) - 2 * mm
        if sheet.draft:
            self._write("Draft: these marks are not published.", 9, _WARN, face=_BOLD)
        if sheet.unmarked:
            answers, verb = (
                ("One answer has", "is") if sheet.unmarked == 1 else (f"{sheet.unmarked} answers have", "are")
            )
            self._write(f"{answers} no mark yet and {verb} not in the total.", 9, _WARN, face=_BOLD)
        self._rule(1.2, _INK)

    def _answer(self, answer: FeedbackAnswer) -> None:
        if self._y - _MIN_ANSWER_HEIGHT < _BOTTOM:
            self._next_page()
        self._heading(answer)
        if answer.question:
            self._write(answer.question, 8.5, _GREY)
            self._y -= 1 * mm
        if answer.answer.strip():
            cut = (
                answer.answer if len(answer.answer) <= _MAX_ANSWER_LENGTH else answer.answer[:_MAX_ANSWER_LENGTH] + " …"
            )
            self._write(cut, 9.5, _INK, indent=4 * mm, line=True)
        else:
            self._write("No answer was found.", 9.5, _GREY)
        for point in answer.points:
            self._point(point)
        if answer.comment:
            self._y -= 1 * mm
            self._write(answer.comment, 9.5, _INK)
        self._rule(0.5, _LINE)

    def _heading(self, answer: FeedbackAnswer) -> None:
        top = self._y
        caption = f"{_format_marks(answer.marks)} / {_format_marks(answer.max_marks)}"
        if answer.counted:
            self._write(caption, 12, _marks_colour(answer.marks, answer.max_marks), face=_BOLD, right=True)
        else:
            self._write(f"not counted: {caption}", 9, _GREY, face=_BOLD, right=True)
        self._y = top
        self._write(answer.label, 12, _INK, face=_BOLD, width=_TEXT_WIDTH - 50 * mm)

    def _point(self, point: FeedbackCriterion) -> None:
        sign, level = _VERDICTS[point.verdict]
        self._y -= 1 * mm
        share = f"{_format_marks(point.marks)} / {_format_marks(point.max_marks)}"
        caption = f"{point.text}  ({_VERDICT_TEXT[point.verdict]}, {share})"
        self._write(caption, 9, _INK, indent=6 * mm, before=(sign, _LEVELS[level]))
        if point.quote:
            self._write(f"“{point.quote}”", 8.5, _GREY, indent=6 * mm)

    def _write(
        self,
        text: str,
        size: float,
        colour: Colour,
        *,
        face: str = _PLAIN,
        width: float = _TEXT_WIDTH,
        indent: float = 0.0,
        right: bool = False,
        line: bool = False,
        before: tuple[str, Colour] | None = None,
    ) -> None:
        """Write text over as many lines and pages as needed. `line` draws a rule at its left, `before` a symbol."""
        shown = _printable(text)
        self._has_replacement = self._has_replacement or (_REPLACEMENT in shown and _REPLACEMENT not in text)
        for row in _wrap_lines(shown, face, size, width - indent):
            if self._y - 1.4 * size < _BOTTOM:
                self._next_page()
            self._y -= 1.4 * size
            self._canvas.setFont(face, size)
            if before is not None:
                self._canvas.setFillColorRGB(*before[1])
                self._canvas.drawString(_LEFT, self._y, before[0])
                before = None
            self._canvas.setFillColorRGB(*colour)
            if right:
                self._canvas.drawRightString(_LEFT + _TEXT_WIDTH, self._y, row)
            else:
                self._canvas.drawString(_LEFT + indent, self._y, row)
            if line:
                self._canvas.setStrokeColorRGB(*_LINE)
                self._canvas.setLineWidth(2)
                self._canvas.line(_LEFT + 3, self._y - 0.3 * size, _LEFT + 3, self._y + 1.1 * size)

    def _rule(self, width: float, colour: Colour) -> None:
        self._y -= 3 * mm
        self._canvas.setStrokeColorRGB(*colour)
        self._canvas.setLineWidth(width)
        self._canvas.line(_LEFT, self._y, _LEFT + _TEXT_WIDTH, self._y)
        self._y -= 2.5 * mm

    def _next_page(self) -> None:
        self._end_page()
        self._y, self._page = _TOP, self._page + 1

    def _end_page(self) -> None:
        draft = "Draft · " if self._sheet.draft else ""
        name = _printable(self._sheet.student or "No name")[:80]
        self._canvas.setFont(_PLAIN, 7.5)
        self._canvas.setFillColorRGB(*_GREY)
        self._canvas.drawCentredString(A4[0] / 2, 11 * mm, f"{draft}{name} · page {self._page}")
        self._canvas.showPage()


def _wrap_lines(text: str, face: str, size: float, width: float) -> list[str]:
    """The text in lines that fit the width; a word that is wider than a line is broken."""
    return [part for row in simpleSplit(text, face, size, width) for part in _break_row(row, face, size, width)]


def _break_row(row: str, face: str, size: float, width: float) -> list[str]:
    parts, start, filled = [], 0, 0.0
    for at, char in enumerate(row):
        char_width = _char_width(char, face) * size
        if filled + char_width > width and at > start:
            parts.append(row[start:at])
            start, filled = at, 0.0
        filled += char_width
    return [*parts, row[start:]]


@lru_cache(maxsize=4096)
def _char_width(char: str, face: str) -> float:
    """The character's width as a fraction of the font size."""
    return float(pdfmetrics.stringWidth(char, face, 1))


def _marks_colour(marks: float | None, max_marks: float) -> Colour:
    if marks is None or max_marks <= 0:
        return _GREY
    share = marks / max_marks
    return _LEVELS[0 if share < 0.34 else 1 if share < 0.75 else 2]
