"""Decides whether a page needs OCR: whether its text layer says what a person sees. `docs/reading.md` has the rule.

Runs in the sandbox child on what `pdf.glyphs`, `pdf.text_layer` and `layout.ink` found. A page that fails is read by
OCR, so a wrong doubt costs a call and never a wrong word.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from extract.layout.ink import InkCounts
from extract.pdf.glyphs import TextFragment

# Ink of a stray mark, in pixels at 50 dpi: less than a handwritten word.
_STRAY_INK_PIXELS = 40
_MIN_LETTERS = 25
# Text lower than 3.5 points on a page of 842 points cannot be read on paper.
_MIN_HEIGHT_SHARE = 3.5 / 842
_VOWELS = re.compile("[aeiouyáàâäãåæéèêëíìîïóòôöõøœúùûüýÿ]")
_LATIN = re.compile(r"[a-zà-öø-ÿœ]")


class OcrReason(StrEnum):
    """Why a page's text layer is not trusted."""

    PICTURE = "picture"
    THIN = "thin"
    HIDDEN = "hidden"
    GARBLED = "garbled"
    WRITTEN_OVER = "written_over"
    DRAWN = "drawn"


@dataclass(frozen=True, slots=True)
class TextLayerFacts:
    """What was measured on the page: numbers of visible and of hidden letters and digits, overlapping words, the share
    covered by images (0 to 1), and the ink."""

    visible_letters: int
    hidden: int
    overlapping: int
    garbled: bool
    image_share: float
    ink: InkCounts


def find_ocr_reason(layer_facts: TextLayerFacts, *, strict: bool) -> OcrReason | None:
    """Why the page needs OCR, None if its text layer can be trusted. `strict` is for answer sheets, whose writers may
    cheat.

    A teacher's page may have figures and a few invisible words. On an answer sheet, ink that the layer does not explain
    may be the answer, and invisible words may be there to be marked.
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
    """The number of letters and digits."""
    return len(text) if text.isalnum() else sum(map(str.isalnum, text))


def is_garbled(words: Sequence[str], glyphs: int, unmapped: int) -> bool:
    """Whether too many glyphs have no Unicode character, or the characters are plainly not those of a language.

    A font without a map to Unicode often gives its codes, shifted: letters, but few vowels among them (14 in 100, where
    every European language in Latin script has more than 30).
    """
    if unmapped > 0.05 * glyphs:
        return True
    text = "".join(words).lower()
    latin = len(_LATIN.findall(text))
    others = sum(map(str.isalpha, text)) - latin
    if latin < 120 or others > latin:
        return False
    return len(_VOWELS.findall(text)) < 0.22 * latin


def count_overlapping(words: Iterable[TextFragment]) -> int:
    """How many words overlap another word: text drawn over text hides one of the two."""
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
