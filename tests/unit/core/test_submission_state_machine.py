"""The record under every order of events, doubled, late and in between: it never goes backwards, a run ends once.

Not drawn but counted out: from the empty record every event is tried in every state that can be reached, runs up to
the third, and each call of several writes once more with every event happening before each of its writes. Every
single write is held against the promises. The table in memory evaluates the very conditions that DynamoDB is sent
(`test_memory_table.py`); the Record state's own write is that of `core.storage.submission_repository.create_record`
(a test holds the two together).
"""

import contextlib
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from core.models import errors
from core.models.submission import DocumentKind, IntakeChannel, SourceFile, Submission, SubmissionState
from core.storage import submission_repository, tombstones
from core.storage.table import RECORD_SK, Item, Table, submission_pk
from tests.memory_table import MemoryTable

ID = "0123456789abcdef0123456789abcdef"
PK = submission_pk(ID)
PLAIN = Submission(
    ID,
    1,
    "a-school",
    "bio",
    DocumentKind.ANSWER_SHEET,
    "sealed",
    IntakeChannel.API,
    "2030",
    SourceFile("temp", "incoming/a", "v1", 1),
)
LAST_RUN = 3
# What an ending waits for is all that tells them apart: nothing, somebody, a paper.
ENDINGS = (SubmissionState.GRADED, SubmissionState.FAILED, SubmissionState.AWAITING_PAPER)
NAMES_A_STUDENT = ("student", "input", "failure", "marks", "counts_from")
MOMENTS = ("_at", "_until", "counts_from")

# A world: the record's item, its moments left out, and the runs that have an execution, which alone have lanes.
World = tuple[tuple[tuple[str, Any], ...], frozenset[int]]


class Watched(MemoryTable):
    """Holds every write of the record against the promises. `meanwhile` happens before the write of that number."""

    def __init__(self, item: Item, meanwhile: "Happening | None" = None, at: int = 0) -> None:
        super().__init__()
        self.meanwhile, self.at, self.calls = meanwhile, at, 0
        self.started: set[int] = set()
        if item:
            self.items[PK, RECORD_SK] = item

    @property
    def record(self) -> Item:
        return self.items.get((PK, RECORD_SK), {})

    def update(self, *given: Any, **more: Any) -> Item:
        return self._watched(lambda: super(Watched, self).update(*given, **more))

    def replace(self, *given: Any, **more: Any) -> None:
        self._watched(lambda: super(Watched, self).replace(*given, **more))

    def let(self, happening: "Happening") -> None:
        try:
            given = happening.happen(self)
        except errors.SubmissionErased:
            assert "erased_at" in self.record, f"{happening.name}: nothing was erased"
        else:
            self.started |= {given} if happening.starts and given else set()

    def _watched(self, write: Callable[[], Any]) -> Any:
        self.calls += 1
        if self.meanwhile is not None and self.calls == self.at:
            happening, self.meanwhile = self.meanwhile, None
            self.let(happening)
        before = self.record
        answer = write()
        hold(before, self.record)
        return answer


@dataclass(frozen=True)
class Happening:
    """An event. With `starts`, the run that it gives has an execution afterwards."""

    name: str
    happen: Callable[[Table], Any]
    starts: bool = False


def hold(before: Item, after: Item) -> None:
    """The promises, for one write."""
    assert after.get("run", 0) >= before.get("run", 0), "a run is gone back to"
    if "state" in before and after["run"] == before["run"]:
        forward = (
            before["state"] in (after["state"], SubmissionState.READING) or after["state"] == SubmissionState.ERASED
        )
        assert forward, "a run ends a second time"
    if "state" not in after:
        return
    if "erased_at" in after:
        assert after["state"] == SubmissionState.ERASED
        assert not set(NAMES_A_STUDENT) & set(after), "a tombstone names somebody"
    elif after["state"] != SubmissionState.READING:
        assert after["marks"] == after["run"], "a run ended with another one's marks"
    claimed = after.get("claimed", 0) > after["run"]
    waits = after["state"] in (SubmissionState.READING, *ENDINGS[1:]) or "erasing" in after
    assert ("pending" in after) is (waits or claimed), "what waits is not found by the sweep"
    if claimed and "erased_at" not in after:
        assert after["pending"] == submission_repository.PENDING_RUN, "a claimed run is not found by the sweep"


