"""Free text marked by a language model: asked criterion by criterion, believed only as far as it shows evidence."""

import asyncio
import logging
import re
import threading
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import Any, Protocol

from core.result import CriterionMark, ReviewReason, Usage
from grade.decision import settled
from grade.evidence import find_quote
from grade.freetext import FreeTextMark, FreeTextMarker, FreeTextTask
from grade.model.calls import Caller, Limits, NoReply, Session
from grade.model.prompt import RULES, VERDICTS, Reply, criteria_of

_BORDERLINE = 0.75
_FLAGS = {
    "attack": ReviewReason.ATTACK,
    "unreadable": ReviewReason.UNREADABLE,
    "formula": ReviewReason.FORMULA_OR_DRAWING,
    "language": ReviewReason.UNKNOWN_LANGUAGE,
}
_LEAK_WORDS = 5
_NO_MONEY = "The spending limit for the model has been reached this month."
_LONGEST_FEEDBACK = 600


class Purse(Protocol):
    """Whose money is spent (`core.tenant.Purse`), in US dollars."""

    def set_aside(self, dollars: float) -> bool: ...

    def settle(self, dollars: float) -> None: ...


class ModelMarker:
    """Marks free text with one model. Every question of a sheet is under way at once, up to the cap.

    `client` is an `openai.AsyncOpenAI`, None where no key is configured. What gets no usable reply is never
    a 0: it goes to review with the ending's sentence, and with the fallback's mark as a provisional one. A
    marker keeps one thread with one event loop, because the client's connections belong to the loop that
    opened them.
    """

    def __init__(
        self, client: Any, *, model: str, limits: Limits | None = None, fallback: FreeTextMarker | None = None
    ) -> None:
        # At DEBUG the client logs whole requests, so the students' answers.
        for name in ("openai", "httpx", "httpx2", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)
        self._caller = Caller(client.with_options(max_retries=0), model) if client is not None else None
        self._limits = limits or Limits()
        self._fallback = fallback
        self._model = model
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
        return self._run(self._mark_all(tasks, self._limits))

    def mark_within(self, purse: Purse, tasks: Sequence[FreeTextTask]) -> list[FreeTextMark]:
        """The same on somebody's money: what the calls may cost is set aside first, and nothing beyond it is spent."""
        aside = self._aside(tasks)
        if not purse.set_aside(aside):
            return [self._unavailable(task, NoReply("spend cap", _NO_MONEY)) for task in tasks]
        spent = aside
        try:
            marks = self._run(self._mark_all(tasks, replace(self._limits, spend_usd=aside)))
            spent = sum(mark.usage.cost_usd for mark in marks)
        finally:
            purse.settle(spent)
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
        return asyncio.run_coroutine_threadsafe(work, loop).result()

    async def _mark_all(self, tasks: Sequence[FreeTextTask], limits: Limits) -> list[FreeTextMark]:
        session = Session.open(limits)
        return list(await asyncio.gather(*(self._mark_one(task, session) for task in tasks)))

    async def _mark_one(self, task: FreeTextTask, session: Session) -> FreeTextMark:
        used: list[Usage] = []
        try:
            if self._caller is None:
                raise NoReply("key", "No key for the model is configured.")
            mark = await self._judge(self._caller, task, session, used)
        except NoReply as ending:
            mark = self._unavailable(task, ending)
        return replace(mark, usage=sum(used, Usage()))

    async def _judge(self, caller: Caller, task: FreeTextTask, session: Session, used: list[Usage]) -> FreeTextMark:
        first = self._read(task, await caller.ask(task, session, used))
        if first.confidence >= _BORDERLINE and not first.review:
            return first
        try:
            second = self._read(task, await caller.ask(task, session, used, anew=True))
        except NoReply as ending:
            return _sent(first, ReviewReason.BORDERLINE, f"A second opinion was not to be had: {ending.sentence}")
        return _combined(task, first, second)

    def _read(self, task: FreeTextTask, reply: Reply) -> FreeTextMark:
        """The mark that a reply stands for: sums in code, no credit without evidence on the sheet."""
        marks, review, confidence = [], [_FLAGS[flag] for flag in reply.flags], 1.0
        for criterion, judged in zip(criteria_of(task), reply.judged, strict=True):
            share = VERDICTS[judged.verdict]
            evidence = find_quote(judged.evidence, task.answer.text, task.answer.lines) if judged.evidence else None
            if share > 0 and evidence is None:
                review.append(ReviewReason.EVIDENCE_NOT_FOUND)
            confidence = min(confidence, judged.confidence)
            marks.append(
                CriterionMark(
                    text=criterion.text,
                    verdict="met" if share == 1 else "partly" if share > 0 else "not",
                    marks=round(criterion.marks * share, 2),
                    max_marks=criterion.marks,
                    quote=evidence.quote if evidence else "",
                    place=evidence.place if evidence else None,
                )
            )
        total = settled(sum(mark.marks for mark in marks), 0.0, task.max_marks, task.step)
        met = sum(mark.verdict == "met" for mark in marks)
        reason = f"{met} of {len(marks)} criteria met, {sum(mark.verdict == 'partly' for mark in marks)} in part."
        feedback = safe_feedback(reply.feedback, task)
        return FreeTextMark(total, confidence, self.name, reason, feedback, tuple(marks), tuple(dict.fromkeys(review)))

    def _unavailable(self, task: FreeTextTask, ending: NoReply) -> FreeTextMark:
        provisional = self._provisional().mark([task])[0]
        if provisional.marks is None:
            return FreeTextMark(None, 0.0, self.name, ending.sentence, review=(ReviewReason.MODEL_UNAVAILABLE,))
        return replace(
            provisional,
            reason=f"{ending.sentence} Provisional mark by key points: {provisional.reason}",
            review=tuple(dict.fromkeys((ReviewReason.MODEL_UNAVAILABLE, *provisional.review))),
        )


