"""Every way in which a call to a model can end badly has its own sentence, and none of them is a mark of 0."""

import json
import time
from dataclasses import replace

import pytest

from core.result import ReviewReason
from grade.freetext import FreeTextMark
from grade.model.marker import ModelMarker
from tests.standin_model import (
    Behaviour,
    Request,
    Said,
    StandIn,
    agreeing,
    answer_of,
    completion,
    error,
    verdicts,
)
from tests.unit.grade.marking.model_server import QUICK, mark_one, marker
from tests.unit.grade.marking.sheets import GOOD_ANSWER, many, task


def _unavailable(mark: FreeTextMark, sentence: str) -> None:
    assert ReviewReason.MODEL_UNAVAILABLE in mark.review
    assert sentence in mark.reason
    assert mark.marker == "key-points"
    assert "Provisional" in mark.reason
    assert mark.marks is not None
    assert mark.marks > 0


ENDINGS: dict[str, tuple[Behaviour, str, int]] = {
    "a storm of 429": (lambda *_: Said(error("slow down"), 429), "too many at once", 5),
    "a 500": (lambda *_: Said(error("broken"), 500), "server failed", 4),
    "cut-off JSON": (lambda *_: Said(completion('{"criteria": [{"crit', finish="length")), "cut off", 2),
    "invalid JSON": (lambda *_: Said(completion("Sure! The answer is good.")), "not whole JSON", 2),
    "a wrong schema": (lambda *_: Said(completion('{"score": 5}')), "field is missing", 2),
    "a criterion left out": (
        lambda request, _: Said(completion(json.dumps(verdicts(request) | {"criteria": []}))),
        "Not every criterion",
        2,
    ),
    "a refusal": (lambda *_: Said(completion(None, refusal="I cannot help.")), "declined", 1),
    "a content filter": (lambda *_: Said(completion("", finish="content_filter")), "declined", 1),
    "an unknown model": (
        lambda *_: Said(error("no such model", "model_not_found"), 404),
        "does not know",
        1,
    ),
    "a wrong key": (lambda *_: Said(error("bad key"), 401), "does not accept the key", 1),
    "no permission": (lambda *_: Said(error("no"), 403), "may not use", 1),
    "an exhausted quota": (lambda *_: Said(error("pay", "insufficient_quota"), 429), "quota", 1),
    "a refused request": (lambda *_: Said(error("context too long"), 400), "HTTP 400", 1),
    "no choices": (lambda *_: Said(completion("x") | {"choices": []}), "without a reply", 2),
    "a page of HTML": (lambda *_: Said(b"<html>Sign in</html>"), "cannot be used", 2),
    "JSON of another kind": (lambda *_: Said(["no", "completion"]), "without a reply", 2),
    "a choice without a message": (lambda *_: Said({"choices": [{}]}), "without a reply", 2),
    "a message without content": (lambda *_: Said(completion(None)), "not whole JSON", 2),
    "numbers for text": (
        lambda request, _: Said(completion(json.dumps(verdicts(request, feedback=7)))),
        "wrong type",
        2,
    ),
    "a closed line": (lambda *_: Said(None), "could not be reached", 3),
    "NaN for a confidence": (
        lambda request, _: Said(completion(json.dumps(verdicts(request, confidence=float("nan"))))),
        "no number",
        2,
    ),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_each_ending_is_named_and_leaves_a_provisional_mark(name: str) -> None:
    behaviour, sentence, calls = ENDINGS[name]
    with StandIn(behaviour) as server, marker(server) as found:
        mark = found.mark([task()])[0]
        assert len(server.requests) == calls
    _unavailable(mark, sentence)


def test_a_stall_ends_with_the_timeout() -> None:
    started = time.monotonic()
    mark = mark_one(lambda *_: Said(completion("late"), seconds=30), limits=replace(QUICK, timeout_seconds=0.3))
    _unavailable(mark, "did not answer")
    assert time.monotonic() - started < 10


def test_a_sheet_has_a_time_budget_of_its_own() -> None:
    limits = replace(QUICK, timeout_seconds=0.5, budget_seconds=0.7, concurrency=1)
    started = time.monotonic()
    with StandIn(lambda *_: Said(completion("late"), seconds=30)) as server, marker(server, limits) as found:
        marks = found.mark(many(["Plants absorb sunlight."] * 6))
    assert time.monotonic() - started < 8
    assert all(ReviewReason.MODEL_UNAVAILABLE in mark.review for mark in marks)


def test_an_empty_key_is_said_without_a_call() -> None:
    _unavailable(ModelMarker(None, model="stand-in").mark([task()])[0], "No key")


def test_without_a_provisional_mark_nothing_is_said_about_marks() -> None:
    mark = mark_one(ENDINGS["a 500"][0], task(entry=None))
    assert mark.marks is None
    assert mark.review == (ReviewReason.MODEL_UNAVAILABLE,)


def test_one_answers_trouble_is_not_the_others() -> None:
    def behaviour(request: Request, number: int) -> Said:
        return Said(error("broken"), 500) if "unlucky" in answer_of(request) else agreeing(request, number)

    with StandIn(behaviour) as server, marker(server) as found:
        marks = found.mark(many([GOOD_ANSWER, "unlucky plants", GOOD_ANSWER]))
    assert [ReviewReason.MODEL_UNAVAILABLE in mark.review for mark in marks] == [False, True, False]


def test_a_passing_429_is_waited_for_as_the_server_asks() -> None:
    def behaviour(request: Request, number: int) -> Said:
        return (
            Said(error("slow down"), 429, headers={"retry-after": "0.2"}) if number == 1 else agreeing(request, number)
        )

    with StandIn(behaviour) as server, marker(server) as found:
        mark = found.mark([task()])[0]
        first, second = server.requests
    assert mark.review == ()
    assert second["_at"] - first["_at"] >= 0.2


def test_the_spend_cap_holds_before_a_call_is_made() -> None:
    limits = replace(QUICK, spend_usd=0.0012, concurrency=1)
    with StandIn() as server, marker(server, limits, model="gpt-4o-mini") as found:
        marks = found.mark(many(["Plants absorb sunlight."] * 20))
        asked = len(server.requests)
    assert 0 < asked < 20
    _unavailable(marks[-1], "spending limit")
    assert sum(mark.usage.cost_usd for mark in marks) <= 0.0012


def test_a_model_without_a_listed_price_is_not_free_under_a_cap() -> None:
    with StandIn() as server, marker(server, replace(QUICK, spend_usd=0.0001)) as found:
        found.mark([task()])
        assert server.requests == []
