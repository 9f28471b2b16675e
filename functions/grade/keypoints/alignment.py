"""How much of what should be said an answer says: terms found one by one, and where the two contradict."""

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import Levenshtein

from grade.words.reading import Reading, Term, opposes

_SAME_SENSE = 0.8
_SURE = 0.7
_ENDINGS = frozenset({"er", "or", "ion", "ing", "ment", "al", "iti", "ness", "anc", "abl", "ist", "ic", "ful"})


@dataclass(frozen=True, slots=True)
class Found:
    """A wanted term, the answer's term that is nearest to it (None: nothing is) and how near, 0 to 1.
    `against`: it is said there the other way round (negated, or not)."""

    wanted: Term
    said: Term | None
    score: float
    against: bool


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

    found: tuple[Found, ...]
    recall: float
    agreeing: float
    precision: float
    balance: float
    trigrams: float
    order: float
    against: int
    opposed: int
    turned: int
    unsaid_negation: bool
    misnamed: bool
    wanted_words: int
    words_about: int

    @property
    def contradicts(self) -> bool:
        """Whether something in it may say the opposite of what should be said."""
        return bool(self.against or self.opposed or self.turned or self.unsaid_negation or self.misnamed)


def align(wanted: Reading, answer: Reading, asked: frozenset[str]) -> Alignment:
    """`asked` holds the stems of the question."""
    terms = wanted.content or wanted.terms
    found = tuple(_nearest(term, answer.content) for term in terms)
    fresh = tuple(one for one in found if one.wanted.stem not in asked) or found
    said_fresh = [term for term in answer.content if term.stem not in asked]
    recall = _share(fresh, lambda one: one.score)
    precision = _precision(said_fresh, terms)
    return Alignment(
        found=found,
        recall=recall,
        agreeing=_share(fresh, lambda one: 0.0 if one.against else one.score),
        precision=_precision(answer.content, terms),
        balance=2 * recall * precision / (recall + precision) if recall + precision else 0.0,
        trigrams=_trigram_share([one.wanted for one in fresh], answer),
        order=_order(found),
        against=sum(one.against and one.score >= _SURE for one in found),
        opposed=_opposed(wanted, answer),
        turned=_turned(wanted, answer),
        unsaid_negation=bool(wanted.negations) and not answer.negations,
        misnamed=bool(wanted.names - answer.names and answer.names - wanted.names),
        wanted_words=len(fresh),
        words_about=_words_about(found, answer, asked),
    )


def _words_about(found: Sequence[Found], answer: Reading, asked: frozenset[str]) -> int:
    """The words of the clauses that say anything wanted: padding adds none."""
    clauses = {one.said.clause for one in found if one.said and one.score >= _SURE and one.wanted.stem not in asked}
    return sum(term.clause in clauses for term in answer.terms)


def _nearest(wanted: Term, said: Sequence[Term]) -> Found:
    best = Found(wanted, None, 0.0, against=False)
    for term in said:
        score = nearness(wanted, term)
        against = wanted.negated != term.negated
        # What is said the right way round somewhere counts, even if it is denied elsewhere.
        better = score > best.score or (best.against and not against and score >= _SURE)
        if score > 0 and better and not (best.said and not best.against and against and best.score >= _SURE):
            best = Found(wanted, term, score, against)
    return best


def nearness(one: Term, other: Term) -> float:
    """1 for the same stem, less for a misspelling, a word of the same family or of the same sense."""
    spelled = _spelled_alike(one.stem, other.stem)
    return max(spelled, _SAME_SENSE) if one.senses & other.senses else spelled


@lru_cache(maxsize=1 << 16)
def _spelled_alike(one: str, other: str) -> float:
    if one == other:
        return 1.0
    if one[0].isdigit() or other[0].isdigit():
        return 0.0
    return max(_misspelled(one, other), _of_one_family(*sorted((one, other), key=len)))


def _misspelled(one: str, other: str) -> float:
    short, long = sorted((len(one), len(other)))
    if short < 4 or long < 5:
        return 0.0
    distance = Levenshtein.distance(one, other, score_cutoff=2)
    return 0.9 if distance == 1 else 0.8 if distance == 2 and long >= 8 else 0.0


def _of_one_family(short: str, long: str) -> float:
    """ "buy" and "buyer", "light" and "sunlight", "electric" and "electron"."""
    if len(short) >= 3 and long.startswith(short) and long[len(short) :] in _ENDINGS:
        return _SAME_SENSE
    if len(short) >= 5 and long.endswith(short):
        return _SAME_SENSE
    common = next((index for index, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    return 0.7 if common >= 5 and common >= 0.6 * len(long) else 0.0


def weight(term: Term) -> float:
    """Longer words carry more of the matter."""
    return 0.5 + min(len(term.stem), 8) / 8


def _share(found: Iterable[Found], score: Callable[[Found], float]) -> float:
    pairs = [(weight(one.wanted), score(one)) for one in found]
    total = sum(worth for worth, _ in pairs)
    return sum(worth * part for worth, part in pairs) / total if total else 0.0


def _precision(said: Sequence[Term], terms: Sequence[Term]) -> float:
    if not said:
        return 0.0
    return sum(max((nearness(term, wanted) for wanted in terms), default=0.0) for term in said) / len(said)


def _order(found: Sequence[Found]) -> float:
    pairs = list(itertools.pairwise(found))
    if not pairs:
        return found[0].score if found else 0.0
    near = sum(
        min(first.score, second.score)
        for first, second in pairs
        if first.said and second.said and 0 < second.said.place - first.said.place <= 4
    )
    return near / len(pairs)


def _trigram_share(wanted: Sequence[Term], answer: Reading) -> float:
    threes = _trigrams(" ".join(term.word for term in wanted))
    said = _trigrams(" ".join(term.word for term in answer.terms))
    return len(threes & said) / len(threes) if threes else 0.0


def _trigrams(text: str) -> set[str]:
    padded = f" {text} "
    return {padded[index : index + 3] for index in range(len(padded) - 2)}


def _opposed(wanted: Reading, answer: Reading) -> int:
    """Wanted terms that the answer leaves out while it says their opposite in the same way."""
    count = 0
    for term in wanted.terms:
        if (term.sides or term.root) and term.stem not in answer.stems:
            count += any(
                opposes(term, said) and said.negated == term.negated and said.stem not in wanted.stems
                for said in answer.terms
            )
    return count


def _turned(wanted: Reading, answer: Reading) -> int:
    """Pairs of scales that go together one way in what is wanted and the other way in the answer."""
    right, said = _pairs(wanted), _pairs(answer)
    return sum(len(signs) == 1 and pair in said and not signs & said[pair] for pair, signs in right.items())


def _pairs(reading: Reading) -> dict[tuple[int, int], set[int]]:
    """For any two scales within one clause, if they point the same way (+1) or opposite ways (-1): "short,
    high" and "long, low" are the same statement, "short, low" is the opposite one."""
    clauses: dict[int, list[Term]] = {}
    for term in reading.content:
        if term.sides:
            clauses.setdefault(term.clause, []).append(term)
    pairs: dict[tuple[int, int], set[int]] = {}
    for terms in clauses.values():
        for index, one in enumerate(terms[:12]):
            for other in terms[index + 1 : 12]:
                for first, sign in one.sides:
                    for second, also in other.sides:
                        if first != second:
                            turned = -1 if one.negated != other.negated else 1
                            pairs.setdefault((min(first, second), max(first, second)), set()).add(sign * also * turned)
    return pairs
