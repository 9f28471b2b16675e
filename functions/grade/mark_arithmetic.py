"""What a rule decides about one objective answer, and the arithmetic of marks that all rules share."""

import math
from dataclasses import dataclass

from core.models.result import ReviewReason


@dataclass(frozen=True, slots=True)
class RuleMark:
    """`marks` None: the answer cannot be read as an answer to this question, so a person has to look."""

    marks: float | None
    reason: str
    confidence: float = 0.98
    review: tuple[ReviewReason, ...] = ()


def round_to_step(marks: float, step: float | None) -> float:
    """Rounded to the scheme's step, halves upwards; to two decimals where the scheme names none."""
    if not step or step <= 0:
        return round(marks, 2)
    return round(math.floor(marks / step + 0.5 + 1e-9) * step, 4)


def clamp(marks: float, low: float, high: float) -> float:
    return min(max(marks, low), high)


def round_and_clamp(marks: float, low: float, high: float, step: float | None) -> float:
    """Rounded to the step and within the bounds, which a step may not round over (0.5 of 0.5 in whole marks)."""
    return clamp(round_to_step(marks, step), low, high)


def minor_error_penalty(max_marks: float) -> float:
    """What a right value loses for a missing unit or the wrong number of figures: half, at most one mark."""
    return min(1.0, max_marks / 2)
