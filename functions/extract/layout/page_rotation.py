"""Turning a page of lines upright: which way its text runs, and where its boxes are once it stands.

Textract gives boxes on the page as it lies. A turned page's lines are told by their words: the direction from a
line's first word to its last, or along the top edge of a single word's polygon, holds for every engine.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from core.models.transcript import Box

PagePoint = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Baseline:
    """Which way a line runs: from one point to another (fractions of the page), and how much text says so."""

    start: PagePoint
    end: PagePoint
    weight: int


def find_rotation(runs: Sequence[Baseline], aspect: float) -> int:
    """By how many degrees clockwise the page is to be turned to stand upright: 0, 90, 180 or 270."""
    votes = [0, 0, 0, 0]
    for run in runs:
        across, down = (run.end[0] - run.start[0]) * aspect, run.end[1] - run.start[1]
        if across or down:
            votes[round(math.atan2(down, across) / (math.pi / 2)) % 4] += run.weight
    clockwise = max(range(4), key=lambda quarter: (votes[quarter], -quarter))
    return (-clockwise % 4) * 90


def find_skew(runs: Sequence[Baseline], rotation: int, aspect: float) -> float:
    """The tangent by which lines still fall to the right once the page has been turned (it was laid down askew).

    `aspect` is width ÷ height of the turned page.
    """
    slopes = []
    for run in runs:
        (x0, y0), (x1, y1) = rotate_point(run.start, rotation), rotate_point(run.end, rotation)
        across = (x1 - x0) * aspect
        # Short lines say little about an angle, and ones that run another way say nothing.
        if across > 0.08 and abs(y1 - y0) < 0.5 * across:
            slopes.append((y1 - y0) / across)
    return statistics.median(slopes) if slopes else 0.0


def rotate_point(point: PagePoint, rotation: int) -> PagePoint:
    x, y = point
    return {90: (1 - y, x), 180: (1 - x, 1 - y), 270: (y, 1 - x)}.get(rotation, (x, y))


def rotate_box(box: Box, rotation: int) -> Box:
    """Where a box is after its page has been turned clockwise."""
    if rotation == 0:
        return box
    left, top, width, height = box
    if rotation == 90:
        return (1 - top - height, left, height, width)
    if rotation == 180:
        return (1 - left - width, 1 - top - height, width, height)
    return (top, 1 - left - width, height, width)
