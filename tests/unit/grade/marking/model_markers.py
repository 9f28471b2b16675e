"""A model marker that calls the fake model server, and replies for that server."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from grade.markers.free_text import FreeTextMark, FreeTextTask
from grade.markers.model.client import ModelCallLimits
from grade.markers.model.marker import ModelMarker
from tests.fake_model_server import (
    ChatRequest,
    FakeModelServer,
    FakeReply,
    RespondFunction,
    completion_body,
    reply_all_met,
    verdicts,
)
from tests.unit.grade.marking.builders import task

# A valid reply that does not meet the first criterion.
DRAFT_REPLY = (
    '{"criteria": [{"criterion": 1, "evidence": "", "verdict": "not", "confidence": 1}], "feedback": "", "flags": []}'
)
FAST_LIMITS = ModelCallLimits(timeout_seconds=5.0, budget_seconds=20.0, backoff_seconds=0.01)


@contextmanager
def open_model_marker(
    server: FakeModelServer, limits: ModelCallLimits = FAST_LIMITS, model: str = "stand-in"
) -> Iterator[ModelMarker]:
    from openai import AsyncOpenAI

    marker = ModelMarker(AsyncOpenAI(api_key="key", base_url=server.base_url), model=model, limits=limits)
    try:
        yield marker
    finally:
        marker.close()


def mark_one(
    respond: RespondFunction, one: FreeTextTask | None = None, limits: ModelCallLimits = FAST_LIMITS
) -> FreeTextMark:
    with FakeModelServer(respond) as server, open_model_marker(server, limits) as marker:
        return marker.mark([one or task()])[0]


def reply_with(build_reply: Callable[[ChatRequest], object]) -> RespondFunction:
    return lambda request, _: FakeReply(completion_body(json.dumps(build_reply(request))))


def wrap_text(wrap: Callable[[str], str]) -> RespondFunction:
    """Responds with a valid reply in other text."""
    return lambda request, _: FakeReply(completion_body(wrap(json.dumps(verdicts(request)))))


def replace_content(build_content: Callable[[dict[str, Any]], Any]) -> RespondFunction:
    """Responds with content built from a valid reply, for content that is not a text."""

    def respond(request: ChatRequest, _: int) -> FakeReply:
        body = completion_body("")
        body["choices"][0]["message"]["content"] = build_content(verdicts(request))
        return FakeReply(body)

    return respond


def change_reply(change: Callable[[dict[str, Any]], object]) -> RespondFunction:
    """Responds with a valid reply in which a field was changed."""

    def build_reply(request: ChatRequest) -> object:
        reply = verdicts(request)
        change(reply)
        return reply

    return reply_with(build_reply)


def change_criteria(**fields: Any) -> RespondFunction:
    return change_reply(lambda reply: [one.update(fields) for one in reply["criteria"]])


def renumber_criteria(number: Callable[[int], Any]) -> RespondFunction:
    return change_reply(lambda reply: [one.update(criterion=number(one["criterion"])) for one in reply["criteria"]])


def change_body(change: Callable[[dict[str, Any]], object]) -> RespondFunction:
    """Responds with a valid HTTP body in which a field was changed."""

    def respond(request: ChatRequest, number: int) -> FakeReply:
        body = reply_all_met(request, number).body
        change(body)
        return FakeReply(body)

    return respond
