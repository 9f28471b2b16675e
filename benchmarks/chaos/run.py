"""One run: a stack, a storm, clients; then rest, and the question what is true."""

import queue
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.chaos import records, site
from benchmarks.chaos.courier import Courier
from benchmarks.chaos.documents import SCHEME
from benchmarks.chaos.guards import GUARDS
from benchmarks.chaos.ledger import Ledger
from benchmarks.chaos.mix import TENANTS, Errand, Mix, Step
from benchmarks.chaos.model_server import ModelServer
from benchmarks.chaos.oracle import LOST, STUCK, WRONG, Breach, Oracle
from benchmarks.chaos.reader import KnownPages
from benchmarks.chaos.rest import NotAtRest, Rest
from benchmarks.chaos.storm import SHARE, Storm
from benchmarks.chaos.witness import Witness
from local.cloud.local_cloud import ROOT, LocalCloud

_CLIENTS = 6
# New work waits while so much is under way: each lane of each execution is a process of its own here.
_UNDER_WAY = 10
_SWEEP_EVERY = 4.0
_SWEEP_OLDER_THAN = 8.0
_IN_THE_STORM_SECONDS = 60.0
_REST_SECONDS = 240.0
_FAILED_SHARE = 0.01


@dataclass
class Outcome:
    """What a run came to."""

    seed: int
    submissions: int
    breaches: list[Breach] = field(default_factory=list)
    figures: dict[str, float | int] = field(default_factory=dict)

    @property
    def counts(self) -> Counter[str]:
        return Counter(breach.kind for breach in self.breaches)


@dataclass(frozen=True)
class _World:
    """Everything that a run works with."""

    cloud: LocalCloud
    model: ModelServer
    storm: Storm
    witness: Witness
    ledger: Ledger
    rest: Rest
    tokens: dict[str, str]

    def courier(self) -> Courier:
        return Courier(self.cloud, self.tokens, self.ledger)


def run(
    seed: int,
    submissions: int,
    *,
    guard: str | None = None,
    share: float = SHARE,
    under_way: int = _UNDER_WAY,
    erasing: bool = True,
    say: Callable[[str], None] = lambda _: None,
    source: Path = ROOT,
) -> Outcome:
    """So many submissions through a storm of this seed; `guard` names what is taken out of the stack."""
    outcome = Outcome(seed, submissions)
    began = time.monotonic()
    with _world(seed, share, guard, source) as world:
        sampler = records.Sampler(world.cloud.stack.table)
        end_watch = sampler.watch()
        _load(world, Mix(seed, submissions, erasing=erasing).errands(), under_way)
        say(f"sent after {time.monotonic() - began:.0f} s, {len(world.ledger.accepted)} accepted")
        _through_the_storm(world)
        try:
            _come_to_rest(world, outcome, say)
        except NotAtRest as moving:
            outcome.breaches.append(Breach(STUCK, f"it does not come to rest: {moving}"))
        end_watch()
        outcome.breaches += [Breach(WRONG, what) for what in sampler.backwards]
        _judge(world, outcome)
        outcome.figures["looks"] = sampler.looks
    outcome.figures["seconds"] = round(time.monotonic() - began)
    return outcome


