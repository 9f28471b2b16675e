"""A transcript as rows of cells: what stands beside each other on a page, in reading order.

Readers differ in what they call a line: a question's number, its text and the marks in the margin may come
as one line, or as three. Here they are one row with three cells, so that what follows sees one picture.
Positions are fractions of the page.
"""

import itertools
import re
from dataclasses import dataclass, replace

from core.models.transcript import Line, Page, Transcript
from grade.language.text_cleaning import clean_line

GAP = "\t"
"""Stands between two cells in a row's text: a space much wider than one between words."""

_WIDE_GAP = re.compile(r"\t+|\s{4,}")


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    left: float
    right: float


@dataclass(frozen=True, slots=True)
class Row:
    """Cells from left to right. `origin` is the left edge of the column that the row stands in, `width`
    that column's width."""

    page: int
    cells: tuple[Cell, ...]
    top: float
    bottom: float
    origin: float = 0.0
    width: float = 1.0

    @property
    def left(self) -> float:
        return self.cells[0].left

    @property
    def right(self) -> float:
        return max(cell.right for cell in self.cells)

    @property
    def text(self) -> str:
        return GAP.join(cell.text for cell in self.cells)

    @property
    def indent(self) -> float:
        """From the left edge of the row's column."""
        return self.left - self.origin

    @property
    def reach(self) -> float:
        """How far the row's text runs towards the right edge of its column, 1 for up to the edge."""
        return (self.right - self.origin) / self.width


def build_rows(transcript: Transcript) -> list[Row]:
    """All rows of a document in reading order, without empty ones."""
    return [row for page in transcript.pages for row in build_page_rows(page)]


def build_page_rows(page: Page) -> list[Row]:
    rows: list[Row] = []
    one_column = not any(line.box[0] > 0.4 and _QUESTION_START.match(line.text) for line in page.lines)
    for line in page.lines:
        row = _row_from_line(page.number, line)
        if row is None:
            continue
        beside = _find_row_beside(rows, row, options=one_column)
        if beside is None:
            rows.insert(_insertion_index(rows, row), row)
        else:
            rows[beside] = _merge_rows(rows[beside], row)
    return _assign_columns(rows)


def _row_from_line(page: int, line: Line) -> Row | None:
    left, top, width, height = line.box
    cells = [
        Cell(re.sub(r"\s+", " ", text).strip(), left + width * start, left + width * end)
        for text, start, end in _split_at_gaps(line)
    ]
    kept = tuple(cell for cell in cells if cell.text)
    return Row(page, kept, top, top + height) if kept else None


def _split_at_gaps(line: Line) -> list[tuple[str, float, float]]:
    """A line's text cut at wide gaps, each piece with where it starts and ends, as shares of the line."""
    text = clean_line(line.text)
    chunks: list[tuple[str, float, float]] = []
    start = 0
    size = max(len(text), 1)
    for gap in _WIDE_GAP.finditer(text):
        chunks.append((text[start : gap.start()], start / size, gap.start() / size))
        start = gap.end()
    chunks.append((text[start:], start / size, 1.0))
    return chunks


def _vertical_overlap(one: Row, other: Row) -> float:
    """Share of the lower row's height that both have in common."""
    common = min(one.bottom, other.bottom) - max(one.top, other.top)
    lower = min(one.bottom - one.top, other.bottom - other.top)
    return common / lower if lower > 0 else 0.0


_ONLY_MARKS = re.compile(
    r"[\[({]?\s*(?:total\s*:?\s*)?\d{1,3}(?:\.\d+)?\s*(?:marks?|pts?|points?|m)?\s*[\])}]?", re.IGNORECASE
)


_QUESTION_START = re.compile(r"\s*(?:q(?:uestion)?\s*)?\d{1,3}[.)]\s+[A-Z]\w", re.IGNORECASE)
_OPTION = re.compile(r"\(?([b-hB-H])[).]\s")


