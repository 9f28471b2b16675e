"""Patterns of printed marks in a text, with their positions.

`[5]`, `(5 marks)`, `5 M`, `(1 x 3 = 3 marks)`, `[2+3]`, `8 marks.` at a line's end,
`(Total for Question 1 is 5 marks)`, `____ / 5`. Whether a bare number in the right margin is marks depends on the
geometry of the paper; `mark_notation` decides that.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from grade.lazy_pattern import LazyPattern

_FRACTIONS = {"½": 0.5, "¼": 0.25, "¾": 0.75}
_NUMBER_WORDS = {
    word: value
    for value, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
        ]
    )
}
NUMBER_PATTERN = r"(?:\d{1,3}(?:\.\d{1,2})?(?:\s?[½¼¾])?|[½¼¾]|\d\s1/2)"
MARKS_UNIT_PATTERN = r"(?:marks?|mks?|pts?|points?|Marks?|MARKS?|MKS?|PTS?|POINTS?|(?-i:Pkt\.?|Punkte?|P\.|BE))"
_OPEN, _CLOSE = r"[\[({]\s*", r"\s*[\])}]"


_MAY_HOLD_MARKS = re.compile(r"\d|½|¼|¾|marks?|points?|pts|mks?", re.IGNORECASE)
_TOTAL_FOR = LazyPattern(
    rf"{_OPEN}?total\s+(?:marks?\s+)?(?:for\s+)?(?:this\s+)?question\s*(\d{{1,2}})?\s*(?:is|=|:|–"
    rf"|-)?\s*({NUMBER_PATTERN})\s*{MARKS_UNIT_PATTERN}?\.?"
    rf"(?:{_CLOSE})?",
    re.IGNORECASE,
)
_TOTAL = LazyPattern(
    rf"{_OPEN}(?:sub-?)?total\s*(?:{MARKS_UNIT_PATTERN})?\s*[:=–-]?\s*({NUMBER_PATTERN})\s*{MARKS_UNIT_PATTERN}?{_CLOSE}"
    rf"|^\s*total\s*[:=–-]?\s*({NUMBER_PATTERN})\s*{MARKS_UNIT_PATTERN}?\s*$",
    re.IGNORECASE,
)
_PRODUCT = LazyPattern(
    rf"(?P<open>[\[(]\s*)?(?P<a>{NUMBER_PATTERN})['’′]?\s*{MARKS_UNIT_PATTERN}?\s*[x×X*✕]\s*(?P<b>{NUMBER_PATTERN})['’′]?\s*{MARKS_UNIT_PATTERN}?\s*(?:=\s*(?P<c>{NUMBER_PATTERN})['’′]?)?"
    rf"\s*(?P<unit>{MARKS_UNIT_PATTERN}|M(?=\s*[\])]))?(?P<close>\s*[\])])?",
)
_SHARED_MARKS_WORDING = LazyPattern(
    r"\b(?:answer|attempt|any|following|all|choose|fill|write|match|state|define|questions?)\b", re.IGNORECASE
)
_SUM = LazyPattern(
    rf"{_OPEN}({NUMBER_PATTERN}(?:\s*\+\s*{NUMBER_PATTERN}){{1,5}})\s*(?:=\s*({NUMBER_PATTERN}))?\s*{MARKS_UNIT_PATTERN}?{_CLOSE}",
    re.IGNORECASE,
)
_EXPLICIT = LazyPattern(
    rf"{_OPEN}(?:(?:max(?:imum)?\.?|worth|carries|for|total)\s*)?(?:{MARKS_UNIT_PATTERN}\s*[:=–-]?\s*)?({NUMBER_PATTERN}"
    rf"|{'|'.join(_NUMBER_WORDS)})"
    rf"\s*-?\s*(?:{MARKS_UNIT_PATTERN}|M\b|m\b|(?-i:P\b))\s*(for\s+)?(each|per\s\w+|every)?[^\])}}\n]{{0,24}}{_CLOSE}",
    re.IGNORECASE,
)
_MARKS_FIRST = LazyPattern(
    rf"{_OPEN}(?:max(?:imum)?\.?\s*)?{MARKS_UNIT_PATTERN}\s*[:=–-]?\s*({NUMBER_PATTERN}){_CLOSE}"
    rf"|\bmarks?\s*[:=–-]\s*({NUMBER_PATTERN})\s*$|\bmarked\s+out\s+of\s*:?\s*({NUMBER_PATTERN})",
    re.IGNORECASE,
)
_LINE_END = LazyPattern(
    rf"(?:^|(?<=[\s.?!:,;\-–—)]))({NUMBER_PATTERN}|{'|'.join(_NUMBER_WORDS)})\s*-?\s*({MARKS_UNIT_PATTERN}|M)(\s+each)?\s*\.?\s*$"
)
_NOT_MARKS_BEFORE = LazyPattern(
    r"\b(?:scored?|scores|got|gets?|gained|obtain(?:s|ed)?|secured?|earn(?:s|ed)?|award(?:ed)?|lost|of|than|by|out"
    r"|at|the|a)\s*$",
    re.IGNORECASE,
)
_BARE_BRACKET = LazyPattern(
    rf"(?:^|(?<=[\s.?!:;)]))\[\s*({NUMBER_PATTERN})\s*\]|(?:\t|____)[\s.]*[A-Za-z°%/]{{0,4}}\s*\[+\s*({NUMBER_PATTERN})\s*\]\s*$"
)
_BARE_PAREN = LazyPattern(rf"(?:^|\t|(?<=[.?!:])\s)\(\s*({NUMBER_PATTERN})\s*\)\s*$")
_OUT_OF = LazyPattern(rf"(?:____\s*|^|\t)/\s*({NUMBER_PATTERN})\s*(?:{MARKS_UNIT_PATTERN})?\s*$", re.IGNORECASE)
_MARKS_BREAK_START = LazyPattern(rf"({_OPEN}(?:total\s+)?{NUMBER_PATTERN}|(?:^|\s){NUMBER_PATTERN})\s*$", re.IGNORECASE)
_MARKS_BREAK_END = LazyPattern(rf"^{MARKS_UNIT_PATTERN}(?:\s+each)?\s*[\])}}]?\.?(?=\s|$)")


class MarkForm(IntEnum):
    """How certain it is that a token is marks. Where a question shows several forms, the most certain one wins."""

    BARE_MARGIN = 1
    BARE_PAREN = 2
    LINE_END = 3
    BARE_BRACKET = 4
    EXPLICIT = 5


@dataclass(frozen=True, slots=True)
class PrintedMarks:
    """One token that prints marks, at `start` to `end` of the text.

    `value` is what the whole is worth. `each` and `count` are the factors of "5 x 2 = 10"; the number of parts shows
    which of the two is the share. `shares`: the terms of "[2+3]". `total`: printed as a total, for the question
    numbered `question` where it says so. `per_part`: "2 marks each".
    """

    value: float
    form: MarkForm
    start: int
    end: int
    each: float | None = None
    count: float | None = None
    shares: tuple[float, ...] = ()
    total: bool = False
    per_part: bool = False
    question: str | None = None


def parse_number(text: str) -> float:
    """Return the value of a number that `NUMBER_PATTERN` matches."""
    text = text.strip().lower()
    if text in _NUMBER_WORDS:
        return float(_NUMBER_WORDS[text])
    if text.endswith(" 1/2"):
        return float(text[:-4]) + 0.5
    extra = _FRACTIONS.get(text[-1:], 0.0)
    whole = text[:-1].strip() if extra else text
    return (float(whole) if whole else 0.0) + extra


@lru_cache(maxsize=4096)
def find_marks(text: str) -> tuple[PrintedMarks, ...]:
    """Return all tokens in the text that look like marks, in order and without overlaps."""
    if not _MAY_HOLD_MARKS.search(text):
        return ()
    found: list[PrintedMarks] = []
    for read in (_find_totals, _find_products, _find_sums, _find_explicit, _find_bare):
        for marks in read(text):
            if not any(marks.start < other.end and other.start < marks.end for other in found):
                found.append(marks)
    return tuple(sorted(found, key=lambda marks: marks.start))


def _find_totals(text: str) -> list[PrintedMarks]:
    found = [
        PrintedMarks(
            parse_number(match[2]), MarkForm.EXPLICIT, match.start(), match.end(), total=True, question=match[1]
        )
        for match in _TOTAL_FOR.finditer(text)
    ]
    found += [
        PrintedMarks(parse_number(match[1] or match[2]), MarkForm.EXPLICIT, match.start(), match.end(), total=True)
        for match in _TOTAL.finditer(text)
    ]
    return found


def _find_products(text: str) -> list[PrintedMarks]:
    found = []
    for match in _PRODUCT.finditer(text):
        bracketed = bool(match["open"] and match["close"])
        a, b = parse_number(match["a"]), parse_number(match["b"])
        product = parse_number(match["c"]) if match["c"] else a * b
        stated = (
            bool(match["c"])
            and not text[match.end() :].strip()
            and bool(_SHARED_MARKS_WORDING.search(text[: match.start()]))
        )
        if abs(product - a * b) > 0.01 or not (match["c"] or match["unit"]):
            continue
        if bracketed or match["unit"] or stated:
            found.append(
                PrintedMarks(product, MarkForm.EXPLICIT, match.start(), match.end(), each=b, count=a, per_part=False)
            )
    return found


def _find_sums(text: str) -> list[PrintedMarks]:
    found = []
    for match in _SUM.finditer(text):
        shares = tuple(parse_number(share) for share in match[1].split("+"))
        if match[2] is None or abs(parse_number(match[2]) - sum(shares)) < 0.01:
            found.append(PrintedMarks(sum(shares), MarkForm.EXPLICIT, match.start(), match.end(), shares=shares))
    return found


def _find_explicit(text: str) -> list[PrintedMarks]:
    found = [
        PrintedMarks(parse_number(match[1]), MarkForm.EXPLICIT, match.start(), match.end(), per_part=bool(match[3]))
        for match in _EXPLICIT.finditer(text)
    ]
    found += [
        PrintedMarks(parse_number(match[1] or match[2] or match[3]), MarkForm.EXPLICIT, match.start(), match.end())
        for match in _MARKS_FIRST.finditer(text)
    ]
    for match in _LINE_END.finditer(text):
        if not _NOT_MARKS_BEFORE.search(text[: match.start()].rstrip(" ")):
            per_part = bool(match[3])
            found.append(
                PrintedMarks(parse_number(match[1]), MarkForm.LINE_END, match.start(), match.end(), per_part=per_part)
            )
    return found


def _find_bare(text: str) -> list[PrintedMarks]:
    found = [
        PrintedMarks(
            parse_number(match[1] or match[2]), MarkForm.BARE_BRACKET, text.index("[", match.start()), match.end()
        )
        for match in _BARE_BRACKET.finditer(text)
    ]
    for pattern, form in ((_BARE_PAREN, MarkForm.BARE_PAREN), (_OUT_OF, MarkForm.BARE_BRACKET)):
        found += [
            PrintedMarks(
                parse_number(m[1]), form, m.start() + m[0].startswith("\t") * (form is not MarkForm.BARE_PAREN), m.end()
            )
            for m in pattern.finditer(text)
        ]
    return found


def remove_marks(text: str, marks: Sequence[PrintedMarks]) -> str:
    """Return the text without these tokens."""
    for token in sorted(marks, key=lambda token: -token.start):
        text = (
            text[: token.start].rstrip(" ") + (" " if text[token.end :].strip() else "") + text[token.end :].lstrip(" ")
        )
    return text.strip()


def rejoin_marks(upper: str, lower: str) -> tuple[str, str] | None:
    """Join marks that break over two lines ("… (5" / "marks) …") on the first line.

    Returns both lines, or None where no marks break.
    """
    opening = _MARKS_BREAK_START.search(upper)
    rest = _MARKS_BREAK_END.match(lower)
    if opening is None or rest is None:
        return None
    opened = opening[1].lstrip()[0] in "[({"
    closed = rest[0].rstrip(".")[-1:] in "])}"
    if opened != closed or (not opened and lower[rest.end() :].strip()):
        return None
    return f"{upper} {rest[0]}", lower[rest.end() :].strip()
