"""Aligns an answer with an expected wording: which terms are found, and where the two contradict each other."""

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import Levenshtein

from grade.language.text_analysis import AnalyzedText, Term, is_opposite

_SYNONYM_SCORE = 0.8
_MATCHED_FROM = 0.7
_SUFFIXES = frozenset({"er", "or", "ion", "ing", "ment", "al", "iti", "ness", "anc", "abl", "ist", "ic", "ful"})


@dataclass(frozen=True, slots=True)
class TermMatch:
    """An expected term, the answer's most similar term (None if there is none) and their similarity, 0 to 1.
    `negation_mismatch`: one of the two is negated and the other is not."""

    expected: Term
    actual: Term | None
    score: float
    negation_mismatch: bool


@dataclass(frozen=True, slots=True)
class Alignment:
    """An answer compared with one expected wording; shares are 0 to 1.

    `recall`: share of the wording's new words (those that the question has not used), weighted by length.
    `agreeing_recall`: the same without words that are negated in only one of the two. `precision`: share of the
    answer's words. `f1_score`: harmonic mean of recall and the precision of new words. `trigram_overlap`: shared
    character trigrams, which survive bad spelling. `order`: share of neighbouring words found near each other.
    `negation_mismatch`: number of terms negated in only one of the two. `antonym_count`: number of terms whose opposite
    is said. `reversed_scales`: number of pairs ("short, high") said with one of the two reversed.
    `missing_negation`: the wording has a negation and the answer has none. `identifier_mismatch`: the answer names
    other numbers or letters ("terminal 6" for "terminal 1"). `expected_word_count`: number of new words.
    `on_topic_word_count`: number of words in clauses that match anything of the wording, so that padding adds nothing.
    """

    matches: tuple[TermMatch, ...]
    recall: float
    agreeing_recall: float
    precision: float
    f1_score: float
    trigram_overlap: float
    order: float
    negation_mismatch: int
    antonym_count: int
    reversed_scales: int
    missing_negation: bool
    identifier_mismatch: bool
    expected_word_count: int
    on_topic_word_count: int

    @property
    def contradicts(self) -> bool:
        """Whether a part of the answer may say the opposite of the wording."""
        return bool(
            self.negation_mismatch
            or self.antonym_count
            or self.reversed_scales
            or self.missing_negation
            or self.identifier_mismatch
        )


def align(expected: AnalyzedText, answer: AnalyzedText, question_stems: frozenset[str]) -> Alignment:
    """Compare an answer with an expected wording. `question_stems` are the stems of the question's words."""
    terms = expected.content or expected.terms
    matches = tuple(_match_term(term, answer.content) for term in terms)
    new_matches = tuple(match for match in matches if match.expected.stem not in question_stems) or matches
    new_answer_terms = [term for term in answer.content if term.stem not in question_stems]
    recall = _weighted_share(new_matches, lambda match: match.score)
    precision = _mean_similarity(new_answer_terms, terms)
    return Alignment(
        matches=matches,
        recall=recall,
        agreeing_recall=_weighted_share(new_matches, lambda match: 0.0 if match.negation_mismatch else match.score),
        precision=_mean_similarity(answer.content, terms),
        f1_score=2 * recall * precision / (recall + precision) if recall + precision else 0.0,
        trigram_overlap=_trigram_overlap([match.expected for match in new_matches], answer),
        order=_order_score(matches),
        negation_mismatch=sum(match.negation_mismatch and match.score >= _MATCHED_FROM for match in matches),
        antonym_count=_count_antonyms(expected, answer),
        reversed_scales=_count_reversed_scales(expected, answer),
        missing_negation=bool(expected.negations) and not answer.negations,
        identifier_mismatch=bool(expected.names - answer.names and answer.names - expected.names),
        expected_word_count=len(new_matches),
        on_topic_word_count=_count_on_topic_words(matches, answer, question_stems),
    )


def _count_on_topic_words(matches: Sequence[TermMatch], answer: AnalyzedText, question_stems: frozenset[str]) -> int:
    """The number of words in clauses that match an expected new term: padding adds none."""
    clauses = {
        match.actual.clause
        for match in matches
        if match.actual and match.score >= _MATCHED_FROM and match.expected.stem not in question_stems
    }
    return sum(term.clause in clauses for term in answer.terms)


def _match_term(expected: Term, actual: Sequence[Term]) -> TermMatch:
    best = TermMatch(expected, None, 0.0, negation_mismatch=False)
    for term in actual:
        score = term_similarity(expected, term)
        negation_mismatch = expected.negated != term.negated
        # A term said without the mismatch counts, even if it is negated elsewhere.
        better = score > best.score or (best.negation_mismatch and not negation_mismatch and score >= _MATCHED_FROM)
        if (
            score > 0
            and better
            and not (best.actual and not best.negation_mismatch and negation_mismatch and best.score >= _MATCHED_FROM)
        ):
            best = TermMatch(expected, term, score, negation_mismatch)
    return best


