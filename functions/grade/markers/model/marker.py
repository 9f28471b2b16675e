"""Free text marker with a language model: asks criterion by criterion, and gives credit only for shown evidence."""

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
    """A budget in US dollars (`core.storage.tenant_repository.SpendBudget`). Reservations add up until they are
    settled."""

    def reserve(self, dollars: float) -> bool: ...

    def settle(self, dollars: float) -> None: ...


class ModelMarker:
    """Marks free text with one model. All questions of a sheet are asked concurrently, up to the limit.

    `client` is an `openai.AsyncOpenAI`, None if no key is configured. An answer without a usable reply never gets a 0:
    it goes to review with the failure's sentence, and with the fallback's mark as a provisional one. `on_error` is
    called with unexpected errors; they too affect one answer only. A marker keeps one thread with one event loop,
    because the client's connections belong to the loop that opened them.
    """

    def __init__(
        self,
        client: Any,
        *,
        model: str,
        limits: ModelCallLimits | None = None,
        fallback: FreeTextMarker | None = None,
        on_error: Callable[[Exception], None] | None = None,
    ) -> None:
        # At DEBUG the client logs whole requests, including the students' answers.
        for name in ("openai", "httpx", "httpx2", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)
        self._client = ModelClient(client.with_options(max_retries=0), model) if client is not None else None
        self._limits = limits or ModelCallLimits()
        self._fallback = fallback
        self._model = model
        self._on_error = on_error or _log_error
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()

    def _fallback_marker(self) -> FreeTextMarker:
        """The marker for answers that the model did not mark; created with the first of them."""
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
        """Mark within a budget: the most that the calls may cost is reserved before they are made. If more calls are
        needed (after a truncated reply), more is reserved as far as the limit allows."""
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
            # The committed cost, not `usage`: a call with unknown tokens or price counts as the most it may have cost.
            # The cost of an interrupted marking is unknown: at most all that was reserved.
            spent = session.committed_usd if marks is not None else session.cap_usd
            budget.settle(spent or 0.0)
        return marks

    def _max_reservation(self, tasks: Sequence[FreeTextTask]) -> float:
        """The most that two opinions on each answer may cost, in US dollars."""
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
            future.cancel()  # the results are no longer needed
            raise

    async def _mark_all(self, tasks: Sequence[FreeTextTask], session: SheetSession) -> list[FreeTextMark]:
        return list(await asyncio.gather(*(self._mark_one(task, session) for task in tasks)))

    async def _mark_one(self, task: FreeTextTask, session: SheetSession) -> FreeTextMark:
        """The mark of one answer. An error, expected or not, affects this answer only."""
        used: list[Usage] = []
        try:
            if self._client is None:
                raise ModelCallFailed("key", "No key for the model is configured.")
            mark = await self._ask_and_score(self._client, task, session, used)
        except ModelCallFailed as failure:
            mark = self._mark_provisionally(task, failure)
        except Exception as error:  # noqa: BLE001 - a bug in marking one answer must not lose the others
            self._on_error(error)
            mark = self._mark_provisionally(
                task, ModelCallFailed("unexpected error", "Marking this answer by the model failed.")
            )
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
            explanation = f"A second opinion was not available: {failure.sentence}"
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
        except Exception as error:  # noqa: BLE001 - if the fallback fails too, the answer goes to review unmarked
            self._on_error(error)
            return None


def _log_error(error: Exception) -> None:
    """Only the type: the error's text may contain an answer."""
    logging.getLogger(__name__).error("an answer could not be marked: %s", type(error).__name__)
