"""Finds the passage of an answer that a quote refers to, even if OCR or a model misspelled some of it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from core.models.result import PageRegion
from grade.answer import AnswerLine
from grade.language.tokenizer import word_set

_MIN_SCORE = 82.0
_MIN_FUZZY_LENGTH = 3
# Words that occur in any sentence, so finding them on a sheet proves nothing. Words that can be an answer by themselves
# ("up", "more", "not", "one") are not included.
_FUNCTION_WORDS = word_set(
    "a an the this that these those it its they them their he she his her him we us our you your i me my is are was "
    "were be been being am do does did has have had will would shall should can could may might must of to at from by "
    "with for as than then so and or but if because since which who what there s"
)
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Evidence:
    """The student's own words and their region on the sheet. `score` is rapidfuzz's, 0 to 100."""

    quote: str
    place: PageRegion | None
    score: float


def find_quote(quote: str, text: str, lines: Sequence[AnswerLine]) -> Evidence | None:
    """The passage of the answer that `quote` refers to, or None if no passage is similar enough.

    The returned words are the sheet's, never the quote's. A quote may span several lines.
    """
    wanted = _normalize(quote)
    if len(wanted) < _MIN_FUZZY_LENGTH:
        return _find_short_quote(wanted, text, lines)
    folded, origin = _fold_with_offsets(text)
    if not folded:
        return None
    if len(wanted) > len(folded) * 1.25:
        return None
    alignment = fuzz.partial_ratio_alignment(wanted, folded)
    if alignment is None or alignment.score < _MIN_SCORE:
        return None
    start, end = _widen_to_words(folded, alignment.dest_start, alignment.dest_end)
    words = text[origin[start] : origin[end - 1] + 1].strip() if end > start else ""
    return Evidence(" ".join(words.split()), _find_region(wanted, lines), alignment.score) if words else None


def find_evidence(quote: str, text: str, lines: Sequence[AnswerLine]) -> Evidence | None:
    """The evidence of a quote that occurs in the answer and is conclusive, or None."""
    if _strip_punctuation(quote) == _strip_punctuation(text):
        return find_quote(text, text, lines)
    return find_quote(quote, text, lines) if is_conclusive_quote(quote, text) else None


def is_conclusive_quote(quote: str, text: str) -> bool:
    """Whether a quote that occurs in the answer proves anything.

    It does if it is the whole answer, or if it has a number, a symbol or a word that is not a function word. A single
    character proves something only as the whole answer.
    """
    bare = _strip_punctuation(quote)
    has_content = len(bare) > 1 and any(word not in _FUNCTION_WORDS for word in _WORD.findall(bare))
    return has_content or bool(bare and bare == _strip_punctuation(text))


def _strip_punctuation(text: str) -> str:
    """The normalised text without surrounding punctuation: "(B)." becomes "b"."""
    return re.sub(r"^[^\w]+|[^\w]+$", "", _normalize(text)) or _normalize(text)


def _find_short_quote(wanted: str, text: str, lines: Sequence[AnswerLine]) -> Evidence | None:
    found = re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", text, re.IGNORECASE) if wanted else None
    return Evidence(found[0], _find_region(wanted, lines), 100.0) if found else None


def _find_region(wanted: str, lines: Sequence[AnswerLine]) -> PageRegion | None:
    """The region of the line that has most of the quote; either may be a part of the other."""
    best, best_score = None, 0.0
    for line in lines:
        plain = _normalize(line.line.text)
        if not plain:
            continue
        score = fuzz.partial_ratio(wanted, plain) * min(1.0, len(plain) / min(len(wanted), 12))
        if score > best_score:
            best, best_score = line, score
    return best.place if best is not None and best_score >= _MIN_SCORE - 20 else None


def _normalize(text: str) -> str:
    return " ".join(text.casefold().split())


def _fold_with_offsets(text: str) -> tuple[str, list[int]]:
    """The case-folded text with single spaces, and for each of its characters the index in the original."""
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


def _widen_to_words(text: str, start: int, end: int) -> tuple[int, int]:
    """The span extended to whole words."""
    while start > 0 and not text[start - 1].isspace():
        start -= 1
    while end < len(text) and not text[end].isspace():
        end += 1
    return start, end
