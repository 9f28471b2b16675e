"""Evidence: the words on the sheet that a quote stands for, found although OCR or a model misspelled some."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from core.result import Place
from grade.answer import AnswerLine

_FOUND = 82.0
_SHORTEST = 3


@dataclass(frozen=True, slots=True)
class Evidence:
    """The student's own words and where they stand. `score` is rapidfuzz's, 0 to 100."""

    quote: str
    place: Place | None
    score: float


def find_quote(quote: str, text: str, lines: Sequence[AnswerLine]) -> Evidence | None:
    """The passage of the answer that `quote` stands for, or None where no passage is near it. The words
    given back are the sheet's, never the quote's. A quote may run over several lines."""
    wanted = _plain(quote)
    if len(wanted) < _SHORTEST:
        return _short_quote(wanted, text, lines)
    folded, origin = _fold(text)
    if not folded:
        return None
    if len(wanted) > len(folded) * 1.25:
        return None
    alignment = fuzz.partial_ratio_alignment(wanted, folded)
    if alignment is None or alignment.score < _FOUND:
        return None
    start, end = _whole_words(folded, alignment.dest_start, alignment.dest_end)
    words = text[origin[start] : origin[end - 1] + 1].strip() if end > start else ""
    return Evidence(" ".join(words.split()), _place_of(wanted, lines), alignment.score) if words else None


def _short_quote(wanted: str, text: str, lines: Sequence[AnswerLine]) -> Evidence | None:
    if not wanted or not re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", text.casefold()):
        return None
    return Evidence(wanted, _place_of(wanted, lines), 100.0)


def _place_of(wanted: str, lines: Sequence[AnswerLine]) -> Place | None:
    """The line that holds most of the quote (either may be a part of the other)."""
    best, score = None, 0.0
    for line in lines:
        plain = _plain(line.line.text)
        if not plain:
            continue
        found = fuzz.partial_ratio(wanted, plain) * min(1.0, len(plain) / min(len(wanted), 12))
        if found > score:
            best, score = line, found
    return best.place if best is not None and score >= _FOUND - 20 else None


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _fold(text: str) -> tuple[str, list[int]]:
    """The text without case and with single spaces, and for each of its characters the place in the original."""
    folded: list[str] = []
    origin: list[int] = []
    for index, char in enumerate(text):
        if char.isspace():
            if folded and folded[-1] != " ":
                folded.append(" ")
                origin.append(index)
            continue
        for lowered in char.casefold():
            folded.append(lowered)
            origin.append(index)
    return "".join(folded), origin


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """The span widened to the ends of the words it cuts."""
    while start > 0 and not text[start - 1].isspace():
        start -= 1
    while end < len(text) and not text[end].isspace():
        end += 1
    return start, end