def happenings(world: World) -> Iterator[Happening]:
    """All that can happen in a world."""
    found, started = dict(world[0]), world[1]
    for run in sorted(started):
        lane = replace(PLAIN, run=run)
        yield Happening(
            f"run {run} is recorded",
            lambda table, one=lane: submission_repository.create_record(table, one, SubmissionState.READING, {}),
        )
        for state in ENDINGS:
            yield Happening(
                f"run {run} ends {state}",
                lambda table, one=lane, state=state: submission_repository.write_terminal_state(
                    table, one, state, {"marks": one.run}
                ),
            )
    yield Happening("it is received again", lambda table: submission_repository.record_repeat_upload(table, ID, "2032"))
    yield Happening("it is erased", lambda table: erase(table, table.get(PK, RECORD_SK)))
    yield Happening("it is erased by one who saw no record", lambda table: erase(table, None))
    if "run" not in found:
        return
    if found["run"] < LAST_RUN:
        yield Happening("the next run is claimed, and not started", lambda table: claim(table, after_erasure=False))
        for erased in (False, True):
            name = "it is sent again" if erased else "the next run is started"
            yield Happening(name, lambda table, erased=erased: claim(table, after_erasure=erased), starts=True)
    if "removing" in found:
        yield Happening("the erasure is done", lambda table: table.update(PK, RECORD_SK, "REMOVE removing"))


def erase(table: Table, found: Item | None) -> None:
    run = max((found or {}).get("run", 1), 1)
    tombstones.write_tombstone(table, replace(PLAIN, run=run), {RECORD_SK: found} if found else {})


def claim(table: Table, *, after_erasure: bool) -> int | None:
    """Refused where it was erased (or was not), or while the erasure is at work; else a run that is none of before."""
    found = table.get(PK, RECORD_SK) or {}
    with contextlib.suppress(errors.SubmissionErased, errors.ServiceUnavailable):
        run = submission_repository.claim_next_run(table, found, after_erasure=after_erasure)
        assert run > found["run"]
        return run
    return None


def whole(world: World) -> Item:
    """The item of a world, with moments again: all of the same one."""
    found = dict(world[0])
    return {name: "2031" if value == "some moment" else value for name, value in found.items()}


def seen(table: Watched, started: frozenset[int]) -> World:
    item = {
        name: "some moment" if name.endswith(MOMENTS) else value
        for name, value in table.record.items()
        if name not in ("input", "erasing", "recorded_at", "received_at")
    }
    if "erasing" in table.record:
        item["erasing"] = True
    item |= {name: "2030" for name in ("received_at",) if name in table.record}
    return tuple(sorted(item.items())), started


def after(world: World, happening: Happening, meanwhile: Happening | None = None, at: int = 0) -> tuple[World, int]:
    """The world after an event, and how many writes that took."""
    table = Watched(whole(world), meanwhile, at)
    table.let(happening)
    started = world[1] | table.started
    if "erased_at" in table.record:
        last = max(table.record["run"], table.record.get("claimed", 0))
        assert max(started) <= last, "a lane of before the erasure would not be refused"
    return seen(table, started), table.calls


def explore() -> tuple[int, int]:
    """Every world that can be reached, and every way between two: how many there are of each."""
    first: World = ((), frozenset({1}))
    known, queue, ways = {first}, deque([first]), 0
    while queue:
        world = queue.popleft()
        possible = list(happenings(world))
        for happening in possible:
            reached = [after(world, happening)]
            interleaved = [(other, at) for at in range(1, reached[0][1] + 1) for other in possible]
            reached += [after(world, happening, other, at) for other, at in interleaved]
            ways += len(reached)
            for other_world, _ in reached:
                if other_world not in known:
                    known.add(other_world)
                    queue.append(other_world)
    return len(known), ways


def test_no_order_of_events_leads_backwards_or_to_two_endings() -> None:
    worlds, ways = explore()
    assert worlds >= 90
    assert ways > 10_000


def test_an_ending_of_an_older_run_changes_nothing() -> None:
    table = Watched({})
    submission_repository.create_record(table, PLAIN, SubmissionState.READING, {})
    submission_repository.create_record(table, replace(PLAIN, run=2), SubmissionState.READING, {})
    before = dict(table.record)
    assert (
        submission_repository.write_terminal_state(table, PLAIN, SubmissionState.GRADED, {"marks": 1})
        is SubmissionState.READING
    )
    assert table.record == before


@pytest.mark.parametrize(
    ("module", "guard", "without"),
    [
        (submission_repository, "_RUN_IN_PROGRESS", "#run = :run AND attribute_not_exists(erased_at)"),
        (submission_repository, "_RUN_IN_PROGRESS", "#state = :reading"),
        (submission_repository, "_NO_LATER_RUN_CLAIMED", "attribute_exists(#run)"),
        (submission_repository, "_IS_NEW_RUN", "attribute_not_exists(erased_at)"),
        (submission_repository, "_IS_NEW_RUN", "attribute_not_exists(#run) OR #run <= :run"),
        (submission_repository, "_PREVIOUS_RUN_ATTRIBUTES", ("ended_at", "failure")),
        (
            tombstones,
            "_replace_record",
            lambda table, stone, _found: table.replace(stone, condition="attribute_exists(pk)"),
        ),
    ],
)
def test_a_guard_that_is_taken_out_is_missed(
    monkeypatch: pytest.MonkeyPatch, module: Any, guard: str, without: Any
) -> None:
    assert hasattr(module, guard)
    monkeypatch.setattr(module, guard, without)
    with pytest.raises(AssertionError):
        explore()
