"""One question to a model, with every way it can end: a valid reply, or an ending with its sentence.

The `openai` client is handed in; its exceptions are told apart by class name and status, so nothing of it
is imported here. Nothing of a prompt, an answer or an error's body is logged or kept.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from core.result import Usage
from grade.freetext import FreeTextTask
from grade.model import prices, prompt
from grade.model.completion import Tokens, body_of, completion_of, tokens_of
from grade.model.dialect import MOST_LESSONS, REFUSALS, Dialect, refusal_of
from grade.model.reply import Reply, WrongShape, parse_reply

_OUTPUT_TOKENS = 1500
_CHARS_PER_TOKEN = 3
_LONGEST_BACKOFF = 8.0
# Endings after which the same question may well be answered, and how often it is asked in all.
_AGAIN = {
    "timeout": 2,
    "rate limit": 5,
    "server error": 4,
    "no connection": 3,
    "cut off": 2,
    "wrong shape": 2,
    "dialect": MOST_LESSONS,
}


class NoReply(Exception):
    """A question that got no usable reply. `kind` names the ending, `sentence` says it to a teacher."""

    def __init__(self, kind: str, sentence: str, *, wait: float = 0.0) -> None:
        super().__init__(sentence)
        self.kind, self.sentence, self.wait = kind, sentence, wait


@dataclass(frozen=True, slots=True)
class Limits:
    """How patient to be, in seconds; `budget_seconds` is for a whole sheet, `spend_usd` None for no cap."""

    concurrency: int = 20
    timeout_seconds: float = 45.0
    budget_seconds: float = 240.0
    backoff_seconds: float = 0.5
    spend_usd: float | None = None


@dataclass
class Charge:
    """What one call has cost, as far as that is known; nothing until the server has answered."""

    spent_usd: float = 0.0


@dataclass
class Session:
    """The questions of one sheet: their common deadline, spend and number under way.

    `cap_usd` is what may be spent, None for no cap; `more` is asked for what goes beyond it. `committed_usd` is what
    was spent, and what the calls under way may cost at most.
    """

    limits: Limits
    slots: asyncio.Semaphore
    deadline: float
    cap_usd: float | None
    more: Callable[[float], bool] | None = None
    committed_usd: float = 0.0
    _reserving: asyncio.Lock = field(default_factory=asyncio.Lock)

    @classmethod
    def open(cls, limits: Limits, more: Callable[[float], bool] | None = None) -> "Session":
        slots = asyncio.Semaphore(max(1, limits.concurrency))
        return cls(limits, slots, time.monotonic() + limits.budget_seconds, limits.spend_usd, more)

    @property
    def remaining(self) -> float:
        return self.deadline - time.monotonic()

    @asynccontextmanager
    async def charged(self, at_most: float) -> AsyncIterator[Charge]:
        """One call, which may cost so many dollars. They are reserved while it is under way; however it ends, its
        charge takes their place. Raises NoReply where the cap would be passed."""
        await self._reserve(at_most)
        charge = Charge()
        try:
            yield charge
        finally:
            self.committed_usd += charge.spent_usd - at_most

    async def _reserve(self, dollars: float) -> None:
        async with self._reserving:
            missing = 0.0 if self.cap_usd is None else self.committed_usd + dollars - self.cap_usd
            if self.cap_usd is not None and missing > 0:
                if self.more is None or not await asyncio.to_thread(self.more, missing):
                    raise NoReply("spend cap", "The spending limit for the model has been reached.")
                self.cap_usd += missing
            self.committed_usd += dollars


@dataclass
class Caller:
    """Asks one model; remembers nothing but the server's dialect."""

    client: Any
    model: str
    dialect: Dialect = field(default_factory=Dialect)

    def at_most(self, task: FreeTextTask) -> float:
        """US dollars that one answer to this question may cost."""
        request = self.dialect.request(task, model=self.model, tokens=_OUTPUT_TOKENS, anew=False)
        return prices.at_most(self.model, _size(request), _OUTPUT_TOKENS)

    async def ask(self, task: FreeTextTask, session: Session, used: list[Usage], *, anew: bool = False) -> Reply:
        """A valid reply, or NoReply after a bounded number of attempts. What every attempt used is added to
        `used`. `anew` asks for an independent second opinion."""
        tokens, asked = _OUTPUT_TOKENS, dict.fromkeys(_AGAIN, 0)
        while True:
            try:
                async with session.slots:
                    return await self._attempt(task, session, used, tokens=tokens, anew=anew)
            except NoReply as ending:
                asked[ending.kind] = asked.get(ending.kind, 0) + 1
                if sum(asked.values()) - asked["dialect"] >= 8 or asked[ending.kind] >= _AGAIN.get(ending.kind, 1):
                    raise
                pause = _pause(ending, asked[ending.kind], session.limits)
                if pause >= session.remaining:
                    raise
                tokens = tokens * 2 if ending.kind == "cut off" else tokens
            await asyncio.sleep(pause)

    async def _attempt(
        self, task: FreeTextTask, session: Session, used: list[Usage], *, tokens: int, anew: bool
    ) -> Reply:
        dialect = self.dialect
        request = dialect.request(task, model=self.model, tokens=tokens, anew=anew)
        patience = min(session.limits.timeout_seconds, session.remaining)
        if patience <= 0:
            raise NoReply("time budget", "The time for marking this sheet ran out before the model answered.")
        bound = prices.at_most(self.model, _size(request), tokens)
        async with session.charged(bound) as charge:
            raw = await self._send(request, dialect, patience)
            # Answered, so paid, whatever the reply is worth.
            charge.spent_usd = bound
            used.append(Usage(calls=1))
            with _usable():
                body = body_of(raw)
            counted = tokens_of(body)
            used[-1] = _usage(counted, self.model)
            if counted.read is not None and counted.written is not None:
                charge.spent_usd = prices.at_most(self.model, counted.read, counted.written)
        return _reply(body, task)

    async def _send(self, request: dict[str, Any], dialect: Dialect, patience: float) -> bytes:
        """The HTTP body of the server's answer, not looked at by the client: only this code decides what it means."""
        try:
            async with asyncio.timeout(patience):
                answered = await self.client.chat.completions.with_raw_response.create(**request, timeout=patience)
                raw: bytes = answered.content
        except TimeoutError:
            raise NoReply("timeout", f"The model did not answer within {patience:.0f} seconds.") from None
        except Exception as error:  # noqa: BLE001 - told apart by name; one answer's trouble must stay its own
            raise self._ending(error, dialect) from None
        return raw

    def _ending(self, error: Exception, dialect: Dialect) -> NoReply:
        """The ending that an exception of the client stands for. What is none of its own comes from a server
        that answers in something else than the API's JSON."""
        names = {base.__name__ for base in type(error).__mro__}
        if "OpenAIError" not in names:
            name = type(error).__name__
            return NoReply("wrong shape", f"The model's reply cannot be used. Its client failed with {name}.")
        if "APITimeoutError" in names:
            return NoReply("timeout", "The model did not answer in time.")
        status = getattr(error, "status_code", None)
        if status is None:
            return NoReply("no connection", "The model's server could not be reached.")
        if status in REFUSALS and self._learnt(error, dialect):
            return NoReply("dialect", "The model's server does not take requests of this form.")
        return _status_ending(int(status), error)

    def _learnt(self, error: Exception, dialect: Dialect) -> bool:
        """Whether the server is spoken to in another way from now on."""
        if self.dialect == dialect:  # else another question has learnt it meanwhile
            self.dialect = dialect.without(refusal_of(error))
        return self.dialect != dialect


