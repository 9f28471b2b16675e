"""The sweep: whatever was received and waits for something is looked at, and sent on where nobody does.

One call does a bounded piece of work and says where the next one goes on; each piece may be done twice. It works
off two lists: the received objects, which go when a submission has ended, and the records that wait for something
(`core.record`). So neither a lost event nor a lost call, nor a run that nobody started, leaves anything behind.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from core import record, shelf
from core.submission import State
from core.table import Item, submission_pk
from recover import arrivals, endings
from recover.desk import Desk
from recover.erase import erase
from recover.release import release_all
from recover.runs import SPARE_SECONDS, run_again

_PAGE = 50
STAGES = (*arrivals.PREFIXES, record.RUN, record.PAPER, record.RELEASE, record.ERASURE)
# What stands where it stood although it was looked at.
_STAYS = ("under_way", "started")


@dataclass(slots=True)
class Swept:
    """What a call has seen and done, by name, and where the next call goes on (None: all has been seen)."""

    counts: Counter[str] = field(default_factory=Counter)
    following: Item | None = None

    def to_dict(self) -> dict[str, Any]:
        return {**dict(sorted(self.counts.items())), "next": self.following}


@dataclass(frozen=True, slots=True)
class Since:
    """Moments: what has waited since `until` or longer is looked at; what still stands there from before
    `stuck` is counted as stuck."""

    until: str
    stuck: str


def sweep(desk: Desk, since: Since, *, after: Item | None = None) -> Swept:
    """Look after everything that waits, as far as this call's time goes.

    `after` is where an earlier call stopped: {"stage", "place"}.
    """
    done = Swept()
    stage: str | None = after["stage"] if after else STAGES[0]
    place = after["place"] if after else None
    while stage is not None:
        waiting, place = _page(stage, desk, since, place)
        for begun, what in waiting:
            if what is not None:
                done.counts[what] += 1
            if what in _STAYS and begun <= since.stuck:
                done.counts["stuck"] += 1
        if place is None:
            stage = next(iter(STAGES[STAGES.index(stage) + 1 :]), None)
        if stage is not None and desk.seconds_left() < SPARE_SECONDS:
            done.following = {"stage": stage, "place": place}
            break
    return done


def _page(
    stage: str, desk: Desk, since: Since, place: Item | None
) -> tuple[Iterator[tuple[str, str | None]], Item | None]:
    """A page of a stage: since when each thing has waited and what was done with it; and where there is more."""
    if stage in arrivals.PREFIXES:
        objects, more = arrivals.listed(stage, desk, most=_PAGE, after=place)
        due = [one for one in objects if one.received_at <= since.until]
        return ((one.received_at, arrivals.look_after(one, desk)) for one in due), more
    found, more = desk.table.pending(stage, until=since.until, most=_PAGE, after=place)
    return ((item["pending_at"], _see_to(stage, item, desk)) for item in found), more


def _see_to(stage: str, item: Item, desk: Desk) -> str | None:
    """One thing that waits. The index is a moment behind: the item itself, read consistently, decides."""
    found = desk.table.get(item["pk"], item["sk"])
    if found is None or found.get("pending") != stage:
        return None
    if stage == record.RELEASE:
        _, tenant, assessment = item["pk"].split("#")
        release_all(tenant, assessment, desk)
        return "releases"
    submission_id = item["pk"].removeprefix(submission_pk(""))
    if stage == record.ERASURE:
        erase(submission_id, desk)
        return "erased"
    return _run(submission_id, found, desk) if stage == record.RUN else _parked(submission_id, found, desk)


def _run(submission_id: str, found: Item, desk: Desk) -> str:
    """A run that is under way or claimed: started if it never was, ended if its execution is over."""
    execution = desk.execution(submission_id, max(int(found["run"]), int(found.get("claimed", 0))))
    if execution is None:
        run_again(submission_id, desk)
        return "started"
    if execution.is_running:
        return "under_way"
    endings.finalise_execution(execution, desk.table)
    return "finalised"


def _parked(submission_id: str, found: Item, desk: Desk) -> str:
    if shelf.load(desk.table, found["tenant"], found["assessment"]).paper is None:
        return "waiting_for_paper"
    run_again(submission_id, desk, lambda item: bool(item["state"] == State.AWAITING_PAPER))
    return "released"


def failed(desk: Desk, *, until: str) -> int:
    """How many submissions have FAILED and wait for somebody, counted up to a page."""
    found, _ = desk.table.pending(record.FAILED, until=until, most=_PAGE)
    return len(found)


def standing_place(desk: Desk) -> Item | None:
    """Where the scheduled sweep before this one stopped."""
    found = desk.table.get("sweep", "place")
    return found.get("following") if found else None


def keep_place(desk: Desk, following: Item | None) -> None:
    desk.table.put({"pk": "sweep", "sk": "place", "following": following})
