"""The sweep: finds runs that are stuck and has them recovered (`run_recovery`), and continues whatever else waits.

One call does a bounded amount of work and returns the cursor of the next; each part may be repeated. The sweep reads
two lists: the uploaded objects, which are deleted when a submission has ended, and the records with a `pending`
attribute (`core.storage.pending_items`). So no lost event, lost call or run that was never started leaves a
submission behind.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from core.models.function_requests import Position, SweepCursor
from core.storage import assessment_repository, pending_items
from core.storage.pending_items import PendingItem
from core.storage.submission_queries import load_record
from core.storage.submission_record import RepeatUpload, SubmissionRecord, Tombstone
from recover import orphaned_uploads
from recover.erase import erase
from recover.lifecycle_context import LifecycleContext
from recover.release import is_parked, release_all
from recover.reruns import RESERVED_SECONDS, start_next_run
from recover.run_recovery import recover_run

_PAGE_SIZE = 50
STAGES = (
    *orphaned_uploads.PREFIXES,
    pending_items.PENDING_RUN,
    pending_items.PENDING_PAPER,
    pending_items.PENDING_RELEASE,
    pending_items.PENDING_ERASURE,
)
# Outcomes after which the submission still waits.
_UNRESOLVED = ("under_way", "started")


@dataclass(slots=True)
class SweepResult:
    """Counts by outcome, and the cursor of the next call (None: everything has been processed)."""

    counts: Counter[str] = field(default_factory=Counter)
    next_cursor: SweepCursor | None = None


@dataclass(frozen=True, slots=True)
class SweepCutoffs:
    """Timestamps: the sweep processes what has waited since `until` or longer, and counts as stuck what still waits
    and has done so since `stuck` or longer."""

    until: str
    stuck: str


def sweep(lifecycle: LifecycleContext, cutoffs: SweepCutoffs, *, after: SweepCursor | None = None) -> SweepResult:
    """Process everything that waits, until this call's time runs out. `after` is the cursor of an earlier call."""
    done = SweepResult()
    stage: str | None = after.stage if after else STAGES[0]
    position = after.position if after else None
    while stage is not None:
        waiting, position = _process_page(stage, lifecycle, cutoffs, position)
        for waiting_since, outcome in waiting:
            if outcome is not None:
                done.counts[outcome] += 1
            if outcome in _UNRESOLVED and waiting_since <= cutoffs.stuck:
                done.counts["stuck"] += 1
        if position is None:
            stage = next(iter(STAGES[STAGES.index(stage) + 1 :]), None)
        if stage is not None and lifecycle.seconds_left() < RESERVED_SECONDS:
            done.next_cursor = SweepCursor(stage, position)
            break
    return done


def _process_page(
    stage: str, lifecycle: LifecycleContext, cutoffs: SweepCutoffs, position: Position | None
) -> tuple[Iterator[tuple[str, str | None]], Position | None]:
    """Process a page of a stage: yields since when each item has waited and the outcome; and the next position."""
    if stage in orphaned_uploads.PREFIXES:
        objects, more = orphaned_uploads.list_uploads(stage, lifecycle, limit=_PAGE_SIZE, after=position)
        due = [one for one in objects if one.received_at <= cutoffs.until]
        return ((one.received_at, orphaned_uploads.recover_upload(one, lifecycle)) for one in due), more
    waiting, more = pending_items.list_pending(
        lifecycle.table, stage, until=cutoffs.until, limit=_PAGE_SIZE, after=position
    )
    return ((item.since, _process_item(stage, item, lifecycle)) for item in waiting), more


def _process_item(stage: str, item: PendingItem, lifecycle: LifecycleContext) -> str | None:
    """Process one pending item. The index is eventually consistent: the item, read consistently, decides."""
    if stage == pending_items.PENDING_RELEASE:
        tenant, assessment = item.assessment
        if assessment_repository.load(lifecycle.table, tenant, assessment).pending != stage:
            return None
        release_all(tenant, assessment, lifecycle)
        return "releases"
    record = load_record(lifecycle.table, item.submission_id)
    if record is None or isinstance(record, RepeatUpload) or record.pending != stage:
        return None
    if stage == pending_items.PENDING_ERASURE:
        erase(record.id, lifecycle)
        return "erased"
    if stage == pending_items.PENDING_RUN:
        return recover_run(record, lifecycle)
    return _release_parked(record, lifecycle)


def _release_parked(record: SubmissionRecord | Tombstone, lifecycle: LifecycleContext) -> str:
    if assessment_repository.load(lifecycle.table, record.tenant, record.assessment).paper is None:
        return "waiting_for_paper"
    start_next_run(record.id, lifecycle, is_parked)
    return "released"
