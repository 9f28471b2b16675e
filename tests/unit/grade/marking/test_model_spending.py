"""The most that a call may cost is reserved while it is under way, and released however it ends."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.models.result import ReviewReason, Usage
from core.storage import tenant_repository
from core.storage.tenant_repository import SpendBudget
from grade.markers.model import prices
from grade.markers.model.client import ModelCallFailed, ModelClient, SheetSession, _estimate_tokens
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
from tests.memory_table import MemoryTable
from tests.unit.grade.marking.builders import task
from tests.unit.grade.marking.model_markers import FAST_LIMITS, open_model_marker

PRICED = "gpt-4o-mini"


def _unsupported_parts(request: ChatRequest, number: int) -> FakeReply:
    """A server that supports no schema, no temperature and only `max_tokens`; it refuses one part at a time."""
    for unknown in ("max_completion_tokens", "temperature", "response_format"):
        if unknown in request:
            return FakeReply(error_body(f"Unrecognized request argument supplied: {unknown}"), 400)
    return reply_all_met(request, number)


def _cut_off_once(request: ChatRequest, number: int) -> FakeReply:
    body = completion_body("{", finish="length")
    body["usage"] = {"prompt_tokens": 900, "completion_tokens": 1500}
    return FakeReply(body) if number == 1 else reply_all_met(request, number)


def _rate_limited(request: ChatRequest, number: int) -> FakeReply:
    return FakeReply(error_body("slow down"), 429) if number < 5 else reply_all_met(request, number)


def _no_connection(request: ChatRequest, number: int) -> FakeReply:
    return FakeReply(None) if number < 3 else reply_all_met(request, number)


@pytest.mark.parametrize("limit", [None, 0.01])
@pytest.mark.parametrize(
    "respond",
    [_unsupported_parts, _cut_off_once, _rate_limited, _no_connection],
    ids=lambda one: one.__name__.strip("_"),
)
def test_a_question_with_several_calls_stays_within_the_limit(respond: RespondFunction, limit: float | None) -> None:
    table = MemoryTable()
    budget = SpendBudget(table, "demo", limit)  # type: ignore[arg-type] # as much of a table as a budget uses
    with FakeModelServer(respond) as server, open_model_marker(server, model=PRICED) as marker:
        mark = marker.mark_within_budget(budget, [task()])[0]
    assert (mark.marks, mark.review) == (3, ()), mark.reason
    spent = tenant_repository.get_month_spend(table, "demo", tenant_repository.current_month())  # type: ignore[arg-type]
    assert spent == pytest.approx(mark.usage.cost_usd, abs=1e-6)


def test_spending_never_exceeds_the_monthly_limit() -> None:
    table = MemoryTable()
    with FakeModelServer(_cut_off_once) as server, open_model_marker(server, model=PRICED) as marker:
        remaining = marker._max_reservation([task()])
        budget = SpendBudget(table, "demo", remaining)  # type: ignore[arg-type]
        mark = marker.mark_within_budget(budget, [task()])[0]
    assert ReviewReason.MODEL_UNAVAILABLE in mark.review
    assert "spending limit" in mark.reason
    assert tenant_repository.get_month_spend(table, "demo", tenant_repository.current_month()) <= remaining  # type: ignore[arg-type]


def _without_usage(request: ChatRequest, number: int) -> FakeReply:
    return FakeReply({**reply_all_met(request, number).body, "usage": None})


RESPONSES: dict[str, Callable[[ChatRequest, int], FakeReply]] = {
    "reply": reply_all_met,
    "no usage": _without_usage,
    "unsure": lambda request, _: FakeReply(completion_body(json.dumps(verdicts(request, confidence=0.5)))),
    "wrong shape": lambda *_: FakeReply(completion_body("Sure!")),
    "odd content": lambda *_: FakeReply(completion_body("x") | {"choices": [[]]}),
    "cut off": lambda *_: FakeReply(completion_body("{", finish="length")),
    "refusal": lambda *_: FakeReply(completion_body(None, refusal="No.")),
    "unsupported": lambda *_: FakeReply(error_body("temperature is not supported"), 400),
    "bad request": lambda *_: FakeReply(error_body("too long"), 400),
    "busy": lambda *_: FakeReply(error_body("slow down"), 429),
    "broken": lambda *_: FakeReply(error_body("broken"), 500),
    "key": lambda *_: FakeReply(error_body("bad key"), 401),
    "lost": lambda *_: FakeReply(None),
    "late": lambda request, number: replace(reply_all_met(request, number), seconds=600),
}


# The kind of failure of a question if all of its calls end in the same way.
FAILURE_KINDS = {
    "wrong shape": "wrong shape",
    "odd content": "wrong shape",
    "cut off": "cut off",
    "refusal": "refusal",
    "unsupported": "bad request",  # after the temperature is left out
    "bad request": "bad request",
    "busy": "rate limit",
    "broken": "server error",
    "key": "key",
    "lost": "no connection",
    "late": "timeout",
}
PATIENT = replace(FAST_LIMITS, timeout_seconds=60.0, budget_seconds=600.0, backoff_seconds=0.0)


class Conversation:
    """Three questions in sequence to a server that ends its calls in the given ways, in turn.

    Nothing here depends on the speed of the machine. A late reply never arrives: the event loop's clock is advanced
    past the timeout once the server has the request. If `cancelled`, the second question is cancelled once the server
    has its request, which it does not answer.
    """

    def __init__(self, responses: list[str], *, cancelled: bool, cap: float | None = None) -> None:
        self._responses, self._cancelled, self._cap = responses, cancelled, cap
        self._withhold_reply = False
        self._clock_offset = 0.0
        self.used: list[Usage] = []
        self.unknown_usd = 0.0
        """The most that the answered calls without a token count may have cost."""
        self.outcomes: list[str] = []

    def run(self) -> SheetSession:
        with FakeModelServer(self._behave) as server:
            return asyncio.run(self._ask_all(server.base_url))

    def _behave(self, request: ChatRequest, number: int) -> FakeReply:
        response = self._responses[number % len(self._responses)]
        if self._withhold_reply:
            self._loop.call_soon_threadsafe(self._request_received.set)
            return replace(reply_all_met(request, number), seconds=600)
        if response == "late":
            self._loop.call_soon_threadsafe(self._advance_clock)
        if response == "no usage":
            tokens = request.get("max_completion_tokens") or request["max_tokens"]
            self.unknown_usd += prices.max_cost(PRICED, _estimate_tokens(request), tokens)
        return RESPONSES[response](request, number)

    def _advance_clock(self) -> None:
        self._clock_offset += 2 * PATIENT.timeout_seconds

    async def _ask_all(self, base_url: str) -> SheetSession:
        from openai import AsyncOpenAI

        self._loop, self._request_received = asyncio.get_running_loop(), asyncio.Event()
        clock = self._loop.time
        self._loop.time = lambda: clock() + self._clock_offset  # type: ignore[method-assign]
        session = SheetSession.open(replace(PATIENT, spend_usd=self._cap))
        async with AsyncOpenAI(api_key="key", base_url=base_url, max_retries=0) as client:
            model_client = ModelClient(client, PRICED)
            for at in range(3):
                self._withhold_reply = self._cancelled and at == 1
                self.outcomes.append(await self._ask(model_client, session))
        return session

    async def _ask(self, model_client: ModelClient, session: SheetSession) -> str:
        pending = asyncio.create_task(model_client.ask(task(), session, self.used))
        if self._withhold_reply:
            await self._request_received.wait()
            pending.cancel()
        try:
            await pending
        except ModelCallFailed as failure:
            return failure.kind
        except asyncio.CancelledError:
            return "cancelled"
        return "reply"

    @property
    def spent_usd(self) -> float:
        return sum(one.cost_usd for one in self.used) + self.unknown_usd


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    st.lists(st.sampled_from(sorted(RESPONSES)), min_size=1, max_size=8), st.booleans(), st.sampled_from([None, 1.0])
)
def test_committed_equals_spent_after_any_sequence_of_responses(
    responses: list[str], cancelled: bool, cap: float | None
) -> None:
    conversation = Conversation(responses, cancelled=cancelled, cap=cap)
    session = conversation.run()
    assert session.committed_usd == pytest.approx(conversation.spent_usd, abs=1e-9)
    assert (conversation.outcomes[1] == "cancelled") is cancelled


@pytest.mark.parametrize("cancelled", [False, True], ids=["", "cancelled"])
@pytest.mark.parametrize("response", sorted(RESPONSES))
def test_committed_equals_spent_after_each_kind_of_response(response: str, cancelled: bool) -> None:
    conversation = Conversation([response], cancelled=cancelled, cap=1.0)
    session = conversation.run()
    kind = FAILURE_KINDS.get(response, "reply")
    assert conversation.outcomes == [kind, "cancelled" if cancelled else kind, kind]
    assert session.committed_usd == pytest.approx(conversation.spent_usd, abs=1e-9)


def test_a_call_that_is_never_made_reserves_nothing() -> None:
    session = SheetSession.open(replace(FAST_LIMITS, budget_seconds=0.0, spend_usd=1.0))
    with pytest.raises(ModelCallFailed):
        asyncio.run(ModelClient(None, PRICED).ask(task(), session, []))
    assert session.committed_usd == 0


def _spent(table: MemoryTable) -> float:
    return tenant_repository.get_month_spend(table, "demo", tenant_repository.current_month())  # type: ignore[arg-type] # as much of a table as a budget uses


def test_a_call_without_token_count_counts_as_its_maximum_cost() -> None:
    with FakeModelServer(_without_usage) as server, open_model_marker(server, model=PRICED) as marker:
        table = MemoryTable()
        budget = SpendBudget(table, "demo", 1.0)  # type: ignore[arg-type]
        mark = marker.mark_within_budget(budget, [task()])[0]
        one_call = marker._max_reservation([task()]) / 2
    assert (mark.marks, mark.usage) == (3, Usage(1))
    assert one_call > 0
    assert _spent(table) == pytest.approx(one_call, abs=1e-6)


def _useless_without_usage(*_: object) -> FakeReply:
    return FakeReply(completion_body("nonsense") | {"usage": None})


@pytest.mark.parametrize(
    ("model", "respond"),
    [
        ("a-deployment-of-ours", reply_all_met),
        (PRICED, _without_usage),
        ("a-deployment-of-ours", _without_usage),
        (PRICED, _useless_without_usage),
    ],
    ids=["unlisted model", "no token count", "neither", "replies that cannot be used"],
)
def test_the_limit_stops_calls_of_unknown_cost(model: str, respond: RespondFunction) -> None:
    table, before, limit_reached = MemoryTable(), 0.0, []
    with FakeModelServer(respond) as server, open_model_marker(server, model=model) as marker:
        limit = 1.5 * marker._max_reservation([task()])
        for _ in range(300):
            calls = len(server.requests)
            mark = marker.mark_within_budget(SpendBudget(table, "demo", limit), [task()])[0]  # type: ignore[arg-type]
            limit_reached.append("spending limit" in mark.reason)
            if limit_reached[-1]:
                break
            assert len(server.requests) > calls
            assert before < _spent(table) <= limit
            before = _spent(table)
    assert limit_reached[-1]
    assert not limit_reached[0]
