"""The mark that a rule gives to an objective answer, and the arithmetic of marks that all markers share."""

import math
from dataclasses import dataclass

from core.models.result import ReviewReason


@dataclass(frozen=True, slots=True)
class RuleMark:
    """A rule's decision on one objective answer. `marks` is None where the answer cannot be read as an answer to this
    question, so a teacher has to decide."""

    marks: float | None
    reason: str
    confidence: float = 0.98
    review: tuple[ReviewReason, ...] = ()


def round_to_step(marks: float, step: float | None) -> float:
    """Rounded to the scheme's step, halves upwards; to two decimals where the scheme has no step."""
    if not step or step <= 0:
        return round(marks, 2)
    return round(math.floor(marks / step + 0.5 + 1e-9) * step, 4)


def clamp(marks: float, low: float, high: float) -> float:
    return min(max(marks, low), high)


def round_and_clamp(marks: float, low: float, high: float, step: float | None) -> float:
    """Rounded to the step, then clamped: rounding must not exceed the bounds (0.5 of 0.5 in whole marks)."""
    return clamp(round_to_step(marks, step), low, high)


def minor_error_penalty(max_marks: float) -> float:
    """What a right value loses for a missing unit or the wrong number of figures: half the marks, at most one."""
    return min(1.0, max_marks / 2)
