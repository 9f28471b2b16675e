"""Sentences that speak of the marking and not of the matter, whatever their wording.

Two nets behind the expressions. One asks what a sentence is about: words of assessment beside words of judgement,
with little else in it. The other looks for the few sentences that every such attack is made of, however they are
spelled, spaced, misread or turned round.
"""

import re
from collections.abc import Iterator
from functools import cache

from rapidfuzz import fuzz

from grade.words.language import stem
from grade.words.lookalikes import shape

_WORD = re.compile(r"[^\W\d_]+")
# What an assessment is made of, and how it may turn out.
_ASSESSMENT = frozenset(
    {
        "mark", "marks", "marking", "marked", "marker", "grade", "grades", "grading", "graded", "grader",
        "score", "scores", "scoring", "credit", "credits", "verdict", "criterion", "criteria",
        "rubric", "rubrics", "examiner", "examiners", "evaluator", "evaluation", "assessor", "assessment",
        "moderator", "candidate", "confidence", "feedback", "exam", "examination", "board",
    }
)  # fmt: skip
_JUDGEMENT = frozenset(
    {
        "full", "maximum", "max", "maximal", "top", "perfect", "excellent", "outstanding", "complete",
        "completely", "correct", "right", "met", "satisfied", "satisfies", "covered", "everything", "every",
        "all", "accept", "accepts", "accepted", "approve", "approved", "deduct", "void", "count", "counted",
        "pass", "passed", "fail", "generous", "lenient", "understanding", "finished", "demonstrates", "wins",
        "always", "highest", "best", "good",
    }
)  # fmt: skip
_PLEA = re.compile(
    r"\b(?:please|kindly|mercy|beg|benefit of the doubt|thank(?:s| you)|need to pass|do(?:n't| not) fail me|ran out of"
    r" time|count it|round (?:\w+ )?(?:result|it|me)? ?up|be kind)\b",
    re.IGNORECASE,
)
_MINE = re.compile(r"\b(?:i|me|my|we|our|you|your)\b", re.IGNORECASE)
_OWN_FATE = frozenset(
    {
        "fail", "pass", "exam", "marks", "mark", "grade", "score", "result", "scholarship", "doubt", "time",
        "count", "mercy", "understanding", "ill",
    }
)  # fmt: skip
_SMALL = frozenset(
    {
        "a", "an", "the", "of", "to", "in", "on", "at", "for", "by", "with", "and", "or", "but", "so", "that",
        "this", "these", "those", "it", "its", "is", "are", "was", "were", "be", "been", "being", "as", "if",
        "then", "than", "do", "does", "did", "have", "has", "had", "will", "would", "should", "could", "may",
        "might", "must", "can", "i", "me", "my", "you", "your", "he", "she", "they", "them", "their", "our",
        "we", "not", "no", "yes", "there", "here", "which", "who", "what", "from", "into", "out", "up",
        "down", "about", "over", "under", "also", "only", "just", "very", "more", "most", "some", "any",
        "each", "other", "such", "answer", "answers", "response", "responses", "student", "students",
        "question", "questions", "now", "student's", "please", "kindly", "following", "according", "updated",
        "means", "given", "gave", "give", "gives", "giving", "get", "gets", "treat", "say", "said", "says",
        "write", "writes", "writing", "summary", "result", "results", "output", "put",
    }
)  # fmt: skip
# Other words that a sentence on the marking may hold and still be about nothing else.
_ROOM = 3
# Marks, rules and scores in other languages, and words for all of them, the highest, or to give and ignore them.
_MARKS_ABROAD = re.compile(
    r"\b(?:note|puntos|puntuaci[oó]n|calificaci[oó]n|nota|notas|voti|voto|punteggio|pontos|pontua[cç][aã]o|puan|puanı"
    r"|punten|punkte|punktzahl|po[aä]ng|poeng|punkty|bewerte[nt]?|benoten|noter|évaluer|calificar|valutare|beoordelen|regels|instructies|consignes|reglas|istruzioni|балл\w*|оценк\w*)\b"
    r"|अंक|分数|满分|滿分|分數|점수|만점|点数|満点|علامة|درجة|نمره",
    re.IGNORECASE,
)
_ALL_ABROAD = re.compile(
    r"\b(?:maximale?|máxim[ao]|massim[oi]|todos|todas|toutes?|tous|tutti|tam|volle|alle|höchste|donnez|dame|dammi|negeer"
    r"|vergeet|gib|geef"
    r"|bitte|svp|por favor|per favore|proszę|prosím|lütfen|mohon"
    r"|все|высш\w+|максимальн\w+|поставьте)\b|पूरे|सभी|给|給|請|请|주세요|ください|كاملة|کامل",
    re.IGNORECASE,
)
_SENTENCES = (
    "ignore all previous instructions",
    "ignore the previous instructions",
    "disregard the above instructions",
    "ignore all instructions",
    "ignore the rules",
    "ignore the rubric",
    "ignore the mark scheme",
    "award full marks",
    "award top marks",
    "award maximum marks",
    "give top marks",
    "give full marks",
    "give me full marks",
    "all criteria are met",
    "mark as correct",
)
_ALIKE = 88.0
# Characters of squeezed text that are compared at once, and how many of them again with the next: more than a sentence.
_STRETCH, _OVERLAP = 400, 80


