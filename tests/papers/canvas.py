"""A sheet of paper to set questions on: lines at an indent, marks at the right, columns, rules."""

from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

WIDTH, HEIGHT = A4
LEFT, RIGHT, TOP, BOTTOM = 56.0, WIDTH - 56.0, 60.0, 70.0


class PaperCanvas:
    """`y` runs down from the top. `foot` is set at the middle of each page's foot, `{page}` filled in."""

    def __init__(
        self, path: Path, *, size: float = 10.5, leading: float = 15.0, foot: str = "", head: str = ""
    ) -> None:
        self._canvas = Canvas(str(path), pagesize=A4, invariant=1)
        self.size, self.leading = size, leading
        self._foot, self._head = foot, head
        self.page = 1
        self.y = TOP
        self._draw_furniture()

    def _draw_furniture(self) -> None:
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
        self._draw_furniture()

    def gap(self, lines: float = 0.6) -> None:
        self.y += lines * self.leading

    def title(self, *texts: str, size: float = 14.0) -> None:
        for text in texts:
            self._put(WIDTH / 2, self.y, text, size, bold=True, align="centre")
            self.y += self.leading * 1.3

    def line(self, text: str, x: float = 0.0, *, right: str = "", label: str = "", bold: bool = False) -> None:
        """One line, `x` points right of the margin. `label` stands `x`, the text 24 points further right."""
        if self.y > HEIGHT - BOTTOM:
            self.new_page()
        at = LEFT + x
        if label:
            self._put(at, self.y, label, self.size, bold=bold)
            at += 24
        self._put(at, self.y, text, self.size, bold=bold)
        if right:
            self._put(RIGHT, self.y, right, self.size, align="right")
        self.y += self.leading

    def text(self, text: str, x: float = 0.0, *, label: str = "", right: str = "", end: str = "") -> None:
        """Wrapped text; `right` stands at the margin of the last line, `end` right behind its last word."""
        wide = RIGHT - LEFT - x - (24 if label else 0) - (40 if right else 0)
        lines, line = [], ""
        for word in f"{text} {end}".split():
            longer = f"{line} {word}".strip()
            if stringWidth(longer, "Helvetica", self.size) > wide and line:
                lines.append(line)
                line = word
            else:
                line = longer
        lines.append(line)
        for index, said in enumerate(lines):
            first, last = index == 0, index == len(lines) - 1
            if label and not first:
                self.line(said, x + 24, right=right if last else "")
            else:
                self.line(said, x, label=label if first else "", right=right if last else "")

    def columns(self, *cells: tuple[float, str]) -> None:
        """Cells beside each other, each at its own place right of the margin."""
        if self.y > HEIGHT - BOTTOM:
            self.new_page()
        for x, text in cells:
            self._put(LEFT + x, self.y, text, self.size)
        self.y += self.leading

    def dots(self, x: float = 0.0, *, right: str = "", before: str = "", after: str = "") -> None:
        """A dotted line to answer on."""
        free = RIGHT - LEFT - x - (40 if right else 0) - stringWidth(before + after, "Helvetica", self.size) - 8
        count = int(free / stringWidth(".", "Helvetica", self.size))
        self.line(f"{before} {'.' * count} {after}".strip(), x, right=right)

    def save(self) -> None:
        self._canvas.save()
