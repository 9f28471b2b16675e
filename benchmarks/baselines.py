"""Two baseline markers that the key-point marker has to beat, on features of their own.

1. The share of the model answer's key terms that the answer contains, without the question's own words, under
   an isotonic curve.
2. Ridge regression on the lexical features that short-answer graders usually take: overlap in both
   directions, F, Jaccard, bigrams, letter trigrams, lengths, overlap with the question, token-set ratio.

Both use stemmed words without stop words, as the key-point marker does.
"""

import itertools
import math
from collections.abc import Sequence

import numpy as np
from rapidfuzz import fuzz

from benchmarks.regression import Floats
from grade.language.tokenizer import stem_content_words, tokenize

PENALTY = 10.0


def term_recall(question: str, references: Sequence[str], answer: str) -> list[float]:
    question_stems, answer_stems = set(stem_content_words(question)), set(stem_content_words(answer))
    shares = [0.0]
    for reference in references:
        reference_stems = set(stem_content_words(reference)) - question_stems or set(stem_content_words(reference))
        shares.append(len(reference_stems & answer_stems) / len(reference_stems) if reference_stems else 0.0)
    return [max(shares)]


def lexical_features(question: str, references: Sequence[str], answer: str) -> list[float]:
    """Return the features for the reference with the highest F."""
    return max(
        (_features_of_reference(question, reference, answer) for reference in references), key=lambda row: row[2]
    )


def _features_of_reference(question: str, reference: str, answer: str) -> list[float]:
    question_stems, reference_stems, answer_stems = (
        set(stem_content_words(question)),
        stem_content_words(reference),
        stem_content_words(answer),
    )
    reference_set, answer_set = set(reference_stems), set(answer_stems)
    overlap = len(reference_set & answer_set)
    recall, precision = overlap / max(1, len(reference_set)), overlap / max(1, len(answer_set))
    new_stems = reference_set - question_stems
    bigrams = set(itertools.pairwise(reference_stems))
    answer_bigrams = set(itertools.pairwise(answer_stems))
    trigrams = _trigrams(reference)
    length, reference_length = len(tokenize(answer)), len(tokenize(reference))
    return [
        recall,
        precision,
        2 * recall * precision / (recall + precision) if overlap else 0.0,
        overlap / max(1, len(reference_set | answer_set)),
        len(new_stems & answer_set) / len(new_stems) if new_stems else recall,
        len(bigrams & answer_bigrams) / max(1, len(bigrams)),
        len(trigrams & _trigrams(answer)) / max(1, len(trigrams)),
        math.log1p(length),
        length / max(1, reference_length),
        len(question_stems & answer_set) / max(1, len(question_stems)),
        fuzz.token_set_ratio(reference.lower(), answer.lower()) / 100,
    ]


def _trigrams(text: str) -> set[str]:
    plain = text.lower()
    return {plain[index : index + 3] for index in range(len(plain) - 2)}


def matrix(rows: list[list[float]]) -> Floats:
    return np.array(rows, dtype=float)
