"""Requests between functions: the receiver decodes what the sender encoded, in the form of the version before."""

import json
from typing import Any

import pytest

from core.models.function_requests import (
    EraseRequest,
    MarkAnswerReply,
    MarkAnswerRequest,
    ReleaseRequest,
    RepeatUploadRequest,
    ResumeReply,
    ResumeRequest,
    SweepCursor,
    SweepReply,
    SweepRequest,
)

POSITION = {"pk": "submission#a", "sk": "record"}
REQUESTS: list[tuple[Any, dict[str, Any]]] = [
    (EraseRequest("a"), {"action": "erase", "submission": "a"}),
    (RepeatUploadRequest("a", "2030"), {"action": "again", "submission": "a", "received_at": "2030"}),
    (ReleaseRequest("demo", "bio"), {"action": "release", "tenant": "demo", "assessment": "bio"}),
    (
        ReleaseRequest("demo", "bio", "", 0),
        {"action": "release", "tenant": "demo", "assessment": "bio", "after": "", "revision": 0},
    ),
    (ResumeRequest(("a", "b")), {"action": "resume", "submissions": ["a", "b"]}),
    (ResumeRequest(), {"action": "resume", "after": None}),
    (ResumeRequest(until="2030", after=POSITION), {"action": "resume", "until": "2030", "after": POSITION}),
    (SweepRequest(is_scheduled=True), {"action": "sweep"}),
    (SweepRequest(older_than_seconds=-2), {"action": "sweep", "older_than_seconds": -2, "after": None}),
    (
        SweepRequest(SweepCursor("run", POSITION)),
        {"action": "sweep", "after": {"stage": "run", "place": POSITION}},
    ),
    (
        MarkAnswerRequest("a", 2, "demo", "4.a", "osmosis"),
        {
            "action": "mark answer",
            "submission": "a",
            "run": 2,
            "tenant": "demo",
            "question": "4.a",
            "answer": "osmosis",
        },
    ),
]
REPLIES: list[tuple[Any, dict[str, Any]]] = [
    (ResumeReply(("a",), POSITION), {"resumed": ["a"], "next": POSITION}),
    (ResumeReply(()), {"resumed": [], "next": None}),
    (SweepReply({"started": 2, "failed": 0}), {"started": 2, "failed": 0, "next": None}),
    (SweepReply({}, SweepCursor("run", None)), {"next": {"stage": "run", "place": None}}),
    (
        MarkAnswerReply("results/a.json", None, ("no_scheme",), True),
        {"key": "results/a.json", "marks": None, "review": ["no_scheme"], "answered": True},
    ),
]


@pytest.mark.parametrize("request_,event", REQUESTS)
def test_a_request_is_decoded_as_it_was_encoded(request_: Any, event: dict[str, Any]) -> None:
    assert request_.to_event() == event
    assert type(request_).from_event(json.loads(json.dumps(event))) == request_


@pytest.mark.parametrize("reply,document", REPLIES)
def test_a_reply_is_decoded_as_it_was_encoded(reply: Any, document: dict[str, Any]) -> None:
    assert reply.to_dict() == document
    assert type(reply).from_dict(json.loads(json.dumps(document))) == reply
