"""Finds the rotation and skew of a page from its lines, and rotates boxes to the upright page.

OCR engines give boxes on the page as it was sent. The direction of a line is that from its first word to its last, or
along the top edge of a single word.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from core.models.transcript import Box

# A point as fractions of the page's width and height.
PagePoint = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Baseline:
    """A line's direction: from one point to another (fractions of the page), weighted by the amount of text."""

    start: PagePoint
    end: PagePoint
    weight: int


def find_rotation(runs: Sequence[Baseline], aspect: float) -> int:
    """By how many degrees clockwise the page must be rotated to be upright: 0, 90, 180 or 270."""
    votes = [0, 0, 0, 0]
    for run in runs:
        across, down = (run.end[0] - run.start[0]) * aspect, run.end[1] - run.start[1]
        if across or down:
            votes[round(math.atan2(down, across) / (math.pi / 2)) % 4] += run.weight
    clockwise = max(range(4), key=lambda quarter: (votes[quarter], -quarter))
    return (-clockwise % 4) * 90


def find_skew(runs: Sequence[Baseline], rotation: int, aspect: float) -> float:
    """The tangent of the angle by which lines still slope downwards after the rotation (a page scanned at an angle).

    `aspect` is width ÷ height of the rotated page.
    """
    slopes = []
    for run in runs:
        (x0, y0), (x1, y1) = rotate_point(run.start, rotation), rotate_point(run.end, rotation)
        across = (x1 - x0) * aspect
        # Short lines show an angle badly, and lines that run another way not at all.
        if across > 0.08 and abs(y1 - y0) < 0.5 * across:
            slopes.append((y1 - y0) / across)
    return statistics.median(slopes) if slopes else 0.0


def rotate_point(point: PagePoint, rotation: int) -> PagePoint:
    x, y = point
    return {90: (1 - y, x), 180: (1 - x, 1 - y), 270: (y, 1 - x)}.get(rotation, (x, y))


def rotate_box(box: Box, rotation: int) -> Box:
    """The box after its page has been rotated clockwise."""
    if rotation == 0:
        return box
    left, top, width, height = box
    if rotation == 90:
        return (1 - top - height, left, height, width)
    if rotation == 180:
        return (1 - left - width, 1 - top - height, width, height)
    return (top, 1 - left - width, height, width)
