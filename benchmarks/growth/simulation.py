"""Simulates a school day on an account's quotas: sheets arrive, are read page by page, stored, joined and graded.

Every quota is a token bucket or a number of slots. A request that exceeds one does what the product does: the SDK's
and the state machine's retries with their own numbers, and the reader's own schedule
(`extract.ocr.rate_limiter.LocalSchedule` with the simulation's clock; one for all readers, like the item in the
table). The times of a submission were measured on the local cloud (`MeasuredTimes`).
"""

import math
import random
from collections import Counter, defaultdict
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

import simpy

from benchmarks.growth.account_quotas import AccountQuotas, BucketSize
from benchmarks.growth.simulation_parameters import MeasuredTimes, ProductPolicy
from extract.ocr.rate_limiter import _BATCH_SECONDS, _BURST_SECONDS, _QUOTA_SHARE, _RESERVE_AHEAD_SECONDS, LocalSchedule

SimulationStep = Generator[simpy.Event, Any, Any]
# Memory of the functions in GB, as the template has it.
_FUNCTION_GIGABYTES = {"receive": 1.0, "extract": 1.728, "persist": 0.5, "grade": 1.728}


class SimulatedTokenBucket:
    """A token bucket on the simulation's clock."""

    def __init__(self, env: simpy.Environment, bucket: BucketSize) -> None:
        self._env, self._bucket = env, bucket
        self._left, self._at = bucket.size, 0.0

    def take(self, wanted: float = 1.0, *, part: bool = False) -> float:
        """Take `wanted` tokens: all or none, or with `part` as many whole ones as there are. Returns the number
        taken."""
        elapsed = self._env.now - self._at
        self._left, self._at = min(self._bucket.size, self._left + elapsed * self._bucket.rate), self._env.now
        taken = min(wanted, math.floor(self._left + 1e-9)) if part else (wanted if self._left >= wanted - 1e-9 else 0.0)
        self._left -= taken
        return taken


@dataclass
class SimulationResult:
    """The outcome of a day. Times are seconds from a sheet's arrival; `busy` is GB-seconds by function."""

    sheets: int
    ended: list[tuple[float, float]] = field(default_factory=list)
    first_ocr: list[float] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    busy: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    functions: list[tuple[float, int]] = field(default_factory=list)
    most_functions: int = 0

    @property
    def took(self) -> list[float]:
        return sorted(end - started_at for started_at, end in self.ended)


