"""The marker cache: the same prompt is sent to a model once; only what changed is sent again."""

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from core.models.assessment import Criterion, SchemeEntry
from core.models.result import CriterionMark, ReviewReason, Usage
from grade.markers.free_text import FreeTextMark, FreeTextTask
from grade.markers.marker_cache import CachingMarker, cached_marks_from_document, with_cached_marks
from tests.unit.grade.marking.builders import answer, text_question


class FakeModel:
    """Gives every answer the same mark, and records its tasks. `changes` are changed fields of the mark."""

    def __init__(self, name: str = "model:one", **changes: object) -> None:
        self.name = name
        self.asked: list[FreeTextTask] = []
        self._changes = changes

    def mark(self, tasks: Sequence[FreeTextTask]) -> list[FreeTextMark]:
        assert tasks
        self.asked += tasks
        criterion = CriterionMark("light is taken in", "met", 1.0, 2.0, "takes in light")
        mark = FreeTextMark(1.0, 0.9, self.name, "Met.", "Well done.", (criterion,), usage=Usage(1, 10, 5, 0.5))
        return [replace(mark, **self._changes) for _ in tasks]  # type: ignore[arg-type] # fields of a mark


def task(name: str, text: str = "It takes in light.", *, criterion: str = "light is taken in") -> FreeTextTask:
    entry = SchemeEntry(name, criteria=(Criterion(criterion, 2.0),))
    return FreeTextTask(text_question(name), "", entry, answer(name, text), 2.0)


TASKS = [task("1"), task("2", "It grows."), task("3", "It drinks.")]


def test_a_cached_mark_needs_no_call_and_costs_nothing() -> None:
    model = FakeModel()
    first = CachingMarker(model, {})
    before = first.mark(TASKS)
    again = CachingMarker(model, first.cached_marks)
    after = again.mark(TASKS)
    assert len(model.asked) == 3
    assert after == [replace(mark, usage=Usage()) for mark in before]
    assert again.cached_marks == first.cached_marks


def test_cached_marks_are_decoded_from_the_document_that_they_are_stored_in() -> None:
    first = CachingMarker(FakeModel(), {})
    first.mark(TASKS)
    document = json.loads(json.dumps(with_cached_marks({"marks": 3}, first.cached_marks)))
    assert document["marks"] == 3
    assert cached_marks_from_document(document) == first.cached_marks
    assert cached_marks_from_document({"marks": 3}) == {}


@pytest.mark.parametrize(
    "changed",
    [
        task("2", "It grows fast."),
        task("2", "It grows.", criterion="it grows"),
        replace(TASKS[1], max_marks=3.0),
        replace(TASKS[1], step=0.5),
        replace(TASKS[1], context="Of plants:"),
        replace(TASKS[1], question=replace(TASKS[1].question, text="Why so?")),
    ],
)
def test_only_changed_tasks_are_sent_again(changed: FreeTextTask) -> None:
    model = FakeModel()
    first = CachingMarker(model, {})
    first.mark(TASKS)
    model.asked.clear()
    again = CachingMarker(model, first.cached_marks)
    assert len(again.mark([TASKS[0], changed, TASKS[2]])) == 3
    assert model.asked == [changed]
    # Marks that are no longer used are dropped from the cache.
    assert len(again.cached_marks) == 3


def test_a_relabelled_question_keeps_its_cached_mark() -> None:
    model = FakeModel()
    first = CachingMarker(model, {})
    first.mark(TASKS[:1])
    relabelled = replace(TASKS[0], question=replace(TASKS[0].question, id="7", label="7"))
    CachingMarker(model, first.cached_marks).mark([relabelled])
    assert len(model.asked) == 1


def test_another_model_does_not_use_the_cached_marks() -> None:
    first = CachingMarker(FakeModel(), {})
    first.mark(TASKS)
    other = FakeModel("model:two")
    CachingMarker(other, first.cached_marks).mark(TASKS)
    assert len(other.asked) == 3


@pytest.mark.parametrize("changes", [{"review": (ReviewReason.MODEL_UNAVAILABLE,)}, {"marker": "key-points"}])
def test_marks_that_are_not_the_models_are_not_cached(changes: dict[str, object]) -> None:
    first = CachingMarker(FakeModel(**changes), {})  # type: ignore[arg-type] # fields of a mark
    first.mark(TASKS)
    assert first.cached_marks == {}


def test_marks_without_a_model_are_not_cached() -> None:
    first = CachingMarker(FakeModel("key-points"), {})
    assert len(first.mark(TASKS)) == 3
    assert first.cached_marks == {}


@pytest.mark.parametrize("quote", ["", "t", "it is"])
def test_cached_credit_without_evidence_is_requested_again(quote: str) -> None:
    unshown = CriterionMark("light is taken in", "met", 2.0, 2.0, quote)
    first = CachingMarker(FakeModel(criteria=(unshown,)), {})
    first.mark(TASKS[:1])
    model = FakeModel()
    CachingMarker(model, first.cached_marks).mark(TASKS[:1])
    assert model.asked == TASKS[:1]


def test_a_cached_mark_that_cannot_be_decoded_is_left_out() -> None:
    known = FreeTextMark(1.0, 0.9, "model:m", "Right.").to_dict()
    unknown = {**known, "review": ["a_reason_of_a_later_release"]}
    document = {"opinions": {"a": known, "b": unknown, "c": {}}}
    assert set(cached_marks_from_document(document)) == {"a"}