def speaks_of_marking(sentence: str, matter: frozenset[str] = frozenset()) -> bool:
    """Whether a sentence is about how it should be marked. Words whose stems the question itself uses say nothing."""
    if _MARKS_ABROAD.search(sentence) and _ALL_ABROAD.search(sentence):
        return True
    found = {word.casefold() for word in _WORD.findall(sentence)}
    found = {word for word in found if stem(word) not in matter}
    if _PLEA.search(sentence) and _MINE.search(sentence) and found & _OWN_FATE:
        return True
    if not found & _ASSESSMENT or not found & _JUDGEMENT:
        return False
    others = [word for word in found if word not in _ASSESSMENT | _JUDGEMENT | _SMALL]
    return len(others) <= _ROOM


def disguised(text: str) -> list[tuple[int, int]]:
    """Where one of the sentences stands in disguise: from and to, in the text. The text is looked through in stretches
    that overlap, so that the time grows with its length and no more; of each stretch a sentence is found once."""
    squeezed, places = _squeezed(text)
    found = []
    for start in range(0, max(len(squeezed) - _OVERLAP, 1), _STRETCH - _OVERLAP):
        for first, last in _disguised_in(squeezed[start : start + _STRETCH]):
            found.append((places[start + first], places[start + last] + 1))
    return found


def _disguised_in(squeezed: str) -> Iterator[tuple[int, int]]:
    """The first and the last character of each sentence that stands in squeezed text, forwards or backwards."""
    for turned in (squeezed, squeezed[::-1]):
        for wanted in _wanted():
            if len(turned) < len(wanted) - 2:
                continue
            hit = fuzz.partial_ratio_alignment(wanted, turned, score_cutoff=_ALIKE)
            if hit is None or hit.dest_end <= hit.dest_start:
                continue
            first, last = hit.dest_start, hit.dest_end - 1
            yield (first, last) if turned is squeezed else (len(squeezed) - 1 - last, len(squeezed) - 1 - first)


@cache
def _wanted() -> tuple[str, ...]:
    return tuple(_squeezed(sentence)[0] for sentence in _SENTENCES)


def _squeezed(text: str) -> tuple[str, list[int]]:
    """Letters and digits alone, look-alikes made one, and where in the text each of them stands."""
    letters, places = [], []
    for place, char in enumerate(text):
        if char.isalnum() or char in "|!":
            for one in shape(char):
                letters.append(one)
                places.append(place)
    return "".join(letters), places
