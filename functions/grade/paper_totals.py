"""Totals that speak for a section or the whole paper, taken out of the rows before questions are read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from grade.marks_printed import NUM, UNIT, number
from grade.rows import Row


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
_IN_THE_HEAD = (
    re.compile(
        rf"\b(?:max(?:imum)?\.?|full|total)\s*(?:possible\s+)?(?:marks?|mks?|points?|score)\b[^\d\n]{{0,24}}({NUM})",
        re.IGNORECASE,
    ),
    re.compile(rf"\bthe\s+total\s+(?:number\s+of\s+)?(?:marks?|points?)[^\d\n]{{0,40}}({NUM})", re.IGNORECASE),
    re.compile(rf"\b(?:M\.?\s?M\.?|F\.?\s?M\.?)\s*[:=–.-]?\s*({NUM})(?!\d)"),
    re.compile(rf"\b(?:out of|total\s*[:=–-]?)\s*({NUM})\s*{UNIT}?(?:$|[\s.\])])", re.IGNORECASE),
    re.compile(rf"(?:^|\t|[\s(\[])(?:marks?|points?)\s*[:=–-]\s*({NUM})(?:$|[\s\])])", re.IGNORECASE),
    re.compile(rf"(?:^|\t)[\[(]?\s*({NUM})\s*{UNIT}(?:\s+total)?\s*[\])]?\s*(?:$|\t)", re.IGNORECASE),
)


def take_totals(rows: list[Row]) -> tuple[list[Row], Totals]:
    """The rows without those that only print a total, and the totals."""
    totals = Totals()
    kept: list[Row] = []
    for row in rows:
        found = _AT_THE_END.search(row.text)
        if found is None:
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
    if totals.paper is None:
        totals.paper = _head_total(kept)
    return kept, totals


def _head_total(rows: Sequence[Row]) -> float | None:
    """From the paper's head: the rows before the first that opens with a question's number."""
    head: list[str] = []
    for row in rows[:60]:
        if re.match(r"(?:q(?:uestion)?\.?\s*)?1\s*[.):]\s*\S", row.text, re.IGNORECASE) and not head_continues(
            row.text
        ):
            break
        if re.match(r"\W*(?:section|part|group)\s*[-–—:]?\s*[\W]?(?:A|I|1)\b", row.text, re.IGNORECASE):
            break
        head.append(row.text)
    for pattern in _IN_THE_HEAD:
        for text in head:
            if (found := pattern.search(text)) and not re.search(
                r"\beach\b|\bper\b|\bnegative\b|[x×]\s*\d", text, re.IGNORECASE
            ):
                return number(found[1])
    return None


def head_continues(text: str) -> bool:
    """A numbered instruction on the front page, not a question."""
    from grade.chains import is_instruction

    return is_instruction(re.sub(r"^\W*(?:q\w*\.?\s*)?\d+\s*[.):]\s*", "", text))
