"""Free text marker without a model: finds key points in the student's words and applies a fitted curve.

It reads words, not meaning. Its marks are provisional: each has a confidence, and uncertain ones go to review.
"""

import math
from collections.abc import Sequence

from core.models.answer_limits import MAX_ANSWER_WORDS
from core.models.assessment import Criterion
from core.models.result import CriterionMark, ReviewReason
from grade.language.text_analysis import analyze_text, analyze_text_cached
from grade.language.tokenizer import is_non_answer, tokenize
from grade.mark_arithmetic import round_and_clamp
from grade.markers.evidence import find_quote
from grade.markers.free_text import FreeTextMark, FreeTextTask
from grade.markers.key_points.alignment import Alignment, align
from grade.markers.key_points.calibration import (
    MarkCalibration,
    alignment_score,
    compute_features,
    load_calibration,
    normal_probability_within,
)
from grade.markers.key_points.point_matching import KeyPointMatch, match_key_point, split_passages

NAME = "key-points"
# A mark needs no review if it is at least this likely to lie within half a mark, or a fifth of the question's
# marks, of a teacher's mark.
MIN_CERTAINTY = 0.66
# Criteria say more precisely what is expected, so their threshold is higher.
MIN_CERTAINTY_BY_CRITERIA = 0.7
# From the high share on, a mark is reviewed if a part of the answer contradicts it. Nearly full marks must also be
# likely by the right-or-wrong curve.
_HIGH_SHARE, _NEARLY_FULL_SHARE, _MIN_RIGHT_PROBABILITY = 0.75, 0.9, 0.55


class KeyPointMarker:
    """Marks each answer independently, so the same answer always gets the same mark."""

    def __init__(self, calibration: MarkCalibration | None = None) -> None:
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
        if is_non_answer(task.answer.text):
            return FreeTextMark(0.0, 0.97, NAME, "The student says that there is no answer.")
        if (length := len(tokenize(task.answer.text))) > MAX_ANSWER_WORDS:
            reason = f"The answer has {length:,} words; up to {MAX_ANSWER_WORDS:,} are marked by key points."
            return FreeTextMark(None, 0.0, NAME, reason, review=(ReviewReason.TOO_LONG,))
        if criteria:
            return _mark_by_criteria(task, criteria)
        return self._mark_by_model_answer(task)

    def _mark_by_model_answer(self, task: FreeTextTask) -> FreeTextMark:
        calibration = self._calibration or load_calibration()
        alignment = _align_best_wording(task)
        feature_values = compute_features(alignment, len(task.model_answers))
        share = calibration.share(feature_values, task.max_marks)
        marks = round_and_clamp(share * task.max_marks, 0.0, task.max_marks, task.step)
        is_certain = calibration.certainty(share, task.max_marks, _tolerance(task.max_marks)) >= MIN_CERTAINTY
        is_contradicted = alignment.contradicts and share >= _HIGH_SHARE
        is_certain = is_certain and (
            share < _NEARLY_FULL_SHARE or calibration.right_or_wrong.share(feature_values) >= _MIN_RIGHT_PROBABILITY
        )
        confidence = calibration.certainty(share, task.max_marks, 0.5) * (0.6 if is_contradicted else 1.0)
        review = () if is_certain and not is_contradicted else (ReviewReason.BORDERLINE,)
        reason = f"About {round(100 * alignment.recall)} in 100 of the model answer's key words are found."
        if is_contradicted:
            reason += " Something in the answer may say the opposite."
        return FreeTextMark(marks, confidence, NAME, reason, "", (), review)


def _align_best_wording(task: FreeTextTask) -> Alignment:
    question_stems, answer = analyze_text_cached(task.question_text).stems, analyze_text(task.answer.text)
    return max(
        (align(analyze_text_cached(text), answer, question_stems) for text in task.model_answers), key=alignment_score
    )


def _tolerance(max_marks: float) -> float:
    """How many marks off is still close to a teacher's mark: a fifth of all marks, or half a mark if that is more
    (less than half where the question has one mark, or no mark would ever be off)."""
    return max(min(0.5, 0.4 * max_marks), 0.2 * max_marks)


def _mark_by_criteria(task: FreeTextTask, criteria: Sequence[Criterion]) -> FreeTextMark:
    question_stems, passages = analyze_text_cached(task.question_text).stems, split_passages(task.answer.text)
    points = [match_key_point((criterion.text, *criterion.accept), passages, question_stems) for criterion in criteria]
    marks = [_build_criterion_mark(task, criterion, point) for criterion, point in zip(criteria, points, strict=True)]
    total = round_and_clamp(sum(mark.marks for mark in marks), 0.0, task.max_marks, task.step)
    variance = sum(point.share_variance * criterion.marks**2 for criterion, point in zip(criteria, points, strict=True))
    deviation = math.sqrt(variance)
    is_certain = normal_probability_within(_tolerance(task.max_marks), deviation) >= MIN_CERTAINTY_BY_CRITERIA
    met, partly = (sum(mark.verdict == verdict for mark in marks) for verdict in ("met", "partly"))
    reason = f"{met} of {len(marks)} criteria met by the words found" + (f", {partly} in part." if partly else ".")
    return FreeTextMark(
        marks=total,
        confidence=normal_probability_within(0.5, deviation),
        marker=NAME,
        reason=reason,
        feedback=_build_feedback(marks),
        criteria=tuple(marks),
        review=() if is_certain else (ReviewReason.BORDERLINE,),
    )


def _build_criterion_mark(task: FreeTextTask, criterion: Criterion, point: KeyPointMatch) -> CriterionMark:
    evidence = find_quote(point.words, task.answer.text, task.answer.lines) if point.words else None
    return CriterionMark(
        text=criterion.text,
        verdict=point.verdict,
        marks=round(criterion.marks * point.share, 2),
        max_marks=criterion.marks,
        quote=evidence.quote if evidence else "",
        place=evidence.place if evidence else None,
    )


def _build_feedback(marks: Sequence[CriterionMark]) -> str:
    """Feedback for the student: their own words that earned marks, and how many points are missing. Never contains the
    scheme's words."""
    quotes = dict.fromkeys(f"“{mark.quote}”" for mark in marks if mark.verdict == "met" and mark.quote)
    missing = sum(mark.verdict == "not" for mark in marks)
    parts = [f"Marks for {', '.join(quotes)}."] if quotes else []
    if missing:
        parts.append(f"{missing} point{'s are' if missing > 1 else ' is'} missing.")
    return " ".join(parts)
