"""A text read for marking: its terms with stem, senses, negation and clause."""

import re
from dataclasses import dataclass
from functools import lru_cache

from core.limits import MOST_WORDS
from grade.words.language import NEGATIONS, is_content, stem, words
from grade.words.thesaurus import Side, thesaurus

_CLAUSE = re.compile(r"[.!?;:,()]+|\b(?:but|whereas|while|however|because|so|if|then|although|though)\b")
_NO_LONGER = re.compile(r"\bno longer\b|\bnot any ?more\b")
_NAME = re.compile("[b-hj-rt-z]")
_SCOPE = 3
_OPPOSING = ("un", "in", "im", "ir", "il", "non", "dis")


@dataclass(slots=True)
class Term:
    """One word in its place. `negated`: it stands within three content words after a negation in its
    clause. `root`: what it negates by its prefix ("unequal": "equal"). `after_or`: the word before is "or".
    `place` counts all words."""

    word: str
    stem: str
    place: int
    clause: int
    negated: bool
    content: bool
    root: str | None = None
    after_or: bool = False
    senses: frozenset[int] = frozenset()
    sides: frozenset[Side] = frozenset()


def opposes(one: Term, other: Term) -> bool:
    """Whether one says what the other denies: by its prefix, or as the other end of one scale."""
    if one.sides & other.sides:
        return False
    return (
        one.root == other.stem
        or other.root == one.stem
        or any((scale, -sign) in other.sides for scale, sign in one.sides)
    )


@dataclass(frozen=True, slots=True)
class Reading:
    """All terms of a text, and those that carry content (all of them, where none does). `names` are
    numbers and single letters, which tell one thing from another ("bulb C", "terminal 6")."""

    terms: tuple[Term, ...]
    content: tuple[Term, ...]
    stems: frozenset[str]
    negations: int
    names: frozenset[str]


@lru_cache(maxsize=512)
def read_known(text: str) -> Reading:
    """`read` for texts that come again: questions, model answers, criteria."""
    return read(text)


def read(text: str) -> Reading:
    """The first `MOST_WORDS` of a text: whoever marks by it says where there are more."""
    terms: list[Term] = []
    negations = 0
    plain = _NO_LONGER.sub(" not ", text.casefold().replace("’", "'"))
    for number, clause in enumerate(_CLAUSE.split(plain)):
        found = words(clause)[: max(0, MOST_WORDS - len(terms))]
        negations += sum(word in NEGATIONS for word in found)
        terms += _clause_terms(found, number, len(terms))
    content = tuple(term for term in terms if term.content)
    names = frozenset(term.word for term in terms if term.word[0].isdigit() or _NAME.fullmatch(term.word))
    return Reading(tuple(terms), content, frozenset(term.stem for term in terms), negations, names)


def _clause_terms(found: list[str], number: int, base: int) -> list[Term]:
    terms, scope = [], 0
    for index, word in enumerate(found):
        negation, content = word in NEGATIONS, is_content(word)
        negated, after_or = scope > 0 and not negation, index > 0 and found[index - 1] == "or"
        terms.append(Term(word, stem(word), base + index, number, negated, content, _root(word), after_or))
        if negation:
            scope = _SCOPE
        elif content and scope:
            scope -= 1
    _add_senses(terms)
    return terms


def _add_senses(terms: list[Term]) -> None:
    """Senses of single words, and of runs of words on each of their words ("carbon dioxide")."""
    known = thesaurus()
    stems = [term.stem for term in terms]
    for index, term in enumerate(terms):
        longest = min(known.longest, len(terms) - index) if term.stem in known.openings else 1
        for length in range(1, longest + 1):
            run = tuple(stems[index : index + length])
            senses, sides = known.senses.get(run), known.sides.get(run)
            for member in terms[index : index + length]:
                member.senses |= senses or frozenset()
                member.sides |= sides or frozenset()
            if senses and length > 1 and not any(member.content for member in terms[index : index + length]):
                terms[index + length - 1].content = True


def _root(word: str) -> str | None:
    for prefix in _OPPOSING:
        if word.startswith(prefix) and len(word) > len(prefix) + 3:
            return stem(word[len(prefix) :])
    return None
