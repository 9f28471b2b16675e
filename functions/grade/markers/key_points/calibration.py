"""Converts an alignment into marks with curves fitted on teachers' marks, and estimates their certainty.

There are two curves, because people mark in two ways: a question of one mark is right or wrong, a question of five or
more earns partial credit. Between one and `PARTIAL_CREDIT_FROM_MARKS` marks the two are blended. Both are linear in
the features below, fitted by `benchmarks/keypoints.py` (ridge regression; docs/grading.md names the data), and clipped
to 0…1.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from grade.markers.key_points.alignment import Alignment

# Names of the features as calibration.json stores them; `compute_features` returns the values in this order.
FEATURES = (
    "recall", "agreeing", "precision", "balance", "trigrams", "order", "turned",
    "length", "wanted", "nothing", "wordings",
)  # fmt: skip
PARTIAL_CREDIT_FROM_MARKS = 4.0


@dataclass(frozen=True, slots=True)
class MarkCurve:
    """Expected share of the marks = intercept + weights · features.

    `spread` holds pairs of (share, standard deviation of teachers' share around it), ascending, measured on questions
    that the fit had not seen.
    """

    intercept: float
    weights: tuple[float, ...]
    spread: tuple[tuple[float, float], ...]

    def share(self, features: Sequence[float]) -> float:
        raw = self.intercept + sum(weight * value for weight, value in zip(self.weights, features, strict=True))
        return min(max(raw, 0.0), 1.0)

    def deviation(self, share: float) -> float:
        """The standard deviation at a share, linearly interpolated between the measured points."""
        below = self.spread[0]
        for above in self.spread:
            if share <= above[0]:
                width = above[0] - below[0]
                part = (share - below[0]) / width if width > 0 else 1.0
                return below[1] + part * (above[1] - below[1])
            below = above
        return below[1]

    def to_dict(self) -> dict[str, Any]:
        return {
            "intercept": self.intercept,
            "weights": dict(zip(FEATURES, self.weights, strict=True)),
            "spread": [list(point) for point in self.spread],
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        return cls(
            intercept=float(data["intercept"]),
            weights=tuple(float(data["weights"][name]) for name in FEATURES),
            spread=tuple((float(share), float(deviation)) for share, deviation in data["spread"]),
        )


@dataclass(frozen=True, slots=True)
class MarkCalibration:
    """The two curves. `right_or_wrong` is for questions of one mark, `partial_credit` for questions of many."""

    right_or_wrong: MarkCurve
    partial_credit: MarkCurve

    def share(self, features: Sequence[float], max_marks: float) -> float:
        part = _partial_credit_weight(max_marks)
        return (1 - part) * self.right_or_wrong.share(features) + part * self.partial_credit.share(features)

    def certainty(self, share: float, max_marks: float, within: float) -> float:
        """The probability that a teacher's mark lies within `within` marks of this one."""
        part = _partial_credit_weight(max_marks)
        deviation = self.partial_credit.deviation(share)
        partial_credit = normal_probability_within(within / max_marks, deviation) if max_marks > 0 else 1.0
        return (1 - part) * max(share, 1 - share) + part * partial_credit

    def to_dict(self) -> dict[str, Any]:
        return {"whole": self.right_or_wrong.to_dict(), "graded": self.partial_credit.to_dict()}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        return cls(MarkCurve.from_dict(data["whole"]), MarkCurve.from_dict(data["graded"]))


def compute_features(alignment: Alignment, wordings: int) -> tuple[float, ...]:
    """The input of the curves, in the order of FEATURES. `wordings` is the number of wordings to choose from."""
    return (
        alignment.recall,
        alignment.agreeing_recall,
        alignment.precision,
        alignment.f1_score,
        alignment.trigram_overlap,
        alignment.order,
        float(min(alignment.reversed_scales, 2)),
        math.log1p(min(alignment.on_topic_word_count, 30)),
        math.log1p(alignment.expected_word_count),
        float(alignment.recall < 0.05),
        math.log1p(wordings),
    )


def alignment_score(alignment: Alignment) -> float:
    """A score to choose the wording that an answer is closest to: the highest wins."""
    return alignment.f1_score + alignment.agreeing_recall + 0.5 * alignment.order - 0.3 * alignment.reversed_scales


def normal_probability_within(distance: float, deviation: float) -> float:
    """The probability of lying within `distance` of the mean of a normal distribution."""
    return math.erf(distance / (max(deviation, 1e-6) * math.sqrt(2)))


@lru_cache(maxsize=1)
def load_calibration() -> MarkCalibration:
    text = Path(__file__).with_name("calibration.json").read_text(encoding="utf-8")
    return MarkCalibration.from_dict(json.loads(text))


def _partial_credit_weight(max_marks: float) -> float:
    return min(max((max_marks - 1) / (PARTIAL_CREDIT_FROM_MARKS - 1), 0.0), 1.0)
