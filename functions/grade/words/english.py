"""Whether a text is English, by how much of it English explains. No other language is known here.

A word is explained if it is a common English word, stands in the lists that the markers read by, or is used by the
question or the scheme. Words count by their letters: short words are spelled alike in many languages by chance, long
ones are not. Names (capitals within a sentence), single letters and numbers belong to no language and do not count.
"""

import re
import unicodedata
from functools import cache, lru_cache
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from grade.words.language import NEGATIONS, NUMBER_WORDS, STOP, irregular, sentences, stem, word_set
from grade.words.thesaurus import thesaurus

_WORD = re.compile(r"[^\W\d_]+")
_NAME_OPENS = frozenset("abcdefghijklmnopqrstuvwxyz,;")
_CONTRACTED = word_set("don doesn isn aren won didn wasn weren couldn shouldn wouldn hasn haven ve re ll")
# Below these shares a text is not English: of three or four words; of five and more; of those, if not one is a function
# word ("the", "is", "of"), without which hardly an English sentence is built. Measured on marked English answers and on
# other languages (docs/grading.md).
_FEW, _ENOUGH = 3, 5
_LEAST_OF_FEW, _LEAST, _LEAST_WITHOUT_FUNCTION_WORDS = 0.2, 0.4, 0.6
# One sentence among others is told with less certainty; and so is one that is surely English.
_WORDS_OF_SENTENCE, _LEAST_OF_SENTENCE, _SURELY = 6, 0.3, 0.6
# A text is in another alphabet if fewer than this share of its letters are Latin.
_LATIN = 0.6
_LATIN_LETTERS = "A-Za-z\u00aa-\u02ff\u1d00-\u1dbf\u1e00-\u1eff\u2c60-\u2c7f\ua720-\ua7ff\uab30-\uab6f"
_ACCENTED_GREEK = "\u0386\u0388-\u0390\u03aa-\u03b0\u03ca-\u03ce\u1f00-\u1fff"
_GREEK = "\u0370-\u03ff\u1f00-\u1fff"
# What nobody writes as a symbol: Greek letters are symbols (π, λν) unless one has an accent or four stand in a run.
_OTHER_LETTERS = re.compile(
    rf"[^\W\d_{_LATIN_LETTERS}{_GREEK}]+|[{_GREEK}]*[{_ACCENTED_GREEK}][{_GREEK}]+|[{_GREEK}]+[{_ACCENTED_GREEK}]"
    rf"|[{_GREEK}]{{4,}}"
)
_FUNCTION_WORDS = STOP | NEGATIONS


class Explained(NamedTuple):
    """How many words of two and more letters a text has, which share of the letters that count English and the
    question explain (1 where none counts), and whether one is a function word of English."""

    words: int
    share: float
    has_function_word: bool


@lru_cache(maxsize=256)
def vocabulary(*texts: str) -> frozenset[str]:
    """The stems that a question and its scheme use; none where they are not in English themselves."""
    joined = "\n".join(texts)
    if is_foreign(joined):
        return frozenset()
    found = (*_WORD.findall(joined.casefold()), *(run.casefold() for run in _runs_of_other_letters(joined)))
    return frozenset(stem(word) for word in found)


def is_foreign(text: str, question_words: frozenset[str] = frozenset()) -> bool:
    """Whether a text is not English. `question_words`: the `vocabulary` of the question. Of one or two words in Latin
    letters nobody can tell, and they are not."""
    if in_another_alphabet(text):
        return True
    found = explained(text, question_words)
    if found.words < _FEW:
        return False
    if found.words < _ENOUGH:
        return found.share < _LEAST_OF_FEW
    return found.share < (_LEAST if found.has_function_word else _LEAST_WITHOUT_FUNCTION_WORDS)


def in_another_alphabet(text: str) -> bool:
    """Whether a text is written in letters other than Latin ones: two in a run, or one that is all there is. Greek
    letters that stand for quantities, and other signs, belong to every language."""
    runs = _runs_of_other_letters(text)
    letters, others = sum(char.isalpha() for char in text), sum(map(len, runs))
    if not any(len(run) > 1 for run in runs) and others < letters:
        return False
    return others > (1 - _LATIN) * letters


def has_other_letters(text: str, question_words: frozenset[str] = frozenset()) -> bool:
    """Whether the text is in another alphabet, or holds a word in one that the question does not."""
    words = (run.casefold() for run in _runs_of_other_letters(text) if len(run) > 1)
    return in_another_alphabet(text) or any(stem(word) not in question_words for word in words)


def _runs_of_other_letters(text: str) -> list[str]:
    """The words of a text that are in another alphabet, without vowel signs and other marks."""
    if text.isascii():
        return []
    text = unicodedata.normalize("NFKC", text)
    return _OTHER_LETTERS.findall("".join(char for char in text if not unicodedata.category(char).startswith("M")))


def is_foreign_sentence(sentence: str, question_words: frozenset[str] = frozenset()) -> bool:
    """Whether a sentence among others is surely not English."""
    if in_another_alphabet(sentence):
        return True
    found = explained(sentence, question_words)
    return found.words >= _WORDS_OF_SENTENCE and found.share < _LEAST_OF_SENTENCE


def has_foreign_part(text: str, question_words: frozenset[str] = frozenset()) -> bool:
    """Whether the text, or a whole sentence or line of it, or a word in another alphabet, is not English."""
    if is_foreign(text, question_words) or has_other_letters(text, question_words):
        return True
    return any(is_foreign_sentence(part, question_words) for part in (*sentences(text), *text.splitlines()))


def has_english_part(text: str, question_words: frozenset[str] = frozenset()) -> bool:
    """Whether the text, or a whole sentence of it, is English."""
    if not is_foreign(text, question_words):
        return True
    found = (explained(sentence, question_words) for sentence in sentences(text))
    return any(one.words >= _ENOUGH and one.share >= _SURELY for one in found)


def explained(text: str, question_words: frozenset[str] = frozenset()) -> Explained:
    """How much of a text English and the question explain."""
    known = _known()
    count = letters = explained_letters = 0
    has_function_word = False
    for found in _WORD.finditer(text):
        word = found.group()
        if len(word) == 1:
            continue
        count += 1
        if _is_name(text, found):
            continue
        letters += len(word)
        word = word.casefold()
        has_function_word = has_function_word or word in _FUNCTION_WORDS
        one = stem(word)
        if one in known or one in question_words:
            explained_letters += len(word)
    return Explained(count, explained_letters / letters if letters else 1.0, has_function_word)


def _is_name(text: str, found: re.Match[str]) -> bool:
    """A capital within a sentence: after a small letter or a comma and a space."""
    at, word = found.start(), found.group()
    return at > 1 and word[0].isupper() and word[1:].islower() and text[at - 1] == " " and text[at - 2] in _NAME_OPENS


@cache
def _known() -> frozenset[str]:
    text = Path(__file__).with_name("common.txt").read_text(encoding="utf-8")
    common = (word for line in text.splitlines() if not line.startswith("#") for word in line.split())
    small = (*STOP, *NEGATIONS, *_CONTRACTED, *NUMBER_WORDS, *irregular().values())
    listed = (one for run in chain(thesaurus().senses, thesaurus().sides) for one in run)
    return frozenset(chain(listed, (stem(word) for word in chain(common, small))))
