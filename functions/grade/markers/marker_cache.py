"""Cache of a model's marks, stored with a sheet's result: the same prompt is sent and paid for only once.

A changed paper, scheme or reading makes the sheets be graded again. For every answer that the change does not concern
the prompt is the same word for word; its mark is taken from the cache, and only the others are sent to the model.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from core.models.result import CriterionMark, ReviewReason
from grade.markers.free_text import FreeTextMark, FreeTextMarker, FreeTextTask

CachedMarks = Mapping[str, dict[str, Any]]


class CachingMarker:
    """A marker of free text with a cache of `previous` marks. `cached_marks` holds the marks of the tasks given to
    this marker, in the form that the result document stores them."""

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
        marks_by_index = {
            index: mark
            for index, key in enumerate(cache_keys)
            if (mark := self._find_cached(key, tasks[index])) is not None
        }
        missing = [index for index in range(len(tasks)) if index not in marks_by_index]
        if missing:
            marks_by_index |= zip(missing, self._marker.mark([tasks[index] for index in missing]), strict=True)
        marks = []
        for index, key in enumerate(cache_keys):
            mark = marks_by_index[index]
            marks.append(mark)
            # Marks that did not come from the model, or only because it was unavailable, are requested again later.
            if mark.marker == self.name and ReviewReason.MODEL_UNAVAILABLE not in mark.review:
                self.cached_marks[key] = _to_dict(mark)
        return marks

    def _find_cached(self, key: str, task: FreeTextTask) -> FreeTextMark | None:
        """The cached mark, unless it gives credit that no quote supports: earlier releases accepted that."""
        if key not in self._previous:
            return None
        from grade.markers.evidence import is_conclusive_quote

        mark = _from_dict(self._previous[key])
        has_evidence = all(
            one.verdict == "not" or is_conclusive_quote(one.quote, task.answer.text) for one in mark.criteria
        )
        return mark if has_evidence else None


def _cache_key(name: str, task: FreeTextTask) -> str:
    """A hash of everything that the mark depends on: the model, its prompt and the rounding."""
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
    """The cached mark with no usage: nothing was spent this time."""
    return FreeTextMark(
        marks=data["marks"],
        confidence=data["confidence"],
        marker=data["marker"],
        reason=data["reason"],
        feedback=data["feedback"],
        criteria=tuple(CriterionMark.from_dict(criterion) for criterion in data["criteria"]),
        review=tuple(ReviewReason(reason) for reason in data["review"]),
    )
