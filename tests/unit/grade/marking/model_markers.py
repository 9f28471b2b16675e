"""A model marker that calls the fake model server, opened and closed for a test."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from grade.markers.free_text import FreeTextMark, FreeTextTask
from grade.markers.model.client import ModelCallLimits
from grade.markers.model.marker import ModelMarker
from tests.fake_model_server import ChatRequest, FakeModelServer, FakeReply, RespondFunction, completion_body
from tests.unit.grade.marking.builders import task

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
