"""What a call may cost is reserved while it is under way, and given back however it ends."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import tenant
from core.result import ReviewReason, Usage
from core.tenant import Purse
from grade.model.calls import Caller, NoReply, Session
from tests.memory_table import MemoryTable
from tests.standin_model import Behaviour, Request, Said, StandIn, agreeing, completion, error, verdicts
from tests.unit.grade.marking.model_server import QUICK, marker
from tests.unit.grade.marking.sheets import task

PRICED = "gpt-4o-mini"


def _learning(request: Request, number: int) -> Said:
    """Takes neither a schema nor the newer name of the length nor a temperature; refuses one part at a time."""
    for unknown in ("max_completion_tokens", "temperature", "response_format"):
        if unknown in request:
            return Said(error(f"Unrecognized request argument supplied: {unknown}"), 400)
    return agreeing(request, number)


def _cut_off_once(request: Request, number: int) -> Said:
    body = completion("{", finish="length")
    body["usage"] = {"prompt_tokens": 900, "completion_tokens": 1500}
    return Said(body) if number == 1 else agreeing(request, number)


def _busy(request: Request, number: int) -> Said:
    return Said(error("slow down"), 429) if number < 5 else agreeing(request, number)


def _lost(request: Request, number: int) -> Said:
    return Said(None) if number < 3 else agreeing(request, number)


@pytest.mark.parametrize("limit", [None, 0.01])
@pytest.mark.parametrize("behaviour", [_learning, _cut_off_once, _busy, _lost], ids=lambda one: one.__name__.strip("_"))
def test_a_question_that_takes_several_calls_is_marked_within_the_months_limit(
    behaviour: Behaviour, limit: float | None
) -> None:
    table = MemoryTable()
    purse = Purse(table, "demo", limit)  # type: ignore[arg-type] # as much of a table as a purse uses
    with StandIn(behaviour) as server, marker(server, model=PRICED) as found:
        mark = found.mark_within(purse, [task()])[0]
    assert (mark.marks, mark.review) == (3, ()), mark.reason
    spent = tenant.spent(table, "demo", tenant.month())  # type: ignore[arg-type]
    assert spent == pytest.approx(mark.usage.cost_usd, abs=1e-6)


def test_what_the_month_has_no_room_for_is_not_spent() -> None:
    table = MemoryTable()
    with StandIn(_cut_off_once) as server, marker(server, model=PRICED) as found:
        room = found._aside([task()])
        purse = Purse(table, "demo", room)  # type: ignore[arg-type]
        mark = found.mark_within(purse, [task()])[0]
    assert ReviewReason.MODEL_UNAVAILABLE in mark.review
    assert "spending limit" in mark.reason
    assert tenant.spent(table, "demo", tenant.month()) <= room  # type: ignore[arg-type]


def _without_usage(request: Request, number: int) -> Said:
    return Said({**agreeing(request, number).body, "usage": None})


ENDINGS: dict[str, Callable[[Request, int], Said]] = {
    "reply": agreeing,
    "unsure": lambda request, _: Said(completion(json.dumps(verdicts(request, confidence=0.5)))),
    "wrong shape": lambda *_: Said(completion("Sure!")),
    "odd content": lambda *_: Said(completion("x") | {"choices": [[]]}),
    "cut off": lambda *_: Said(completion("{", finish="length")),
    "refusal": lambda *_: Said(completion(None, refusal="No.")),
    "dialect": lambda *_: Said(error("temperature is not supported"), 400),
    "bad request": lambda *_: Said(error("too long"), 400),
    "busy": lambda *_: Said(error("slow down"), 429),
    "broken": lambda *_: Said(error("broken"), 500),
    "key": lambda *_: Said(error("bad key"), 401),
    "lost": lambda *_: Said(None),
    "late": lambda request, number: replace(agreeing(request, number), seconds=5),
}


async def _ask(caller: Caller, session: Session, used: list[Usage], *, cancelled: bool) -> None:
    asked = asyncio.create_task(caller.ask(task(), session, used))
    if cancelled:
        await asyncio.sleep(0.005)
        asked.cancel()
    with contextlib.suppress(NoReply, asyncio.CancelledError):
        await asked


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(sorted(ENDINGS)), min_size=1, max_size=8), st.booleans(), st.sampled_from([None, 1.0]))
def test_after_any_sequence_of_endings_what_is_committed_is_what_was_spent(
    endings: list[str], cancelled: bool, cap: float | None
) -> None:
    from openai import AsyncOpenAI

    limits = replace(QUICK, timeout_seconds=0.1, spend_usd=cap, backoff_seconds=0.0)
    used: list[Usage] = []

    async def run(base_url: str) -> Session:
        session = Session.open(limits)
        async with AsyncOpenAI(api_key="key", base_url=base_url, max_retries=0) as client:
            caller = Caller(client, PRICED)
            for at in range(3):
                await _ask(caller, session, used, cancelled=cancelled and at == 1)
        return session

    with StandIn(lambda request, number: ENDINGS[endings[number % len(endings)]](request, number)) as server:
        session = asyncio.run(run(server.base_url))
    assert session.committed_usd == pytest.approx(sum(one.cost_usd for one in used), abs=1e-9)


def test_a_call_that_is_never_made_reserves_nothing() -> None:
    session = Session.open(replace(QUICK, budget_seconds=0.0, spend_usd=1.0))
    with pytest.raises(NoReply):
        asyncio.run(Caller(None, PRICED).ask(task(), session, []))
    assert session.committed_usd == 0


def test_an_answer_whose_tokens_nobody_tells_counts_as_what_it_may_have_cost() -> None:
    with StandIn(_without_usage) as server, marker(server, model=PRICED) as found:
        table = MemoryTable()
        purse = Purse(table, "demo", 1.0)  # type: ignore[arg-type]
        mark = found.mark_within(purse, [task()])[0]
    assert (mark.marks, mark.usage) == (3, Usage(1))
