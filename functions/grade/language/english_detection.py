"""Detects whether a text is English, by the share of it that English explains. No other language is identified.

A word is explained if it is a common English word, is in the markers' word lists, or is used by the question or the
scheme. Words count by their letters: short words are spelled alike in many languages by chance, long ones are not.
Names (capitals within a sentence), single letters and numbers belong to no language and do not count.
"""

import re
import unicodedata
from functools import cache, lru_cache
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from grade.language.thesaurus import load_thesaurus
from grade.language.tokenizer import (
    NEGATIONS,
    NUMBER_WORDS,
    STOP_WORDS,
    load_irregular_forms,
    split_sentences,
    stem,
    word_set,
)

_WORD = re.compile(r"[^\W\d_]+")
_BEFORE_NAME = frozenset("abcdefghijklmnopqrstuvwxyz,;")
_CONTRACTION_PARTS = word_set("don doesn isn aren won didn wasn weren couldn shouldn wouldn hasn haven ve re ll")
# Below these shares a text is not English: with three or four words; with five or more; with five or more of which none
# is a function word ("the", "is", "of"), since hardly any English sentence lacks one. Measured on marked English
# answers and on other languages (docs/grading.md).
_MIN_WORDS, _MIN_WORDS_FOR_SHARE = 3, 5
_MIN_SHARE_OF_FEW, _MIN_SHARE, _MIN_SHARE_WITHOUT_FUNCTION_WORDS = 0.2, 0.4, 0.6
# A single sentence is less certain: it needs more words and a lower share, and a higher share to be certainly English.
_MIN_WORDS_OF_SENTENCE, _MIN_SHARE_OF_SENTENCE, _CERTAIN_SHARE = 6, 0.3, 0.6
# A text is in another alphabet if fewer than this share of its letters are Latin.
_MIN_LATIN_SHARE = 0.6
_LATIN_LETTERS = "A-Za-z\u00aa-\u02ff\u1d00-\u1dbf\u1e00-\u1eff\u2c60-\u2c7f\ua720-\ua7ff\uab30-\uab6f"
_ACCENTED_GREEK = "\u0386\u0388-\u0390\u03aa-\u03b0\u03ca-\u03ce\u1f00-\u1fff"
_GREEK = "\u0370-\u03ff\u1f00-\u1fff"
# Greek letters are symbols (π, λν) unless one of them has an accent or there are four in a row.
_OTHER_SCRIPT = re.compile(
    rf"[^\W\d_{_LATIN_LETTERS}{_GREEK}]+|[{_GREEK}]*[{_ACCENTED_GREEK}][{_GREEK}]+|[{_GREEK}]+[{_ACCENTED_GREEK}]"
    rf"|[{_GREEK}]{{4,}}"
)
_FUNCTION_WORDS = STOP_WORDS | NEGATIONS


class EnglishShare(NamedTuple):
    """How much of a text is explained as English.

    `words`: its number of words of two or more letters. `share`: the share of the counted letters that English and the
    question explain; 1 where no letter counts. `has_function_word`: whether one word is an English function word.
    """

    words: int
    share: float
    has_function_word: bool


@lru_cache(maxsize=256)
def build_vocabulary(*texts: str) -> frozenset[str]:
    """The stems that a question and its scheme use; an empty set where these are not in English themselves."""
    joined = "\n".join(texts)
    if is_foreign(joined):
        return frozenset()
    found = (*_WORD.findall(joined.casefold()), *(run.casefold() for run in _find_other_script_runs(joined)))
    return frozenset(stem(word) for word in found)


def is_foreign(text: str, question_words: frozenset[str] = frozenset()) -> bool:
    """Whether a text is not English. `question_words`: the result of `build_vocabulary` for the question.

    False for one or two words in Latin letters, whose language cannot be determined.
    """
    if is_in_other_script(text):
        return True
    found = measure_english(text, question_words)
    if found.words < _MIN_WORDS:
        return False
    if found.words < _MIN_WORDS_FOR_SHARE:
        return found.share < _MIN_SHARE_OF_FEW
    return found.share < (_MIN_SHARE if found.has_function_word else _MIN_SHARE_WITHOUT_FUNCTION_WORDS)


