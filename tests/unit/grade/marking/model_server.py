"""A model marker against the stand-in server, opened and closed around a test."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from grade.freetext import FreeTextMark, FreeTextTask
from grade.model.calls import Limits
from grade.model.marker import ModelMarker
from tests.standin_model import Behaviour, Request, Said, StandIn, completion
from tests.unit.grade.marking.sheets import task

QUICK = Limits(timeout_seconds=5.0, budget_seconds=20.0, backoff_seconds=0.01)


@contextmanager
def marker(server: StandIn, limits: Limits = QUICK, model: str = "stand-in") -> Iterator[ModelMarker]:
    from openai import AsyncOpenAI

    found = ModelMarker(AsyncOpenAI(api_key="key", base_url=server.base_url), model=model, limits=limits)
    try:
        yield found
    finally:
        found.close()


def mark_one(behaviour: Behaviour, one: FreeTextTask | None = None, limits: Limits = QUICK) -> FreeTextMark:
    with StandIn(behaviour) as server, marker(server, limits) as found:
        return found.mark([one or task()])[0]


def saying(make: Callable[[Request], object]) -> Behaviour:
    return lambda request, _: Said(completion(json.dumps(make(request))))
