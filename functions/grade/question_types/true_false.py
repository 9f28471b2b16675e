"""Marks true/false questions: parses the answer and compares it with the scheme."""

import re
from collections.abc import Sequence

from rapidfuzz.distance import OSA

from core.models.assessment import Question, SchemeEntry
from core.models.result import ReviewReason
from grade.language.tokenizer import word_set
from grade.mark_arithmetic import RuleMark
from grade.question_types.choice import LEAD_IN

_TRUE = word_set("t true yes y correct right ✓ ✔ √ agree")
_FALSE = word_set("f false no n incorrect wrong untrue ✗ ✘ × x disagree")
_WORDS = re.compile(r"[^\W_]+(?:'[a-z]+)?|[✓✔√✗✘×]")


def mark(_question: Question, entry: SchemeEntry, text: str, max_marks: float) -> RuleMark:
    """All marks for the right value, else 0; `negative` is subtracted for the wrong value."""
    right = parse_true_false(entry.answers[0])
    selected = parse_true_false(text)
    if right is None:
        return RuleMark(None, "The scheme's answer is neither true nor false.", 0.0, (ReviewReason.NO_SCHEME,))
    if selected is None and (guess := _guess_misspelled_true_false(text)) is not None:
        marks = max_marks if guess == right else -entry.negative if entry.negative else 0.0
        reason = f"“{text.strip()}” looks like {'true' if guess else 'false'}."
        return RuleMark(marks, reason, 0.6, (ReviewReason.LOOK_ALIKE,))
    if selected is None:
        return RuleMark(None, "The answer says neither true nor false, or both.", 0.3, (ReviewReason.UNCLEAR_ANSWER,))
    word = "true" if selected else "false"
    if selected == right:
        return RuleMark(max_marks, f"Read {word}, which is right.")
    return RuleMark(
        -entry.negative if entry.negative else 0.0, f"Read {word}; right is {'true' if right else 'false'}."
    )


def parse_true_false(text: str) -> bool | None:
    """True, False, or None where the text says neither or both. A leading word decides over its explanation."""
    cleaned = LEAD_IN.sub("", text.strip())
    words = [word.casefold() for word in _WORDS.findall(cleaned.replace("’", "'"))]
    if re.match(r"^\W*(?:t(?:rue)?|yes|y)\W*(?:/|or|and)\W*(?:f(?:alse)?|no|n)\b", cleaned, re.I) or (
        re.match(r"^\W*(?:f(?:alse)?|no|n)\W*(?:/|or|and)\W*(?:t(?:rue)?|yes|y)\b", cleaned, re.I)
    ):
        return None
    if words and set(words) <= _TRUE | _FALSE and set(words) & _TRUE and set(words) & _FALSE:
        return None
    if (
        words
        and words[0] in _TRUE | _FALSE
        and not (words[0] in {"no", "yes"} and _find_truth_values(words[1:]) == {words[0] == "no"})
    ):
        return words[0] in _TRUE
    found = _find_truth_values(words)
    return found.pop() if len(found) == 1 else None


def _guess_misspelled_true_false(text: str) -> bool | None:
    """The value of a single word that is one letter away from true or false ("Trve", "fa1se"), else None."""
    word = text.strip(" .,;:!").casefold()
    for truth in ("true", "false"):
        if 3 <= len(word) <= 6 and OSA.distance(word, truth) == 1:
            return truth == "true"
    return None


def _find_truth_values(words: Sequence[str]) -> set[bool]:
    """The values that the words state, with negations before them taken into account."""
    found: set[bool] = set()
    for index, word in enumerate(words):
        if len(word) < 4 and word not in {"yes", "no"}:
            continue
        is_negated = any(before in {"not", "isn't", "never"} for before in words[max(0, index - 2) : index])
        if word in _TRUE:
            found.add(not is_negated)
        elif word in _FALSE and word != "no":
            found.add(is_negated)
    return found
