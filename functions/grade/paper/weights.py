"""Questions that print their weight in per cent and no marks: "Question 2 (60%)" is worth 60 of 100."""

import re
from dataclasses import replace

from grade.paper.marks_printed import find_marks
from grade.paper.numbering import read_label
from grade.paper.rows import Cell, Row

_WEIGHT = re.compile(r"[\[(]\s*(\d{1,3}(?:\.5)?)\s?(?:%|per\s?cent)\s*[\])]", re.IGNORECASE)
_FEWEST = 2


def with_weights(rows: list[Row]) -> list[Row]:
    """The rows, weights behind labels or at the ends of labelled rows as marks, where the paper prints no marks."""
    if any(not marks.total for row in rows for marks in find_marks(row.text)):
        return rows
    weighed = [row for row in rows if _is_weighed(row)]
    if len(weighed) < _FEWEST:
        return rows
    return [_as_marks(row) if row in weighed else row for row in rows]


def _is_weighed(row: Row) -> bool:
    label = read_label(row.text)
    if label is None:
        return False
    found = _WEIGHT.search(label.rest)
    return found is not None and (
        not label.rest[: found.start()].strip() or not label.rest[found.end() :].strip(" .\t")
    )


def _as_marks(row: Row) -> Row:
    cells = tuple(Cell(_WEIGHT.sub(r"(\1 marks)", cell.text), cell.left, cell.right) for cell in row.cells)
    return replace(row, cells=cells)
