"""Compares a page's text layer with what OCR reads on it.

OCR makes mistakes and a text layer does not, so they agree if nearly every word of the layer has a similar word in the
OCR result, and vice versa. A sentence that only one of them has is not an OCR mistake.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from core.models.transcript import Line

_MIN_AGREEMENT = 0.8
# Consecutive words that only one side has: more than OCR loses on a clean page, less than any sentence.
_MAX_UNMATCHED_RUN = 4
_MIN_SIMILARITY = 0.7
# A single letter or number is often the whole answer: nearly all of them must be the same.
_SHORT_WORD_LENGTH = 2
_MAX_UNMATCHED_SHORT = 0.05
# Longer runs of letters and digits are compared in parts of this length.
_MAX_WORD_LENGTH = 40
# Limit of comparisons for one page. A page that needs more has hardly a word in common with the OCR result.
_MAX_COMPARISONS = 100_000
_LOOKALIKES = str.maketrans("oils|bzg", "01151829")


def text_layer_matches_ocr(layer: Sequence[Line], ocr: Sequence[Line]) -> bool:
    """Whether text layer and OCR agree, compared word by word regardless of the order of lines."""
    layer_words, ocr_words = [_split_words(line) for line in layer], [_split_words(line) for line in ocr]
    return _are_words_covered(layer_words, ocr_words) and _are_words_covered(ocr_words, layer_words)


def _are_words_covered(lines: list[list[str]], other_lines: list[list[str]]) -> bool:
    """Whether nearly all words of `lines` also occur in `other_lines`."""
    known = Counter(_replace_lookalikes(word) for line in other_lines for word in line)
    similar = _SimilarWordIndex(known)
    total = found = short = unmatched_short = run = 0
    for line in lines:
        for word in (_replace_lookalikes(word) for word in line):
            is_same = known[word] > 0
            known[word] -= is_same
            short += len(word) <= _SHORT_WORD_LENGTH
            unmatched_short += len(word) <= _SHORT_WORD_LENGTH and not is_same
            total += len(word)
            if is_same or similar.has_similar(word):
                found += len(word)
                run = 0
            else:
                run += 1
                if run > _MAX_UNMATCHED_RUN:
                    return False
        # A line with a matched word ends a run: unmatched words at the ends of two lines are not a sentence.
        run = run if run >= len(line) else 0
    return found >= _MIN_AGREEMENT * total and unmatched_short <= _MAX_UNMATCHED_SHORT * short


def _replace_lookalikes(word: str) -> str:
    return word.translate(_LOOKALIKES) if len(word) <= _SHORT_WORD_LENGTH else word


class _SimilarWordIndex:
    """Finds words of the other side that differ only by a few letters that OCR misread."""

    def __init__(self, words: Iterable[str]) -> None:
        self._by_length: dict[int, list[str]] = {}
        for word in words:
            self._by_length.setdefault(len(word), []).append(word)
        self._known_results: dict[str, bool] = {}
        self._comparisons_left = _MAX_COMPARISONS

    def has_similar(self, word: str) -> bool:
        if len(word) <= _SHORT_WORD_LENGTH:
            return False
        if word not in self._known_results:
            self._known_results[word] = self._search_similar(word)
        return self._known_results[word]

    def _search_similar(self, word: str) -> bool:
        matcher = SequenceMatcher(autojunk=False)
        matcher.set_seq2(word)
        for other in (other for size in (0, -1, 1) for other in self._by_length.get(len(word) + size, ())):
            if self._comparisons_left == 0:
                return False
            self._comparisons_left -= 1
            matcher.set_seq1(other)
            if other != word and matcher.quick_ratio() >= _MIN_SIMILARITY and matcher.ratio() >= _MIN_SIMILARITY:
                return True
        return False


def _split_words(line: Line) -> list[str]:
    plain = "".join(letter if letter.isalnum() else " " for letter in line.text.casefold())
    return [word[at : at + _MAX_WORD_LENGTH] for word in plain.split() for at in range(0, len(word), _MAX_WORD_LENGTH)]
