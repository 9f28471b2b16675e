"""Asks a model about one answer: a valid reply, or `ModelCallFailed` with a sentence for the teacher.

The `openai` client is passed in. Its exceptions are distinguished by class name and status, so that `openai` is not
imported here. No part of a prompt, an answer or an error's body is logged or stored.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from core.models.result import Usage
from grade.markers.free_text import FreeTextTask
from grade.markers.model import prices, prompt
from grade.markers.model.completion import TokenUsage, parse_body, parse_completion, parse_token_usage
from grade.markers.model.reply import InvalidReply, ModelReply, parse_reply
from grade.markers.model.server_capabilities import (
    MAX_DOWNGRADES,
    REFUSAL_STATUSES,
    ServerCapabilities,
    extract_error_text,
)

_MAX_OUTPUT_TOKENS = 1500
_CHARS_PER_TOKEN = 3
_MAX_BACKOFF_SECONDS = 8.0
# Failures after which a retry may succeed, and the number of attempts in all.
_MAX_ATTEMPTS = {
    "timeout": 2,
    "rate limit": 5,
    "server error": 4,
    "no connection": 3,
    "cut off": 2,
    "wrong shape": 2,
    "unsupported request": MAX_DOWNGRADES,
}
# Of all kinds together, without the unsupported requests.
_MAX_ATTEMPTS_IN_ALL = 8


class ModelCallFailed(Exception):
    """A call without a usable reply. `kind` names the failure, `sentence` explains it to a teacher, `wait` is the
    server's Retry-After in seconds."""

    def __init__(self, kind: str, sentence: str, *, wait: float = 0.0) -> None:
        super().__init__(sentence)
        self.kind, self.sentence, self.wait = kind, sentence, wait


@dataclass(frozen=True, slots=True)
class ModelCallLimits:
    """Limits of the calls. `timeout_seconds` is for one call, `budget_seconds` for a whole sheet; `spend_usd` is None
    for no cap."""

    concurrency: int = 20
    timeout_seconds: float = 45.0
    budget_seconds: float = 240.0
    backoff_seconds: float = 0.5
    spend_usd: float | None = None


@dataclass
class CallCost:
    """What one call has cost as far as that is known; 0 until the server has answered."""

    spent_usd: float = 0.0


@dataclass
class SheetSession:
    """The calls for one sheet: their common deadline, spending and concurrency.

    `cap_usd` is the most that may be spent, None for no cap; `reserve_more` is called for amounts beyond it.
    `committed_usd` is what was spent plus the most that the calls under way may cost.
    """

    limits: ModelCallLimits
    slots: asyncio.Semaphore
    deadline: float
    cap_usd: float | None
    reserve_more: Callable[[float], bool] | None = None
    committed_usd: float = 0.0
    _reserving: asyncio.Lock = field(default_factory=asyncio.Lock)

    @classmethod
    def open(cls, limits: ModelCallLimits, reserve_more: Callable[[float], bool] | None = None) -> "SheetSession":
        slots = asyncio.Semaphore(max(1, limits.concurrency))
        return cls(limits, slots, time.monotonic() + limits.budget_seconds, limits.spend_usd, reserve_more)

    @property
    def remaining(self) -> float:
        return self.deadline - time.monotonic()

    @asynccontextmanager
    async def reserve_call(self, max_cost: float) -> AsyncIterator[CallCost]:
        """Reserve `max_cost` US dollars during one call. When it ends, in whatever way, the actual cost replaces the
        reservation. Raises ModelCallFailed if the cap would be exceeded."""
        await self._reserve(max_cost)
        cost = CallCost()
        try:
            yield cost
        finally:
            self.committed_usd += cost.spent_usd - max_cost

    async def _reserve(self, dollars: float) -> None:
        async with self._reserving:
            missing = 0.0 if self.cap_usd is None else self.committed_usd + dollars - self.cap_usd
            if self.cap_usd is not None and missing > 0:
                if self.reserve_more is None or not await asyncio.to_thread(self.reserve_more, missing):
                    raise ModelCallFailed("spend cap", "The spending limit for the model has been reached.")
                self.cap_usd += missing
            self.committed_usd += dollars