class SchoolDaySimulation:
    """One run, from arrivals in seconds, quotas, measured times and the product's policy."""

    def __init__(
        self,
        arrivals: Iterator[float],
        sheets: int,
        *,
        quotas: AccountQuotas,
        measured: MeasuredTimes,
        policy: ProductPolicy,
        seed: int = 1,
    ) -> None:
        self.env = simpy.Environment()
        self._arrivals, self._quotas, self._measured, self._policy = arrivals, quotas, measured, policy
        self._rng = random.Random(seed)
        self.outcome = SimulationResult(sheets)
        rate = quotas.textract_tps * _QUOTA_SHARE
        self._schedule = LocalSchedule(rate, lambda: self.env.now)
        self._step, self._burst = 1 / rate, max(_BURST_SECONDS, 1 / rate)
        self._batch = max(1, math.ceil(quotas.textract_tps * _BATCH_SECONDS))
        self._textract = SimulatedTokenBucket(self.env, BucketSize(max(1.0, quotas.textract_tps), quotas.textract_tps))
        self._starts = SimulatedTokenBucket(self.env, quotas.start_execution)
        self._transitions = SimulatedTokenBucket(self.env, quotas.state_transitions)
        self._job_starts = SimulatedTokenBucket(self.env, quotas.job_starts)
        self._jobs = simpy.Resource(self.env, quotas.jobs_at_once)
        self._running = 0
        self._idle: Counter[str] = Counter()
        self._at_once: Counter[str] = Counter()
        self._new = {name: SimulatedTokenBucket(self.env, quotas.new_functions) for name in _FUNCTION_GIGABYTES}
        self._requests = SimulatedTokenBucket(self.env, quotas.model_requests)
        self._model_tokens = SimulatedTokenBucket(self.env, quotas.model_tokens)

    def run(self) -> SimulationResult:
        self.env.process(self._arrive())
        self.env.process(self._sample_functions())
        self.env.run()
        return self.outcome

    def _arrive(self) -> SimulationStep:
        for moment in self._arrivals:
            yield self.env.timeout(max(0.0, moment - self.env.now))
            self.env.process(self._sheet())

    def _sample_functions(self) -> SimulationStep:
        """Record the number of running functions every ten seconds while there is work."""
        outcome = self.outcome
        while len(outcome.ended) + outcome.counts["failed"] < outcome.sheets:
            outcome.functions.append((self.env.now, self._running))
            yield self.env.timeout(10)

    # ── one sheet ────────────────────────────────────────────────────────────────────────────────

    def _sheet(self) -> SimulationStep:
        started_at = self.env.now
        if not (yield from self._receive()):
            self.outcome.counts["given up by the client"] += 1
            self.outcome.counts["failed"] += 1
            return
        reading = self.env.process(self._read(started_at))
        storing = self.env.process(self._function("persist", self._measured.store))
        yield reading & storing
        yield from self._transition(self._measured.transitions)
        graded = reading.value and storing.value and (yield from self._grade())
        if graded:
            self.outcome.ended.append((started_at, self.env.now))
        else:
            self.outcome.counts["failed"] += 1

    def _receive(self) -> SimulationStep:
        """Run the receive handler: a function slot and a StartExecution token. A refused client retries."""
        for _ in range(self._policy.client_max_attempts):
            if self._acquire("receive"):
                yield self.env.timeout(self._measured.receive + self._start_cost)
                started = yield from self._start_execution()
                self._release("receive", self._measured.receive)
                if started:
                    return True
            self.outcome.counts["refused requests"] += 1
            yield self.env.timeout(self._policy.client_pause * self._rng.uniform(0.5, 1.5))
        return False

    def _start_execution(self) -> SimulationStep:
        """Make five attempts, as boto3's standard mode does."""
        for attempt in range(5):
            if self._starts.take():
                return True
            self.outcome.counts["StartExecution throttled"] += 1
            yield self.env.timeout(self._rng.random() * min(2.0**attempt, 20.0))
        return False

    def _transition(self, transitions: int) -> SimulationStep:
        """Make state transitions. Above the rate they wait; none is refused."""
        while not self._transitions.take(transitions):
            self.outcome.counts["delayed transitions"] += 1
            yield self.env.timeout(self._rng.uniform(0.05, 0.5))
        yield self.env.timeout(self._measured.hand_off)

    # ── functions ────────────────────────────────────────────────────────────────────────────────

    def _acquire(self, name: str) -> bool:
        """Whether the account can run this function once more. Starts a new worker where none is idle."""
        cap = self._policy.grading_at_once if name == "grade" else None
        if self._running >= self._quotas.functions_at_once or (cap is not None and self._at_once[name] >= cap):
            self.outcome.counts["functions throttled"] += 1
            return False
        if self._idle[name]:
            self._idle[name] -= 1
            self._start_cost = 0.0
        elif self._new[name].take():
            self.outcome.counts["cold starts"] += 1
            self._start_cost = self._measured.cold
        else:
            self.outcome.counts["functions throttled"] += 1
            return False
        self._running += 1
        self._at_once[name] += 1
        self.outcome.most_functions = max(self.outcome.most_functions, self._running)
        return True

    def _release(self, name: str, seconds: float) -> None:
        self._running -= 1
        self._at_once[name] -= 1
        self._idle[name] += 1
        self.outcome.busy[name] += _FUNCTION_GIGABYTES[name] * seconds

    def _acquire_with_retry(self, name: str) -> SimulationStep:
        """Acquire a function with the state machine's Retry for throttled functions."""
        for attempt in range(1 + self._policy.function_tries):
            if self._acquire(name):
                yield self.env.timeout(self._start_cost)
                return True
            pause = min(2.0**attempt, self._policy.longest_pause)
            yield self.env.timeout(self._rng.random() * pause)
        self.outcome.counts[f"no place for {name}"] += 1
        return False

    def _function(self, name: str, seconds: float) -> SimulationStep:
        if not (yield from self._acquire_with_retry(name)):
            return False
        yield self.env.timeout(seconds)
        self._release(name, seconds)
        return True

    # ── reading ──────────────────────────────────────────────────────────────────────────────────

    def _read(self, started_at: float) -> SimulationStep:
        if not (yield from self._acquire_with_retry("extract")):
            return False
        entered = self.env.now
        yield self.env.timeout(self._measured.read_busy)
        in_time = yield from self._pages(started_at, entered)
        self._release("extract", self.env.now - entered)
        return in_time or (yield from self._job())

    def _pages(self, started_at: float, entered: float) -> SimulationStep:
        """Read all pages on the shared schedule.

        Returns False where it would take longer than the reader's patience.
        """
        remaining, last = self._measured.pages, self.env.now
        first = True
        latest = entered + self._policy.deadline
        while remaining:
            ahead = self._schedule._reserved_until - self.env.now
            # A reader that has begun continues; one that has not and would wait too long takes a job.
            is_too_late = first and self._policy.bounded and ahead >= self._policy.patience
            if not is_too_late:
                start, calls = self._schedule.reserve(remaining, min(self._batch, remaining))
                last = start + calls * self._step - self._burst
            if is_too_late or last > latest or (first and last - self.env.now > self._policy.patience):
                self.outcome.counts["handed to a job"] += 1
                return False
            if first:
                self.outcome.first_ocr.append(max(self.env.now, start - self._burst) - started_at)
                first = False
            if self._textract.take(calls, part=True) < calls and last <= self.env.now:
                self.outcome.counts["pages throttled"] += 1
            remaining -= calls
            yield self.env.timeout(max(0.0, last - _RESERVE_AHEAD_SECONDS - self.env.now) if remaining else 0.0)
        latest = max(last, self.env.now) + self._latest_page() - self.env.now
        yield self.env.timeout(latest)
        self.outcome.counts["pages read at once"] += self._measured.pages
        return True

    def _latest_page(self) -> float:
        spread = self._measured.page_jitter
        return self._measured.page * max(1 + self._rng.uniform(-spread, spread) for _ in range(self._measured.pages))

    def _job(self) -> SimulationStep:
        """Read by an asynchronous job: the state machine waits, and no function does."""
        with self._jobs.request() as slot:
            yield slot
            while not self._job_starts.take():
                yield self.env.timeout(self._rng.uniform(0.1, 1.0))
            yield from self._transition(4)
            # Between seconds and a few minutes, independent of the number of pages.
            yield self.env.timeout(self._rng.lognormvariate(math.log(45.0), 0.7))
        self.outcome.counts["pages read by jobs"] += self._measured.pages
        return (yield from self._function("extract", 1.0))

    # ── grading ──────────────────────────────────────────────────────────────────────────────────

    def _grade(self) -> SimulationStep:
        if not (yield from self._acquire_with_retry("grade")):
            return False
        entered = self.env.now
        yield self.env.timeout(self._measured.grade_busy)
        remaining = self._measured.questions
        for attempt in range(self._policy.model_max_attempts):
            requested = int(min(self._requests.take(remaining, part=True), remaining))
            if requested and not self._model_tokens.take(requested * self._measured.tokens):
                requested = 0
            remaining -= requested
            if not remaining:
                break
            self.outcome.counts["questions refused by the model"] += remaining
            yield self.env.timeout(min(0.5 * 2.0**attempt, 8.0) * (1 + 0.25 * self._rng.random()))
        self.outcome.counts["questions sent to a person"] += remaining
        yield self.env.timeout(self._measured.model)
        self._release("grade", self.env.now - entered)
        return True
