"""Whether a page's text layer says what OCR sees on it.

OCR makes mistakes and a layer has none, so they agree where nearly every word of the layer has a word like it in
the OCR's reading and the other way round. A sentence that only one of them has is no mistake of OCR.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from core.transcript import Line

_AGREE = 0.8
# Words in a row that only one side knows: more than OCR loses on a clean page, less than any sentence.
_LONGEST_STRANGE_RUN = 4
_ALIKE = 0.7
# A letter or number by itself is often the whole answer: nearly all of them have to be the same.
_SHORT = 2
_SHORT_STRANGE = 0.05
# Longer runs of letters and digits are compared piece by piece.
_LONGEST_WORD = 40
# Comparisons of one page's words. A page that needs more has hardly a word in common with its reading.
_MOST_COMPARED = 100_000
_LOOK_ALIKE = str.maketrans("oils|bzg", "01151829")


def agrees(layer: Sequence[Line], ocr: Sequence[Line]) -> bool:
    """Compare word by word, whatever the order of lines."""
    said, seen = [_words(line) for line in layer], [_words(line) for line in ocr]
    return _covered(said, seen) and _covered(seen, said)


def _covered(these: list[list[str]], those: list[list[str]]) -> bool:
    """Whether nearly all of `these` words stand among `those`."""
    known = Counter(_plain(word) for line in those for word in line)
    similar = _Similar(known)
    total = found = short = short_strange = run = 0
    for line in these:
        for word in (_plain(word) for word in line):
            same = known[word] > 0
            known[word] -= same
            short += len(word) <= _SHORT
            short_strange += len(word) <= _SHORT and not same
            total += len(word)
            if same or similar.has(word):
                found += len(word)
                run = 0
            else:
                run += 1
                if run > _LONGEST_STRANGE_RUN:
                    return False
        # A line that is partly known ends a run: strange words at two lines' ends are no sentence.
        run = run if run >= len(line) else 0
    return found >= _AGREE * total and short_strange <= _SHORT_STRANGE * short


def _plain(word: str) -> str:
    return word.translate(_LOOK_ALIKE) if len(word) <= _SHORT else word


class _Similar:
    """The other side's words, to be asked for one that is the same but for a letter or so that OCR misread."""

    def __init__(self, words: Iterable[str]) -> None:
        self._by_length: dict[int, list[str]] = {}
        for word in words:
            self._by_length.setdefault(len(word), []).append(word)
        self._answers: dict[str, bool] = {}
        self._left = _MOST_COMPARED

    def has(self, word: str) -> bool:
        if len(word) <= _SHORT:
            return False
        if word not in self._answers:
            self._answers[word] = self._search(word)
        return self._answers[word]

    def _search(self, word: str) -> bool:
        matcher = SequenceMatcher(autojunk=False)
        matcher.set_seq2(word)
        for other in (other for size in (0, -1, 1) for other in self._by_length.get(len(word) + size, ())):
            if self._left == 0:
                return False
            self._left -= 1
            matcher.set_seq1(other)
            if other != word and matcher.quick_ratio() >= _ALIKE and matcher.ratio() >= _ALIKE:
                return True
        return False


def _words(line: Line) -> list[str]:
    plain = "".join(letter if letter.isalnum() else " " for letter in line.text.casefold())
    return [word[at : at + _LONGEST_WORD] for word in plain.split() for at in range(0, len(word), _LONGEST_WORD)]
