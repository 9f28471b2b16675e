"""What a call may cost is reserved while it is under way, and given back however it ends."""

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


def _learning(request: ChatRequest, number: int) -> FakeReply:
    """Takes neither a schema nor the newer name of the length nor a temperature; refuses one part at a time."""
    for unknown in ("max_completion_tokens", "temperature", "response_format"):
        if unknown in request:
            return FakeReply(error_body(f"Unrecognized request argument supplied: {unknown}"), 400)
    return reply_all_met(request, number)


def _cut_off_once(request: ChatRequest, number: int) -> FakeReply:
    body = completion_body("{", finish="length")
    body["usage"] = {"prompt_tokens": 900, "completion_tokens": 1500}
    return FakeReply(body) if number == 1 else reply_all_met(request, number)


def _busy(request: ChatRequest, number: int) -> FakeReply:
    return FakeReply(error_body("slow down"), 429) if number < 5 else reply_all_met(request, number)


def _lost(request: ChatRequest, number: int) -> FakeReply:
    return FakeReply(None) if number < 3 else reply_all_met(request, number)


@pytest.mark.parametrize("limit", [None, 0.01])
@pytest.mark.parametrize("behaviour", [_learning, _cut_off_once, _busy, _lost], ids=lambda one: one.__name__.strip("_"))
def test_a_question_that_takes_several_calls_is_marked_within_the_months_limit(
    behaviour: RespondFunction, limit: float | None
) -> None:
    table = MemoryTable()
    purse = SpendBudget(table, "demo", limit)  # type: ignore[arg-type] # as much of a table as a purse uses
    with FakeModelServer(behaviour) as server, open_model_marker(server, model=PRICED) as found:
        mark = found.mark_within_budget(purse, [task()])[0]
    assert (mark.marks, mark.review) == (3, ()), mark.reason
    spent = tenant_repository.get_month_spend(table, "demo", tenant_repository.current_month())  # type: ignore[arg-type]
    assert spent == pytest.approx(mark.usage.cost_usd, abs=1e-6)


def test_what_the_month_has_no_room_for_is_not_spent() -> None:
    table = MemoryTable()
    with FakeModelServer(_cut_off_once) as server, open_model_marker(server, model=PRICED) as found:
        room = found._max_reservation([task()])
        purse = SpendBudget(table, "demo", room)  # type: ignore[arg-type]
        mark = found.mark_within_budget(purse, [task()])[0]
    assert ReviewReason.MODEL_UNAVAILABLE in mark.review
    assert "spending limit" in mark.reason
    assert tenant_repository.get_month_spend(table, "demo", tenant_repository.current_month()) <= room  # type: ignore[arg-type]


def _without_usage(request: ChatRequest, number: int) -> FakeReply:
    return FakeReply({**reply_all_met(request, number).body, "usage": None})


ENDINGS: dict[str, Callable[[ChatRequest, int], FakeReply]] = {
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


# How a question ends whose calls all end in one way.
KINDS = {
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
    """Three questions one after the other to a server that ends its calls in the given ways, in turn.

    Nothing here depends on how fast the machine is. A late reply never comes: the event loop's clock is put forward
    past the timeout once the server has the request. The second question is cancelled once the server has its request,
    which it then holds.
    """

    def __init__(self, endings: list[str], *, cancelled: bool, cap: float | None = None) -> None:
        self._endings, self._cancelled, self._cap = endings, cancelled, cap
        self._holds = False
        self._ahead = 0.0
        self.used: list[Usage] = []
        self.untold_usd = 0.0
        """What the answered calls may have cost whose tokens the server did not tell."""
        self.ended: list[str] = []

    def run(self) -> SheetSession:
        with FakeModelServer(self._behave) as server:
            return asyncio.run(self._ask_all(server.base_url))

    def _behave(self, request: ChatRequest, number: int) -> FakeReply:
        ending = self._endings[number % len(self._endings)]
        if self._holds:
            self._loop.call_soon_threadsafe(self._held.set)
            return replace(reply_all_met(request, number), seconds=600)
        if ending == "late":
            self._loop.call_soon_threadsafe(self._put_clock_forward)
        if ending == "no usage":
            tokens = request.get("max_completion_tokens") or request["max_tokens"]
            self.untold_usd += prices.max_cost(PRICED, _estimate_tokens(request), tokens)
        return ENDINGS[ending](request, number)

    def _put_clock_forward(self) -> None:
        self._ahead += 2 * PATIENT.timeout_seconds

    async def _ask_all(self, base_url: str) -> SheetSession:
        from openai import AsyncOpenAI

        self._loop, self._held = asyncio.get_running_loop(), asyncio.Event()
        clock = self._loop.time
        self._loop.time = lambda: clock() + self._ahead  # type: ignore[method-assign]
        session = SheetSession.open(replace(PATIENT, spend_usd=self._cap))
        async with AsyncOpenAI(api_key="key", base_url=base_url, max_retries=0) as client:
            caller = ModelClient(client, PRICED)
            for at in range(3):
                self._holds = self._cancelled and at == 1
                self.ended.append(await self._ask(caller, session))
        return session

    async def _ask(self, caller: ModelClient, session: SheetSession) -> str:
        asked = asyncio.create_task(caller.ask(task(), session, self.used))
        if self._holds:
            await self._held.wait()
            asked.cancel()
        try:
            await asked
        except ModelCallFailed as ending:
            return ending.kind
        except asyncio.CancelledError:
            return "cancelled"
        return "reply"

    @property
    def spent_usd(self) -> float:
        return sum(one.cost_usd for one in self.used) + self.untold_usd


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(sorted(ENDINGS)), min_size=1, max_size=8), st.booleans(), st.sampled_from([None, 1.0]))
def test_after_any_sequence_of_endings_what_is_committed_is_what_was_spent(
    endings: list[str], cancelled: bool, cap: float | None
) -> None:
    held = Conversation(endings, cancelled=cancelled, cap=cap)
    session = held.run()
    assert session.committed_usd == pytest.approx(held.spent_usd, abs=1e-9)
    assert (held.ended[1] == "cancelled") is cancelled


