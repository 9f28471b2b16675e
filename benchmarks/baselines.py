"""The two markers that the key-point marker has to beat, on features of their own.

1. The share of the model answer's key terms that the answer names, without the question's own words, under
   an isotonic curve.
2. Ridge regression on the lexical features that short-answer graders usually take: overlap in both
   directions, F, Jaccard, bigrams, letter trigrams, lengths, overlap with the question, token-set ratio.

Both see stemmed words without stop words, as ours does.
"""

import itertools
import math
from collections.abc import Sequence

import numpy as np
from rapidfuzz import fuzz

from benchmarks.fitting import Floats
from grade.words.language import content_stems, words

PENALTY = 10.0


def term_recall(question: str, references: Sequence[str], answer: str) -> list[float]:
    asked, said = set(content_stems(question)), set(content_stems(answer))
    shares = [0.0]
    for reference in references:
        wanted = set(content_stems(reference)) - asked or set(content_stems(reference))
        shares.append(len(wanted & said) / len(wanted) if wanted else 0.0)
    return [max(shares)]


def lexical(question: str, references: Sequence[str], answer: str) -> list[float]:
    """The features for the reference with the highest F."""
    return max((_lexical(question, reference, answer) for reference in references), key=lambda row: row[2])


def _lexical(question: str, reference: str, answer: str) -> list[float]:
    asked, wanted, said = set(content_stems(question)), content_stems(reference), content_stems(answer)
    want, say = set(wanted), set(said)
    both = len(want & say)
    recall, precision = both / max(1, len(want)), both / max(1, len(say))
    fresh = want - asked
    bigrams = set(itertools.pairwise(wanted))
    said_bigrams = set(itertools.pairwise(said))
    threes = _threes(reference)
    length, reference_length = len(words(answer)), len(words(reference))
    return [
        recall,
        precision,
        2 * recall * precision / (recall + precision) if both else 0.0,
        both / max(1, len(want | say)),
        len(fresh & say) / len(fresh) if fresh else recall,
        len(bigrams & said_bigrams) / max(1, len(bigrams)),
        len(threes & _threes(answer)) / max(1, len(threes)),
        math.log1p(length),
        length / max(1, reference_length),
        len(asked & say) / max(1, len(asked)),
        fuzz.token_set_ratio(reference.lower(), answer.lower()) / 100,
    ]


def _threes(text: str) -> set[str]:
    plain = text.lower()
    return {plain[index : index + 3] for index in range(len(plain) - 2)}


def matrix(rows: list[list[float]]) -> Floats:
    return np.array(rows, dtype=float)
