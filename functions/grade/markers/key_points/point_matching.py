"""Matches one key point against one answer: whether it is met, partly met or not, by which words, how certain."""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.models.result import Verdict
from grade.language.text_analysis import AnalyzedText, analyze_text, analyze_text_cached
from grade.language.tokenizer import split_sentences
from grade.markers.key_points.alignment import Alignment, TermMatch, align, term_weight

# Shares of a point's words, by weight. The variance is that of the share of the point's marks when only words are
# compared: small if nearly all or nearly none of them are found, large in between.
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
# Share lost if all words are found, but far apart: "less foxes … eat" is not "fewer rabbits eat".
_SCATTER_PENALTY = 0.1
_BRACKETS = re.compile(r"\(([^()]*)\)")


@dataclass(frozen=True, slots=True)
class KeyPointMatch:
    """The match of a key point. `score` is the share of the point's words that are found, `words` the passage with
    most of them, `share` the share of its marks, `share_variance` the variance of that share."""

    verdict: Verdict
    share: float
    score: float
    share_variance: float
    words: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of an answer. `weight_factor` is multiplied with the score of a point found in it."""

    text: str
    analyzed: AnalyzedText
    weight_factor: float = 1.0


def split_passages(answer: str) -> tuple[Passage, ...]:
    """Where a point may be said: each sentence, each two neighbouring sentences and, weighted lower, the whole."""
    sentences = split_sentences(answer)[:60]
    passages = [Passage(one, analyze_text(one)) for one in sentences]
    passages += [
        Passage(f"{one} {two}", analyze_text(f"{one}. {two}"), 0.99) for one, two in itertools.pairwise(sentences)
    ]
    if len(sentences) > 2:
        passages.append(Passage(answer, analyze_text(answer), _WHOLE_ANSWER_WEIGHT))
    return tuple(passages)


def match_key_point(
    wordings: Sequence[str], passages: Sequence[Passage], question_stems: frozenset[str]
) -> KeyPointMatch:
    """The match of the best wording in the answer's best passage. The question's own words have a low weight."""
    best, score, words = None, 0.0, ""
    for wording in (variant for given in wordings for variant in expand_wording(given)):
        expected = analyze_text_cached(wording)
        for passage in passages:
            alignment = align(expected, passage.analyzed, question_stems)
            passage_score = (
                _score_alignment(alignment, question_stems)
                * passage.weight_factor
                * (1 - _SCATTER_PENALTY * (1 - alignment.order))
            )
            if passage_score > score + 1e-9:
                best, score, words = alignment, passage_score, passage.text
    is_short = best is not None and len(best.matches) <= 2
    share_variance = _interpolate_variance(score)
    if best is not None and best.contradicts and score >= _PARTLY_FROM:
        share_variance = max(share_variance, _CONTRADICTION_VARIANCE)
    if score >= _MET_FROM:
        return KeyPointMatch("met", 1.0, score, share_variance, words)
    if score >= _PARTLY_FROM and not is_short and best is not None and not (best.antonym_count or best.reversed_scales):
        return KeyPointMatch("partly", 0.5, score, share_variance, words)
    return KeyPointMatch("not", 0.0, score, share_variance, "")


def expand_wording(wording: str) -> Iterator[str]:
    """The wording without its brackets, and each alternative that a bracket offers ("(or …)")."""
    bare = " ".join(_BRACKETS.sub(" ", wording).split())
    if bare:
        yield bare
    for inside in _BRACKETS.findall(wording):
        alternative = re.match(r"\s*or\s+(.+)", inside, re.IGNORECASE)
        if alternative:
            yield alternative.group(1)
    if not bare:
        yield wording


def _score_alignment(alignment: Alignment, question_stems: frozenset[str]) -> float:
    """The weighted share of the words that are found; words with a negation mismatch count as not found."""
    total = found = 0.0
    for alternatives in _group_alternatives(alignment.matches):
        weighted = [
            (
                term_weight(match.expected) * (_QUESTION_WORD_WEIGHT if match.expected.stem in question_stems else 1.0),
                match,
            )
            for match in alternatives
        ]
        total += max(weight for weight, _ in weighted)
        found += max(0.0 if match.negation_mismatch else weight * match.score for weight, match in weighted)
    return found / total if total else 0.0


def _group_alternatives(matches: Sequence[TermMatch]) -> Iterator[list[TermMatch]]:
    """The words of a wording in groups of one; words joined by "or" form one group, of which one word is enough."""
    group: list[TermMatch] = []
    for match in matches:
        if group and match.expected.after_or and match.expected.position - group[-1].expected.position == 2:
            group.append(match)
            continue
        if group:
            yield group
        group = [match]
    if group:
        yield group


def _interpolate_variance(score: float) -> float:
    below = _VARIANCE_BY_SCORE[0]
    for above in _VARIANCE_BY_SCORE:
        if score <= above[0]:
            width = above[0] - below[0]
            return below[1] + ((score - below[0]) / width if width else 1.0) * (above[1] - below[1])
        below = above
    return below[1]