def _combined(task: FreeTextTask, first: FreeTextMark, second: FreeTextMark) -> FreeTextMark:
    """Two opinions. They agree within half a step of a tenth of the marks, or a person decides; what the
    first one could not show and the second one can is taken from the second."""
    assert first.marks is not None and second.marks is not None  # noqa: S101 - `_read` always gives marks
    if abs(first.marks - second.marks) > max(0.1 * task.max_marks, 0.01):
        lower = min(first, second, key=lambda mark: mark.marks or 0.0)
        reason = f"Two opinions differ ({first.marks:g} and {second.marks:g}); the lower one stands for now."
        return _sent(
            replace(lower, confidence=min(first.confidence, second.confidence)), ReviewReason.DISAGREEMENT, reason
        )
    kept = first if len(first.review) <= len(second.review) else second
    confidence = max(first.confidence, second.confidence, 0.7)
    flags = dict.fromkeys(
        (*(set(first.review) & set(second.review)), *(r for r in first.review if r in _FLAGS.values()))
    )
    return replace(
        kept, confidence=confidence, review=tuple(sorted(flags)), reason=f"{kept.reason} Confirmed by a second reading."
    )


def _sent(mark: FreeTextMark, why: ReviewReason, sentence: str) -> FreeTextMark:
    return replace(mark, review=tuple(dict.fromkeys((*mark.review, why))), reason=f"{mark.reason} {sentence}")


def safe_feedback(feedback: str, task: FreeTextTask) -> str:
    """The feedback, or nothing of it where five words in a row come from the scheme or the rules (and stand
    neither in the question nor in the student's own answer)."""
    entry = task.entry
    known = _runs(f"{task.asked}\n{task.answer.text}")
    secrets = [RULES, *task.model_answers]
    if entry is not None:
        secrets += [wording for criterion in entry.criteria for wording in (criterion.text, *criterion.accept)]
    said = _runs(feedback)
    if any((_runs(secret) & said) - known for secret in secrets):
        return ""
    return feedback.strip()[:_LONGEST_FEEDBACK]


def _runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    length = min(_LEAK_WORDS, max(len(words), 1))
    return (
        {tuple(words[index : index + length]) for index in range(len(words) - length + 1)} if len(words) >= 3 else set()
    )
