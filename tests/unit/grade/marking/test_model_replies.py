"""A model's reply is read if it is unambiguous; any other reply affects only its own answer."""

import contextlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.models.result import ReviewReason
from grade.markers.model.completion import parse_body, parse_completion, parse_token_usage
from grade.markers.model.reply import InvalidReply, parse_reply
from tests.fake_model_server import (
    ChatRequest,
    FakeModelServer,
    FakeReply,
    RespondFunction,
    reply_all_met,
    student_answer_of,
)
from tests.unit.grade.marking.builders import GOOD_ANSWER, tasks_for
from tests.unit.grade.marking.model_markers import (
    DRAFT_REPLY,
    change_body,
    change_criteria,
    change_reply,
    mark_one,
    open_model_marker,
    renumber_criteria,
    replace_content,
    wrap_text,
)

READABLE_REPLIES: dict[str, RespondFunction] = {
    "thinking": wrap_text(lambda reply: f"<think>\nThe student says {{metal}} conducts.\n</think>\n\n{reply}"),
    "thinking without its beginning": wrap_text(lambda reply: f"So {{metal}} is named.\n</think>\n{reply}"),
    "a draft in the thinking": wrap_text(lambda reply: f"<think>First {DRAFT_REPLY}</think>{reply}"),
    "a draft before a lone end of thinking": wrap_text(
        lambda reply: f'First {{"criteria": […]}} or {DRAFT_REPLY}</think>{reply}'
    ),
    "thinking twice": wrap_text(lambda reply: f"<think>a</think>\n<thinking>b</thinking>{reply}"),
    "thinking in brackets": wrap_text(lambda reply: f"[THINK]a[/THINK]{reply}"),
    "a fence": wrap_text(lambda reply: f"```json\n{reply}\n```"),
    "a sentence and a fence": wrap_text(lambda reply: f"Here is the JSON:\n```json\n{reply}\n```"),
    "a sentence after the fence": wrap_text(lambda reply: f"```json\n{reply}\n```\nLet me know {{if}} you need more."),
    "a sentence after": wrap_text(lambda reply: f"{reply}\n\nI hope this helps!"),
    "a byte-order mark": wrap_text(lambda reply: f"\ufeff{reply}"),
    "a list of one": wrap_text(lambda reply: f"[{reply}]"),
    "the same object twice": wrap_text(lambda reply: f"{reply}\nOnce more:\n{reply}"),
    "a list of text parts": replace_content(lambda reply: [{"type": "text", "text": json.dumps(reply)}]),
    "a text in several parts": replace_content(
        lambda reply: [
            {"type": "text", "text": json.dumps(reply)[:40]},
            {"type": "text", "text": json.dumps(reply)[40:]},
        ]
    ),
    "parts with thinking": replace_content(
        lambda reply: [
            {"type": "thinking", "thinking": [{"type": "text", "text": DRAFT_REPLY}]},
            {"type": "text", "text": json.dumps(reply)},
        ]
    ),
    "a list of strings": replace_content(lambda reply: [json.dumps(reply)]),
    "an object in the text's place": replace_content(lambda reply: reply),
    "one part in the text's place": replace_content(lambda reply: {"type": "text", "text": json.dumps(reply)}),
    "numbers as text": renumber_criteria(str),
    "numbers with a point": renumber_criteria(float),
    "numbers from 0": renumber_criteria(lambda number: number - 1),
    "a verdict in capitals": change_criteria(verdict="Met"),
    "a confidence as text": change_criteria(confidence="0.95"),
    "a confidence in per cent": change_criteria(confidence=95),
    "a confidence with a sign": change_criteria(confidence="95 %"),
    "no feedback": change_reply(lambda reply: reply.update(feedback=None)),
    "flags that are null": change_reply(lambda reply: reply.update(flags=None)),
    "no flags": change_reply(lambda reply: reply.pop("flags")),
}


@pytest.mark.parametrize("name", READABLE_REPLIES)
def test_an_unambiguous_reply_is_read_at_the_first_call(name: str) -> None:
    mark = mark_one(READABLE_REPLIES[name])
    assert (mark.marks, mark.review, mark.usage.calls) == (3, (), 1), mark.reason
    assert mark.marker == "model:stand-in"


