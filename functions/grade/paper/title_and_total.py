"""Finds a paper's title (the tallest line above its first question that looks like one) and its printed totals."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from grade.language.text_cleaning import BLANK
from grade.paper.label_parser import parse_leading_label
from grade.paper.printed_marks import MARKS_UNIT_PATTERN, NUMBER_PATTERN, parse_number
from grade.paper.rows import Row

_MAX_TITLE_ROWS = 12
_NO_TITLE = re.compile(
    r"\W*(?:(?:(?:candidate|student|pupil|sur|other|family|first|your|full)['’]?s?\s*)?names?\b"
    r"|roll"
    r"|hall ticket|reg(?:n|d)?\b|index|cent(?:re|er) n|candidate"
    r"|class\s*[:._]|date\b|time\b|duration|reading time|writing time"
    r"|max|total|marks|full marks|points\b|score\b|q\.?\s?p?\.?\s?(?:no|code|\d)|question|\d|series|set\b|code\b"
    r"|(?:paper|subject|course|exam) (?:code|no)|section|instruction|general instruction|answer|attempt|note\b"
    r"|n\.?b\.?\W|do not|read |you |write |use |all questions|calculator|this (?:paper|exam|test))",
    re.IGNORECASE,
)
_TIME_OR_MARKS = re.compile(
    r"(?:\b(?:time|duration)\b\s*(?:allowed)?\s*[:–-]|\b\d[\d½ .:]{0,12}\s?(?:hours?|hrs?|minutes?|mins?)\b"
    r"|\b(?:one|two|three) (?:and a half )?hours?\b"
    r"|\b(?:max(?:imum)?|full|total)\.?\s*(?:marks?|points?)\b)",
    re.IGNORECASE,
)


_PAPER_CODE = re.compile(r"^\d{2,}[A-Z]?(?:[/-]\d+)*\s+(?=[A-Z])")


_PAPER_OR_SECTION_TOTAL = re.compile(
    rf"[\[(]?\s*(?:grand\s+)?total\s+(?:number of\s+)?(?:marks?\s+)?(?:for|of|on|in)\s+(?:the\s+"
    rf"|this\s+)?(?:whole\s+|question\s+)?"
    rf"(?P<what>paper|exam(?:ination)?|test|quiz|section|part)\b\s*(?P<name>[A-H]|[IVX]{{1,4}}|\d)?\s*(?:is|=|:|–|-"
    rf"|are)*\s*(?P<marks>\d{{1,3}}(?:\.5)?)"
    rf"\s*{MARKS_UNIT_PATTERN}?\.?\s*[\])]?",
    re.IGNORECASE,
)
_LONE_TOTAL = re.compile(
    rf"\W*(?:grand\s+)?total\W*(?:(?:marks|score)\W*)?(?:_+|out of|of)?[\s/:=]*({NUMBER_PATTERN})\s*"
    rf"{MARKS_UNIT_PATTERN}?\W*",
    re.IGNORECASE,
)
_HEADER_TOTALS = (
    re.compile(
        rf"\b(?:max(?:imum)?\.?|full|total)\s*(?:possible\s+)?(?:marks?|mks?|points?|score)\b[^\d\n]{{0,24}}({NUMBER_PATTERN})",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b(?:the\s+)?(?:total|maximum)\s+(?:number\s+of\s+)?(?:marks?|points?)[^\d\n]{{0,40}}({NUMBER_PATTERN})",
        re.IGNORECASE,
    ),
    re.compile(
        rf"({NUMBER_PATTERN})\s*{MARKS_UNIT_PATTERN}\s+(?:in\s+)?total\b|\btotal\s+of\s+({NUMBER_PATTERN})\s*{MARKS_UNIT_PATTERN}",
        re.IGNORECASE,
    ),
    re.compile(rf"\b(?:M\.?\s?M\.?|F\.?\s?M\.?)\s*[:=–.-]?\s*({NUMBER_PATTERN})(?!\d)"),
    re.compile(
        rf"\b(?:out of|total|maximum|max)\s*[:=–.-]?\s*({NUMBER_PATTERN})\s*{MARKS_UNIT_PATTERN}?(?:$|[\s.\])])",
        re.IGNORECASE,
    ),
    re.compile(rf"(?:^|\t|[\s(\[])(?:marks?|points?)\s*[:=–-]\s*({NUMBER_PATTERN})(?:$|[\s\])])", re.IGNORECASE),
    re.compile(
        rf"(?:^|\t)[\[(]?\s*({NUMBER_PATTERN})\s*{MARKS_UNIT_PATTERN}(?:\s+total)?\s*[\])]?\s*(?:$|\t)", re.IGNORECASE
    ),
)
_NOT_A_PAPER_TOTAL = re.compile(
    r"\beach\b|\bper\b|\bmarked out of\b|\bnegative\b|[x×]\s*\d|\bquestions?\s+\d"
    r"|\b(?:section|part)\s+(?:[A-H]|[IVX]{1,4}|\d)\b",
    re.IGNORECASE,
)
_SCORE_FIELD = re.compile(
    rf"(?:^|\t)\W*(?:(?:total|final|your)\s+)?(?:score|marks?|points?|result|grade)(?:\s+(?:reached|obtained|awarded))?"
    rf"\s*[:=]?\s*(?:_+\s*|\s)?/\s*({NUMBER_PATTERN})\s*{MARKS_UNIT_PATTERN}?\W*(?:$|\t)",
    re.IGNORECASE,
)
"""A place to write the score: "Score: ____ / 23"."""
_TOTAL_HEADING = re.compile(r"\W*(?:total|max(?:imum)?\.?|full)\s*(?:marks?|score|points?)\W*", re.IGNORECASE)


def find_title(rows: Sequence[Row], first_question: Row | None) -> str:
    """Return the title, or "" if there is none.

    `first_question` is the row of the first question; no title is printed below it.
    """
    candidates: list[tuple[float, str]] = []
    for row in rows[:_MAX_TITLE_ROWS]:
        if row is first_question or row.page != rows[0].page:
            break
        if first_question is not None and row.page == first_question.page and row.top >= first_question.top:
            break
        text = _PAPER_CODE.sub("", " ".join(cell.text for cell in row.cells if not _TIME_OR_MARKS.search(cell.text)))
        if _is_title(text):
            candidates.append((row.bottom - row.top, text))
    if not candidates:
        return ""
    tallest = max(height for height, _ in candidates)
    return next(text for height, text in candidates if height >= 0.9 * tallest)


def _is_title(text: str) -> bool:
    return (
        len(re.sub(r"[\W\d_]", "", text)) >= 4
        and len(text) < 120
        and BLANK not in text
        and not _NO_TITLE.match(text)
        and parse_leading_label(text, bare=False) is None
    )


@dataclass(slots=True)
class PrintedTotals:
    """`paper` is the printed total, None if there is none. `sections` maps a section's name ("A") to its total."""

    paper: float | None = None
    sections: dict[str, float] = field(default_factory=dict)


