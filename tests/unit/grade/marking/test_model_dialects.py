"""A server that refuses a part of the request, in whatever form it says so, is asked without it."""

import json
from typing import Any

import pytest

from core.models.result import ReviewReason
from tests.fake_model_server import (
    ChatRequest,
    FakeModelServer,
    FakeReply,
    RespondFunction,
    completion_body,
    error_body,
    reply_all_met,
    verdicts,
)
from tests.unit.grade.marking.builders import GOOD_ANSWER, task, tasks_for
from tests.unit.grade.marking.model_markers import open_model_marker


def refusing_schema(status: int, body: Any) -> RespondFunction:
    def behaviour(request: ChatRequest, number: int) -> FakeReply:
        asked = request.get("response_format", {}).get("type")
        return FakeReply(body, status) if asked == "json_schema" else reply_all_met(request, number)

    return behaviour


def refusing_format(status: int, body: Any) -> RespondFunction:
    return lambda request, number: (
        FakeReply(body, status) if "response_format" in request else reply_all_met(request, number)
    )


def split(request: ChatRequest) -> ChatRequest:
    """A request whose one message holds the rules and the answer, as if they stood apart."""
    (message,) = request["messages"]
    rules, answer = message["content"].split("\n\nThe user's message:\n")
    return {**request, "messages": [{"content": rules}, {"content": answer}]}


def refusing_system(status: int, body: Any) -> RespondFunction:
    def behaviour(request: ChatRequest, _: int) -> FakeReply:
        if any(message["role"] == "system" for message in request["messages"]):
            return FakeReply(body, status)
        return FakeReply(completion_body(json.dumps(verdicts(split(request)))))

    return behaviour


_UNKNOWN = "Unknown name \"additionalProperties\" at 'generation_config.response_schema': Cannot find field."
_PLACE = {"loc": ["body", "response_format", "type"], "msg": "permitted: 'text', 'json_object'", "input": {"a": "role"}}
SERVERS: dict[str, RespondFunction] = {
    "a list of places": refusing_schema(422, {"detail": [_PLACE]}),
    "an error in a list": refusing_schema(400, [{"error": {"code": 400, "message": _UNKNOWN}}]),
    "a plain text": refusing_schema(400, b"response_format is not known"),
    "a detail alone": refusing_schema(422, {"detail": "json_schema is not supported"}),
    "a grammar that fails": refusing_format(500, {"error": {"code": 500, "message": "failed to parse grammar"}}),
    "a schema that fails": refusing_schema(500, {"object": "error", "message": "compile_json_schema failed"}),
    "not implemented": refusing_format(501, error_body("response_format is not implemented")),
    "no system role": refusing_system(400, error_body("System role not supported")),
    "two roles alone": refusing_system(400, {"detail": "Only user and assistant roles are supported!"}),
    "a template that fails": refusing_system(500, error_body("Conversation roles must alternate user/assistant/...")),
}


@pytest.mark.parametrize("name", SERVERS)
def test_what_is_refused_is_left_out_and_remembered(name: str) -> None:
    with FakeModelServer(SERVERS[name]) as server, open_model_marker(server) as found:
        mark = found.mark([task()])[0]
        assert (mark.marks, mark.review) == (3, ()), mark.reason
        assert len(server.requests) <= 3
        server.requests.clear()
        assert [one.marks for one in found.mark(tasks_for([GOOD_ANSWER] * 3))] == [3, 3, 3]
        assert len(server.requests) == 3


def test_a_server_may_refuse_every_part_one_after_the_other() -> None:
    def behaviour(request: ChatRequest, number: int) -> FakeReply:
        for unknown in ("temperature", "max_completion_tokens", "max_tokens", "response_format"):
            if unknown in request:
                return FakeReply({"detail": [{"loc": ["body", unknown], "msg": "extra fields not permitted"}]}, 422)
        return refusing_system(400, error_body("System role not supported"))(request, number)

    with FakeModelServer(behaviour) as server, open_model_marker(server) as found:
        mark = found.mark([task()])[0]
        assert (mark.marks, mark.review) == (3, ()), mark.reason
        assert len(server.requests) == 7


@pytest.mark.parametrize("status", [400, 422, 500, 501])
def test_a_refusal_that_names_no_part_is_what_it_is(status: int) -> None:
    with (
        FakeModelServer(lambda *_: FakeReply(error_body("something else"), status)) as server,
        open_model_marker(server) as found,
    ):
        mark = found.mark([task()])[0]
        assert server.requests[-1]["response_format"]["type"] == "json_schema"
    assert ReviewReason.MODEL_UNAVAILABLE in mark.review


def test_what_a_server_repeats_of_the_request_names_no_part() -> None:
    echo = {"detail": [{"loc": ["body", "model"], "msg": "no such model", "input": {"temperature": "0"}}]}
    with FakeModelServer(lambda *_: FakeReply(echo, 422)) as server, open_model_marker(server) as found:
        found.mark([task()])
        assert len(server.requests) == 1