@dataclass
class ModelClient:
    """Calls one model. Its only state is what the server has turned out to support."""

    client: Any
    model: str
    capabilities: ServerCapabilities = field(default_factory=ServerCapabilities)

    def max_cost(self, task: FreeTextTask) -> float:
        """US dollars that one answer to this question may cost."""
        request = self.capabilities.request(task, model=self.model, tokens=_MAX_OUTPUT_TOKENS, second_opinion=False)
        return prices.max_cost(self.model, _estimate_tokens(request), _MAX_OUTPUT_TOKENS)

    async def ask(
        self, task: FreeTextTask, session: SheetSession, used: list[Usage], *, second_opinion: bool = False
    ) -> ModelReply:
        """A valid reply, after a bounded number of attempts.

        The usage of every attempt is added to `used`. `second_opinion` asks for an independent opinion.

        Raises
        ------
        ModelCallFailed
            No attempt had a usable reply.
        """
        tokens, attempts = _MAX_OUTPUT_TOKENS, dict.fromkeys(_MAX_ATTEMPTS, 0)
        while True:
            try:
                async with session.slots:
                    return await self._attempt(task, session, used, tokens=tokens, second_opinion=second_opinion)
            except ModelCallFailed as failure:
                attempts[failure.kind] = attempts.get(failure.kind, 0) + 1
                counted = sum(attempts.values()) - attempts["unsupported request"]
                if counted >= _MAX_ATTEMPTS_IN_ALL or attempts[failure.kind] >= _MAX_ATTEMPTS.get(failure.kind, 1):
                    raise
                pause = _backoff_seconds(failure, attempts[failure.kind], session.limits)
                if pause >= session.remaining:
                    raise
                tokens = tokens * 2 if failure.kind == "cut off" else tokens
            await asyncio.sleep(pause)

    async def _attempt(
        self, task: FreeTextTask, session: SheetSession, used: list[Usage], *, tokens: int, second_opinion: bool
    ) -> ModelReply:
        capabilities = self.capabilities
        request = capabilities.request(task, model=self.model, tokens=tokens, second_opinion=second_opinion)
        timeout_left = min(session.limits.timeout_seconds, session.remaining)
        if timeout_left <= 0:
            raise ModelCallFailed("time budget", "The time for marking this sheet ran out before the model answered.")
        bound = prices.max_cost(self.model, _estimate_tokens(request), tokens)
        async with session.reserve_call(bound) as cost:
            raw = await self._send(request, capabilities, timeout_left)
            # The server has answered, so the call is paid for whether or not the reply can be used.
            cost.spent_usd = bound
            used.append(Usage(calls=1))
            with _translate_invalid_reply():
                body = parse_body(raw)
            counted = parse_token_usage(body)
            used[-1] = _price_usage(counted, self.model)
            if counted.read is not None and counted.written is not None:
                cost.spent_usd = prices.max_cost(self.model, counted.read, counted.written)
        return _parse_body(body, task)

    async def _send(self, request: dict[str, Any], capabilities: ServerCapabilities, timeout_left: float) -> bytes:
        """The HTTP body of the server's response. The client does not decode it: only this module interprets it."""
        try:
            async with asyncio.timeout(timeout_left):
                response = await self.client.chat.completions.with_raw_response.create(**request, timeout=timeout_left)
                raw: bytes = response.content
        except TimeoutError:
            raise ModelCallFailed("timeout", f"The model did not answer within {timeout_left:.0f} seconds.") from None
        except Exception as error:  # noqa: BLE001 - distinguished by class name; must not affect other answers
            raise self._to_failure(error, capabilities) from None
        return raw

    def _to_failure(self, error: Exception, capabilities: ServerCapabilities) -> ModelCallFailed:
        """The failure that an exception of the client means. Exceptions that are not the client's own come from servers
        that respond with something other than the API's JSON."""
        names = {base.__name__ for base in type(error).__mro__}
        if "OpenAIError" not in names:
            name = type(error).__name__
            return ModelCallFailed("wrong shape", f"The model's reply cannot be used. Its client failed with {name}.")
        if "APITimeoutError" in names:
            return ModelCallFailed("timeout", "The model did not answer in time.")
        status = getattr(error, "status_code", None)
        if status is None:
            return ModelCallFailed("no connection", "The model's server could not be reached.")
        if status in REFUSAL_STATUSES and self._downgrade(error, capabilities):
            return ModelCallFailed("unsupported request", "The model's server does not support this kind of request.")
        return _failure_from_status(int(status), error)

    def _downgrade(self, error: Exception, capabilities: ServerCapabilities) -> bool:
        """Adapt to a refusal. Returns whether later requests differ from the one that was refused."""
        if self.capabilities == capabilities:  # otherwise a concurrent call has already adapted
            self.capabilities = capabilities.downgrade(extract_error_text(error))
        return self.capabilities != capabilities


