"""How much of what should be said an answer says: terms found one by one, and where the two contradict."""

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
    """A wanted term, the answer's term that is nearest to it (None: nothing is) and how near, 0 to 1.
    `against`: it is said there the other way round (negated, or not)."""

    expected: Term
    actual: Term | None
    score: float
    negation_mismatch: bool


@dataclass(frozen=True, slots=True)
class Alignment:
    """An answer against one wording of what should be said; shares are 0 to 1.

    `recall`: of its new words (those that the question has not used), weighted by length. `agreeing`: the
    same without words said the other way round. `precision`: of the answer's words. `balance`: harmonic
    mean of recall and the precision of new words. `trigrams`: letters in threes, which survive bad
    spelling. `order`: neighbouring words found near each other. `against`, `opposed`, `turned`: terms said
    the other way round; terms whose opposite is said; pairs ("short, high") said with one of them turned.
    `words_about`: how many words stand in clauses that say anything of it, so that padding adds nothing.
    `misnamed`: other numbers or letters ("terminal 6" for "terminal 1") are named than should be.
    """

    found: tuple[TermMatch, ...]
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
        """Whether something in it may say the opposite of what should be said."""
        return bool(
            self.negation_mismatch
            or self.antonym_count
            or self.reversed_scales
            or self.missing_negation
            or self.identifier_mismatch
        )


def align(expected: AnalyzedText, answer: AnalyzedText, question_stems: frozenset[str]) -> Alignment:
    """`asked` holds the stems of the question."""
    terms = expected.content or expected.terms
    found = tuple(_match_term(term, answer.content) for term in terms)
    fresh = tuple(one for one in found if one.expected.stem not in question_stems) or found
    actual_fresh = [term for term in answer.content if term.stem not in question_stems]
    recall = _weighted_share(fresh, lambda one: one.score)
    precision = _mean_similarity(actual_fresh, terms)
    return Alignment(
        found=found,
        recall=recall,
        agreeing_recall=_weighted_share(fresh, lambda one: 0.0 if one.negation_mismatch else one.score),
        precision=_mean_similarity(answer.content, terms),
        f1_score=2 * recall * precision / (recall + precision) if recall + precision else 0.0,
        trigram_overlap=_trigram_overlap([one.expected for one in fresh], answer),
        order=_order_score(found),
        negation_mismatch=sum(one.negation_mismatch and one.score >= _MATCHED_FROM for one in found),
        antonym_count=_count_antonyms(expected, answer),
        reversed_scales=_count_reversed_scales(expected, answer),
        missing_negation=bool(expected.negations) and not answer.negations,
        identifier_mismatch=bool(expected.names - answer.names and answer.names - expected.names),
        expected_word_count=len(fresh),
        on_topic_word_count=_count_on_topic_words(found, answer, question_stems),
    )


def _count_on_topic_words(found: Sequence[TermMatch], answer: AnalyzedText, question_stems: frozenset[str]) -> int:
    """The words of the clauses that say anything wanted: padding adds none."""
    clauses = {
        one.actual.clause
        for one in found
        if one.actual and one.score >= _MATCHED_FROM and one.expected.stem not in question_stems
    }
    return sum(term.clause in clauses for term in answer.terms)


def _match_term(expected: Term, actual: Sequence[Term]) -> TermMatch:
    best = TermMatch(expected, None, 0.0, negation_mismatch=False)
    for term in actual:
        score = term_similarity(expected, term)
        negation_mismatch = expected.negated != term.negated
        # What is said the right way round somewhere counts, even if it is denied elsewhere.
        better = score > best.score or (best.negation_mismatch and not negation_mismatch and score >= _MATCHED_FROM)
        if (
            score > 0
            and better
            and not (best.actual and not best.negation_mismatch and negation_mismatch and best.score >= _MATCHED_FROM)
        ):
            best = TermMatch(expected, term, score, negation_mismatch)
    return best


def term_similarity(one: Term, other: Term) -> float:
    """1 for the same stem, less for a misspelling, a word of the same family or of the same sense."""
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
    """Longer words carry more of the matter."""
    return 0.5 + min(len(term.stem), 8) / 8


def _weighted_share(found: Iterable[TermMatch], score: Callable[[TermMatch], float]) -> float:
    pairs = [(term_weight(one.expected), score(one)) for one in found]
    total = sum(worth for worth, _ in pairs)
    return sum(worth * part for worth, part in pairs) / total if total else 0.0


def _mean_similarity(actual: Sequence[Term], terms: Sequence[Term]) -> float:
    if not actual:
        return 0.0
    return sum(max((term_similarity(term, expected) for expected in terms), default=0.0) for term in actual) / len(
        actual
    )


def _order_score(found: Sequence[TermMatch]) -> float:
    pairs = list(itertools.pairwise(found))
    if not pairs:
        return found[0].score if found else 0.0
    near = sum(
        min(first.score, second.score)
        for first, second in pairs
        if first.actual and second.actual and 0 < second.actual.position - first.actual.position <= 4
    )
    return near / len(pairs)


def _trigram_overlap(expected: Sequence[Term], answer: AnalyzedText) -> float:
    threes = _split_trigrams(" ".join(term.word for term in expected))
    actual = _split_trigrams(" ".join(term.word for term in answer.terms))
    return len(threes & actual) / len(threes) if threes else 0.0


def _split_trigrams(text: str) -> set[str]:
    padded = f" {text} "
    return {padded[index : index + 3] for index in range(len(padded) - 2)}


def _count_antonyms(expected: AnalyzedText, answer: AnalyzedText) -> int:
    """Wanted terms that the answer leaves out while it says their opposite in the same way."""
    count = 0
    for term in expected.terms:
        if (term.scale_ends or term.root) and term.stem not in answer.stems:
            count += any(
                is_opposite(term, actual) and actual.negated == term.negated and actual.stem not in expected.stems
                for actual in answer.terms
            )
    return count


def _count_reversed_scales(expected: AnalyzedText, answer: AnalyzedText) -> int:
    """Pairs of scales that go together one way in what is wanted and the other way in the answer."""
    right, actual = _scale_pairs(expected), _scale_pairs(answer)
    return sum(len(signs) == 1 and pair in actual and not signs & actual[pair] for pair, signs in right.items())


def _scale_pairs(reading: AnalyzedText) -> dict[tuple[int, int], set[int]]:
    """For any two scales within one clause, if they point the same way (+1) or opposite ways (-1): "short,
    high" and "long, low" are the same statement, "short, low" is the opposite one."""
    clauses: dict[int, list[Term]] = {}
    for term in reading.content:
        if term.scale_ends:
            clauses.setdefault(term.clause, []).append(term)
    pairs: dict[tuple[int, int], set[int]] = {}
    for terms in clauses.values():
        for index, one in enumerate(terms[:12]):
            for other in terms[index + 1 : 12]:
                for first, sign in one.scale_ends:
                    for second, also in other.scale_ends:
                        if first != second:
                            reversed_scales = -1 if one.negated != other.negated else 1
                            pairs.setdefault((min(first, second), max(first, second)), set()).add(
                                sign * also * reversed_scales
                            )
    return pairs
