"""A transcript as rows of cells: everything at the same height on a page, in reading order.

OCR engines differ in what they return as a line: a question's number, its text and its marks in the margin may be one
line or three. Here they are one row with three cells, so that later steps see one form. Positions are fractions of
the page.
"""

import itertools
import re
from dataclasses import dataclass, replace

from core.models.transcript import Line, Page, Transcript
from grade.language.text_cleaning import clean_line

GAP = "\t"
"""Separates two cells in a row's text: a space much wider than one between words."""

_WIDE_GAP = re.compile(r"\t+|\s{4,}")


_ONLY_MARKS = re.compile(
    r"[\[({]?\s*(?:total\s*:?\s*)?\d{1,3}(?:\.\d+)?\s*(?:marks?|pts?|points?|m)?\s*[\])}]?", re.IGNORECASE
)
_QUESTION_START = re.compile(r"\s*(?:q(?:uestion)?\s*)?\d{1,3}[.)]\s+[A-Z]\w", re.IGNORECASE)
_OPTION = re.compile(r"\(?([b-hB-H])[).]\s")
_LIST_ITEM = re.compile(r"(?:\d{1,2}\s?[.)]|\([a-z]{1,4}\)|[a-z]\))\s*\S")
_MAX_ROW_LENGTH = 4000


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    left: float
    right: float


@dataclass(frozen=True, slots=True)
class Row:
    """Cells from left to right.

    `origin` is the left edge of the column that contains the row; `width` is that column's width.
    """

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
        """Distance from the left edge of the row's column."""
        return self.left - self.origin

    @property
    def reach(self) -> float:
        """How far the text extends towards the right edge of its column; 1 means up to the edge."""
        return (self.right - self.origin) / self.width


def build_rows(transcript: Transcript) -> list[Row]:
    """Return all rows of a document in reading order, without empty ones."""
    return [row for page in transcript.pages for row in build_page_rows(page)]


def build_page_rows(page: Page) -> list[Row]:
    """Return the rows of one page in reading order."""
    rows: list[Row] = []
    one_column = not any(line.box[0] > 0.4 and _QUESTION_START.match(line.text) for line in page.lines)
    for line in page.lines:
        row = _row_from_line(page.number, line)
        if row is None:
            continue
        adjacent_index = _find_adjacent_row(rows, row, options=one_column)
        if adjacent_index is None:
            rows.insert(_insertion_index(rows, row), row)
        else:
            rows[adjacent_index] = _merge_rows(rows[adjacent_index], row)
    return _assign_columns(rows)


def _row_from_line(page: int, line: Line) -> Row | None:
    left, top, width, height = line.box
    cells = [
        Cell(re.sub(r"\s+", " ", text).strip(), left + width * start, left + width * end)
        for text, start, end in _split_at_gaps(line)
    ]
    non_empty = tuple(cell for cell in cells if cell.text)
    return Row(page, non_empty, top, top + height) if non_empty else None


def _split_at_gaps(line: Line) -> list[tuple[str, float, float]]:
    """Split a line's text at wide gaps. Each piece has its start and end as fractions of the line."""
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
    """Return the height that both rows share, as a fraction of the lower row's height."""
    common = min(one.bottom, other.bottom) - max(one.top, other.top)
    min_height = min(one.bottom - one.top, other.bottom - other.top)
    return common / min_height if min_height > 0 else 0.0


def _find_adjacent_row(rows: list[Row], row: Row, *, options: bool) -> int | None:
    """Return the index of the row that this one extends to the right or to the left, or None.

    Only the previous row counts: an earlier one at the same height belongs to the other column. Marks in the right
    margin are an exception, since many OCR engines return them after everything else on the page. So are options on a
    page of one column (`options`): some OCR engines take options printed in columns for columns of the page.
    """
    if not rows:
        return None
    if _are_side_by_side(rows[-1], row):
        return len(rows) - 1
    if options and (position := _find_earlier_row(rows, row)) is not None:
        return position
    if row.left < 0.7 or not _ONLY_MARKS.fullmatch(row.text):
        return None
    for index in range(len(rows) - 1, -1, -1):
        if rows[index].page == row.page and _vertical_overlap(rows[index], row) > 0.4 and rows[index].right <= row.left:
            return index
    return None


def _find_earlier_row(rows: list[Row], row: Row) -> int | None:
    """Return the index of an earlier row of options or of a list that this row extends to the right."""
    option = _OPTION.match(row.text)
    position = _find_options_row(rows, row, option[1]) if option else None
    return _find_list_row(rows, row) if position is None else position


def _find_options_row(rows: list[Row], row: Row, letter: str) -> int | None:
    """Return the index of the options row at the same height, to the left, whose letters precede this one's."""
    for index in range(len(rows) - 1, max(-1, len(rows) - 24), -1):
        other = rows[index]
        if other.page == row.page and _vertical_overlap(other, row) > 0.6 and other.right <= row.left:
            last = _OPTION.match(other.cells[-1].text) or re.match(r"\(?([aA])[).]\s", other.cells[-1].text)
            return index if last is not None and last[1] < letter else None
    return None


def _find_list_row(rows: list[Row], row: Row) -> int | None:
    """Return the index of the list row at the same height, to the left.

    Some OCR engines return a list's second column after everything below its first one ("Match the following").
    """
    if row.left < 0.3 or row.right - row.left > 0.45 or row.top > rows[-1].top - 0.5 * (row.bottom - row.top):
        return None
    for index in range(len(rows) - 2, max(-1, len(rows) - 24), -1):
        other = rows[index]
        if other.page == row.page and _vertical_overlap(other, row) > 0.5 and other.right <= row.left:
            return index if _LIST_ITEM.match(other.text) else None
    return None


def _insertion_index(rows: list[Row], row: Row) -> int:
    """Return where to insert a row: at the end, but marks alone in the margin go before the few lower rows."""
    position = len(rows)
    if row.left < 0.7 or not _ONLY_MARKS.fullmatch(row.text):
        return position
    while (
        position > max(0, len(rows) - 3)
        and rows[position - 1].page == row.page
        and rows[position - 1].top > row.bottom - 0.002
    ):
        position -= 1
    return position


def _are_side_by_side(row: Row, other: Row) -> bool:
    if row.page != other.page or _vertical_overlap(row, other) < 0.5:
        return False
    return other.left >= row.right - 0.012 or other.right <= row.left + 0.012


def _merge_rows(row: Row, other: Row) -> Row:
    cells = tuple(sorted(row.cells + other.cells, key=lambda cell: cell.left))
    return Row(row.page, cells, min(row.top, other.top), max(row.bottom, other.bottom))


def _assign_columns(rows: list[Row]) -> list[Row]:
    """Set the column of each row on a page of one column or of two."""
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


def truncate_row(row: Row) -> Row:
    """Cut the row's text if it is longer than any real page's.

    Bounds the work on a hostile document.
    """
    if len(row.text) <= _MAX_ROW_LENGTH:
        return row
    return replace(row, cells=(Cell(row.text[:_MAX_ROW_LENGTH].replace(GAP, " "), row.left, row.right),))
