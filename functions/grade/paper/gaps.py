"""Numbers that stand at the gaps of a form or a text ("Family name: 7 ........"), as listening tests set them.

Where a heading announces "Questions 6–10", a number of that range in front of a gap is a question's label; the
row is turned so that its number leads.
"""

import re
from dataclasses import replace

from grade.paper.rows import GAP, Cell, Row

_ANNOUNCED = re.compile(r"(?:^|\s)questions?\s+(\d{1,3})\s*(?:[-–—]|to|and|&)\s*(\d{1,3})(?!\d)", re.IGNORECASE)
_MOST_ANNOUNCED = 40


def announced(text: str) -> tuple[int, int] | None:
    """The range of questions that a heading announces."""
    found = _ANNOUNCED.search(text)
    if found is None:
        return None
    first, last = int(found[1]), int(found[2])
    return (first, last) if 0 < first < last <= first + _MOST_ANNOUNCED else None


def led_by_numbers(rows: list[Row]) -> list[Row]:
    """The rows, those with numbered gaps as one row a gap, its number in front."""
    turned: list[Row] = []
    due, last = 1, 0
    for row in rows:
        if span := announced(row.text):
            due, last = span
        rest: Row | None = row
        while rest is not None and due <= last and (cut := _gap(rest, due)) is not None:
            numbered, rest = cut
            turned.append(numbered)
            due += 1
        if rest is None:
            continue
        turned.append(rest)
        due += due <= last and bool(re.match(rf"\D{{0,3}}{due}\b", rest.text))
    return turned


def _gap(row: Row, number: int) -> tuple[Row, Row | None] | None:
    """The row up to its gap of this number with the number in front, and what stands behind the gap."""
    found = re.search(
        rf"(?<=[\s(\[])[(\[]?{number}[)\].]?\s*(?:[£$€]\s*)?(?:____|\.{{2,}}(?=\s|$)|…+)(?:\s*____)*", row.text
    )
    if found is None or not row.text[: found.start()].strip():
        return None
    before, after = row.text[: found.start()].strip(), row.text[found.end() :].strip(" .\t")
    first = replace(row, cells=_led(row, f"{number}.", f"{before} ____"))
    if "____" not in after and ".." not in after:
        words = f"{before} ____ {after}".strip()
        return replace(row, cells=_led(row, f"{number}.", words)), None
    return first, replace(row, cells=(Cell(after.replace(GAP, " "), row.left, row.right),))


def _led(row: Row, label: str, words: str) -> tuple[Cell, Cell]:
    return Cell(label, row.left, row.left), Cell(words.replace(GAP, " "), row.left, row.right)
