"""One chaos run: starts a stack, sends documents under faults, waits until it is idle, and checks the invariants."""

import queue
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.chaos import records, stack_copy
from benchmarks.chaos.call_recorder import CallRecorder
from benchmarks.chaos.documents import SCHEME
from benchmarks.chaos.fault_plan import FAULT_SHARE, RandomFaultPlan
from benchmarks.chaos.guards import GUARDS
from benchmarks.chaos.idle_wait import IdleWaiter, NotIdle
from benchmarks.chaos.invariants import LOST, STUCK, WRONG, InvariantChecker, Violation
from benchmarks.chaos.metadata_ocr import MetadataOcr
from benchmarks.chaos.model_server import FaultyModelServer
from benchmarks.chaos.retrying_client import RetryingClient
from benchmarks.chaos.send_log import SendLog
from benchmarks.chaos.workload import TENANTS, ClientStep, ClientTask, Workload
from local.cloud.local_cloud import ROOT, LocalCloud

_CLIENTS = 6
# Clients pause above this many running executions: each branch of each is a process of its own here.
_MAX_RUNNING = 10
_SWEEP_EVERY = 4.0
_SWEEP_OLDER_THAN = 8.0
_UNDER_FAULTS_SECONDS = 60.0
_IDLE_TIMEOUT_SECONDS = 240.0
_FAILED_SHARE = 0.01


@dataclass
class ChaosResult:
    """The outcome of a run."""

    seed: int
    submissions: int
    violations: list[Violation] = field(default_factory=list)
    figures: dict[str, float | int] = field(default_factory=dict)

    @property
    def counts(self) -> Counter[str]:
        return Counter(violation.kind for violation in self.violations)


@dataclass(frozen=True)
class _Testbed:
    """Everything that a run works with."""

    cloud: LocalCloud
    model: FaultyModelServer
    fault_plan: RandomFaultPlan
    recorder: CallRecorder
    send_log: SendLog
    idle_waiter: IdleWaiter
    tokens: dict[str, str]

    def client(self) -> RetryingClient:
        return RetryingClient(self.cloud, self.tokens, self.send_log)


def run(
    seed: int,
    submissions: int,
    *,
    guard: str | None = None,
    share: float = FAULT_SHARE,
    max_running: int = _MAX_RUNNING,
    erasing: bool = True,
    log: Callable[[str], None] = lambda _: None,
    source: Path = ROOT,
) -> ChaosResult:
    """Run `submissions` submissions under the faults of this seed. `guard` names the guard to remove from the stack."""
    outcome = ChaosResult(seed, submissions)
    started_at = time.monotonic()
    with _testbed(seed, share, guard, source) as testbed:
        sampler = records.RecordSampler(testbed.cloud.stack.table)
        stop_sampler = sampler.watch()
        _run_clients(testbed, Workload(seed, submissions, erasing=erasing).tasks(), max_running)
        log(f"sent after {time.monotonic() - started_at:.0f} s, {len(testbed.send_log.accepted)} accepted")
        _finish_under_faults(testbed)
        try:
            _wait_until_idle(testbed, outcome, log)
        except NotIdle as error:
            outcome.violations.append(Violation(STUCK, f"it does not become idle: {error}"))
        stop_sampler()
        outcome.violations += [Violation(WRONG, message) for message in sampler.regressions]
        _check_invariants(testbed, outcome)
        outcome.figures["samples"] = sampler.samples
    outcome.figures["seconds"] = round(time.monotonic() - started_at)
    return outcome


@contextmanager
def _testbed(seed: int, share: float, guard: str | None, source: Path) -> Iterator[_Testbed]:
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="gradeline-chaos-")))
        copied = stack_copy.copy(folder, source)
        if guard is not None:
            GUARDS[guard](copied)
        model = opened.enter_context(FaultyModelServer(seed, share))
        cloud = opened.enter_context(
            LocalCloud(
                template=copied.template,
                reader=MetadataOcr(),
                parameters={"DropTenant": TENANTS[0], "Model": "stand-in", "TextractTps": "50"},
                environment={
                    "OPENAI_BASE_URL": model.base_url,
                    "OPENAI_API_KEY": "chaos",
                    "POWERTOOLS_LOG_LEVEL": "WARNING",
                },
                retry_seconds=(0.2, 0.4),
            )
        )
        functions = cloud.stack.functions.values()
        names = {name: one.logical_id for one in functions for name in (one.logical_id, one.name, one.arn)}
        recorder = CallRecorder(names)
        fault_plan = RandomFaultPlan(seed, recorder, share)
        cloud.faults.set_plan(fault_plan)
        tokens = {tenant: cloud.token(tenant) for tenant in TENANTS}
        yield _Testbed(cloud, model, fault_plan, recorder, SendLog(), IdleWaiter(cloud), tokens)