def _size(request: dict[str, Any]) -> int:
    """About how many tokens are sent; rather more than fewer."""
    return sum(len(message["content"]) for message in request["messages"]) // _CHARS_PER_TOKEN


_BY_STATUS = {
    401: ("key", "The model's server does not accept the key."),
    403: ("permission", "The key may not use this model."),
    404: ("unknown model", "The model's server does not know this model."),
}


def _status_ending(status: int, error: Exception) -> NoReply:
    if status in _BY_STATUS:
        return NoReply(*_BY_STATUS[status])
    if status == 429 and getattr(error, "code", None) == "insufficient_quota":
        return NoReply("quota", "The account's quota at the model's server is used up.")
    if status in (408, 409, 429):
        sentence = "The model's server is refusing requests: too many at once."
        return NoReply("rate limit", sentence, wait=_retry_after(error))
    if status >= 500:
        return NoReply("server error", "The model's server failed.", wait=_retry_after(error))
    return NoReply("bad request", f"The model's server refused the request (HTTP {status}).")


def _retry_after(error: Exception) -> float:
    headers = getattr(getattr(error, "response", None), "headers", {})
    try:
        return max(0.0, float(headers.get("retry-after", 0)))
    except ValueError:
        return 0.0


def _pause(ending: NoReply, times: int, limits: Limits) -> float:
    """Seconds to wait: what the server asks for, else twice as long each time; jitter keeps questions apart."""
    if ending.kind not in ("rate limit", "server error", "no connection"):
        return 0.0
    backoff = min(limits.backoff_seconds * 2.0 ** (times - 1), _LONGEST_BACKOFF)
    return max(ending.wait, backoff) * (1 + 0.25 * random.random())  # noqa: S311 - jitter


def _usage(counted: Tokens, model: str) -> Usage:
    read, written = counted.read or 0, counted.written or 0
    return Usage(1, read, written, prices.cost(model, read, written))


def _reply(body: Any, task: FreeTextTask) -> Reply:
    with _usable():
        completion = completion_of(body)
    if completion is None:
        raise NoReply("wrong shape", "The model's server answered without a reply.")
    if completion.refused or completion.finish_reason == "content_filter":
        raise NoReply("refusal", "The model declined to mark this answer.")
    if completion.finish_reason == "length":
        raise NoReply("cut off", "The model's reply was cut off.")
    with _usable():
        return parse_reply(completion.content, len(prompt.criteria_of(task)), task.answer.text)


@contextmanager
def _usable() -> Iterator[None]:
    """What is decoded inside is a part of the server's answer. Raises NoReply where it has the wrong shape."""
    try:
        yield
    except WrongShape as error:
        raise NoReply("wrong shape", f"The model's reply cannot be used. {error}") from None