@pytest.mark.parametrize("cancelled", [False, True], ids=["", "cancelled"])
@pytest.mark.parametrize("ending", sorted(ENDINGS))
def test_what_is_committed_after_each_ending_alone_is_what_was_spent(ending: str, cancelled: bool) -> None:
    held = Conversation([ending], cancelled=cancelled, cap=1.0)
    session = held.run()
    kind = KINDS.get(ending, "reply")
    assert held.ended == [kind, "cancelled" if cancelled else kind, kind]
    assert session.committed_usd == pytest.approx(held.spent_usd, abs=1e-9)


def test_a_call_that_is_never_made_reserves_nothing() -> None:
    session = SheetSession.open(replace(FAST_LIMITS, budget_seconds=0.0, spend_usd=1.0))
    with pytest.raises(ModelCallFailed):
        asyncio.run(ModelClient(None, PRICED).ask(task(), session, []))
    assert session.committed_usd == 0


def _spent(table: MemoryTable) -> float:
    return tenant_repository.get_month_spend(table, "demo", tenant_repository.current_month())  # type: ignore[arg-type] # as much of a table as a budget uses


def test_an_answer_whose_tokens_nobody_tells_counts_as_what_it_may_have_cost() -> None:
    with FakeModelServer(_without_usage) as server, open_model_marker(server, model=PRICED) as found:
        table = MemoryTable()
        purse = SpendBudget(table, "demo", 1.0)  # type: ignore[arg-type]
        mark = found.mark_within_budget(purse, [task()])[0]
        one_call = found._max_reservation([task()]) / 2
    assert (mark.marks, mark.usage) == (3, Usage(1))
    assert one_call > 0
    assert _spent(table) == pytest.approx(one_call, abs=1e-6)


def _useless_without_usage(*_: object) -> FakeReply:
    return FakeReply(completion_body("nonsense") | {"usage": None})


@pytest.mark.parametrize(
    ("model", "behaviour"),
    [
        ("a-deployment-of-ours", reply_all_met),
        (PRICED, _without_usage),
        ("a-deployment-of-ours", _without_usage),
        (PRICED, _useless_without_usage),
    ],
    ids=["unlisted model", "no tokens told", "neither", "replies that cannot be used"],
)
def test_a_spending_limit_ends_the_calls_where_nobody_tells_what_they_cost(
    model: str, behaviour: RespondFunction
) -> None:
    table, before, told = MemoryTable(), 0.0, []
    with FakeModelServer(behaviour) as server, open_model_marker(server, model=model) as found:
        limit = 1.5 * found._max_reservation([task()])
        for _ in range(300):
            calls = len(server.requests)
            mark = found.mark_within_budget(SpendBudget(table, "demo", limit), [task()])[0]  # type: ignore[arg-type]
            told.append("spending limit" in mark.reason)
            if told[-1]:
                break
            assert len(server.requests) > calls
            assert before < _spent(table) <= limit
            before = _spent(table)
    assert told[-1]
    assert not told[0]