def _estimate_tokens(request: dict[str, Any]) -> int:
    """The approximate number of tokens sent; rather too high than too low."""
    return sum(len(message["content"]) for message in request["messages"]) // _CHARS_PER_TOKEN


_FAILURES_BY_STATUS = {
    401: ("key", "The model's server does not accept the key."),
    403: ("permission", "The key may not use this model."),
    404: ("unknown model", "The model's server does not know this model."),
}


def _failure_from_status(status: int, error: Exception) -> ModelCallFailed:
    if status in _FAILURES_BY_STATUS:
        return ModelCallFailed(*_FAILURES_BY_STATUS[status])
    if status == 429 and getattr(error, "code", None) == "insufficient_quota":
        return ModelCallFailed("quota", "The account's quota at the model's server is used up.")
    if status in (408, 409, 429):
        sentence = "The model's server is refusing requests: too many at once."
        return ModelCallFailed("rate limit", sentence, wait=_parse_retry_after(error))
    if status >= 500:
        return ModelCallFailed("server error", "The model's server failed.", wait=_parse_retry_after(error))
    return ModelCallFailed("bad request", f"The model's server refused the request (HTTP {status}).")


def _parse_retry_after(error: Exception) -> float:
    headers = getattr(getattr(error, "response", None), "headers", {})
    try:
        return max(0.0, float(headers.get("retry-after", 0)))
    except ValueError:
        return 0.0


def _backoff_seconds(failure: ModelCallFailed, times: int, limits: ModelCallLimits) -> float:
    """Seconds to wait: what the server asks for, otherwise exponential, with jitter so that calls do not coincide."""
    if failure.kind not in ("rate limit", "server error", "no connection"):
        return 0.0
    backoff = min(limits.backoff_seconds * 2.0 ** (times - 1), _MAX_BACKOFF_SECONDS)
    return max(failure.wait, backoff) * (1 + 0.25 * random.random())  # noqa: S311 - jitter


def _price_usage(counted: TokenUsage, model: str) -> Usage:
    read, written = counted.read or 0, counted.written or 0
    return Usage(1, read, written, prices.cost(model, read, written))


def _parse_body(body: Any, task: FreeTextTask) -> ModelReply:
    with _translate_invalid_reply():
        completion = parse_completion(body)
    if completion is None:
        raise ModelCallFailed("wrong shape", "The model's server answered without a reply.")
    if completion.refused or completion.finish_reason == "content_filter":
        raise ModelCallFailed("refusal", "The model declined to mark this answer.")
    if completion.finish_reason == "length":
        raise ModelCallFailed("cut off", "The model's reply was cut off.")
    with _translate_invalid_reply():
        return parse_reply(completion.content, len(prompt.list_criteria(task)), task.answer.text)


@contextmanager
def _translate_invalid_reply() -> Iterator[None]:
    """Translate `InvalidReply`, raised while a response is decoded, to `ModelCallFailed`."""
    try:
        yield
    except InvalidReply as error:
        raise ModelCallFailed("wrong shape", f"The model's reply cannot be used. {error}") from None
