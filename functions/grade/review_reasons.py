"""What the markers cannot read: formulae, drawings, other languages. It goes to a person."""

import re

from core.models.result import ReviewReason
from grade.language.english_detection import has_foreign_part, has_word_in_other_script

_WORD = re.compile(r"[^\W\d_]+")
_SYMBOLS = re.compile(r"[=+\-*/^<>≤≥≠≈±∫∑∏√∂∞∝→⇌↔⇒∆∇πθλμσΩαβγ{}\[\]|\\_\d()₀-₉⁰-⁹]")


def find_free_text_reasons(text: str, question_words: frozenset[str] = frozenset()) -> tuple[ReviewReason, ...]:
    """The reasons why an answer in running text is beyond a marker that reads English words. `question_words`: the
    vocabulary of the question and its scheme."""
    letters = [char for char in text if char.isalpha()]
    signs = len(_SYMBOLS.findall(text))
    words = [word for word in _WORD.findall(text.casefold()) if len(word) > 2]
    if not letters and not signs:
        return (ReviewReason.UNREADABLE,) if text.strip() else ()
    found = []
    if has_foreign_part(text, question_words):
        found.append(ReviewReason.UNKNOWN_LANGUAGE)
    if signs >= 4 and signs > 0.8 * sum(len(word) for word in words):
        found.append(ReviewReason.FORMULA_OR_DRAWING)
    return tuple(found)


def find_objective_reasons(text: str, question_words: frozenset[str], *, by_words: bool) -> tuple[ReviewReason, ...]:
    """The reasons why an answer that code did not accept may be right all the same. `by_words`: the scheme's wording
    is looked for in it; of a choice or a value only letters of another alphabet say that it was not read."""
    foreign = has_word_in_other_script(text, question_words) or (
        by_words and has_foreign_part(text, question_words) and not _is_name_alone(text)
    )
    return (ReviewReason.UNKNOWN_LANGUAGE,) if foreign else ()


def _is_name_alone(text: str) -> bool:
    """Names belong to no language: "Leonardo da Vinci"."""
    long = [word for word in _WORD.findall(text) if len(word) > 3]
    return bool(long) and all(word[0].isupper() for word in long)
