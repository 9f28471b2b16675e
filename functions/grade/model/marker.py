"""Free text marked by a language model: asked criterion by criterion, believed only as far as it shows evidence."""

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any, Protocol

from core.result import ReviewReason, Usage
from grade.freetext import FreeTextMark, FreeTextMarker, FreeTextTask
from grade.model.calls import Caller, Limits, NoReply, Session
from grade.model.credit import combined, opinion_of, sent_to_review

_BORDERLINE = 0.75
_NO_MONEY = "The spending limit for the model has been reached this month."


class Purse(Protocol):
    """Whose money is spent (`core.tenant.Purse`), in US dollars. What is set aside more than once adds up."""

    def set_aside(self, dollars: float) -> bool: ...

    def settle(self, dollars: float) -> None: ...


class ModelMarker:
    """Marks free text with one model. Every question of a sheet is under way at once, up to the cap.

    `client` is an `openai.AsyncOpenAI`, None where no key is configured. What gets no usable reply is never
    a 0: it goes to review with the ending's sentence, and with the fallback's mark as a provisional one.
    `on_fault` is told of faults that nobody expects; they too cost one answer alone. A marker keeps one thread
    with one event loop, because the client's connections belong to the loop that opened them.
    """

    def __init__(
        self,
        client: Any,
        *,
        model: str,
        limits: Limits | None = None,
        fallback: FreeTextMarker | None = None,
        on_fault: Callable[[Exception], None] | None = None,
    ) -> None:
        # At DEBUG the client logs whole requests, so the students' answers.
        for name in ("openai", "httpx", "httpx2", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)
        self._caller = Caller(client.with_options(max_retries=0), model) if client is not None else None
        self._limits = limits or Limits()
        self._fallback = fallback
        self._model = model
        self._on_fault = on_fault or _logged
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()

    def _provisional(self) -> FreeTextMarker:
        """Who marks what the model did not; loaded with the first answer that needs it."""
        if self._fallback is None:
            from grade.keypoints.marker import KeyPointMarker

            self._fallback = KeyPointMarker()
        return self._fallback

    @property
    def name(self) -> str:
        return f"model:{self._model}"

    def mark(self, tasks: Sequence[FreeTextTask]) -> list[FreeTextMark]:
        if not tasks:
            return []
        return self._run(self._mark_all(tasks, Session.open(self._limits)))

    def mark_within(self, purse: Purse, tasks: Sequence[FreeTextTask]) -> list[FreeTextMark]:
        """The same on somebody's money: what the calls may cost is set aside before they are made. Questions that turn
        out to need more calls (a reply that was cut off) have more set aside, as far as the limit allows."""
        aside = self._aside(tasks)
        if not purse.set_aside(aside):
            return [self._unavailable(task, NoReply("spend cap", _NO_MONEY)) for task in tasks]
        session = Session.open(replace(self._limits, spend_usd=aside), more=purse.set_aside)
        marks: list[FreeTextMark] | None = None
        try:
            marks = self._run(self._mark_all(tasks, session))
        finally:
            # The charges, not `usage`: a call whose tokens or price nobody tells counts as what it may have cost.
            # A marking that was stopped has spent nobody knows what: at most all that was set aside.
            spent = session.committed_usd if marks is not None else session.cap_usd
            purse.settle(spent or 0.0)
        return marks

    def _aside(self, tasks: Sequence[FreeTextTask]) -> float:
        """What two opinions on each may cost at most."""
        return 2 * sum(self._caller.at_most(task) for task in tasks) if self._caller is not None else 0.0

    def close(self) -> None:
        """Closes the client's connections and ends the thread."""
        with self._lock:
            loop, self._loop = self._loop, None
        if loop is None:
            return
        if self._caller is not None:
            asyncio.run_coroutine_threadsafe(self._caller.client.close(), loop).result(timeout=5)
        loop.call_soon_threadsafe(loop.stop)

    def _run(self, work: Coroutine[Any, Any, list[FreeTextMark]]) -> list[FreeTextMark]:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="model-calls", daemon=True).start()
            loop = self._loop
        future = asyncio.run_coroutine_threadsafe(work, loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()  # nobody waits for the calls any more
            raise

    async def _mark_all(self, tasks: Sequence[FreeTextTask], session: Session) -> list[FreeTextMark]:
        return list(await asyncio.gather(*(self._mark_one(task, session) for task in tasks)))

    async def _mark_one(self, task: FreeTextTask, session: Session) -> FreeTextMark:
        """One answer's mark. Whatever goes wrong with it, expected or not, is this answer's trouble alone."""
        used: list[Usage] = []
        try:
            if self._caller is None:
                raise NoReply("key", "No key for the model is configured.")
            mark = await self._judge(self._caller, task, session, used)
        except NoReply as ending:
            mark = self._unavailable(task, ending)
        except Exception as fault:  # noqa: BLE001 - a fault of ours in one answer is no reason to lose the others
            self._on_fault(fault)
            mark = self._unavailable(task, NoReply("fault", "Marking this answer by the model failed."))
        return replace(mark, usage=sum(used, Usage()))

    async def _judge(self, caller: Caller, task: FreeTextTask, session: Session, used: list[Usage]) -> FreeTextMark:
        first = opinion_of(task, await caller.ask(task, session, used), self.name)
        if first.mark.confidence >= _BORDERLINE and not first.mark.review:
            return first.mark
        try:
            second = opinion_of(task, await caller.ask(task, session, used, anew=True), self.name)
        except NoReply as ending:
            said = f"A second opinion was not to be had: {ending.sentence}"
            return sent_to_review(first.mark, ReviewReason.BORDERLINE, said)
        return combined(task, first, second)

    def _unavailable(self, task: FreeTextTask, ending: NoReply) -> FreeTextMark:
        provisional = self._provisional_mark(task)
        if provisional is None or provisional.marks is None:
            return FreeTextMark(None, 0.0, self.name, ending.sentence, review=(ReviewReason.MODEL_UNAVAILABLE,))
        return replace(
            provisional,
            reason=f"{ending.sentence} Provisional mark by key points: {provisional.reason}",
            review=tuple(dict.fromkeys((ReviewReason.MODEL_UNAVAILABLE, *provisional.review))),
        )

    def _provisional_mark(self, task: FreeTextTask) -> FreeTextMark | None:
        try:
            return self._provisional().mark([task])[0]
        except Exception as fault:  # noqa: BLE001 - what stands in for the model may fail; the answer goes to a person
            self._on_fault(fault)
            return None


def _logged(fault: Exception) -> None:
    """The kind of fault alone: its text may hold an answer."""
    logging.getLogger(__name__).error("an answer could not be marked: %s", type(fault).__name__)
