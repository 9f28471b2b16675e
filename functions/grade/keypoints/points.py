"""One key point against one answer: is it said, partly said, or not, in which words, and how sure that is."""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.result import Verdict
from grade.keypoints.alignment import Alignment, Found, align, weight
from grade.words.language import sentences
from grade.words.reading import Reading, read, read_known

# Shares of a point's words, by weight. The doubt is the variance of the share of the point's marks that
# reading words alone leaves: small where nearly all or nearly nothing is said, large between.
_MET, _PARTLY = 0.7, 0.48
_DOUBT = ((0.0, 0.06), (0.2, 0.1), (0.35, 0.17), (0.5, 0.2), (0.65, 0.2), (0.75, 0.13), (0.9, 0.07), (1.0, 0.05))
_DENIED = 0.2
_ASKED_WEIGHT = 0.5
_WHOLE_ANSWER = 0.95
# What is lost where the words are all there, but far apart: "less foxes … eat" is not "fewer rabbits eat".
_APART = 0.1
_BRACKETS = re.compile(r"\(([^()]*)\)")


@dataclass(frozen=True, slots=True)
class Point:
    """`score` is the share of the point's words that are said; `words` the passage that says most of them;
    `doubt` the variance of the share of its marks."""

    verdict: Verdict
    share: float
    score: float
    doubt: float
    words: str


@dataclass(frozen=True, slots=True)
class Passage:
    text: str
    reading: Reading
    worth: float = 1.0


def passages(answer: str) -> tuple[Passage, ...]:
    """Where a point may be said: each sentence, each two neighbours, and, worth a little less, the whole."""
    parts = sentences(answer)[:60]
    found = [Passage(part, read(part)) for part in parts]
    found += [Passage(f"{one} {two}", read(f"{one}. {two}"), 0.99) for one, two in itertools.pairwise(parts)]
    if len(parts) > 2:
        found.append(Passage(answer, read(answer), _WHOLE_ANSWER))
    return tuple(found)


def judge(wordings: Sequence[str], said: Sequence[Passage], asked: frozenset[str]) -> Point:
    """The best of the wordings in the answer's best passage. The question's own words weigh little."""
    best, score, words = None, 0.0, ""
    for wording in (variant for given in wordings for variant in variants(given)):
        wanted = read_known(wording)
        for passage in said:
            alignment = align(wanted, passage.reading, asked)
            found = _score(alignment, asked) * passage.worth * (1 - _APART * (1 - alignment.order))
            if found > score + 1e-9:
                best, score, words = alignment, found, passage.text
    short = best is not None and len(best.found) <= 2
    doubt = _doubt(score)
    if best is not None and best.contradicts and score >= _PARTLY:
        doubt = max(doubt, _DENIED)
    if score >= _MET:
        return Point("met", 1.0, score, doubt, words)
    if score >= _PARTLY and not short and best is not None and not (best.opposed or best.turned):
        return Point("partly", 0.5, score, doubt, words)
    return Point("not", 0.0, score, doubt, "")


def variants(wording: str) -> Iterator[str]:
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


def _score(alignment: Alignment, asked: frozenset[str]) -> float:
    """The share of the words that are said, and not denied; a denied wording is no part of it."""
    total = said = 0.0
    for choice in _choices(alignment.found):
        parts = [(weight(one.wanted) * (_ASKED_WEIGHT if one.wanted.stem in asked else 1.0), one) for one in choice]
        total += max(worth for worth, _ in parts)
        said += max(0.0 if one.against else worth * one.score for worth, one in parts)
    return said / total if total else 0.0


def _choices(found: Sequence[Found]) -> Iterator[list[Found]]:
    """The words of a wording one by one, but words with "or" between them together: one of them is enough."""
    choice: list[Found] = []
    for one in found:
        if choice and one.wanted.after_or and one.wanted.place - choice[-1].wanted.place == 2:
            choice.append(one)
            continue
        if choice:
            yield choice
        choice = [one]
    if choice:
        yield choice


def _doubt(score: float) -> float:
    below = _DOUBT[0]
    for above in _DOUBT:
        if score <= above[0]:
            width = above[0] - below[0]
            return below[1] + ((score - below[0]) / width if width else 1.0) * (above[1] - below[1])
        below = above
    return below[1]
