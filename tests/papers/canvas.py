"""Draws test papers as PDF: lines with an indent, marks at the right, columns, dotted lines."""

from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

WIDTH, HEIGHT = A4
LEFT, RIGHT, TOP, BOTTOM = 56.0, WIDTH - 56.0, 60.0, 70.0


class PaperCanvas:
    """Draws one paper.

    `y` grows downwards from the top of the page, in points. `foot` is printed at the bottom centre of each page,
    `head` at its top left; `{page}` is replaced by the page number.
    """

    def __init__(
        self, path: Path, *, size: float = 10.5, leading: float = 15.0, foot: str = "", head: str = ""
    ) -> None:
        self._canvas = Canvas(str(path), pagesize=A4, invariant=1)
        self.size, self.leading = size, leading
        self._foot, self._head = foot, head
        self.page = 1
        self.y = TOP
        self._draw_header_and_footer()

    def _draw_header_and_footer(self) -> None:
        if self._foot:
            self._put(WIDTH / 2, HEIGHT - 36, self._foot.format(page=self.page), 9, align="centre")
        if self._head:
            self._put(LEFT, 36, self._head.format(page=self.page), 9)

    def _put(self, x: float, y: float, text: str, size: float, *, bold: bool = False, align: str = "left") -> None:
        font = "Helvetica-Bold" if bold else "Helvetica"
        if align != "left":
            width = stringWidth(text, font, size)
            x -= width / 2 if align == "centre" else width
        self._canvas.setFont(font, size)
        self._canvas.drawString(x, HEIGHT - y, text)

    def new_page(self) -> None:
        self._canvas.showPage()
        self.page += 1
        self.y = TOP
        self._draw_header_and_footer()

    def gap(self, lines: float = 0.6) -> None:
        self.y += lines * self.leading

    def title(self, *texts: str, size: float = 14.0) -> None:
        for text in texts:
            self._put(WIDTH / 2, self.y, text, size, bold=True, align="centre")
            self.y += self.leading * 1.3

    def line(self, text: str, x: float = 0.0, *, right: str = "", label: str = "", bold: bool = False) -> None:
        """Draw one line, `x` points from the left margin. `label` is printed at `x`, the text 24 points further
        right."""
        if self.y > HEIGHT - BOTTOM:
            self.new_page()
        position = LEFT + x
        if label:
            self._put(position, self.y, label, self.size, bold=bold)
            position += 24
        self._put(position, self.y, text, self.size, bold=bold)
        if right:
            self._put(RIGHT, self.y, right, self.size, align="right")
        self.y += self.leading

    def text(self, text: str, x: float = 0.0, *, label: str = "", right: str = "", end: str = "") -> None:
        """Draw wrapped text. `right` is printed at the right margin of the last line, `end` directly after the last
        word."""
        max_width = RIGHT - LEFT - x - (24 if label else 0) - (40 if right else 0)
        lines, line = [], ""
        for word in f"{text} {end}".split():
            candidate = f"{line} {word}".strip()
            if stringWidth(candidate, "Helvetica", self.size) > max_width and line:
                lines.append(line)
                line = word
            else:
                line = candidate
        lines.append(line)
        for index, line_text in enumerate(lines):
            first, last = index == 0, index == len(lines) - 1
            if label and not first:
                self.line(line_text, x + 24, right=right if last else "")
            else:
                self.line(line_text, x, label=label if first else "", right=right if last else "")

    def columns(self, *cells: tuple[float, str]) -> None:
        """Draw cells on one line, each at its own distance from the left margin."""
        if self.y > HEIGHT - BOTTOM:
            self.new_page()
        for x, text in cells:
            self._put(LEFT + x, self.y, text, self.size)
        self.y += self.leading

    def dots(self, x: float = 0.0, *, right: str = "", before: str = "", after: str = "") -> None:
        """Draw a dotted line to answer on."""
        width = RIGHT - LEFT - x - (40 if right else 0) - stringWidth(before + after, "Helvetica", self.size) - 8
        count = int(width / stringWidth(".", "Helvetica", self.size))
        self.line(f"{before} {'.' * count} {after}".strip(), x, right=right)

    def save(self) -> None:
        self._canvas.save()
