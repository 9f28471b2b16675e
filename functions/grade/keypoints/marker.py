"""Free text without a model: key points found in the student's words, under a fitted curve.

Honest about what it is: marks are provisional, every one has its confidence, and the unsure ones ask for
a person. It reads words, not meaning.
"""

import math
from collections.abc import Sequence

from core.assessment import Criterion
from core.limits import MOST_WORDS
from core.result import CriterionMark, ReviewReason
from grade.decision import settled
from grade.evidence import find_quote
from grade.freetext import FreeTextMark, FreeTextTask
from grade.keypoints.alignment import Alignment, align
from grade.keypoints.curve import Calibration, closeness, features, shipped, within_normal
from grade.keypoints.points import Point, judge, passages
from grade.words.language import gives_up, words
from grade.words.reading import read, read_known

NAME = "key-points"
# A mark stands without a look where it is this likely to lie within half a mark, or within a fifth of the
# question's marks, of a teacher's.
SURE = 0.66
# By criteria, whose wordings say more exactly what is wanted, more can be asked.
SURE_BY_CRITERIA = 0.7
# From this share on, a mark that something in the answer speaks against is looked at; and nearly full marks
# also have to be likely by the curve that only knows right and wrong.
_HIGH, _NEARLY_FULL, _LIKELY_RIGHT = 0.75, 0.9, 0.55


class KeyPointMarker:
    """Marks each answer by itself, so the same answer always gets the same mark."""

    def __init__(self, calibration: Calibration | None = None) -> None:
        self._calibration = calibration

    @property
    def name(self) -> str:
        return NAME

    def mark(self, tasks: Sequence[FreeTextTask]) -> list[FreeTextMark]:
        return [self._mark_one(task) for task in tasks]

    def _mark_one(self, task: FreeTextTask) -> FreeTextMark:
        criteria = task.entry.criteria if task.entry is not None else ()
        if not criteria and not task.model_answers:
            reason = "The marking scheme says nothing about this question, and no model is configured."
            return FreeTextMark(None, 0.0, NAME, reason, review=(ReviewReason.NO_SCHEME,))
        if gives_up(task.answer.text):
            return FreeTextMark(0.0, 0.97, NAME, "The student says that there is no answer.")
        if (length := len(words(task.answer.text))) > MOST_WORDS:
            reason = f"The answer has {length:,} words; up to {MOST_WORDS:,} are marked by key points."
            return FreeTextMark(None, 0.0, NAME, reason, review=(ReviewReason.TOO_LONG,))
        if criteria:
            return _by_criteria(task, criteria)
        return self._by_model_answer(task)

    def _by_model_answer(self, task: FreeTextTask) -> FreeTextMark:
        calibration = self._calibration or shipped()
        alignment = _nearest(task)
        measured = features(alignment, len(task.model_answers))
        share = calibration.share(measured, task.max_marks)
        marks = settled(share * task.max_marks, 0.0, task.max_marks, task.step)
        enough = calibration.certainty(share, task.max_marks, _near(task.max_marks)) >= SURE
        denied = alignment.contradicts and share >= _HIGH
        enough = enough and (share < _NEARLY_FULL or calibration.whole.share(measured) >= _LIKELY_RIGHT)
        confidence = calibration.certainty(share, task.max_marks, 0.5) * (0.6 if denied else 1.0)
        review = () if enough and not denied else (ReviewReason.BORDERLINE,)
        reason = f"About {round(100 * alignment.recall)} in 100 of the model answer's key words are found."
        if denied:
            reason += " Something in the answer may say the opposite."
        return FreeTextMark(marks, confidence, NAME, reason, "", (), review)


def _nearest(task: FreeTextTask) -> Alignment:
    asked, said = read_known(task.asked).stems, read(task.answer.text)
    return max((align(read_known(text), said, asked) for text in task.model_answers), key=closeness)


def _near(max_marks: float) -> float:
    """How far from a teacher's mark is still near: half a mark (of one mark less than that, or nothing would
    ever be far), or a fifth of all."""
    return max(min(0.5, 0.4 * max_marks), 0.2 * max_marks)


def _by_criteria(task: FreeTextTask, criteria: Sequence[Criterion]) -> FreeTextMark:
    asked, said = read_known(task.asked).stems, passages(task.answer.text)
    points = [judge((criterion.text, *criterion.accept), said, asked) for criterion in criteria]
    marks = [_criterion_mark(task, criterion, point) for criterion, point in zip(criteria, points, strict=True)]
    total = settled(sum(mark.marks for mark in marks), 0.0, task.max_marks, task.step)
    variance = sum(point.doubt * criterion.marks**2 for criterion, point in zip(criteria, points, strict=True))
    deviation = math.sqrt(variance)
    sure = within_normal(_near(task.max_marks), deviation) >= SURE_BY_CRITERIA
    met, partly = (sum(mark.verdict == verdict for mark in marks) for verdict in ("met", "partly"))
    reason = f"{met} of {len(marks)} criteria met by the words found" + (f", {partly} in part." if partly else ".")
    return FreeTextMark(
        marks=total,
        confidence=within_normal(0.5, deviation),
        marker=NAME,
        reason=reason,
        feedback=_feedback(marks),
        criteria=tuple(marks),
        review=() if sure else (ReviewReason.BORDERLINE,),
    )


def _criterion_mark(task: FreeTextTask, criterion: Criterion, point: Point) -> CriterionMark:
    evidence = find_quote(point.words, task.answer.text, task.answer.lines) if point.words else None
    return CriterionMark(
        text=criterion.text,
        verdict=point.verdict,
        marks=round(criterion.marks * point.share, 2),
        max_marks=criterion.marks,
        quote=evidence.quote if evidence else "",
        place=evidence.place if evidence else None,
    )


def _feedback(marks: Sequence[CriterionMark]) -> str:
    """For the student: the own words that earned marks, and how many points are missing, never the scheme's."""
    found = dict.fromkeys(f"“{mark.quote}”" for mark in marks if mark.verdict == "met" and mark.quote)
    missing = sum(mark.verdict == "not" for mark in marks)
    parts = [f"Marks for {', '.join(found)}."] if found else []
    if missing:
        parts.append(f"{missing} point{'s are' if missing > 1 else ' is'} missing.")
    return " ".join(parts)
