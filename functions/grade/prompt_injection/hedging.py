"""Removes hedging from prose: bare lists of key words, and statements next to their own opposite."""

import re
from collections.abc import Callable
from itertools import combinations

from grade.language.text_analysis import AnalyzedText, Term, analyze_text, is_opposite
from grade.language.tokenizer import NEGATIONS, STOP_WORDS, split_sentences, tokenize

_LIST_QUESTION = re.compile(
    r"\b(?:name|list|state|give|identify|write(?: down)?|mention|which|what (?:are|were)|who|label|select|choose)\b",
    re.I,
)
_QUANTIFIERS = frozenset({"more", "less", "fewer", "most", "least"})
_CONDITIONAL_WORDS = frozenset({"if", "when", "whenever", "while", "where", "as", "once", "unless"})
_MIN_LIST_LENGTH = 7
_MAX_STATEMENTS = 24
_STATEMENT_SEPARATOR = re.compile(r"(?<=[.!?;])\s+|(?<!\s)(?:\s++|\s*+[,;]\s++)(?:and|but|or)\b\s+|\n+", re.I)


def remove_word_lists(
    text: str, question_text: str, *, is_spared: Callable[[str], bool]
) -> tuple[str, tuple[str, ...]]:
    """The answer without bare lists of key words, and these lists.

    An answer that is only a list is not changed (a teacher decides). Lists are allowed if the question asks for names,
    and where `is_spared` returns true.
    """
    if _LIST_QUESTION.search(question_text):
        return text, ()
    parts = split_sentences(text)
    lists = tuple(part for part in parts if is_word_list(part) and not is_spared(part))
    kept = [part for part in parts if part not in lists]
    if not lists or not kept:
        return text, lists
    return " ".join(kept), lists


def remove_contradictions(text: str) -> tuple[str, bool]:
    """The answer without statements whose opposite it also contains, and whether there are any: an answer that says
    both earns neither."""
    statements = [(part, analyze_text(part)) for part in _STATEMENT_SEPARATOR.split(text) if part and part.strip()][
        :_MAX_STATEMENTS
    ]
    contradicting: set[str] = set()
    for (one, first), (other, second) in combinations(statements, 2):
        if _are_contradictory(first, second):
            contradicting |= {one, other}
    if not contradicting:
        return text, False
    for part in contradicting:
        text = text.replace(part, " ")
    return " ".join(text.split()), True


def is_word_list(sentence: str) -> bool:
    words = tokenize(sentence)
    return len(words) >= _MIN_LIST_LENGTH and not any(word in STOP_WORDS or word in NEGATIONS for word in words)


def _are_contradictory(one: AnalyzedText, other: AnalyzedText) -> bool:
    """Whether two statements have the same words except for an odd number of reversals (negations, opposites).

    Two reversals ("long, low" and "short, high") say the same again. Comparisons ("faster than") are skipped: their
    word order alone may reverse them. Both statements must start with the same term, or "red or blue" would be a
    contradiction. Statements under conditions are skipped: what holds under one need not hold under another.
    """
    if any(term.word == "than" for term in (*one.terms, *other.terms)):
        return False
    if one.terms and other.terms and {one.terms[0].word, other.terms[0].word} <= _CONDITIONAL_WORDS:
        return False
    # "More" and "less" are no content words, but they can reverse a statement.
    left, right = (
        [term for term in candidate.terms if term.content or term.word in _QUANTIFIERS] for candidate in (one, other)
    )
    if len(left) < 2 or len(right) < 2 or one.names != other.names or left[0].stem != right[0].stem:
        return False
    reversals = abs(one.negations - other.negations) % 2
    for term in list(left):
        opposite = next(
            (candidate for candidate in right if candidate.stem != term.stem and is_opposite(term, candidate)), None
        )
        if opposite is not None and term.stem not in other.stems and opposite.stem not in one.stems:
            left.remove(term)
            right.remove(opposite)
            reversals += 1
    return reversals % 2 == 1 and _share_topic(left, right)


def _share_topic(one: list[Term], other: list[Term]) -> bool:
    left, right = {term.stem for term in one}, {term.stem for term in other}
    if min(len(left), len(right)) >= 2 and (left <= right or right <= left):
        return len(left ^ right) <= 2
    return bool(left) and len(left & right) >= 0.75 * len(left | right)
