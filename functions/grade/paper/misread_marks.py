"""Marks at the ends of rows whose brackets, strokes or digits were misread, put right by those that were not.

`[S]` is [5] and `5]` is [5] where the paper sets its marks in square brackets; `12` is /2 where others in the same
column are `/1` and `/4`. Each repair is said in a warning.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from grade.paper.marks_printed import UNIT
from grade.paper.rows import Cell, Row

_FEWEST = 2
"""So many rows must show the form before others are put right by it."""

_DIGITS = str.maketrans(
    {"S": "5", "s": "5", "l": "1", "I": "1", "|": "1", "!": "1", "Z": "2", "z": "2", "B": "8", "O": "0"}
)
_SOUND = re.compile(rf"\[\s*\d{{1,2}}\s*(?:{UNIT})?\s*\]\s*$")
_TORN = re.compile(
    rf"(?:(?<=\s)|^)(?:\[\s*(?P<letters>[SsIl|!ZzBO]|1[SsIl|!ZzBO])\s*(?P<unit>{UNIT})?\s*\]"
    r"|\[\s*(?P<opened>\d{1,2})|(?P<closed>\d{1,2})\s*\]|[({]\s*(?P<mixed>\d{1,2})\s*\]|\[\s*(?P<other>\d{1,2})\s*[)}])\s*$"
)
_OUT_OF = re.compile(r"/\s?\d{1,2}")
_STROKE = re.compile(r"[1lI|](\d{1,2})")
_MARGIN = 0.75


def put_marks_right(rows: list[Row], warnings: list[str]) -> list[Row]:
    return _with_strokes(_with_brackets(rows, warnings), warnings)


def _with_brackets(rows: list[Row], warnings: list[str]) -> list[Row]:
    if sum(1 for row in rows if _SOUND.search(row.text)) < _FEWEST:
        return rows
    return _repaired(rows, _bracketed, warnings)


def _bracketed(text: str) -> str | None:
    found = _TORN.search(text)
    if found is None or text.count("[", 0, found.start()) > text.count("]", 0, found.start()):
        return None
    said = next(found[name] for name in ("letters", "opened", "closed", "mixed", "other") if found[name])
    return f"{text[: found.start()]}[{said.translate(_DIGITS)}{' marks' if found['unit'] else ''}]"


def _with_strokes(rows: list[Row], warnings: list[str]) -> list[Row]:
    """Two-digit numbers in a column of "/3": the stroke was read as a one."""
    edges = [row.cells[-1].right for row in rows if _is_marginal(row) and _OUT_OF.fullmatch(row.cells[-1].text)]
    if not edges or sum(1 for row in rows if _is_marginal(row) and _STROKE.fullmatch(row.cells[-1].text)) < 1:
        return rows

    def read(row: Row) -> bool:
        return _is_marginal(row) and any(abs(row.cells[-1].right - edge) < 0.02 for edge in edges)

    return [
        _repaired([row], lambda text: f"/{found[1]}" if (found := _STROKE.fullmatch(text)) else None, warnings)[0]
        if read(row)
        else row
        for row in rows
    ]


def _is_marginal(row: Row) -> bool:
    return row.cells[-1].left > _MARGIN


def _repaired(rows: Sequence[Row], repair: Callable[[str], str | None], warnings: list[str]) -> list[Row]:
    """The rows, the last cell of each as `repair` gives it."""
    kept = []
    for row in rows:
        last = row.cells[-1]
        text = repair(last.text)
        if text is None:
            kept.append(row)
            continue
        warnings.append(f"Marks printed as “{last.text[-12:].strip()}” were read as {text[-12:].strip()}.")
        kept.append(replace(row, cells=(*row.cells[:-1], Cell(text, last.left, last.right))))
    return kept
