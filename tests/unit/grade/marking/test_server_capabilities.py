"""A part of the request that a server refuses, in whatever form, is left out of later requests."""

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


def refuse_schema(status: int, body: Any) -> RespondFunction:
    def respond(request: ChatRequest, number: int) -> FakeReply:
        format_type = request.get("response_format", {}).get("type")
        return FakeReply(body, status) if format_type == "json_schema" else reply_all_met(request, number)

    return respond


def refuse_format(status: int, body: Any) -> RespondFunction:
    return lambda request, number: (
        FakeReply(body, status) if "response_format" in request else reply_all_met(request, number)
    )


def split_message(request: ChatRequest) -> ChatRequest:
    """The request with its single message split_message into the rules and the answer."""
    (message,) = request["messages"]
    rules, answer = message["content"].split("\n\nThe user's message:\n")
    return {**request, "messages": [{"content": rules}, {"content": answer}]}


def refuse_system_role(status: int, body: Any) -> RespondFunction:
    def respond(request: ChatRequest, _: int) -> FakeReply:
        if any(message["role"] == "system" for message in request["messages"]):
            return FakeReply(body, status)
        return FakeReply(completion_body(json.dumps(verdicts(split_message(request)))))

    return respond


_UNKNOWN = "Unknown name \"additionalProperties\" at 'generation_config.response_schema': Cannot find field."
_LOCATION = {
    "loc": ["body", "response_format", "type"],
    "msg": "permitted: 'text', 'json_object'",
    "input": {"a": "role"},
}
SERVERS: dict[str, RespondFunction] = {
    "a list of places": refuse_schema(422, {"detail": [_LOCATION]}),
    "an error in a list": refuse_schema(400, [{"error": {"code": 400, "message": _UNKNOWN}}]),
    "a plain text": refuse_schema(400, b"response_format is not known"),
    "a detail alone": refuse_schema(422, {"detail": "json_schema is not supported"}),
    "a grammar that fails": refuse_format(500, {"error": {"code": 500, "message": "failed to parse grammar"}}),
    "a schema that fails": refuse_schema(500, {"object": "error", "message": "compile_json_schema failed"}),
    "not implemented": refuse_format(501, error_body("response_format is not implemented")),
    "no system role": refuse_system_role(400, error_body("System role not supported")),
    "two roles alone": refuse_system_role(400, {"detail": "Only user and assistant roles are supported!"}),
    "a template that fails": refuse_system_role(
        500, error_body("Conversation roles must alternate user/assistant/...")
    ),
}


@pytest.mark.parametrize("name", SERVERS)
def test_a_refused_part_is_left_out_of_later_requests(name: str) -> None:
    with FakeModelServer(SERVERS[name]) as server, open_model_marker(server) as marker:
        mark = marker.mark([task()])[0]
        assert (mark.marks, mark.review) == (3, ()), mark.reason
        assert len(server.requests) <= 3
        server.requests.clear()
        assert [one.marks for one in marker.mark(tasks_for([GOOD_ANSWER] * 3))] == [3, 3, 3]
        assert len(server.requests) == 3


def test_a_server_may_refuse_every_part_in_turn() -> None:
    def respond(request: ChatRequest, number: int) -> FakeReply:
        for unknown in ("temperature", "max_completion_tokens", "max_tokens", "response_format"):
            if unknown in request:
                return FakeReply({"detail": [{"loc": ["body", unknown], "msg": "extra fields not permitted"}]}, 422)
        return refuse_system_role(400, error_body("System role not supported"))(request, number)

    with FakeModelServer(respond) as server, open_model_marker(server) as marker:
        mark = marker.mark([task()])[0]
        assert (mark.marks, mark.review) == (3, ()), mark.reason
        assert len(server.requests) == 7


@pytest.mark.parametrize("status", [400, 422, 500, 501])
def test_a_refusal_that_names_no_part_changes_nothing(status: int) -> None:
    with (
        FakeModelServer(lambda *_: FakeReply(error_body("something else"), status)) as server,
        open_model_marker(server) as marker,
    ):
        mark = marker.mark([task()])[0]
        assert server.requests[-1]["response_format"]["type"] == "json_schema"
    assert ReviewReason.MODEL_UNAVAILABLE in mark.review


def test_the_echoed_request_does_not_name_the_refused_part() -> None:
    echo = {"detail": [{"loc": ["body", "model"], "msg": "no such model", "input": {"temperature": "0"}}]}
    with FakeModelServer(lambda *_: FakeReply(echo, 422)) as server, open_model_marker(server) as marker:
        marker.mark([task()])
        assert len(server.requests) == 1