def is_in_other_script(text: str) -> bool:
    """Whether a text is written in letters other than Latin ones: at least two in a row, or nothing else at all.

    Greek letters used as quantities, and other symbols, belong to every language.
    """
    runs = _find_other_script_runs(text)
    letters, others = sum(char.isalpha() for char in text), sum(map(len, runs))
    if not any(len(run) > 1 for run in runs) and others < letters:
        return False
    return others > (1 - _MIN_LATIN_SHARE) * letters


def has_word_in_other_script(text: str, question_words: frozenset[str] = frozenset()) -> bool:
    """Whether the text is in another alphabet, or holds a word in one that the question does not."""
    words = (run.casefold() for run in _find_other_script_runs(text) if len(run) > 1)
    return is_in_other_script(text) or any(stem(word) not in question_words for word in words)


def _find_other_script_runs(text: str) -> list[str]:
    """The words of a text that are in another alphabet, without vowel signs and other combining marks."""
    if text.isascii():
        return []
    text = unicodedata.normalize("NFKC", text)
    return _OTHER_SCRIPT.findall("".join(char for char in text if not unicodedata.category(char).startswith("M")))


def is_foreign_sentence(sentence: str, question_words: frozenset[str] = frozenset()) -> bool:
    """Whether one sentence of a text is certainly not English."""
    if is_in_other_script(sentence):
        return True
    found = measure_english(sentence, question_words)
    return found.words >= _MIN_WORDS_OF_SENTENCE and found.share < _MIN_SHARE_OF_SENTENCE


def has_foreign_part(text: str, question_words: frozenset[str] = frozenset()) -> bool:
    """Whether the text, or a whole sentence or line of it, or a word in another alphabet, is not English."""
    if is_foreign(text, question_words) or has_word_in_other_script(text, question_words):
        return True
    return any(is_foreign_sentence(part, question_words) for part in (*split_sentences(text), *text.splitlines()))


def has_english_part(text: str, question_words: frozenset[str] = frozenset()) -> bool:
    """Whether the text, or a whole sentence of it, is English."""
    if not is_foreign(text, question_words):
        return True
    measured = (measure_english(sentence, question_words) for sentence in split_sentences(text))
    return any(one.words >= _MIN_WORDS_FOR_SHARE and one.share >= _CERTAIN_SHARE for one in measured)


def measure_english(text: str, question_words: frozenset[str] = frozenset()) -> EnglishShare:
    """How much of a text English and the question explain."""
    known = _load_known_stems()
    count = letters = explained_letters = 0
    has_function_word = False
    for found in _WORD.finditer(text):
        word = found.group()
        if len(word) == 1:
            continue
        count += 1
        if _is_proper_name(text, found):
            continue
        letters += len(word)
        word = word.casefold()
        has_function_word = has_function_word or word in _FUNCTION_WORDS
        word_stem = stem(word)
        if word_stem in known or word_stem in question_words:
            explained_letters += len(word)
    return EnglishShare(count, explained_letters / letters if letters else 1.0, has_function_word)


def _is_proper_name(text: str, found: re.Match[str]) -> bool:
    """Whether it is a capitalised word within a sentence: after a lower-case letter, comma or semicolon and a space."""
    at, word = found.start(), found.group()
    return at > 1 and word[0].isupper() and word[1:].islower() and text[at - 1] == " " and text[at - 2] in _BEFORE_NAME


@cache
def _load_known_stems() -> frozenset[str]:
    text = Path(__file__).with_name("common.txt").read_text(encoding="utf-8")
    common = (word for line in text.splitlines() if not line.startswith("#") for word in line.split())
    small = (*STOP_WORDS, *NEGATIONS, *_CONTRACTION_PARTS, *NUMBER_WORDS, *load_irregular_forms().values())
    listed = (word for run in chain(load_thesaurus().senses, load_thesaurus().scale_ends) for word in run)
    return frozenset(chain(listed, (stem(word) for word in chain(common, small))))
