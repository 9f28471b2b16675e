"""A model's opinions, kept with a sheet's result: the same question about the same answer is asked and paid once.

A changed paper, scheme or reading has the sheets graded again. What a model was told of an answer, word for word, is
the same for all but what was changed; those marks are taken over, and only the others are asked for.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from core.result import CriterionMark, ReviewReason
from grade.freetext import FreeTextMark, FreeTextMarker, FreeTextTask

Opinions = Mapping[str, dict[str, Any]]


class Remembering:
    """A marker of free text with what it said before. `opinions`: what it has said by now of the tasks that it was
    given, as they go into the result's document."""

    def __init__(self, marker: FreeTextMarker, before: Opinions) -> None:
        self._marker, self._before = marker, before
        self.opinions: dict[str, dict[str, Any]] = {}

    @property
    def name(self) -> str:
        return self._marker.name

    def mark(self, tasks: Sequence[FreeTextTask]) -> list[FreeTextMark]:
        if not self.name.startswith("model:"):
            return self._marker.mark(tasks)
        asked = [_fingerprint(self.name, task) for task in tasks]
        known = {at: mark for at, key in enumerate(asked) if (mark := self._said_before(key, tasks[at])) is not None}
        new = [at for at in range(len(tasks)) if at not in known]
        replies = dict(zip(new, self._marker.mark([tasks[at] for at in new]), strict=True)) if new else {}
        marks = []
        for at, key in enumerate(asked):
            mark = replies[at] if at in replies else known[at]
            marks.append(mark)
            # What the model did not say itself, or could not, is asked again another time.
            if mark.marker == self.name and ReviewReason.MODEL_UNAVAILABLE not in mark.review:
                self.opinions[key] = _to_dict(mark)
        return marks

    def _said_before(self, key: str, task: FreeTextTask) -> FreeTextMark | None:
        """What was said of it, unless it gives credit that no quote shows: earlier releases let that stand."""
        if key not in self._before:
            return None
        from grade.evidence import can_show

        mark = _from_dict(self._before[key])
        shown = all(one.verdict == "not" or can_show(one.quote, task.answer.text) for one in mark.criteria)
        return mark if shown else None


def _fingerprint(name: str, task: FreeTextTask) -> str:
    """Names everything that the mark follows from: the model, every word that it is told, and the rounding."""
    from grade.model.prompt import messages

    told = [name, messages(task, schema_in_words=False), task.step]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _to_dict(mark: FreeTextMark) -> dict[str, Any]:
    return {
        "marks": mark.marks,
        "confidence": mark.confidence,
        "marker": mark.marker,
        "reason": mark.reason,
        "feedback": mark.feedback,
        "criteria": [criterion.to_dict() for criterion in mark.criteria],
        "review": [reason.value for reason in mark.review],
    }


def _from_dict(data: dict[str, Any]) -> FreeTextMark:
    """Without its usage: nothing was spent this time."""
    return FreeTextMark(
        marks=data["marks"],
        confidence=data["confidence"],
        marker=data["marker"],
        reason=data["reason"],
        feedback=data["feedback"],
        criteria=tuple(CriterionMark.from_dict(criterion) for criterion in data["criteria"]),
        review=tuple(ReviewReason(reason) for reason in data["review"]),
    )