@contextmanager
def _world(seed: int, share: float, guard: str | None, source: Path) -> Iterator[_World]:
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="gradeline-chaos-")))
        copied = site.copy(folder, source)
        if guard is not None:
            GUARDS[guard](copied)
        model = opened.enter_context(ModelServer(seed, share))
        cloud = opened.enter_context(
            LocalCloud(
                template=copied.template,
                reader=KnownPages(),
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
        witness = Witness(names)
        storm = Storm(seed, witness, share)
        cloud.faults.follow(storm)
        tokens = {tenant: cloud.token(tenant) for tenant in TENANTS}
        yield _World(cloud, model, storm, witness, Ledger(), Rest(cloud), tokens)


def _load(world: _World, errands: list[Errand], under_way: int) -> None:
    """Clients side by side take errand after errand, while the sweep does its rounds in the same storm."""
    waiting: queue.SimpleQueue[Errand | None] = queue.SimpleQueue()
    for errand in [*errands, *([None] * _CLIENTS)]:
        waiting.put(errand)
    faults: list[Exception] = []

    def work() -> None:
        courier = world.courier()
        while (errand := waiting.get()) is not None:
            try:
                while len(world.rest.running()) >= under_way:
                    time.sleep(_SWEEP_EVERY / 10)
                for step in errand.steps:
                    _take(step, courier, world.ledger)
            except Exception as fault:  # noqa: BLE001 - told by whoever waits for the threads
                faults.append(fault)

    threads = [threading.Thread(target=work, daemon=True, name=f"client-{number}") for number in range(_CLIENTS)]
    for thread in threads:
        thread.start()
    next_sweep = time.monotonic() + _SWEEP_EVERY
    while any(thread.is_alive() for thread in threads):
        time.sleep(0.1)
        if time.monotonic() > next_sweep:
            _sweep_in_the_storm(world)
            next_sweep = time.monotonic() + _SWEEP_EVERY
    if faults:
        raise faults[0]


def _take(step: Step, courier: Courier, ledger: Ledger) -> None:
    if step.do == "scheme":
        courier.put_scheme(step.tenant, step.assessment, SCHEME)
    elif step.do == "erase" and step.sending is not None:
        courier.erase(step.sending)
    elif step.sending is not None:
        ledger.enter(step.sending)
        courier.send(step.sending)


def _sweep_in_the_storm(world: _World) -> None:
    """It may fail, as anything may: the next one goes on."""
    try:
        world.rest.sweep(_SWEEP_OLDER_THAN)
    except NotAtRest:
        world.storm.counts["sweeps that failed"] += 1


def _through_the_storm(world: _World) -> None:
    """What runs goes on in the storm; what needs longer than this is left to the calm."""
    deadline = time.monotonic() + _IN_THE_STORM_SECONDS
    while time.monotonic() < deadline and world.rest.running():
        time.sleep(_SWEEP_EVERY / 2)
        _sweep_in_the_storm(world)


def _come_to_rest(world: _World, outcome: Outcome, say: Callable[[str], None]) -> None:
    """The storm ends; the sweep comes to rest; then what FAILED is resumed, and everything rests again."""
    world.cloud.faults.follow(Calm(world.witness))
    world.model.calm()
    swept = world.rest.come(_REST_SECONDS)
    failed = _failed(world)
    say(f"at rest: {len(failed)} failed, the sweep did {dict(swept)}")
    outcome.figures["failed"] = len(failed)
    outcome.figures["swept"] = sum(swept[name] for name in ("started", "finalised", "released", "releases"))
    if len(failed) > max(1, _FAILED_SHARE * outcome.submissions):
        outcome.breaches.append(Breach(STUCK, f"{len(failed)} FAILED: {Counter(failed.values()).most_common(5)}"))
    if failed:
        outcome.figures["resumed"] = world.rest.resume()
        world.rest.come(_REST_SECONDS)


class Calm:
    """No faults any more, but the witness goes on."""

    def __init__(self, witness: Witness) -> None:
        self.carried_out = witness.carried_out

    def fault(self, call: object) -> None:  # noqa: ARG002 - a plan is asked about each
        return None

    def deliveries(self, function: str, payload: bytes) -> tuple[float]:  # noqa: ARG002 - a plan is given both
        return (0.0,)


def _failed(world: _World) -> dict[str, str]:
    """The failures of what has FAILED, by id."""
    found = records.read(world.cloud, _secret(world))
    return {
        name: str(record.item.get("failure", {}).get("type"))
        for name, record in found.items()
        if record.state == "FAILED"
    }


def _secret(world: _World) -> bytes:
    environment = world.cloud.stack.functions["ReceiveFunction"].environment
    return environment["IDENTITY_SECRET"].encode()


def _judge(world: _World, outcome: Outcome) -> None:
    courier = world.courier()
    secret = _secret(world)
    oracle = Oracle(
        world.cloud,
        secret,
        world.ledger,
        records.read(world.cloud, secret),
        world.witness,
        sum(world.model.answered.values()),
        courier.marks_table,
    )
    outcome.breaches += oracle.breaches()
    outcome.figures |= {
        "records": len(oracle.records),
        "accepted": len(world.ledger.accepted),
        "tries": world.ledger.tries,
        "calls": world.storm.calls,
        "faults": sum(count for kind, count in world.storm.counts.items() if not kind.startswith("event")),
        "killed": world.storm.counts["killed"] + world.storm.counts["killed after"],
        "executions": len({(name, move.run) for name, moves in world.witness.moves.items() for move in moves}),
        "model failures": world.model.failed,
        "processes": len(world.witness.workers),
    }
    for name, paid, needed, lost in oracle.money():
        outcome.figures |= {f"{name} paid": paid, f"{name} needed": needed, f"{name} lost": lost}
    for kind in (LOST, STUCK, WRONG):
        outcome.figures.setdefault(kind, outcome.counts[kind])
