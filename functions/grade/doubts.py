"""What the readers of free text do not know: formulae, drawings, other languages. It goes to a person."""

import re

from core.result import ReviewReason
from grade.words.language import word_set

_ENGLISH = word_set(
    "the of and to in is are was it that this for with as by on be from an or not which because when they has have a "
    "at its so if but can will than then into more there their does do one what"
)
_OTHER = word_set(
    "der die das und ist nicht eine von mit den dem zu auf für sich wird werden durch im des "
    "le la les et est une dans pour que qui sont avec du il elle sur pas au aux ce cette "
    "el los las y en un por con para se su más como del es son "
    "di che per non sono gli nel della il lo ed "
    "o os um uma em não com é do da ao pelo de het een van niet met voor zijn op "
    "och att som på av är det den till"
)
_WORD = re.compile(r"[^\W\d_]+")
_SIGNS = re.compile(r"[=+\-*/^<>≤≥≠≈±∫∑∏√∂∞∝→⇌↔⇒∆∇πθλμσΩαβγ{}\[\]|\\_\d()₀-₉⁰-⁹]")


def reading_doubts(text: str) -> tuple[ReviewReason, ...]:
    """The reasons why an answer in running text is beyond a marker that reads English words."""
    letters = [char for char in text if char.isalpha()]
    signs = len(_SIGNS.findall(text))
    words = [word for word in _WORD.findall(text.casefold()) if len(word) > 2]
    if not letters and not signs:
        return (ReviewReason.UNREADABLE,) if text.strip() else ()
    found = []
    if _is_foreign(text, letters):
        found.append(ReviewReason.UNKNOWN_LANGUAGE)
    if signs >= 4 and signs > 0.8 * sum(len(word) for word in words):
        found.append(ReviewReason.FORMULA_OR_DRAWING)
    return tuple(found)


def _is_foreign(text: str, letters: list[str]) -> bool:
    if not letters:
        return False
    latin = sum(char < "\u0250" or "\u1e00" <= char <= "\u1eff" for char in letters)
    if len(letters) >= 6 and latin < 0.6 * len(letters):
        return True
    words = _WORD.findall(text.casefold())
    if len(words) < 6:
        return False
    english = sum(word in _ENGLISH for word in words)
    other = sum(word in _OTHER and word not in _ENGLISH for word in words)
    return other >= 2 and other > 1.5 * english and other >= 0.12 * len(words)
