"""Exact and pattern answers: the scheme's own wording, or an expression that the answer has to follow."""

import re
import unicodedata

from rapidfuzz import fuzz

from core.models.assessment import SchemeEntry
from core.models.result import ReviewReason
from grade.language import lookalikes
from grade.mark_arithmetic import RuleMark
from grade.question_types.linear_regex import UnsupportedPattern, compile_pattern

_LEAD_IN = re.compile(
    r"^(?:(?:so|hence|therefore|thus|the|my|final|correct|right)\s+)*(?:answer|ans|it|this|that)\b\s*"
    r"(?:is|was|are|'s|=|:|-)\s*(?:called\s+|known as\s+)?",
    re.I,
)
_STATED = re.compile(r"^[^.!?]{0,60}?\b(?:is|are|was|=|:)\s+", re.I)
_ARTICLE = re.compile(r"^(?:the|an?)\s+", re.I)
_HEDGE = re.compile(r"\b(?:or|either|maybe|perhaps|not|isn't|never)\b|n't\b|/|\?", re.I)
_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "−": "-", "\u00a0": " "})
_ANOTHER_ITEM = re.compile(
    r"(?:and\b|,|&|\+|;)\s*(?!(?:the|an?|in|of|on|which)\b)\w+(?:\s\w+)?\s?|\w+(?:\s\w+)?\s?(?:and|,|&|\+|;)"
)
# Space around the signs of a formula says nothing.
_AROUND_SIGNS = re.compile(r"(?:(?<!\s)\s++)?([+*/=^×÷<>])\s*")
_NEAR_MISS = 80.0
_SHORT_SENTENCE = 10


def normalize_answer(text: str) -> str:
    """Without case, surplus space, outer quotes and a full stop at the end."""
    plain = " ".join(unicodedata.normalize("NFKC", text.translate(_QUOTES)).casefold().split())
    return _AROUND_SIGNS.sub(r"\1", plain.strip(" \"'`.,;:!?()[]") or plain)


def _remove_lead_in(text: str) -> str:
    """`normal`, also without "the answer is" and an article in front."""
    return _ARTICLE.sub("", normalize_answer(_LEAD_IN.sub("", " ".join(text.translate(_QUOTES).split()))))


def mark_exact(entry: SchemeEntry, text: str, max_marks: float) -> RuleMark:
    """The scheme's wording without case and surplus space, alone or in a short sentence of its own."""
    cleaned = _remove_lead_in(text)
    right = {_remove_lead_in(answer): answer for answer in entry.answers if normalize_answer(answer)}
    if cleaned in right or any(
        sorted(_split_tokens(cleaned)) == sorted(_split_tokens(answer)) for answer in right if " " in answer
    ):
        return RuleMark(max_marks, f"Read “{_shorten(text)}”, which is right.")
    wrong = -entry.negative if entry.negative else 0.0
    if any(
        _fold_letters(cleaned) == _fold_letters(answer) or lookalikes.looks_like(cleaned, answer) for answer in right
    ):
        reason = f"“{_shorten(text)}” looks like the right answer but for spaces, accents or look-alike characters."
        return RuleMark(max_marks, reason, 0.6, (ReviewReason.LOOK_ALIKE,))
    contained = [answer for answer in right if re.search(rf"(?<!\w){re.escape(answer)}(?!\w)", cleaned)]
    if contained:
        rest = cleaned.replace(contained[0], " ")
        if len(rest.split()) <= _SHORT_SENTENCE and not _HEDGE.search(rest) and not _is_another_item(rest):
            return RuleMark(max_marks, f"Read “{_shorten(text)}”, which gives the right answer.", 0.85)
        reason = f"The right answer stands in “{_shorten(text)}”, but not by itself."
        return RuleMark(wrong, reason, 0.5, (ReviewReason.UNCLEAR_ANSWER,))
    if any(len(answer) > 3 and fuzz.ratio(cleaned, answer) >= _NEAR_MISS for answer in right):
        reason = f"“{_shorten(text)}” is spelled almost like the right answer."
        return RuleMark(wrong, reason, 0.5, (ReviewReason.UNCLEAR_ANSWER,))
    return RuleMark(wrong, f"Read “{_shorten(text)}”; right is “{entry.answers[0]}”.", 0.95)


def _split_tokens(text: str) -> list[str]:
    return re.findall(r"[^\W_]+|[^\w\s,]", text)


def _is_another_item(rest: str) -> bool:
    """Whether what stands beside the right answer is another one ("respiration and …")."""
    return _ANOTHER_ITEM.fullmatch(" ".join(rest.split())) is not None


def _fold_letters(text: str) -> str:
    """Without accents, spaces and hyphens; signs of formulae stay."""
    bare = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return re.sub(r"\s|(?<=[^\W\d])-(?=[^\W\d])", "", bare)


def mark_pattern(entry: SchemeEntry, text: str, max_marks: float) -> RuleMark:
    """The whole answer follows one of the expressions. Where only a part of it does, a person decides."""
    cleaned = " ".join(text.translate(_QUOTES).split())
    candidates = list(dict.fromkeys((cleaned, cleaned.rstrip("."), normalize_answer(text), _remove_lead_in(text))))
    wrong = -entry.negative if entry.negative else 0.0
    try:
        patterns = [compile_pattern(source) for source in entry.answers]
    except UnsupportedPattern as error:
        return RuleMark(None, f"The scheme's pattern cannot be used. {error}", 0.0, (ReviewReason.NO_SCHEME,))
    if any(pattern.fullmatch(candidate) for pattern in patterns for candidate in candidates):
        return RuleMark(max_marks, f"Read “{_shorten(text)}”, which is as asked for.", 0.95)
    stated = _STATED.sub("", cleaned).strip(" .")
    if stated != cleaned and not _HEDGE.search(cleaned) and any(pattern.fullmatch(stated) for pattern in patterns):
        return RuleMark(max_marks, f"Read “{_shorten(text)}”, which gives what is asked for.", 0.85)
    if any(pattern.has_match(cleaned) for pattern in patterns):
        reason = f"A part of “{_shorten(text)}” is as asked for, but more stands with it."
        return RuleMark(wrong, reason, 0.5, (ReviewReason.UNCLEAR_ANSWER,))
    readings = (cleaned.replace(" ", ""), *lookalikes.swap_lookalikes(cleaned))
    if any(pattern.fullmatch(reading) for reading in readings for pattern in patterns):
        reason = f"“{_shorten(text)}” is as asked for if its spaces or look-alike characters are read so."
        return RuleMark(max_marks, reason, 0.6, (ReviewReason.LOOK_ALIKE,))
    return RuleMark(wrong, f"Read “{_shorten(text)}”, which is not as asked for.", 0.9)


def _shorten(text: str) -> str:
    cleaned = " ".join(text.split())
    return cleaned if len(cleaned) <= 80 else f"{cleaned[:77]}…"
