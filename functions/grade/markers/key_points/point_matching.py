"""One key point against one answer: is it said, partly said, or not, in which words, and how sure that is."""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.models.result import Verdict
from grade.language.text_analysis import AnalyzedText, analyze_text, analyze_text_cached
from grade.language.tokenizer import split_sentences
from grade.markers.key_points.alignment import Alignment, TermMatch, align, term_weight

# Shares of a point's words, by weight. The doubt is the variance of the share of the point's marks that
# reading words alone leaves: small where nearly all or nearly nothing is said, large between.
_MET_FROM, _PARTLY_FROM = 0.7, 0.48
_VARIANCE_BY_SCORE = (
    (0.0, 0.06),
    (0.2, 0.1),
    (0.35, 0.17),
    (0.5, 0.2),
    (0.65, 0.2),
    (0.75, 0.13),
    (0.9, 0.07),
    (1.0, 0.05),
)
_CONTRADICTION_VARIANCE = 0.2
_QUESTION_WORD_WEIGHT = 0.5
_WHOLE_ANSWER_WEIGHT = 0.95
# What is lost where the words are all there, but far apart: "less foxes … eat" is not "fewer rabbits eat".
_SCATTER_PENALTY = 0.1
_BRACKETS = re.compile(r"\(([^()]*)\)")


@dataclass(frozen=True, slots=True)
class KeyPointMatch:
    """`score` is the share of the point's words that are said; `words` the passage that says most of them;
    `doubt` the variance of the share of its marks."""

    verdict: Verdict
    share: float
    score: float
    share_variance: float
    words: str


@dataclass(frozen=True, slots=True)
class Passage:
    text: str
    reading: AnalyzedText
    weight_factor: float = 1.0


def split_passages(answer: str) -> tuple[Passage, ...]:
    """Where a point may be said: each sentence, each two neighbours, and, worth a little less, the whole."""
    parts = split_sentences(answer)[:60]
    found = [Passage(part, analyze_text(part)) for part in parts]
    found += [Passage(f"{one} {two}", analyze_text(f"{one}. {two}"), 0.99) for one, two in itertools.pairwise(parts)]
    if len(parts) > 2:
        found.append(Passage(answer, analyze_text(answer), _WHOLE_ANSWER_WEIGHT))
    return tuple(found)


def match_key_point(
    wordings: Sequence[str], actual: Sequence[Passage], question_stems: frozenset[str]
) -> KeyPointMatch:
    """The best of the wordings in the answer's best passage. The question's own words weigh little."""
    best, score, words = None, 0.0, ""
    for wording in (variant for given in wordings for variant in expand_wording(given)):
        expected = analyze_text_cached(wording)
        for passage in actual:
            alignment = align(expected, passage.reading, question_stems)
            found = (
                _score_alignment(alignment, question_stems)
                * passage.weight_factor
                * (1 - _SCATTER_PENALTY * (1 - alignment.order))
            )
            if found > score + 1e-9:
                best, score, words = alignment, found, passage.text
    short = best is not None and len(best.found) <= 2
    share_variance = _interpolate_variance(score)
    if best is not None and best.contradicts and score >= _PARTLY_FROM:
        share_variance = max(share_variance, _CONTRADICTION_VARIANCE)
    if score >= _MET_FROM:
        return KeyPointMatch("met", 1.0, score, share_variance, words)
    if score >= _PARTLY_FROM and not short and best is not None and not (best.antonym_count or best.reversed_scales):
        return KeyPointMatch("partly", 0.5, score, share_variance, words)
    return KeyPointMatch("not", 0.0, score, share_variance, "")


def expand_wording(wording: str) -> Iterator[str]:
    """A wording without what stands in brackets, and what a bracket offers instead ("(or …)")."""
    bare = " ".join(_BRACKETS.sub(" ", wording).split())
    if bare:
        yield bare
    for inside in _BRACKETS.findall(wording):
        offered = re.match(r"\s*or\s+(.+)", inside, re.IGNORECASE)
        if offered:
            yield offered.group(1)
    if not bare:
        yield wording


def _score_alignment(alignment: Alignment, question_stems: frozenset[str]) -> float:
    """The share of the words that are said, and not denied; a denied wording is no part of it."""
    total = actual = 0.0
    for choice in _group_alternatives(alignment.found):
        parts = [
            (term_weight(one.expected) * (_QUESTION_WORD_WEIGHT if one.expected.stem in question_stems else 1.0), one)
            for one in choice
        ]
        total += max(weight_factor for weight_factor, _ in parts)
        actual += max(0.0 if one.negation_mismatch else weight_factor * one.score for weight_factor, one in parts)
    return actual / total if total else 0.0


def _group_alternatives(found: Sequence[TermMatch]) -> Iterator[list[TermMatch]]:
    """The words of a wording one by one, but words with "or" between them together: one of them is enough."""
    choice: list[TermMatch] = []
    for one in found:
        if choice and one.expected.after_or and one.expected.position - choice[-1].expected.position == 2:
            choice.append(one)
            continue
        if choice:
            yield choice
        choice = [one]
    if choice:
        yield choice


def _interpolate_variance(score: float) -> float:
    below = _VARIANCE_BY_SCORE[0]
    for above in _VARIANCE_BY_SCORE:
        if score <= above[0]:
            width = above[0] - below[0]
            return below[1] + ((score - below[0]) / width if width else 1.0) * (above[1] - below[1])
        below = above
    return below[1]
