"""Marks pattern answers: the whole answer must match one of the scheme's regular expressions."""

import re

from core.models.assessment import Question, SchemeEntry
from core.models.result import ReviewReason
from grade.language import lookalikes
from grade.mark_arithmetic import RuleMark
from grade.question_types.answer_normalization import (
    HEDGE,
    normalize_answer,
    normalize_quotes,
    remove_lead_in,
    shorten,
)
from grade.question_types.linear_regex import compile_pattern
from grade.question_types.regex_parser import UnsupportedPattern

_STATED = re.compile(r"^[^.!?]{0,60}?\b(?:is|are|was|=|:)\s+", re.I)


def mark(_question: Question, entry: SchemeEntry, text: str, max_marks: float) -> RuleMark:
    """Marks an answer against the scheme's expressions. Where only a part of it matches, a person decides."""
    cleaned = normalize_quotes(text)
    candidates = list(dict.fromkeys((cleaned, cleaned.rstrip("."), normalize_answer(text), remove_lead_in(text))))
    wrong = -entry.negative if entry.negative else 0.0
    try:
        patterns = [compile_pattern(source) for source in entry.answers]
    except UnsupportedPattern as error:
        return RuleMark(None, f"The scheme's pattern cannot be used. {error}", 0.0, (ReviewReason.NO_SCHEME,))
    if any(pattern.fullmatch(candidate) for pattern in patterns for candidate in candidates):
        return RuleMark(max_marks, f"Read “{shorten(text)}”, which is as asked for.", 0.95)
    stated = _STATED.sub("", cleaned).strip(" .")
    if stated != cleaned and not HEDGE.search(cleaned) and any(pattern.fullmatch(stated) for pattern in patterns):
        return RuleMark(max_marks, f"Read “{shorten(text)}”, which gives what is asked for.", 0.85)
    if any(pattern.has_match(cleaned) for pattern in patterns):
        reason = f"A part of “{shorten(text)}” is as asked for, but more stands with it."
        return RuleMark(wrong, reason, 0.5, (ReviewReason.UNCLEAR_ANSWER,))
    readings = (cleaned.replace(" ", ""), *lookalikes.swap_lookalikes(cleaned))
    if any(pattern.fullmatch(reading) for reading in readings for pattern in patterns):
        reason = f"“{shorten(text)}” is as asked for if its spaces or look-alike characters are read so."
        return RuleMark(max_marks, reason, 0.6, (ReviewReason.LOOK_ALIKE,))
    return RuleMark(wrong, f"Read “{shorten(text)}”, which is not as asked for.", 0.9)
