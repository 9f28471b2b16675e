"""Exact and pattern answers: the scheme's own wording, or an expression that the answer has to follow."""

import re
import unicodedata

from rapidfuzz import fuzz

from core.assessment import SchemeEntry
from core.result import ReviewReason
from grade.decision import Decision
from grade.objective.patterns import UnsupportedPattern, compile_pattern
from grade.words import lookalikes

_LEAD = re.compile(
    r"^(?:(?:so|hence|therefore|thus|the|my|final|correct|right)\s+)*(?:answer|ans|it|this|that)\b\s*"
    r"(?:is|was|are|'s|=|:|-)\s*(?:called\s+|known as\s+)?",
    re.I,
)
_STATED = re.compile(r"^[^.!?]{0,60}?\b(?:is|are|was|=|:)\s+", re.I)
_ARTICLE = re.compile(r"^(?:the|an?)\s+", re.I)
_HEDGE = re.compile(r"\b(?:or|either|maybe|perhaps|not|isn't|never)\b|n't\b|/|\?", re.I)
_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "−": "-", "\u00a0": " "})
_ANOTHER = re.compile(
    r"(?:and\b|,|&|\+|;)\s*(?!(?:the|an?|in|of|on|which)\b)\w+(?:\s\w+)?\s?|\w+(?:\s\w+)?\s?(?:and|,|&|\+|;)"
)
# Space around the signs of a formula says nothing.
_AROUND_SIGNS = re.compile(r"(?:(?<!\s)\s++)?([+*/=^×÷<>])\s*")
_NEAR_MISS = 80.0
_SHORT_SENTENCE = 10


def normal(text: str) -> str:
    """Without case, surplus space, outer quotes and a full stop at the end."""
    plain = " ".join(unicodedata.normalize("NFKC", text.translate(_QUOTES)).casefold().split())
    return _AROUND_SIGNS.sub(r"\1", plain.strip(" \"'`.,;:!?()[]") or plain)


def _bare(text: str) -> str:
    """`normal`, also without "the answer is" and an article in front."""
    return _ARTICLE.sub("", normal(_LEAD.sub("", " ".join(text.translate(_QUOTES).split()))))


def mark_exact(entry: SchemeEntry, text: str, max_marks: float) -> Decision:
    """The scheme's wording without case and surplus space, alone or in a short sentence of its own."""
    said = _bare(text)
    right = {_bare(answer): answer for answer in entry.answers if normal(answer)}
    if said in right or any(sorted(_words(said)) == sorted(_words(answer)) for answer in right if " " in answer):
        return Decision(max_marks, f"Read “{_short(text)}”, which is right.")
    wrong = -entry.negative if entry.negative else 0.0
    if any(_letters(said) == _letters(answer) or lookalikes.looks_like(said, answer) for answer in right):
        reason = f"“{_short(text)}” looks like the right answer but for spaces, accents or look-alike characters."
        return Decision(max_marks, reason, 0.6, (ReviewReason.LOOK_ALIKE,))
    contained = [answer for answer in right if re.search(rf"(?<!\w){re.escape(answer)}(?!\w)", said)]
    if contained:
        rest = said.replace(contained[0], " ")
        if len(rest.split()) <= _SHORT_SENTENCE and not _HEDGE.search(rest) and not _listed(rest):
            return Decision(max_marks, f"Read “{_short(text)}”, which gives the right answer.", 0.85)
        reason = f"The right answer stands in “{_short(text)}”, but not by itself."
        return Decision(wrong, reason, 0.5, (ReviewReason.UNCLEAR_ANSWER,))
    if any(len(answer) > 3 and fuzz.ratio(said, answer) >= _NEAR_MISS for answer in right):
        reason = f"“{_short(text)}” is spelled almost like the right answer."
        return Decision(wrong, reason, 0.5, (ReviewReason.UNCLEAR_ANSWER,))
    return Decision(wrong, f"Read “{_short(text)}”; right is “{entry.answers[0]}”.", 0.95)


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+|[^\w\s,]", text)


def _listed(rest: str) -> bool:
    """Whether what stands beside the right answer is another one ("respiration and …")."""
    return _ANOTHER.fullmatch(" ".join(rest.split())) is not None


def _letters(text: str) -> str:
    """Without accents, spaces and hyphens; signs of formulae stay."""
    bare = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return re.sub(r"\s|(?<=[^\W\d])-(?=[^\W\d])", "", bare)


def mark_pattern(entry: SchemeEntry, text: str, max_marks: float) -> Decision:
    """The whole answer follows one of the expressions. Where only a part of it does, a person decides."""
    said = " ".join(text.translate(_QUOTES).split())
    candidates = list(dict.fromkeys((said, said.rstrip("."), normal(text), _bare(text))))
    wrong = -entry.negative if entry.negative else 0.0
    try:
        patterns = [compile_pattern(source) for source in entry.answers]
    except UnsupportedPattern as error:
        return Decision(None, f"The scheme's pattern cannot be used. {error}", 0.0, (ReviewReason.NO_SCHEME,))
    if any(pattern.fullmatch(candidate) for pattern in patterns for candidate in candidates):
        return Decision(max_marks, f"Read “{_short(text)}”, which is as asked for.", 0.95)
    stated = _STATED.sub("", said).strip(" .")
    if stated != said and not _HEDGE.search(said) and any(pattern.fullmatch(stated) for pattern in patterns):
        return Decision(max_marks, f"Read “{_short(text)}”, which gives what is asked for.", 0.85)
    if any(pattern.found_in(said) for pattern in patterns):
        reason = f"A part of “{_short(text)}” is as asked for, but more stands with it."
        return Decision(wrong, reason, 0.5, (ReviewReason.UNCLEAR_ANSWER,))
    readings = (said.replace(" ", ""), *lookalikes.swapped(said))
    if any(pattern.fullmatch(reading) for reading in readings for pattern in patterns):
        reason = f"“{_short(text)}” is as asked for if its spaces or look-alike characters are read so."
        return Decision(max_marks, reason, 0.6, (ReviewReason.LOOK_ALIKE,))
    return Decision(wrong, f"Read “{_short(text)}”, which is not as asked for.", 0.9)


def _short(text: str) -> str:
    said = " ".join(text.split())
    return said if len(said) <= 80 else f"{said[:77]}…"
