"""What the readers of free text do not know: formulae, drawings, other languages. It goes to a person."""

import re

from core.result import ReviewReason
from grade.words.english import has_foreign_part

_WORD = re.compile(r"[^\W\d_]+")
_SIGNS = re.compile(r"[=+\-*/^<>≤≥≠≈±∫∑∏√∂∞∝→⇌↔⇒∆∇πθλμσΩαβγ{}\[\]|\\_\d()₀-₉⁰-⁹]")


def reading_doubts(text: str, matter: frozenset[str] = frozenset()) -> tuple[ReviewReason, ...]:
    """The reasons why an answer in running text is beyond a marker that reads English words. `matter`: the
    vocabulary of the question and its scheme."""
    letters = [char for char in text if char.isalpha()]
    signs = len(_SIGNS.findall(text))
    words = [word for word in _WORD.findall(text.casefold()) if len(word) > 2]
    if not letters and not signs:
        return (ReviewReason.UNREADABLE,) if text.strip() else ()
    found = []
    if has_foreign_part(text, matter):
        found.append(ReviewReason.UNKNOWN_LANGUAGE)
    if signs >= 4 and signs > 0.8 * sum(len(word) for word in words):
        found.append(ReviewReason.FORMULA_OR_DRAWING)
    return tuple(found)
