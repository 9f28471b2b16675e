"""Parses single-letter answers in a row: "1 B 2 C 3 True", "1-5 CBCDE", or a grid. Keys and students write them."""

import re
from dataclasses import dataclass
from itertools import pairwise

from grade.lazy_pattern import LazyPattern

_MAX_LENGTH = 600
_DIGIT = re.compile(r"\d")
_ANSWER_PATTERN = r"(?:[A-Ha-h](?:\s?(?:,|and|&|/)\s?[A-Ha-h])*(?![\w'’])|[Tt]rue|[Ff]alse|TRUE|FALSE|[TtFf](?![\w'’]))"
_PAIR = LazyPattern(
    rf"(?:^|(?<=[\s,;|]))(?:[Qq]\s?\.?\s?)?(\d{{1,3}})\s?[.):\]=\-–—→>|]{{0,2}}\s{{0,3}}(?:[Aa]ns(?:wer)?[.:]?\s*)?"
    rf"[(\[]?\s?({_ANSWER_PATTERN})\s?[)\]]?\.?(?=$|[\s,;|])"
)
_RANGE = LazyPattern(
    r"(?:^|(?<=\s))[Qq]?(\d{1,3})\s?(?:[-–—]|to)\s?[Qq]?(\d{1,3})\s*[:.)]?\s+((?:[A-Ha-h][\s,]{0,3}){2,})(?=$|\s|\d)"
)
_NUMBERS = LazyPattern(
    r"\W*(?:q(?:uestion|ues)?\.?\s*(?:nos?\.?|numbers?)?|nos?\.?|sl\.?\s*no\.?)?\W*((?:\d{1,3}[\s"
    r"|.,)]+){2,}\d{1,3})\W*",
    re.IGNORECASE,
)
_CELLS = LazyPattern(rf"\W*(?i:ans(?:wers?)?\.?|key)?\W*((?:{_ANSWER_PATTERN}[\s|.,)]+){{2,}}{_ANSWER_PATTERN})\W*")


@dataclass(frozen=True, slots=True)
class NumberedAnswer:
    """The `response` to question `number`. The text from `start` to `end` belongs to this pair."""

    number: int
    response: str
    start: int
    end: int


def parse_compact_answers(text: str) -> list[NumberedAnswer]:
    """Return the pairs that the text consists of; empty where it contains anything else."""
    if len(text) > _MAX_LENGTH or not _DIGIT.search(text):
        return []
    found: list[tuple[int, str, int]] = []
    uncovered_text = text
    for match in _RANGE.finditer(text):
        letters = list(re.finditer(r"[A-Ha-h]", match[3]))
        if int(match[2]) - int(match[1]) + 1 == len(letters):
            found += [
                (
                    int(match[1]) + position,
                    letter[0],
                    match.start() if position == 0 else match.start(3) + letter.start(),
                )
                for position, letter in enumerate(letters)
            ]
            uncovered_text = (
                uncovered_text[: match.start()] + " " * (match.end() - match.start()) + uncovered_text[match.end() :]
            )
    position = 0
    for match in _PAIR.finditer(uncovered_text):
        if uncovered_text[position : match.start()].strip(" ,;|\t"):
            return []
        found.append((int(match[1]), match[2], match.start()))
        position = match.end()
    if uncovered_text[position:].strip(" ,;|.\t"):
        return []
    return _build_answers(sorted(found, key=lambda pair: pair[2]), text)


def parse_answer_grid(upper: str, lower: str) -> list[NumberedAnswer]:
    """Return the pairs of a row of numbers above a row of as many answers.

    `start` and `end` refer to the lower row. Empty where the rows are not such a grid.
    """
    if len(upper) > _MAX_LENGTH or len(lower) > _MAX_LENGTH or not _DIGIT.search(upper):
        return []
    numbers, cells = _NUMBERS.fullmatch(upper), _CELLS.fullmatch(lower)
    if numbers is None or cells is None:
        return []
    counted = [int(number) for number in re.findall(r"\d+", numbers[1])]
    response = list(re.finditer(_ANSWER_PATTERN, cells[1]))
    if len(counted) != len(response) or any(other != one + 1 for one, other in pairwise(counted)):
        return []
    starts = [0, *(cells.start(1) + cell.start() for cell in response[1:])]
    found = [(number, cell[0], start) for number, cell, start in zip(counted, response, starts, strict=True)]
    return _build_answers(found, lower)


def _build_answers(found: list[tuple[int, str, int]], text: str) -> list[NumberedAnswer]:
    if not found:
        return []
    ends = [start for _, _, start in found[1:]] + [len(text)]
    return [
        NumberedAnswer(number, response, start, end) for (number, response, start), end in zip(found, ends, strict=True)
    ]