def _find_row_beside(rows: list[Row], row: Row, *, options: bool) -> int | None:
    """The row that this one continues to the right or opens at the left, if there is one.

    Only the row just before counts: at the same height further back stands the other column. Marks in the
    right margin are an exception, since many readers give them after all else on the page. So are `options`
    on a page of one column: some readers take options that stand in columns for columns of the page.
    """
    if not rows:
        return None
    if _are_side_by_side(rows[-1], row):
        return len(rows) - 1
    if options and (place := _find_earlier_row(rows, row)) is not None:
        return place
    if row.left < 0.7 or not _ONLY_MARKS.fullmatch(row.text):
        return None
    for index in range(len(rows) - 1, -1, -1):
        if rows[index].page == row.page and _vertical_overlap(rows[index], row) > 0.4 and rows[index].right <= row.left:
            return index
    return None


def _find_earlier_row(rows: list[Row], row: Row) -> int | None:
    """The row of options or of a list, further back, that this one continues to the right."""
    option = _OPTION.match(row.text)
    place = _find_options_row(rows, row, option[1]) if option else None
    return _find_list_row(rows, row) if place is None else place


def _find_options_row(rows: list[Row], row: Row, letter: str) -> int | None:
    """The row of options at the same height, to the left, whose letters come before this one's."""
    for index in range(len(rows) - 1, max(-1, len(rows) - 24), -1):
        other = rows[index]
        if other.page == row.page and _vertical_overlap(other, row) > 0.6 and other.right <= row.left:
            last = _OPTION.match(other.cells[-1].text) or re.match(r"\(?([aA])[).]\s", other.cells[-1].text)
            return index if last is not None and last[1] < letter else None
    return None


_LIST_ITEM = re.compile(r"(?:\d{1,2}\s?[.)]|\([a-z]{1,4}\)|[a-z]\))\s*\S")


def _find_list_row(rows: list[Row], row: Row) -> int | None:
    """The row of a list at the same height, to the left, where a reader gives a list's second column after all
    that stands below its first ("Match the following")."""
    if row.left < 0.3 or row.right - row.left > 0.45 or row.top > rows[-1].top - 0.5 * (row.bottom - row.top):
        return None
    for index in range(len(rows) - 2, max(-1, len(rows) - 24), -1):
        other = rows[index]
        if other.page == row.page and _vertical_overlap(other, row) > 0.5 and other.right <= row.left:
            return index if _LIST_ITEM.match(other.text) else None
    return None


def _insertion_index(rows: list[Row], row: Row) -> int:
    """Where a row goes: at the end, but marks alone in the margin before the few rows that stand lower."""
    place = len(rows)
    if row.left < 0.7 or not _ONLY_MARKS.fullmatch(row.text):
        return place
    while (
        place > max(0, len(rows) - 3) and rows[place - 1].page == row.page and rows[place - 1].top > row.bottom - 0.002
    ):
        place -= 1
    return place


def _are_side_by_side(row: Row, other: Row) -> bool:
    if row.page != other.page or _vertical_overlap(row, other) < 0.5:
        return False
    return other.left >= row.right - 0.012 or other.right <= row.left + 0.012


def _merge_rows(row: Row, other: Row) -> Row:
    cells = tuple(sorted(row.cells + other.cells, key=lambda cell: cell.left))
    return Row(row.page, cells, min(row.top, other.top), max(row.bottom, other.bottom))


def _assign_columns(rows: list[Row]) -> list[Row]:
    """Tells each row the column that it stands in: one, or two side by side."""
    if not rows:
        return []
    left, right = min(row.left for row in rows), max(row.right for row in rows)
    second = [row for row in rows if row.left > 0.46]
    first = [row for row in rows if row.left < 0.4 and row.right < 0.56]
    reading_down = sum(1 for above, row in itertools.pairwise(rows) if row.left > 0.46 and above.left > 0.46)
    if len(second) >= 5 and len(first) >= 5 and reading_down >= 4 and len(second) + len(first) > 0.7 * len(rows):
        middle = min(row.left for row in second)
        return [
            replace(row, origin=middle, width=max(right - middle, 0.01))
            if row.left >= middle
            else replace(row, origin=left, width=max(min(middle, right) - left, 0.01))
            for row in rows
        ]
    return [replace(row, origin=left, width=max(right - left, 0.01)) for row in rows]


_MAX_ROW_LENGTH = 4000


def truncate_row(row: Row) -> Row:
    """The row, cut where its text is longer than any page sets one: a bound for the work on a hostile document."""
    if len(row.text) <= _MAX_ROW_LENGTH:
        return row
    return replace(row, cells=(Cell(row.text[:_MAX_ROW_LENGTH].replace(GAP, " "), row.left, row.right),))