def _run_clients(testbed: _Testbed, tasks: list[ClientTask], max_running: int) -> None:
    """Run concurrent clients, each taking task after task, while the sweep runs under the same faults."""
    task_queue: queue.SimpleQueue[ClientTask | None] = queue.SimpleQueue()
    for task in [*tasks, *([None] * _CLIENTS)]:
        task_queue.put(task)
    errors: list[Exception] = []

    def run_client() -> None:
        client = testbed.client()
        while (task := task_queue.get()) is not None:
            try:
                while len(testbed.idle_waiter.running()) >= max_running:
                    time.sleep(_SWEEP_EVERY / 10)
                for step in task.steps:
                    _run_step(step, client, testbed.send_log)
            except Exception as error:  # noqa: BLE001 - re-raised after the threads have ended
                errors.append(error)

    threads = [threading.Thread(target=run_client, daemon=True, name=f"client-{number}") for number in range(_CLIENTS)]
    for thread in threads:
        thread.start()
    next_sweep = time.monotonic() + _SWEEP_EVERY
    while any(thread.is_alive() for thread in threads):
        time.sleep(0.1)
        if time.monotonic() > next_sweep:
            _sweep_under_faults(testbed)
            next_sweep = time.monotonic() + _SWEEP_EVERY
    if errors:
        raise errors[0]


def _run_step(step: ClientStep, client: RetryingClient, send_log: SendLog) -> None:
    if step.do == "scheme":
        client.put_scheme(step.tenant, step.assessment, SCHEME)
    elif step.do == "erase" and step.sent_document is not None:
        client.erase(step.sent_document)
    elif step.sent_document is not None:
        send_log.add(step.sent_document)
        client.send(step.sent_document)


def _sweep_under_faults(testbed: _Testbed) -> None:
    """Sweep once. It may fail, like any call; the next one continues."""
    try:
        testbed.idle_waiter.sweep(_SWEEP_OLDER_THAN)
    except NotIdle:
        testbed.fault_plan.counts["sweeps that failed"] += 1


def _finish_under_faults(testbed: _Testbed) -> None:
    """Let running executions continue under faults. Those that take longer finish without faults."""
    deadline = time.monotonic() + _UNDER_FAULTS_SECONDS
    while time.monotonic() < deadline and testbed.idle_waiter.running():
        time.sleep(_SWEEP_EVERY / 2)
        _sweep_under_faults(testbed)


def _wait_until_idle(testbed: _Testbed, outcome: ChaosResult, log: Callable[[str], None]) -> None:
    """Stop the faults and wait until idle; then resume what has FAILED, and wait again."""
    testbed.cloud.faults.set_plan(NoFaults(testbed.recorder))
    testbed.model.stop_failing()
    swept = testbed.idle_waiter.wait_until_idle(_IDLE_TIMEOUT_SECONDS)
    failed = _failures(testbed)
    log(f"idle: {len(failed)} failed, the sweep did {dict(swept)}")
    outcome.figures["failed"] = len(failed)
    outcome.figures["swept"] = sum(swept[name] for name in ("started", "finalised", "released", "releases"))
    if len(failed) > max(1, _FAILED_SHARE * outcome.submissions):
        outcome.violations.append(Violation(STUCK, f"{len(failed)} FAILED: {Counter(failed.values()).most_common(5)}"))
    if failed:
        outcome.figures["resumed"] = testbed.idle_waiter.resume()
        testbed.idle_waiter.wait_until_idle(_IDLE_TIMEOUT_SECONDS)


class NoFaults:
    """A plan without faults that still records calls."""

    def __init__(self, recorder: CallRecorder) -> None:
        self.on_completed = recorder.on_completed

    def fault(self, call: object) -> None:  # noqa: ARG002 - part of the plan's interface
        return None

    def deliveries(self, function: str, payload: bytes) -> tuple[float]:  # noqa: ARG002 - part of the plan's interface
        return (0.0,)


def _failures(testbed: _Testbed) -> dict[str, str]:
    """Return the failure types of FAILED submissions, by id."""
    found = records.read_records(testbed.cloud, _secret(testbed))
    return {
        name: str(record.item.get("failure", {}).get("type"))
        for name, record in found.items()
        if record.state == "FAILED"
    }


def _secret(testbed: _Testbed) -> bytes:
    environment = testbed.cloud.stack.functions["ReceiveFunction"].environment
    return environment["IDENTITY_SECRET"].encode()


def _check_invariants(testbed: _Testbed, outcome: ChaosResult) -> None:
    client = testbed.client()
    secret = _secret(testbed)
    checker = InvariantChecker(
        testbed.cloud,
        secret,
        testbed.send_log,
        records.read_records(testbed.cloud, secret),
        testbed.recorder,
        sum(testbed.model.answered.values()),
        client.marks_table,
    )
    outcome.violations += checker.violations()
    outcome.figures |= {
        "records": len(checker.records),
        "accepted": len(testbed.send_log.accepted),
        "attempts": testbed.send_log.attempts,
        "calls": testbed.fault_plan.calls,
        "faults": sum(count for kind, count in testbed.fault_plan.counts.items() if not kind.startswith("event")),
        "killed": testbed.fault_plan.counts["killed"] + testbed.fault_plan.counts["killed after"],
        "executions": len(
            {
                (name, change.run)
                for name, state_changes in testbed.recorder.state_changes.items()
                for change in state_changes
            }
        ),
        "model failures": testbed.model.failed,
        "processes": len(testbed.recorder.workers),
    }
    for name, paid, needed, lost in checker.paid_calls():
        outcome.figures |= {f"{name} paid": paid, f"{name} needed": needed, f"{name} lost": lost}
    for kind in (LOST, STUCK, WRONG):
        outcome.figures.setdefault(kind, outcome.counts[kind])
