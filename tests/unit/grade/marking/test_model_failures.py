"""Each failure of a model call has its own sentence, and none of them gives a mark of 0."""

import asyncio
import json
import logging
from dataclasses import replace
from typing import Any

import pytest

from core.models.assessment import SchemeEntry
from core.models.result import ReviewReason
from grade.markers.free_text import FreeTextMark, FreeTextTask
from grade.markers.model import marker as marker_module
from grade.markers.model.marker import ModelMarker
from tests.fake_model_server import (
    ChatRequest,
    FakeModelServer,
    FakeReply,
    RespondFunction,
    completion_body,
    error_body,
    reply_all_met,
    student_answer_of,
    verdicts,
)
from tests.unit.grade.marking.builders import GOOD_ANSWER, task, tasks_for
from tests.unit.grade.marking.model_markers import FAST_LIMITS, mark_one, open_model_marker


def _assert_provisional(mark: FreeTextMark, sentence: str) -> None:
    assert ReviewReason.MODEL_UNAVAILABLE in mark.review
    assert sentence in mark.reason
    assert mark.marker == "key-points"
    assert "Provisional" in mark.reason
    assert mark.marks is not None
    assert mark.marks > 0


FAILURES: dict[str, tuple[RespondFunction, str, int]] = {
    "a storm of 429": (lambda *_: FakeReply(error_body("slow down"), 429), "too many at once", 5),
    "a 500": (lambda *_: FakeReply(error_body("broken"), 500), "server failed", 4),
    "cut-off JSON": (lambda *_: FakeReply(completion_body('{"criteria": [{"crit', finish="length")), "cut off", 2),
    "invalid JSON": (lambda *_: FakeReply(completion_body("Sure! The answer is good.")), "not whole JSON", 2),
    "a wrong schema": (lambda *_: FakeReply(completion_body('{"score": 5}')), "field is missing", 2),
    "a criterion left out": (
        lambda request, _: FakeReply(completion_body(json.dumps(verdicts(request) | {"criteria": []}))),
        "Not every criterion",
        2,
    ),
    "a refusal": (lambda *_: FakeReply(completion_body(None, refusal="I cannot help.")), "declined", 1),
    "a content filter": (lambda *_: FakeReply(completion_body("", finish="content_filter")), "declined", 1),
    "an unknown model": (
        lambda *_: FakeReply(error_body("no such model", "model_not_found"), 404),
        "does not know",
        1,
    ),
    "a wrong key": (lambda *_: FakeReply(error_body("bad key"), 401), "does not accept the key", 1),
    "no permission": (lambda *_: FakeReply(error_body("no"), 403), "may not use", 1),
    "an exhausted quota": (lambda *_: FakeReply(error_body("pay", "insufficient_quota"), 429), "quota", 1),
    "a refused request": (lambda *_: FakeReply(error_body("context too long"), 400), "HTTP 400", 1),
    "no choices": (lambda *_: FakeReply(completion_body("x") | {"choices": []}), "without a reply", 2),
    "a page of HTML": (lambda *_: FakeReply(b"<html>Sign in</html>"), "cannot be used", 2),
    "JSON of another kind": (lambda *_: FakeReply(["no", "completion"]), "without a reply", 2),
    "a choice without a message": (lambda *_: FakeReply({"choices": [{}]}), "without a reply", 2),
    "a message without content": (lambda *_: FakeReply(completion_body(None)), "not whole JSON", 2),
    "numbers for text": (
        lambda request, _: FakeReply(completion_body(json.dumps(verdicts(request, feedback=7)))),
        "wrong type",
        2,
    ),
    "a closed line": (lambda *_: FakeReply(None), "could not be reached", 3),
    "NaN for a confidence": (
        lambda request, _: FakeReply(completion_body(json.dumps(verdicts(request, confidence=float("nan"))))),
        "not a JSON number",
        2,
    ),
}


@pytest.mark.parametrize("name", FAILURES)
def test_each_failure_is_explained_and_leaves_a_provisional_mark(name: str) -> None:
    respond, sentence, calls = FAILURES[name]
    with FakeModelServer(respond) as server, open_model_marker(server) as marker:
        mark = marker.mark([task()])[0]
        assert len(server.requests) == calls
    _assert_provisional(mark, sentence)


def test_a_stalled_call_ends_with_the_timeout() -> None:
    mark = mark_one(
        lambda *_: FakeReply(completion_body("late"), seconds=30), limits=replace(FAST_LIMITS, timeout_seconds=0.3)
    )
    _assert_provisional(mark, "did not answer")


