"""Free text marked by a language model: asked criterion by criterion, believed only as far as it shows evidence."""

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any, Protocol

from core.models.result import ReviewReason, Usage
from grade.markers.free_text import FreeTextMark, FreeTextMarker, FreeTextTask
from grade.markers.model.client import ModelCallFailed, ModelCallLimits, ModelClient, SheetSession
from grade.markers.model.scoring import add_review_reason, combine_marks, score_reply

_SECOND_OPINION_BELOW = 0.75
_SPEND_LIMIT_REACHED = "The spending limit for the model has been reached this month."


class ReservableBudget(Protocol):
    """Whose money is spent (`core.storage.tenant_repository.SpendBudget`), in US dollars. What is set aside more than
    once adds up."""

    def reserve(self, dollars: float) -> bool: ...

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
        limits: ModelCallLimits | None = None,
        fallback: FreeTextMarker | None = None,
        on_fault: Callable[[Exception], None] | None = None,
    ) -> None:
        # At DEBUG the client logs whole requests, so the students' answers.
        for name in ("openai", "httpx", "httpx2", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)
        self._client = ModelClient(client.with_options(max_retries=0), model) if client is not None else None
        self._limits = limits or ModelCallLimits()
        self._fallback = fallback
        self._model = model
        self._on_fault = on_fault or _log_fault
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()

    def _fallback_marker(self) -> FreeTextMarker:
        """Who marks what the model did not; loaded with the first answer that needs it."""
        if self._fallback is None:
            from grade.markers.key_points.marker import KeyPointMarker

            self._fallback = KeyPointMarker()
        return self._fallback

    @property
    def name(self) -> str:
        return f"model:{self._model}"

    def mark(self, tasks: Sequence[FreeTextTask]) -> list[FreeTextMark]:
        if not tasks:
            return []
        return self._run(self._mark_all(tasks, SheetSession.open(self._limits)))

    def mark_within_budget(self, budget: ReservableBudget, tasks: Sequence[FreeTextTask]) -> list[FreeTextMark]:
        """The same on somebody's money: what the calls may cost is set aside before they are made. Questions that turn
        out to need more calls (a reply that was cut off) have more set aside, as far as the limit allows."""
        reserved_usd = self._max_reservation(tasks)
        if not budget.reserve(reserved_usd):
            return [
                self._mark_provisionally(task, ModelCallFailed("spend cap", _SPEND_LIMIT_REACHED)) for task in tasks
            ]
        session = SheetSession.open(replace(self._limits, spend_usd=reserved_usd), reserve_more=budget.reserve)
        marks: list[FreeTextMark] | None = None
        try:
            marks = self._run(self._mark_all(tasks, session))
        finally:
            # The charges, not `usage`: a call whose tokens or price nobody tells counts as what it may have cost.
            # A marking that was stopped has spent nobody knows what: at most all that was set aside.
            spent = session.committed_usd if marks is not None else session.cap_usd
            budget.settle(spent or 0.0)
        return marks

    def _max_reservation(self, tasks: Sequence[FreeTextTask]) -> float:
        """What two opinions on each may cost at most."""
        return 2 * sum(self._client.max_cost(task) for task in tasks) if self._client is not None else 0.0

    def close(self) -> None:
        """Closes the client's connections and ends the thread."""
        with self._lock:
            loop, self._loop = self._loop, None
        if loop is None:
            return
        if self._client is not None:
            asyncio.run_coroutine_threadsafe(self._client.client.close(), loop).result(timeout=5)
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

    async def _mark_all(self, tasks: Sequence[FreeTextTask], session: SheetSession) -> list[FreeTextMark]:
        return list(await asyncio.gather(*(self._mark_one(task, session) for task in tasks)))

    async def _mark_one(self, task: FreeTextTask, session: SheetSession) -> FreeTextMark:
        """One answer's mark. Whatever goes wrong with it, expected or not, is this answer's trouble alone."""
        used: list[Usage] = []
        try:
            if self._client is None:
                raise ModelCallFailed("key", "No key for the model is configured.")
            mark = await self._ask_and_score(self._client, task, session, used)
        except ModelCallFailed as failure:
            mark = self._mark_provisionally(task, failure)
        except Exception as fault:  # noqa: BLE001 - a fault of ours in one answer is no reason to lose the others
            self._on_fault(fault)
            mark = self._mark_provisionally(task, ModelCallFailed("fault", "Marking this answer by the model failed."))
        return replace(mark, usage=sum(used, Usage()))

    async def _ask_and_score(
        self, model_client: ModelClient, task: FreeTextTask, session: SheetSession, used: list[Usage]
    ) -> FreeTextMark:
        first = score_reply(task, await model_client.ask(task, session, used), self.name)
        if first.mark.confidence >= _SECOND_OPINION_BELOW and not first.mark.review:
            return first.mark
        try:
            second = score_reply(task, await model_client.ask(task, session, used, second_opinion=True), self.name)
        except ModelCallFailed as failure:
            explanation = f"A second opinion was not to be had: {failure.sentence}"
            return add_review_reason(first.mark, ReviewReason.BORDERLINE, explanation)
        return combine_marks(task, first, second)

    def _mark_provisionally(self, task: FreeTextTask, failure: ModelCallFailed) -> FreeTextMark:
        provisional = self._provisional_mark(task)
        if provisional is None or provisional.marks is None:
            return FreeTextMark(None, 0.0, self.name, failure.sentence, review=(ReviewReason.MODEL_UNAVAILABLE,))
        return replace(
            provisional,
            reason=f"{failure.sentence} Provisional mark by key points: {provisional.reason}",
            review=tuple(dict.fromkeys((ReviewReason.MODEL_UNAVAILABLE, *provisional.review))),
        )

    def _provisional_mark(self, task: FreeTextTask) -> FreeTextMark | None:
        try:
            return self._fallback_marker().mark([task])[0]
        except Exception as fault:  # noqa: BLE001 - what stands in for the model may fail; the answer goes to a person
            self._on_fault(fault)
            return None


def _log_fault(fault: Exception) -> None:
    """The kind of fault alone: its text may hold an answer."""
    logging.getLogger(__name__).error("an answer could not be marked: %s", type(fault).__name__)
