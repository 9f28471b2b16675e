"""Totals that speak for a section or the whole paper, taken out of the rows before questions are read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from grade.paper.marks_printed import NUM, UNIT, number
from grade.paper.rows import Row


@dataclass(slots=True)
class Totals:
    """`paper`: the printed total, None where there is none. `sections`: by the section's name ("A")."""

    paper: float | None = None
    sections: dict[str, float] = field(default_factory=dict)


_AT_THE_END = re.compile(
    rf"[\[(]?\s*(?:grand\s+)?total\s+(?:number of\s+)?(?:marks?\s+)?(?:for|of|on|in)\s+(?:the\s+"
    rf"|this\s+)?(?:whole\s+|question\s+)?"
    rf"(?P<what>paper|exam(?:ination)?|test|quiz|section|part)\b\s*(?P<name>[A-H]|[IVX]{{1,4}}|\d)?\s*(?:is|=|:|–|-"
    rf"|are)*\s*(?P<marks>\d{{1,3}}(?:\.5)?)"
    rf"\s*{UNIT}?\.?\s*[\])]?",
    re.IGNORECASE,
)
_ALONE_AT_THE_END = re.compile(
    rf"\W*(?:grand\s+)?total\W*(?:(?:marks|score)\W*)?(?:_+|out of|of)?[\s/:=]*({NUM})\s*{UNIT}?\W*", re.IGNORECASE
)
_IN_THE_HEAD = (
    re.compile(
        rf"\b(?:max(?:imum)?\.?|full|total)\s*(?:possible\s+)?(?:marks?|mks?|points?|score)\b[^\d\n]{{0,24}}({NUM})",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b(?:the\s+)?(?:total|maximum)\s+(?:number\s+of\s+)?(?:marks?|points?)[^\d\n]{{0,40}}({NUM})", re.IGNORECASE
    ),
    re.compile(rf"({NUM})\s*{UNIT}\s+(?:in\s+)?total\b|\btotal\s+of\s+({NUM})\s*{UNIT}", re.IGNORECASE),
    re.compile(rf"\b(?:M\.?\s?M\.?|F\.?\s?M\.?)\s*[:=–.-]?\s*({NUM})(?!\d)"),
    re.compile(rf"\b(?:out of|total|maximum|max)\s*[:=–.-]?\s*({NUM})\s*{UNIT}?(?:$|[\s.\])])", re.IGNORECASE),
    re.compile(rf"(?:^|\t|[\s(\[])(?:marks?|points?)\s*[:=–-]\s*({NUM})(?:$|[\s\])])", re.IGNORECASE),
    re.compile(rf"(?:^|\t)[\[(]?\s*({NUM})\s*{UNIT}(?:\s+total)?\s*[\])]?\s*(?:$|\t)", re.IGNORECASE),
)
_NOT_THE_PAPERS = re.compile(
    r"\beach\b|\bper\b|\bmarked out of\b|\bnegative\b|[x×]\s*\d|\bquestions?\s+\d"
    r"|\b(?:section|part)\s+(?:[A-H]|[IVX]{1,4}|\d)\b",
    re.IGNORECASE,
)
_REACHED = re.compile(
    rf"(?:^|\t)\W*(?:(?:total|final|your)\s+)?(?:score|marks?|points?|result|grade)(?:\s+(?:reached|obtained|awarded))?"
    rf"\s*[:=]?\s*(?:_+\s*|\s)?/\s*({NUM})\s*{UNIT}?\W*(?:$|\t)",
    re.IGNORECASE,
)
"""A place to write in what was reached: "Score: ____ / 23"."""
_NAMES_TOTAL = re.compile(r"\W*(?:total|max(?:imum)?\.?|full)\s*(?:marks?|score|points?)\W*", re.IGNORECASE)


def take_totals(rows: list[Row]) -> tuple[list[Row], Totals]:
    """The rows without those that only print a total, and the totals."""
    totals = Totals()
    kept: list[Row] = []
    for index, row in enumerate(rows):
        found = _AT_THE_END.search(row.text)
        if found is None:
            if reached := _REACHED.search(row.text):
                totals.paper = number(reached[1])
                if _asks_nothing(row.text[: reached.start()] + row.text[reached.end() :]):
                    continue
            if (
                index >= len(rows) - (1 if row.text[:1] in "[(" else 2)
                and (last := _ALONE_AT_THE_END.fullmatch(row.text))
                and not _often(rows)
            ):
                totals.paper = number(last[1])
            else:
                kept.append(row)
            continue
        marks = number(found["marks"])
        if found["what"].lower() in ("section", "part"):
            if found["name"]:
                totals.sections[found["name"].upper()] = marks
        else:
            totals.paper = marks
        rest = (row.text[: found.start()] + row.text[found.end() :]).strip(" \t.[]()")
        if rest:
            kept.append(row)
    return kept, totals


def _asks_nothing(text: str) -> bool:
    return len(re.findall(r"\w{2,}", text)) < 3


def _often(rows: Sequence[Row]) -> bool:
    """Whether totals stand all over the paper, so that the last one is only the last question's."""
    return sum(1 for row in rows if _ALONE_AT_THE_END.fullmatch(row.text)) > 1


def total_below(rows: Sequence[Row]) -> float | None:
    """The number under "Total marks:" or "Maximum Score", where nothing but one row of numbers stands there."""
    for row, below, after in zip(rows, rows[1:], [*rows[2:], None], strict=False):
        for cell in row.cells:
            if not _NAMES_TOTAL.fullmatch(cell.text) or row.page != below.page:
                continue
            under = [c for c in below.cells if c.left < cell.right and c.right > cell.left]
            if len(under) != 1 or not re.fullmatch(r"\d{1,3}", under[0].text):
                continue
            if after is None or not any(
                re.fullmatch(r"\d{1,3}", c.text) and c.left < cell.right and c.right > cell.left for c in after.cells
            ):
                return float(under[0].text)
    return None


def head_total(head: Sequence[str]) -> float | None:
    """The total that the lines above the first question print."""
    lines = [text for text in head if len(re.findall(r"\t\s*\d", text)) < 3]
    for pattern in _IN_THE_HEAD:
        for text in lines:
            if (found := pattern.search(text)) and not _NOT_THE_PAPERS.search(text):
                return number(next(group for group in found.groups() if group))
    return None
