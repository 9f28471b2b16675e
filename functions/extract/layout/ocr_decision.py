"""Whether a page's text layer can be trusted to say what a person sees. `docs/reading.md` has the rule in words.

Runs in the child on what `glyphs`, `text_layer` and `ink` found. A page that fails is read by OCR, so a doubt
costs a call and never a wrong word.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from extract.layout.ink import InkCounts
from extract.pdf.glyphs import TextFragment


class OcrReason(StrEnum):
    """Why a page's text layer is not taken for what the page says."""

    PICTURE = "picture"
    THIN = "thin"
    HIDDEN = "hidden"
    GARBLED = "garbled"
    WRITTEN_OVER = "written_over"
    DRAWN = "drawn"


@dataclass(frozen=True, slots=True)
class TextLayerFacts:
    """Letters and digits that show and that do not, what else is on the page."""

    visible_letters: int
    hidden: int
    overlapping: int
    garbled: bool
    image_share: float
    ink: InkCounts


# Pixels of ink at 50 dpi that a stray mark may have: less than a word by hand.
_STRAY_INK_PIXELS = 40
_MIN_LETTERS = 25
# Of a page of 842 points: text that nobody can read on paper.
_MIN_HEIGHT_SHARE = 3.5 / 842
_VOWELS = re.compile("[aeiouyáàâäãåæéèêëíìîïóòôöõøœúùûüýÿ]")
_LATIN = re.compile(r"[a-zà-öø-ÿœ]")


def find_ocr_reason(layer_facts: TextLayerFacts, *, strict: bool) -> OcrReason | None:
    """Why this layer is not to be trusted, None where it is. `strict` is for sheets, whose writers may cheat.

    A teacher's page may carry figures and a few words that do not show; on a sheet, ink that the layer does not
    explain may be the answer, and words that do not show may be there to be marked.
    """
    max_ink = _STRAY_INK_PIXELS if strict else max(1.5 * layer_facts.ink.under_words, 10 * _STRAY_INK_PIXELS)
    hidden = layer_facts.hidden > (2 if strict else 0.3 * layer_facts.visible_letters) or (
        strict and layer_facts.overlapping > 0
    )
    few = layer_facts.visible_letters < _MIN_LETTERS and (
        layer_facts.ink.elsewhere > _STRAY_INK_PIXELS or layer_facts.image_share > 0.01
    )
    reasons = {
        OcrReason.PICTURE: layer_facts.image_share > (0.02 if strict else 0.25),
        OcrReason.GARBLED: layer_facts.garbled,
        OcrReason.HIDDEN: hidden,
        OcrReason.THIN: few,
        OcrReason.DRAWN: layer_facts.ink.elsewhere > max_ink,
    }
    return next((name for name, holds in reasons.items() if holds), None)


def min_readable_height(page_height: float) -> float:
    """The height below which letters cannot be read on a page of that height."""
    return _MIN_HEIGHT_SHARE * page_height


def count_letters(text: str) -> int:
    """How many letters and digits."""
    return len(text) if text.isalnum() else sum(map(str.isalnum, text))


def garbled(words: Sequence[str], glyphs: int, unmapped: int) -> bool:
    """Whether the glyphs' meanings are missing, or are plainly not those of a language.

    A font without a map to Unicode often reads as its codes, shifted: letters, but hardly a vowel among them
    (14 in 100 where every European language written in Latin letters has more than 30).
    """
    if unmapped > 0.05 * glyphs:
        return True
    text = "".join(words).lower()
    latin = len(_LATIN.findall(text))
    others = sum(map(str.isalpha, text)) - latin
    if latin < 120 or others > latin:
        return False
    return len(_VOWELS.findall(text)) < 0.22 * latin


def overlapping(words: Iterable[TextFragment]) -> int:
    """How many words stand on top of another word: text drawn over text hides one of the two."""
    by_row: dict[int, list[TextFragment]] = {}
    for word in words:
        by_row.setdefault(round(word.baseline / 6), []).append(word)
    count = 0
    for row, row_words in by_row.items():
        near = sorted([*row_words, *by_row.get(row + 1, [])], key=lambda word: word.x0)
        for one, other in pairwise(near):
            across = min(one.x1, other.x1) - other.x0
            down = min(one.y1, other.y1) - max(one.y0, other.y0)
            narrow = min(one.x1 - one.x0, other.x1 - other.x0)
            if (
                count_letters(one.text) > 1
                and count_letters(other.text) > 1
                and across > 0.5 * narrow
                and (down > 0.6 * min(one.height, other.height))
            ):
                count += 1
    return count