def test_null_evidence_of_an_unmet_criterion_is_allowed() -> None:
    mark = mark_one(change_criteria(verdict="not", evidence=None))
    assert (mark.marks, mark.review) == (0, ())


INVALID_REPLIES: dict[str, RespondFunction] = {
    "two different objects": wrap_text(lambda reply: f"{reply}\n{DRAFT_REPLY}"),
    "a list of two": wrap_text(lambda reply: f"[{reply}, {DRAFT_REPLY}]"),
    "an object inside a broken one": wrap_text(lambda reply: f'{{"criteria": [{{"evidence": "{reply}"}}]}}'),
    "one name with two values": wrap_text(lambda reply: reply[:-1] + ', "criteria": []}'),
    "nothing but thinking": wrap_text(lambda reply: f"<think>{reply}"),
    "an object inside the thinking alone": wrap_text(lambda reply: f"<think>{reply}</think>I cannot say."),
    "thinking that begins after it": wrap_text(lambda reply: f"{reply}<think>{DRAFT_REPLY}"),
    "braces without end": wrap_text(lambda _: '{"a":' * 100_000),
    "lists without end": wrap_text(lambda _: '{"criteria":' + "[" * 90_000),
    "objects in great number": wrap_text(lambda _: '{"a": {}} {' * 8_000),
    "a number of 10,000 digits": change_criteria(confidence=int("9" * 400)),
    "a text part that is no text": replace_content(lambda _: [{"type": "text", "text": 5}]),
    "parts that are numbers": replace_content(lambda _: [1, 2]),
    "a number": replace_content(lambda _: 7),
    "true": replace_content(lambda _: True),
    "an object of another kind": replace_content(lambda _: {"answer": "met"}),
    "a verdict in a list": change_criteria(verdict=["met"]),
    "a verdict that is an object": change_criteria(verdict={"is": "met"}),
    "a verdict in other words": change_criteria(verdict="erfüllt"),
    "a criterion in a list": change_criteria(criterion=[1]),
    "a criterion that is true": change_criteria(criterion=True),
    "a criterion that is half": change_criteria(criterion=1.5),
    "numbers from 2": renumber_criteria(lambda number: number + 1),
    "evidence that is an object": change_criteria(evidence={"a": 1}),
    "a confidence that is an object": change_criteria(confidence={}),
    "a confidence below 0": change_criteria(confidence=-0.5),
    "a confidence above 100": change_criteria(confidence=140),
    "no confidence": change_criteria(confidence=None),
    "a confidence in words": change_criteria(confidence="high"),
    "criteria that are an object": change_reply(lambda reply: reply.update(criteria={"1": "met"})),
    "criteria that are lists": change_reply(lambda reply: reply.update(criteria=[[1], [2], [3]])),
    "feedback that is a list": change_reply(lambda reply: reply.update(feedback=["Good."])),
    "flags that are a word": change_reply(lambda reply: reply.update(flags="attack")),
    "flags that are objects": change_reply(lambda reply: reply.update(flags=[{"attack": True}])),
    "flags that are lists": change_reply(lambda reply: reply.update(flags=[["attack"]])),
    "choices that are an object": change_body(lambda body: body.update(choices={"0": 1})),
    "choices that are words": change_body(lambda body: body.update(choices=["yes"])),
    "a message that is a list": change_body(lambda body: body["choices"][0].update(message=["met"])),
    "a message that is a word": change_body(lambda body: body["choices"][0].update(message="met")),
    "null": lambda *_: FakeReply(b"null"),
    "a word": lambda *_: FakeReply(b'"met"'),
    "no UTF-8": lambda *_: FakeReply(b'{"choices": "\xff\xfe"}'),
    "lists within lists": lambda *_: FakeReply(b"[" * 200_000),
    "an error with a good status": lambda *_: FakeReply({"error": {"message": "Provider returned error", "code": 502}}),
}


