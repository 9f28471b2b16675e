"""A model's opinions, kept with a sheet's result: the same question about the same answer is asked and paid once.

A changed paper, scheme or reading has the sheets graded again. What a model was told of an answer, word for word, is
the same for all but what was changed; those marks are taken over, and only the others are asked for.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from core.models.result import CriterionMark, ReviewReason
from grade.markers.free_text import FreeTextMark, FreeTextMarker, FreeTextTask

CachedMarks = Mapping[str, dict[str, Any]]


class CachingMarker:
    """A marker of free text with what it said before. `opinions`: what it has said by now of the tasks that it was
    given, as they go into the result's document."""

    def __init__(self, marker: FreeTextMarker, previous: CachedMarks) -> None:
        self._marker, self._previous = marker, previous
        self.cached_marks: dict[str, dict[str, Any]] = {}

    @property
    def name(self) -> str:
        return self._marker.name

    def mark(self, tasks: Sequence[FreeTextTask]) -> list[FreeTextMark]:
        if not self.name.startswith("model:"):
            return self._marker.mark(tasks)
        cache_keys = [_cache_key(self.name, task) for task in tasks]
        known = {
            at: mark for at, key in enumerate(cache_keys) if (mark := self._find_cached(key, tasks[at])) is not None
        }
        new = [at for at in range(len(tasks)) if at not in known]
        replies = dict(zip(new, self._marker.mark([tasks[at] for at in new]), strict=True)) if new else {}
        marks = []
        for at, key in enumerate(cache_keys):
            mark = replies[at] if at in replies else known[at]
            marks.append(mark)
            # What the model did not say itself, or could not, is asked again another time.
            if mark.marker == self.name and ReviewReason.MODEL_UNAVAILABLE not in mark.review:
                self.cached_marks[key] = _to_dict(mark)
        return marks

    def _find_cached(self, key: str, task: FreeTextTask) -> FreeTextMark | None:
        """What was said of it, unless it gives credit that no quote shows: earlier releases let that stand."""
        if key not in self._previous:
            return None
        from grade.markers.evidence import is_conclusive_quote

        mark = _from_dict(self._previous[key])
        has_evidence = all(
            one.verdict == "not" or is_conclusive_quote(one.quote, task.answer.text) for one in mark.criteria
        )
        return mark if has_evidence else None


def _cache_key(name: str, task: FreeTextTask) -> str:
    """Names everything that the mark follows from: the model, every word that it is told, and the rounding."""
    from grade.markers.model.prompt import build_messages

    inputs = [name, build_messages(task, schema_in_words=False), task.step]
    return hashlib.sha256(json.dumps(inputs).encode()).hexdigest()


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
