"""Free text without a model: key points found in the student's words, under a fitted curve.

Honest about what it is: marks are provisional, every one has its confidence, and the unsure ones ask for
a person. It reads words, not meaning.
"""

from collections.abc import Sequence

from core.result import CriterionMark, ReviewReason
from grade.decision import clamp, to_step
from grade.evidence import find_quote
from grade.freetext import FreeTextMark, FreeTextTask
from grade.language import content_stems
from grade.points import Verdict, judge

NAME = "key-points"
SURE = 0.6


class KeyPointMarker:
    """Marks each answer by itself, so the same answer always gets the same mark."""

    @property
    def name(self) -> str:
        return NAME

    def mark(self, tasks: Sequence[FreeTextTask]) -> list[FreeTextMark]:
        return [self._mark_one(task) for task in tasks]

    def _mark_one(self, task: FreeTextTask) -> FreeTextMark:
        if task.entry is not None and task.entry.criteria:
            return _by_criteria(task)
        if task.model_answers:
            return _by_model_answer(task)
        reason = "The marking scheme says nothing about this question, and no model is configured."
        return FreeTextMark(None, 0.0, NAME, reason, review=(ReviewReason.NO_SCHEME,))


def _by_criteria(task: FreeTextTask) -> FreeTextMark:
    assert task.entry is not None  # noqa: S101 - narrowed by the caller
    asked = frozenset(content_stems(task.asked))
    marks, confidence = [], 1.0
    for criterion in task.entry.criteria:
        verdict = judge((criterion.text, *criterion.accept), task.answer.text, asked)
        marks.append(_criterion_mark(task, criterion.text, criterion.marks, verdict))
        confidence = min(confidence, verdict.confidence)
    total = to_step(clamp(sum(mark.marks for mark in marks), 0.0, task.max_marks), task.step)
    met = sum(mark.verdict == "met" for mark in marks)
    review = () if confidence >= SURE else (ReviewReason.BORDERLINE,)
    reason = f"{met} of {len(marks)} criteria met by the words found."
    return FreeTextMark(total, confidence, NAME, reason, _feedback(marks), tuple(marks), review)


def _criterion_mark(task: FreeTextTask, text: str, worth: float, verdict: Verdict) -> CriterionMark:
    evidence = find_quote(verdict.words, task.answer.text, task.answer.lines) if verdict.words else None
    return CriterionMark(
        text=text,
        verdict=verdict.verdict,
        marks=round(worth * verdict.share, 2),
        max_marks=worth,
        quote=evidence.quote if evidence else "",
        place=evidence.place if evidence else None,
    )


def _by_model_answer(task: FreeTextTask) -> FreeTextMark:
    asked = frozenset(content_stems(task.asked))
    best = max((judge((text,), task.answer.text, asked) for text in task.model_answers), key=lambda one: one.score)
    marks = to_step(clamp(best.score * task.max_marks, 0.0, task.max_marks), task.step)
    review = () if best.confidence >= SURE else (ReviewReason.BORDERLINE,)
    reason = f"About {round(100 * best.score)} in 100 of the model answer's key words are found."
    return FreeTextMark(marks, best.confidence, NAME, reason, "", (), review)


def _feedback(marks: Sequence[CriterionMark]) -> str:
    """For the student: the own words that earned marks, and how many points are missing, never the scheme's."""
    found = [f"“{mark.quote}”" for mark in marks if mark.verdict == "met" and mark.quote]
    missing = sum(mark.verdict == "not" for mark in marks)
    parts = []
    if found:
        parts.append(f"Marks for {', '.join(found)}.")
    if missing:
        parts.append(f"{missing} point{'s' if missing > 1 else ''} missing.")
    return " ".join(parts)