def test_a_sheet_has_its_own_time_budget() -> None:
    limits = replace(FAST_LIMITS, timeout_seconds=0.5, budget_seconds=0.7, concurrency=1)
    with (
        FakeModelServer(lambda *_: FakeReply(completion_body("late"), seconds=30)) as server,
        open_model_marker(server, limits) as marker,
    ):
        marks = marker.mark(tasks_for(["Plants absorb sunlight."] * 6))
        # Six calls would need 3 s of the 0.7 s.
        assert len(server.requests) <= 2
    assert all(ReviewReason.MODEL_UNAVAILABLE in mark.review for mark in marks)


def test_a_missing_key_is_explained_without_a_call() -> None:
    _assert_provisional(ModelMarker(None, model="stand-in").mark([task()])[0], "No key")


def test_without_a_scheme_there_is_no_provisional_mark() -> None:
    mark = mark_one(FAILURES["a 500"][0], task(entry=None))
    assert mark.marks is None
    assert mark.review == (ReviewReason.MODEL_UNAVAILABLE,)


def test_a_failure_affects_only_its_own_answer() -> None:
    def respond(request: ChatRequest, number: int) -> FakeReply:
        return (
            FakeReply(error_body("broken"), 500)
            if "unlucky" in student_answer_of(request)
            else reply_all_met(request, number)
        )

    with FakeModelServer(respond) as server, open_model_marker(server) as marker:
        marks = marker.mark(tasks_for([GOOD_ANSWER, "unlucky plants", GOOD_ANSWER]))
    assert [ReviewReason.MODEL_UNAVAILABLE in mark.review for mark in marks] == [False, True, False]


def test_a_retry_waits_as_long_as_retry_after_says() -> None:
    def respond(request: ChatRequest, number: int) -> FakeReply:
        return (
            FakeReply(error_body("slow down"), 429, headers={"retry-after": "0.2"})
            if number == 1
            else reply_all_met(request, number)
        )

    with FakeModelServer(respond) as server, open_model_marker(server) as marker:
        mark = marker.mark([task()])[0]
        first, second = server.requests
    assert mark.review == ()
    assert second["_at"] - first["_at"] >= 0.2


def test_the_spending_cap_is_checked_before_each_call() -> None:
    limits = replace(FAST_LIMITS, spend_usd=0.0012, concurrency=1)
    with FakeModelServer() as server, open_model_marker(server, limits, model="gpt-4o-mini") as marker:
        marks = marker.mark(tasks_for(["Plants absorb sunlight."] * 20))
        asked = len(server.requests)
    assert 0 < asked < 20
    _assert_provisional(marks[-1], "spending limit")
    assert sum(mark.usage.cost_usd for mark in marks) <= 0.0012


def test_an_unlisted_model_is_not_free_under_a_cap() -> None:
    with FakeModelServer() as server, open_model_marker(server, replace(FAST_LIMITS, spend_usd=0.0001)) as marker:
        marker.mark([task()])
        assert server.requests == []


def _raise_for_unlucky_answer(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Make the scoring of answers with the word "unlucky" raise an unexpected error."""
    original = marker_module.score_reply

    def score_or_raise(one: FreeTextTask, *rest: Any) -> Any:
        if "unlucky" in one.answer.text:
            raise error
        return original(one, *rest)

    monkeypatch.setattr(marker_module, "score_reply", score_or_raise)


def test_an_unexpected_error_affects_one_answer_and_logs_no_content(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    _raise_for_unlucky_answer(monkeypatch, KeyError("quokka"))
    with FakeModelServer() as server, open_model_marker(server) as marker:
        good, odd = marker.mark(tasks_for([GOOD_ANSWER, f"{GOOD_ANSWER} unlucky"]))
    assert (good.marks, good.review) == (3, ())
    assert ReviewReason.MODEL_UNAVAILABLE in odd.review
    assert odd.marker == "key-points"
    assert odd.usage.calls == 1
    assert "quokka" not in odd.reason
    assert "KeyError" in caplog.text
    assert "quokka" not in caplog.text


def test_a_cancelled_marking_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    _raise_for_unlucky_answer(monkeypatch, asyncio.CancelledError())
    with FakeModelServer() as server, open_model_marker(server) as marker, pytest.raises(BaseException) as raised:
        marker.mark(tasks_for([GOOD_ANSWER, "unlucky plants"]))
    assert type(raised.value).__name__ == "CancelledError"


def test_a_failing_fallback_leaves_the_answer_unmarked() -> None:
    class Broken:
        name = "key-points"

        def mark(self, _: object) -> list[FreeTextMark]:
            raise LookupError("quokka")

    mark = ModelMarker(None, model="stand-in", fallback=Broken()).mark([task(entry=SchemeEntry("1"))])[0]
    assert mark.marks is None
    assert mark.review == (ReviewReason.MODEL_UNAVAILABLE,)
    assert "No key" in mark.reason
