"""Cache of a model's marks, stored with a sheet's result: the same prompt is sent and paid for only once.

A changed paper, scheme or reading makes the sheets be graded again. For every answer that the change does not concern
the prompt is the same word for word; its mark is taken from the cache, and only the others are sent to the model.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from core.models.result import ReviewReason, Usage
from grade.markers.free_text import FreeTextMark, FreeTextMarker, FreeTextTask

CachedMarks = Mapping[str, FreeTextMark]
_DOCUMENT_FIELD = "opinions"


class CachingMarker:
    """A marker of free text with a cache of `previous` marks. `cached_marks` holds the marks of the tasks given to
    this marker."""

    def __init__(self, marker: FreeTextMarker, previous: CachedMarks) -> None:
        self._marker, self._previous = marker, previous
        self.cached_marks: dict[str, FreeTextMark] = {}

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
                self.cached_marks[key] = replace(mark, usage=Usage())
        return marks

    def _find_cached(self, key: str, task: FreeTextTask) -> FreeTextMark | None:
        """The cached mark, unless it gives credit that no quote supports: earlier releases accepted that."""
        mark = self._previous.get(key)
        if mark is None:
            return None
        from grade.markers.evidence import is_conclusive_quote

        has_evidence = all(
            one.verdict == "not" or is_conclusive_quote(one.quote, task.answer.text) for one in mark.criteria
        )
        return mark if has_evidence else None


def _cache_key(name: str, task: FreeTextTask) -> str:
    """A hash of everything that the mark depends on: the model, its prompt and the rounding."""
    from grade.markers.model.prompt import build_messages

    inputs = [name, build_messages(task, schema_in_words=False), task.step]
    return hashlib.sha256(json.dumps(inputs).encode()).hexdigest()


def with_cached_marks(document: dict[str, Any], marks: CachedMarks) -> dict[str, Any]:
    """The document of a result or a corrected answer, with the cached marks that are stored in it."""
    return {**document, _DOCUMENT_FIELD: {key: mark.to_dict() for key, mark in marks.items()}}


def cached_marks_from_document(document: dict[str, Any]) -> dict[str, FreeTextMark]:
    """The cached marks in the document of a result or a corrected answer; none if it has no such field.

    A mark that this release cannot decode is left out, so that its answer is marked again: a cache never stops a sheet.
    """
    decoded = ((key, _decode_mark(mark)) for key, mark in document.get(_DOCUMENT_FIELD, {}).items())
    return {key: mark for key, mark in decoded if mark is not None}


def _decode_mark(mark: dict[str, Any]) -> FreeTextMark | None:
    try:
        return FreeTextMark.from_dict(mark)
    except (KeyError, ValueError, TypeError):
        return None