def term_similarity(one: Term, other: Term) -> float:
    """1 for the same stem, less for a misspelling, a word of the same family or a synonym; 0 for unrelated terms."""
    spelled = _spelling_similarity(one.stem, other.stem)
    return max(spelled, _SYNONYM_SCORE) if one.senses & other.senses else spelled


@lru_cache(maxsize=1 << 16)
def _spelling_similarity(one: str, other: str) -> float:
    if one == other:
        return 1.0
    if one[0].isdigit() or other[0].isdigit():
        return 0.0
    return max(_edit_distance_similarity(one, other), _word_family_similarity(*sorted((one, other), key=len)))


def _edit_distance_similarity(one: str, other: str) -> float:
    short, long = sorted((len(one), len(other)))
    if short < 4 or long < 5:
        return 0.0
    distance = Levenshtein.distance(one, other, score_cutoff=2)
    return 0.9 if distance == 1 else 0.8 if distance == 2 and long >= 8 else 0.0


def _word_family_similarity(short: str, long: str) -> float:
    """ "buy" and "buyer", "light" and "sunlight", "electric" and "electron"."""
    if len(short) >= 3 and long.startswith(short) and long[len(short) :] in _SUFFIXES:
        return _SYNONYM_SCORE
    if len(short) >= 5 and long.endswith(short):
        return _SYNONYM_SCORE
    common = next((index for index, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    return 0.7 if common >= 5 and common >= 0.6 * len(long) else 0.0


def term_weight(term: Term) -> float:
    """0.5 to 1.5: longer words carry more content."""
    return 0.5 + min(len(term.stem), 8) / 8


def _weighted_share(matches: Iterable[TermMatch], score: Callable[[TermMatch], float]) -> float:
    pairs = [(term_weight(match.expected), score(match)) for match in matches]
    total = sum(weight for weight, _ in pairs)
    return sum(weight * part for weight, part in pairs) / total if total else 0.0


def _mean_similarity(actual: Sequence[Term], terms: Sequence[Term]) -> float:
    if not actual:
        return 0.0
    return sum(max((term_similarity(term, expected) for expected in terms), default=0.0) for term in actual) / len(
        actual
    )


def _order_score(matches: Sequence[TermMatch]) -> float:
    pairs = list(itertools.pairwise(matches))
    if not pairs:
        return matches[0].score if matches else 0.0
    near = sum(
        min(first.score, second.score)
        for first, second in pairs
        if first.actual and second.actual and 0 < second.actual.position - first.actual.position <= 4
    )
    return near / len(pairs)


def _trigram_overlap(expected: Sequence[Term], answer: AnalyzedText) -> float:
    wanted = _split_trigrams(" ".join(term.word for term in expected))
    actual = _split_trigrams(" ".join(term.word for term in answer.terms))
    return len(wanted & actual) / len(wanted) if wanted else 0.0


def _split_trigrams(text: str) -> set[str]:
    padded = f" {text} "
    return {padded[index : index + 3] for index in range(len(padded) - 2)}


def _count_antonyms(expected: AnalyzedText, answer: AnalyzedText) -> int:
    """The number of expected terms that the answer omits while it says their opposite with the same negation."""
    count = 0
    for term in expected.terms:
        if (term.scale_ends or term.root) and term.stem not in answer.stems:
            count += any(
                is_opposite(term, actual) and actual.negated == term.negated and actual.stem not in expected.stems
                for actual in answer.terms
            )
    return count


def _count_reversed_scales(expected: AnalyzedText, answer: AnalyzedText) -> int:
    """The number of scale pairs that correlate one way in the expected wording and the other way in the answer."""
    wanted, actual = _scale_pairs(expected), _scale_pairs(answer)
    return sum(len(signs) == 1 and pair in actual and not signs & actual[pair] for pair, signs in wanted.items())


def _scale_pairs(text: AnalyzedText) -> dict[tuple[int, int], set[int]]:
    """For any two scales within one clause, whether they point the same way (+1) or opposite ways (-1): "short,
    high" and "long, low" are the same statement, "short, low" is the opposite one."""
    clauses: dict[int, list[Term]] = {}
    for term in text.content:
        if term.scale_ends:
            clauses.setdefault(term.clause, []).append(term)
    pairs: dict[tuple[int, int], set[int]] = {}
    for terms in clauses.values():
        for index, one in enumerate(terms[:12]):
            for other in terms[index + 1 : 12]:
                direction = -1 if one.negated != other.negated else 1
                for first, sign in one.scale_ends:
                    for second, other_sign in other.scale_ends:
                        if first != second:
                            pair = (min(first, second), max(first, second))
                            pairs.setdefault(pair, set()).add(sign * other_sign * direction)
    return pairs
