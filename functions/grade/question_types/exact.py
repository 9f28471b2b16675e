"""Marks exact answers: accepts the scheme's own wording, without regard to case and surplus space."""

import re
import unicodedata

from rapidfuzz import fuzz

from core.models.assessment import Question, SchemeEntry
from core.models.result import ReviewReason
from grade.language import lookalikes
from grade.mark_arithmetic import RuleMark
from grade.question_types.answer_normalization import HEDGE, normalize_answer, remove_lead_in, shorten

_ANOTHER_ITEM = re.compile(
    r"(?:and\b|,|&|\+|;)\s*(?!(?:the|an?|in|of|on|which)\b)\w+(?:\s\w+)?\s?|\w+(?:\s\w+)?\s?(?:and|,|&|\+|;)"
)
_NEAR_MISS = 80.0
_SHORT_SENTENCE = 10


def mark(_question: Question, entry: SchemeEntry, text: str, max_marks: float) -> RuleMark:
    """Marks an answer against the scheme's wordings, alone or in a short sentence of its own.

    Case and surplus space do not count. Look-alike characters, near misspellings and a right answer among other text go
    to a person.
    """
    cleaned = remove_lead_in(text)
    right = {remove_lead_in(answer): answer for answer in entry.answers if normalize_answer(answer)}
    if cleaned in right or any(
        sorted(_split_tokens(cleaned)) == sorted(_split_tokens(answer)) for answer in right if " " in answer
    ):
        return RuleMark(max_marks, f"Read “{shorten(text)}”, which is right.")
    wrong = -entry.negative if entry.negative else 0.0
    if any(
        _fold_letters(cleaned) == _fold_letters(answer) or lookalikes.looks_like(cleaned, answer) for answer in right
    ):
        reason = f"“{shorten(text)}” looks like the right answer but for spaces, accents or look-alike characters."
        return RuleMark(max_marks, reason, 0.6, (ReviewReason.LOOK_ALIKE,))
    contained = [answer for answer in right if re.search(rf"(?<!\w){re.escape(answer)}(?!\w)", cleaned)]
    if contained:
        rest = cleaned.replace(contained[0], " ")
        if len(rest.split()) <= _SHORT_SENTENCE and not HEDGE.search(rest) and not _is_another_item(rest):
            return RuleMark(max_marks, f"Read “{shorten(text)}”, which gives the right answer.", 0.85)
        reason = f"The right answer stands in “{shorten(text)}”, but not by itself."
        return RuleMark(wrong, reason, 0.5, (ReviewReason.UNCLEAR_ANSWER,))
    if any(len(answer) > 3 and fuzz.ratio(cleaned, answer) >= _NEAR_MISS for answer in right):
        reason = f"“{shorten(text)}” is spelled almost like the right answer."
        return RuleMark(wrong, reason, 0.5, (ReviewReason.UNCLEAR_ANSWER,))
    return RuleMark(wrong, f"Read “{shorten(text)}”; right is “{entry.answers[0]}”.", 0.95)


def _split_tokens(text: str) -> list[str]:
    return re.findall(r"[^\W_]+|[^\w\s,]", text)


def _is_another_item(rest: str) -> bool:
    """Whether the rest of the answer names another item ("respiration and …")."""
    return _ANOTHER_ITEM.fullmatch(" ".join(rest.split())) is not None


def _fold_letters(text: str) -> str:
    """The text without accents, spaces and hyphens; the operators of formulas stay."""
    bare = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return re.sub(r"\s|(?<=[^\W\d])-(?=[^\W\d])", "", bare)
