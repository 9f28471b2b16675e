"""One key point against one answer: is it said, partly said, or not, and in which words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rapidfuzz.distance import Levenshtein

from grade.language import content_stems, sentences, words

_MET, _PARTLY = 0.7, 0.4


@dataclass(frozen=True, slots=True)
class Verdict:
    """`score` is the weighted share of the point's words that are found, 0 to 1; `words` the passage."""

    verdict: Literal["met", "partly", "not"]
    share: float
    score: float
    confidence: float
    words: str


def judge(wordings: Sequence[str], answer: str, asked: frozenset[str]) -> Verdict:
    """The best of the wordings, each against the answer's best passage. Words of the question weigh little."""
    score, passage = 0.0, ""
    for wording in wordings:
        for part in [*sentences(answer), answer]:
            found = _recall(wording, part, asked)
            if found > score + 1e-9:
                score, passage = found, part
    if score >= _MET:
        return Verdict("met", 1.0, score, min(0.95, 0.5 + score - _MET + 0.2), passage)
    if score >= _PARTLY:
        return Verdict("partly", 0.5, score, 0.5, passage)
    return Verdict("not", 0.0, score, min(0.9, 0.55 + _PARTLY - score), "")


def _recall(wording: str, passage: str, asked: frozenset[str]) -> float:
    wanted = dict.fromkeys(content_stems(wording))
    if not wanted:
        plain, said = words(wording), words(passage)
        return float(bool(plain) and plain == said[: len(plain)])
    said_stems = set(content_stems(passage))
    weights = {term: 0.2 if term in asked else 1.0 for term in wanted}
    found = sum(weight for term, weight in weights.items() if _said(term, said_stems))
    return found / sum(weights.values())


def _said(term: str, said: set[str]) -> bool:
    if term in said:
        return True
    if len(term) < 5:
        return False
    return any(
        abs(len(term) - len(other)) <= 1 and Levenshtein.distance(term, other, score_cutoff=1) <= 1 for other in said
    )