@pytest.mark.parametrize("name", INVALID_REPLIES)
def test_an_invalid_reply_affects_only_its_own_answer(name: str) -> None:
    def respond(request: ChatRequest, number: int) -> FakeReply:
        return (
            INVALID_REPLIES[name](request, number)
            if "odd" in student_answer_of(request)
            else reply_all_met(request, number)
        )

    with FakeModelServer(respond) as server, open_model_marker(server) as marker:
        good, odd, also_good = marker.mark(tasks_for([GOOD_ANSWER, f"{GOOD_ANSWER} How odd.", GOOD_ANSWER]))
        assert len(server.requests) == 4
    assert [good.marks, also_good.marks] == [3, 3]
    assert good.review == also_good.review == ()
    assert ReviewReason.MODEL_UNAVAILABLE in odd.review
    assert odd.marker == "key-points"


ODD_SURROUNDINGS: dict[str, Callable[[dict[str, Any]], object]] = {
    "usage that is a list": lambda body: body.update(usage=[1, 2]),
    "usage in words": lambda body: body.update(usage={"prompt_tokens": "many", "completion_tokens": {"a": 1}}),
    "usage below 0": lambda body: body.update(usage={"prompt_tokens": -900, "completion_tokens": -90}),
    "usage beyond belief": lambda body: body.update(usage={"prompt_tokens": 10**400, "completion_tokens": 1e300}),
    "no usage": lambda body: body.pop("usage"),
    "an end that is a list": lambda body: body["choices"][0].update(finish_reason=["stop"]),
    "an end that is null": lambda body: body["choices"][0].update(finish_reason=None),
    "no end": lambda body: body["choices"][0].pop("finish_reason"),
    "an id that is an object": lambda body: body.update(id={"a": 1}, model=None, created="today"),
}


@pytest.mark.parametrize("name", ODD_SURROUNDINGS)
def test_odd_fields_around_the_reply_are_ignored(name: str) -> None:
    mark = mark_one(change_body(ODD_SURROUNDINGS[name]))
    assert (mark.marks, mark.review, mark.usage.calls) == (3, (), 1)
    assert mark.usage.input_tokens >= 0


def test_token_counts_may_be_floats_or_texts() -> None:
    mark = mark_one(change_body(lambda body: body.update(usage={"prompt_tokens": 900.0, "completion_tokens": "90"})))
    assert (mark.usage.input_tokens, mark.usage.output_tokens) == (900, 90)


@pytest.mark.parametrize("confidence", [40, "40", "40%", 0.4])
def test_a_confidence_of_forty_per_cent_is_low(confidence: object) -> None:
    mark = mark_one(change_criteria(confidence=confidence))
    assert mark.usage.calls == 2
    assert ReviewReason.BORDERLINE in mark.review


def test_a_percentage_scale_applies_to_the_whole_reply() -> None:
    sure = {1: 1, 2: 95, 3: 95}
    mark = mark_one(
        change_reply(lambda reply: [one.update(confidence=sure[one["criterion"]]) for one in reply["criteria"]])
    )
    assert mark.usage.calls == 2


_FIELDS = [
    "choices", "message", "content", "finish_reason", "refusal", "usage", "prompt_tokens", "completion_tokens",
    "type", "text", "criteria", "criterion", "evidence", "verdict", "confidence", "feedback", "flags",
]  # fmt: skip
_JSON_VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=4),
        st.sampled_from(["met", "not", "1", "length", "text", '{"criteria": []}', "<think>", "\ud83d", "\x00"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(_FIELDS),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(_JSON_VALUES, st.integers(1, 3))
def test_any_response_is_parsed_or_raises_invalid_reply(body: Any, count: int) -> None:
    wrapped = {"choices": [{"message": {"content": body}}], "usage": body}
    for answered in (body, wrapped, {"choices": body}, {"choices": [body]}):
        parse_token_usage(answered)
        with contextlib.suppress(InvalidReply):
            completion = parse_completion(parse_body(json.dumps(answered).encode()))
            if completion is not None:
                reply = parse_reply(completion.content, count, GOOD_ANSWER)
                assert all(0 <= one.confidence <= 1 and one.evidence.encode() is not None for one in reply.judgements)
