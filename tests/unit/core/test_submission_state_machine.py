"""The submission's record under every order of events: it never goes back, and a run ends once.

The events are enumerated, not sampled. Starting from the empty record, every event is tried in every reachable state,
with runs up to the third, and each call that makes several writes is repeated with every event before each of its
writes. Every single write is checked. The table in memory evaluates the same conditions that DynamoDB gets
(`test_memory_table.py`); the Record state's own write is that of `core.storage.submission_repository.create_record`
(another test compares the two).
"""

import contextlib
import json
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from core.models import errors
from core.models.document_kinds import DocumentKind
from core.models.submission import IntakeChannel, SourceFile, Submission, SubmissionState
from core.storage import pending_items, submission_repository, tombstones
from core.storage.outcome_attributes import OutcomeAttributes
from core.storage.submission_queries import SubmissionItems
from core.storage.submission_record import ErasureTargets, SubmissionRecord, Tombstone, decode_record
from core.storage.table import RECORD_SK, Item, Table, submission_pk
from tests.memory_table import MemoryTable

ID = "0123456789abcdef0123456789abcdef"
PK = submission_pk(ID)
SUBMISSION = Submission(
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
TARGETS = ErasureTargets("temp", "incoming/a", "v1", None, None)
LAST_RUN = 3
# Terminal states differ here only in what they are pending for: nothing, a person, a paper.
STATES_TO_WRITE = (SubmissionState.GRADED, SubmissionState.FAILED, SubmissionState.AWAITING_PAPER)
STUDENT_ATTRIBUTES = ("student", "input", "failure", "marks", "counts_from")
TIMESTAMP_SUFFIXES = ("_at", "_until", "counts_from")

# A world: the record's item without its timestamps, and the runs with an execution, which alone have branches.
World = tuple[tuple[tuple[str, Any], ...], frozenset[int]]


class CheckedTable(MemoryTable):
    """Checks every write of the record. `concurrent` is applied before the write with the number `before_write`."""

    def __init__(self, item: Item, concurrent: "Event | None" = None, before_write: int = 0) -> None:
        super().__init__()
        self.concurrent, self.before_write, self.calls = concurrent, before_write, 0
        self.started: set[int] = set()
        if item:
            self.items[PK, RECORD_SK] = item

    @property
    def record(self) -> Item:
        return self.items.get((PK, RECORD_SK), {})

    def update(self, *args: Any, **kwargs: Any) -> Item:
        return self._checked(lambda: super(CheckedTable, self).update(*args, **kwargs))

    def replace(self, *args: Any, **kwargs: Any) -> None:
        self._checked(lambda: super(CheckedTable, self).replace(*args, **kwargs))

    def apply(self, event: "Event") -> None:
        try:
            run = event.apply(self)
        except errors.SubmissionErased:
            assert "erased_at" in self.record, f"{event.name}: nothing was erased"
        else:
            self.started |= {run} if event.starts and run else set()

    def _checked(self, write: Callable[[], Any]) -> Any:
        self.calls += 1
        if self.concurrent is not None and self.calls == self.before_write:
            event, self.concurrent = self.concurrent, None
            self.apply(event)
        before = self.record
        result = write()
        check_write(before, self.record)
        return result


@dataclass(frozen=True)
class Event:
    """An event. With `starts`, the run that it returns has an execution afterwards."""

    name: str
    apply: Callable[[Table], Any]
    starts: bool = False


def check_write(before: Item, after: Item) -> None:
    """Check the invariants for one write."""
    assert after.get("run", 0) >= before.get("run", 0), "the record went back to an earlier run"
    if "state" in before and after["run"] == before["run"]:
        is_forward = (
            before["state"] in (after["state"], SubmissionState.READING) or after["state"] == SubmissionState.ERASED
        )
        assert is_forward, "a run ends a second time"
    if "state" not in after:
        return
    if "erased_at" in after:
        assert after["state"] == SubmissionState.ERASED
        assert not set(STUDENT_ATTRIBUTES) & set(after), "a tombstone names somebody"
    elif after["state"] != SubmissionState.READING:
        assert after["marks"] == after["run"], "a run ended with another run's marks"
    claimed = after.get("claimed", 0) > after["run"]
    is_pending = after["state"] in (SubmissionState.READING, *STATES_TO_WRITE[1:]) or "erasing" in after
    assert ("pending" in after) is (is_pending or claimed), "a pending record is not found by the sweep"
    if claimed and "erased_at" not in after:
        assert after["pending"] == pending_items.PENDING_RUN, "a claimed run is not found by the sweep"


def possible_events(world: World) -> Iterator[Event]:
    """Yield every event that is possible in a world."""
    found, started = dict(world[0]), world[1]
    for run in sorted(started):
        submission = replace(SUBMISSION, run=run)
        yield Event(
            f"run {run} is recorded",
            lambda table, submission=submission: submission_repository.create_record(
                table, submission, SubmissionState.READING
            ),
        )
        for state in STATES_TO_WRITE:
            yield Event(
                f"run {run} ends {state}",
                lambda table, submission=submission, state=state: submission_repository.write_terminal_state(
                    table, submission, state, OutcomeAttributes(marks=submission.run)
                ),
            )
    yield Event("it is received again", lambda table: submission_repository.record_repeat_upload(table, ID, "2032"))
    yield Event("it is erased", lambda table: erase(table, table.get(PK, RECORD_SK)))
    yield Event("it is erased by a caller that found no record", lambda table: erase(table, None))
    if "run" not in found:
        return
    if found["run"] < LAST_RUN:
        yield Event("the next run is claimed, and not started", lambda table: claim(table, after_erasure=False))
        for after_erasure in (False, True):
            name = "it is sent again" if after_erasure else "the next run is started"
            yield Event(
                name, lambda table, after_erasure=after_erasure: claim(table, after_erasure=after_erasure), starts=True
            )
    if "removing" in found:
        yield Event("the erasure is done", lambda table: table.update(PK, RECORD_SK, "REMOVE removing"))


def erase(table: Table, found: Item | None) -> None:
    run = max((found or {}).get("run", 1), 1)
    tombstones.write_tombstone(table, replace(SUBMISSION, run=run), SubmissionItems(decode_record(found)))


def claim(table: Table, *, after_erasure: bool) -> int | None:
    """Claim the next run. None if it is refused; otherwise the number is greater than that of every earlier run.

    It is refused if the submission was erased (or, with `after_erasure`, was not), and while the erasure is in
    progress.
    """
    found = decode_record(table.get(PK, RECORD_SK))
    with contextlib.suppress(errors.SubmissionErased, errors.ServiceUnavailable):
        if after_erasure and isinstance(found, Tombstone):
            run = submission_repository.claim_run_after_erasure(table, found)
        elif not after_erasure and isinstance(found, SubmissionRecord):
            run = submission_repository.claim_next_run(table, found)
        else:
            return None
        assert run > found.run
        return run
    return None


def item_of(world: World) -> Item:
    """Return the record of a world, with the same value for all its timestamps."""
    found = {name: "2031" if value == "a timestamp" else value for name, value in world[0]}
    if "erasing" in found:
        found["erasing"] = TARGETS.to_dict()
    if "state" in found and "erased_at" not in found:
        found["input"] = json.dumps(SUBMISSION.to_state())
    return found


def snapshot(table: CheckedTable, started: frozenset[int]) -> World:
    """Return the world of a table and the runs with an execution."""
    item = {
        name: "a timestamp" if name.endswith(TIMESTAMP_SUFFIXES) else value
        for name, value in table.record.items()
        if name not in ("input", "erasing", "recorded_at", "received_at")
    }
    if "erasing" in table.record:
        item["erasing"] = True
    item |= {name: "2030" for name in ("received_at",) if name in table.record}
    return tuple(sorted(item.items())), started


def apply_event(
    world: World, event: Event, concurrent: Event | None = None, before_write: int = 0
) -> tuple[World, int]:
    """Return the world after an event, and the number of writes."""
    table = CheckedTable(item_of(world), concurrent, before_write)
    table.apply(event)
    started = world[1] | table.started
    if "erased_at" in table.record:
        last = max(table.record["run"], table.record.get("claimed", 0))
        assert max(started) <= last, "a branch from before the erasure would not be refused"
    return snapshot(table, started), table.calls


def explore() -> tuple[int, int]:
    """Visit every reachable world and every transition; returns how many there are of each."""
    first: World = ((), frozenset({1}))
    known, queue, transitions = {first}, deque([first]), 0
    while queue:
        world = queue.popleft()
        possible = list(possible_events(world))
        for event in possible:
            results = [apply_event(world, event)]
            interleaved = [(other, before_write) for before_write in range(1, results[0][1] + 1) for other in possible]
            results += [apply_event(world, event, other, before_write) for other, before_write in interleaved]
            transitions += len(results)
            for other_world, _ in results:
                if other_world not in known:
                    known.add(other_world)
                    queue.append(other_world)
    return len(known), transitions


def test_no_order_of_events_goes_back_or_ends_a_run_twice() -> None:
    worlds, transitions = explore()
    assert worlds >= 90
    assert transitions > 10_000


def test_a_terminal_state_of_an_older_run_changes_nothing() -> None:
    table = CheckedTable({})
    submission_repository.create_record(table, SUBMISSION, SubmissionState.READING)
    submission_repository.create_record(table, replace(SUBMISSION, run=2), SubmissionState.READING)
    before = dict(table.record)
    assert (
        submission_repository.write_terminal_state(
            table, SUBMISSION, SubmissionState.GRADED, OutcomeAttributes(marks=1)
        )
        is SubmissionState.READING
    )
    assert table.record == before


@pytest.mark.parametrize(
    ("module", "guard", "replacement"),
    [
        (submission_repository, "_RUN_IN_PROGRESS", "#run = :run AND attribute_not_exists(erased_at)"),
        (submission_repository, "_RUN_IN_PROGRESS", "#state = :reading"),
        (submission_repository, "_NO_LATER_RUN_CLAIMED", "attribute_exists(#run)"),
        (submission_repository, "_IS_NEW_RUN", "attribute_not_exists(erased_at)"),
        (submission_repository, "_IS_NEW_RUN", "attribute_not_exists(#run) OR #run <= :run"),
        (submission_repository, "_PREVIOUS_RUN_ATTRIBUTES", ("ended_at", "failure")),
        (
            submission_repository,
            "replace_unchanged_record",
            lambda table, tombstone, _found: table.replace(tombstone.to_item(), condition="attribute_exists(pk)"),
        ),
    ],
)
def test_removing_a_condition_is_detected(
    monkeypatch: pytest.MonkeyPatch, module: Any, guard: str, replacement: Any
) -> None:
    assert hasattr(module, guard)
    monkeypatch.setattr(module, guard, replacement)
    with pytest.raises(AssertionError):
        explore()
