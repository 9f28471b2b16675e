"""A model is asked once for one answer to one question: what it said is kept, and only what changed is asked again."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from core.models.assessment import Criterion, SchemeEntry
from core.models.result import CriterionMark, ReviewReason, Usage
from grade.markers.free_text import FreeTextMark, FreeTextTask
from grade.markers.marker_cache import CachingMarker
from tests.unit.grade.marking.builders import answer, text_question


class Model:
    """Says of every answer that it is met, and remembers what it was asked."""

    def __init__(self, name: str = "model:one", **said: object) -> None:
        self.name = name
        self.asked: list[FreeTextTask] = []
        self._said = said

    def mark(self, tasks: Sequence[FreeTextTask]) -> list[FreeTextMark]:
        assert tasks
        self.asked += tasks
        criterion = CriterionMark("light is taken in", "met", 1.0, 2.0, "takes in light")
        mark = FreeTextMark(1.0, 0.9, self.name, "Met.", "Well done.", (criterion,), usage=Usage(1, 10, 5, 0.5))
        return [replace(mark, **self._said) for _ in tasks]  # type: ignore[arg-type] # fields of a mark


def task(name: str, text: str = "It takes in light.", *, wanted: str = "light is taken in") -> FreeTextTask:
    entry = SchemeEntry(name, criteria=(Criterion(wanted, 2.0),))
    return FreeTextTask(text_question(name), "", entry, answer(name, text), 2.0)


TASKS = [task("1"), task("2", "It grows."), task("3", "It drinks.")]


def test_what_was_said_is_said_again_without_a_call_and_without_a_price() -> None:
    model = Model()
    first = CachingMarker(model, {})
    before = first.mark(TASKS)
    again = CachingMarker(model, first.cached_marks)
    after = again.mark(TASKS)
    assert len(model.asked) == 3
    assert after == [replace(mark, usage=Usage()) for mark in before]
    assert again.cached_marks == first.cached_marks


@pytest.mark.parametrize(
    "changed",
    [
        task("2", "It grows fast."),
        task("2", "It grows.", wanted="it grows"),
        replace(TASKS[1], max_marks=3.0),
        replace(TASKS[1], step=0.5),
        replace(TASKS[1], context="Of plants:"),
        replace(TASKS[1], question=replace(TASKS[1].question, text="Why so?")),
    ],
)
def test_only_what_was_changed_is_asked_again(changed: FreeTextTask) -> None:
    model = Model()
    first = CachingMarker(model, {})
    first.mark(TASKS)
    model.asked.clear()
    again = CachingMarker(model, first.cached_marks)
    assert len(again.mark([TASKS[0], changed, TASKS[2]])) == 3
    assert model.asked == [changed]
    # What nobody asks for any more is not dragged along.
    assert len(again.cached_marks) == 3


def test_another_label_of_the_same_question_is_the_same_question() -> None:
    model = Model()
    first = CachingMarker(model, {})
    first.mark(TASKS[:1])
    relabelled = replace(TASKS[0], question=replace(TASKS[0].question, id="7", label="7"))
    CachingMarker(model, first.cached_marks).mark([relabelled])
    assert len(model.asked) == 1


def test_another_model_has_opinions_of_its_own() -> None:
    first = CachingMarker(Model(), {})
    first.mark(TASKS)
    other = Model("model:two")
    CachingMarker(other, first.cached_marks).mark(TASKS)
    assert len(other.asked) == 3


@pytest.mark.parametrize("said", [{"review": (ReviewReason.MODEL_UNAVAILABLE,)}, {"marker": "key-points"}])
def test_what_the_model_did_not_say_is_asked_again(said: dict[str, object]) -> None:
    first = CachingMarker(Model(**said), {})  # type: ignore[arg-type] # fields of a mark
    first.mark(TASKS)
    assert first.cached_marks == {}


def test_nothing_is_kept_of_a_marker_that_costs_nothing() -> None:
    first = CachingMarker(Model("key-points"), {})
    assert len(first.mark(TASKS)) == 3
    assert first.cached_marks == {}


@pytest.mark.parametrize("quote", ["", "t", "it is"])
def test_credit_that_an_earlier_release_gave_without_a_quote_is_asked_for_again(quote: str) -> None:
    unshown = CriterionMark("light is taken in", "met", 2.0, 2.0, quote)
    first = CachingMarker(Model(criteria=(unshown,)), {})
    first.mark(TASKS[:1])
    model = Model()
    CachingMarker(model, first.cached_marks).mark(TASKS[:1])
    assert model.asked == TASKS[:1]
