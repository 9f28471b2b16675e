"""Analyses a text for marking: its terms with their stem, senses, negation and clause."""

import re
from dataclasses import dataclass
from functools import lru_cache

from core.models.answer_limits import MAX_ANSWER_WORDS
from grade.language.thesaurus import ScaleEnd, load_thesaurus
from grade.language.tokenizer import NEGATIONS, is_content_word, stem, tokenize

_CLAUSE = re.compile(r"[.!?;:,()]+|\b(?:but|whereas|while|however|because|so|if|then|although|though)\b")
_NO_LONGER = re.compile(r"\bno longer\b|\bnot any ?more\b")
_NAME = re.compile("[b-hj-rt-z]")
_NEGATION_SCOPE = 3
_NEGATING_PREFIXES = ("un", "in", "im", "ir", "il", "non", "dis")


@dataclass(slots=True)
class Term:
    """One word of a text.

    `position`: its index among all words. `negated`: it is among the three content words after a negation in its
    clause. `root`: the stem that its prefix negates ("unequal": "equal"). `after_or`: the word before it is "or".
    """

    word: str
    stem: str
    position: int
    clause: int
    negated: bool
    content: bool
    root: str | None = None
    after_or: bool = False
    senses: frozenset[int] = frozenset()
    scale_ends: frozenset[ScaleEnd] = frozenset()


def is_opposite(one: Term, other: Term) -> bool:
    """Whether one term is the opposite of the other: by its prefix, or as the other end of a scale."""
    if one.scale_ends & other.scale_ends:
        return False
    return (
        one.root == other.stem
        or other.root == one.stem
        or any((scale, -sign) in other.scale_ends for scale, sign in one.scale_ends)
    )


@dataclass(frozen=True, slots=True)
class AnalyzedText:
    """The terms of a text. `content`: its content words.

    `names`: numbers and single letters, which distinguish one thing from another ("bulb C", "terminal 6").
    """

    terms: tuple[Term, ...]
    content: tuple[Term, ...]
    stems: frozenset[str]
    negations: int
    names: frozenset[str]


@lru_cache(maxsize=512)
def analyze_text_cached(text: str) -> AnalyzedText:
    """`analyze_text` for texts that are analysed repeatedly: questions, model answers, criteria."""
    return analyze_text(text)


def analyze_text(text: str) -> AnalyzedText:
    """Analyses the first `MAX_ANSWER_WORDS` words of a text; the marker reports where there are more."""
    terms: list[Term] = []
    negations = 0
    plain = _NO_LONGER.sub(" not ", text.casefold().replace("’", "'"))
    for number, clause in enumerate(_CLAUSE.split(plain)):
        found = tokenize(clause)[: max(0, MAX_ANSWER_WORDS - len(terms))]
        negations += sum(word in NEGATIONS for word in found)
        terms += _build_clause_terms(found, number, len(terms))
    content = tuple(term for term in terms if term.content)
    names = frozenset(term.word for term in terms if term.word[0].isdigit() or _NAME.fullmatch(term.word))
    return AnalyzedText(tuple(terms), content, frozenset(term.stem for term in terms), negations, names)


def _build_clause_terms(found: list[str], number: int, base: int) -> list[Term]:
    terms, scope = [], 0
    for index, word in enumerate(found):
        negation, content = word in NEGATIONS, is_content_word(word)
        negated, after_or = scope > 0 and not negation, index > 0 and found[index - 1] == "or"
        terms.append(
            Term(word, stem(word), base + index, number, negated, content, _strip_negating_prefix(word), after_or)
        )
        if negation:
            scope = _NEGATION_SCOPE
        elif content and scope:
            scope -= 1
    _add_senses(terms)
    return terms


def _add_senses(terms: list[Term]) -> None:
    """Adds the senses and scale ends of single words, and those of phrases to each of their words."""
    known = load_thesaurus()
    stems = [term.stem for term in terms]
    for index, term in enumerate(terms):
        longest = min(known.longest, len(terms) - index) if term.stem in known.first_stems else 1
        for length in range(1, longest + 1):
            run = tuple(stems[index : index + length])
            senses, scale_ends = known.senses.get(run), known.scale_ends.get(run)
            for member in terms[index : index + length]:
                member.senses |= senses or frozenset()
                member.scale_ends |= scale_ends or frozenset()
            if senses and length > 1 and not any(member.content for member in terms[index : index + length]):
                terms[index + length - 1].content = True


def _strip_negating_prefix(word: str) -> str | None:
    for prefix in _NEGATING_PREFIXES:
        if word.startswith(prefix) and len(word) > len(prefix) + 3:
            return stem(word[len(prefix) :])
    return None
