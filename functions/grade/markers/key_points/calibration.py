"""From words found to marks: a curve fitted on people's marks, and how sure it is.

Two curves, because people mark in two ways: a question of one mark is right or wrong, a question of five or
more gets part of its marks for a fair try. Between one and `GRADED_FROM` marks the two are blended. Both are
linear in the features below, fitted by `benchmarks/keypoints.py` (ridge regression; docs/grading.md says on
what), and clipped to 0…1.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from grade.markers.key_points.alignment import Alignment

FEATURES = (
    "recall", "agreeing", "precision", "balance", "trigrams", "order", "turned",
    "length", "wanted", "nothing", "wordings",
)  # fmt: skip
PARTIAL_CREDIT_FROM_MARKS = 4.0


@dataclass(frozen=True, slots=True)
class MarkCurve:
    """Expected share of the marks = intercept + weights · features. `spread`: (share, standard deviation of
    people's share about it), ascending, measured on questions that the fit had not seen."""

    intercept: float
    weights: tuple[float, ...]
    spread: tuple[tuple[float, float], ...]

    def share(self, features: Sequence[float]) -> float:
        raw = self.intercept + sum(weight * value for weight, value in zip(self.weights, features, strict=True))
        return min(max(raw, 0.0), 1.0)

    def deviation(self, share: float) -> float:
        """The standard deviation at a share, straight between the measured points."""
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
    """`whole`: right or wrong. `graded`: marks in parts."""

    whole: MarkCurve
    graded: MarkCurve

    def share(self, features: Sequence[float], max_marks: float) -> float:
        part = _partial_credit_weight(max_marks)
        return (1 - part) * self.whole.share(features) + part * self.graded.share(features)

    def certainty(self, share: float, max_marks: float, within: float) -> float:
        """The probability that a teacher's mark lies within `within` marks of this one."""
        part = _partial_credit_weight(max_marks)
        graded = normal_probability_within(within / max_marks, self.graded.deviation(share)) if max_marks > 0 else 1.0
        return (1 - part) * max(share, 1 - share) + part * graded

    def to_dict(self) -> dict[str, Any]:
        return {"whole": self.whole.to_dict(), "graded": self.graded.to_dict()}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        return cls(MarkCurve.from_dict(data["whole"]), MarkCurve.from_dict(data["graded"]))


def compute_features(alignment: Alignment, wordings: int) -> tuple[float, ...]:
    """The numbers that the curves weigh, in the order of FEATURES."""
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
    """Which of several wordings an answer is nearest to: the highest counts."""
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