def extract_totals(rows: list[Row]) -> tuple[list[Row], PrintedTotals]:
    """Return the rows without those that only print a total, and the totals."""
    totals = PrintedTotals()
    kept: list[Row] = []
    for index, row in enumerate(rows):
        found = _PAPER_OR_SECTION_TOTAL.search(row.text)
        if found is None:
            if score_field := _SCORE_FIELD.search(row.text):
                totals.paper = parse_number(score_field[1])
                if _has_few_words(row.text[: score_field.start()] + row.text[score_field.end() :]):
                    continue
            if (
                index >= len(rows) - (1 if row.text[:1] in "[(" else 2)
                and (last := _LONE_TOTAL.fullmatch(row.text))
                and not _has_several_totals(rows)
            ):
                totals.paper = parse_number(last[1])
            else:
                kept.append(row)
            continue
        marks = parse_number(found["marks"])
        if found["what"].lower() in ("section", "part"):
            if found["name"]:
                totals.sections[found["name"].upper()] = marks
        else:
            totals.paper = marks
        rest = (row.text[: found.start()] + row.text[found.end() :]).strip(" \t.[]()")
        if rest:
            kept.append(row)
    return kept, totals


def _has_few_words(text: str) -> bool:
    return len(re.findall(r"\w{2,}", text)) < 3


def _has_several_totals(rows: Sequence[Row]) -> bool:
    """Whether several rows print totals, so that the last is only the last question's."""
    return sum(1 for row in rows if _LONE_TOTAL.fullmatch(row.text)) > 1


def find_total_below_heading(rows: Sequence[Row]) -> float | None:
    """Return the number below "Total marks:" or "Maximum Score", if only one row of numbers is printed there."""
    for row, below, next_row in zip(rows, rows[1:], [*rows[2:], None], strict=False):
        for cell in row.cells:
            if not _TOTAL_HEADING.fullmatch(cell.text) or row.page != below.page:
                continue
            cells_below = [c for c in below.cells if c.left < cell.right and c.right > cell.left]
            if len(cells_below) != 1 or not re.fullmatch(r"\d{1,3}", cells_below[0].text):
                continue
            if next_row is None or not any(
                re.fullmatch(r"\d{1,3}", c.text) and c.left < cell.right and c.right > cell.left for c in next_row.cells
            ):
                return float(cells_below[0].text)
    return None


def find_total_in_header(header_lines: Sequence[str]) -> float | None:
    """Return the total printed in the lines above the first question, or None."""
    lines = [text for text in header_lines if len(re.findall(r"\t\s*\d", text)) < 3]
    for pattern in _HEADER_TOTALS:
        for text in lines:
            if (found := pattern.search(text)) and not _NOT_A_PAPER_TOTAL.search(text):
                return parse_number(next(group for group in found.groups() if group))
    return None
