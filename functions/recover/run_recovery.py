"""Recovers one run that the sweep found: starts it if it has no execution, finalises it if that has ended.

Also runs failed submissions again on request (resume).
"""

from collections.abc import Iterable

from core.models.function_requests import Position
from core.storage import pending_items
from core.storage.submission_record import SubmissionRecord, Tombstone
from recover import terminal_states
from recover.lifecycle_context import LifecycleContext
from recover.reruns import start_next_run

# Records that one call processes; the next call continues with the cursor that it returns.
_PAGE_SIZE = 100
# The most failed submissions that are counted.
_MAX_COUNT = 50


def recover_run(record: SubmissionRecord | Tombstone, lifecycle: LifecycleContext) -> str:
    """Recover a run that is recorded or claimed: start it if it has no execution, finalise it if that has ended."""
    execution = lifecycle.execution(record.id, record.last_run)
    if execution is None:
        start_next_run(record.id, lifecycle)
        return "started"
    if execution.is_running:
        return "under_way"
    terminal_states.finalise_execution(execution, lifecycle.table)
    return "finalised"


def resume_submissions(ids: Iterable[str], lifecycle: LifecycleContext) -> list[str]:
    """Run failed or stuck submissions again; returns the ids of those that were started."""
    return [submission_id for submission_id in ids if start_next_run(submission_id, lifecycle)]


def resume_failed(
    lifecycle: LifecycleContext, *, until: str, after: Position | None
) -> tuple[list[str], Position | None]:
    """Run again what FAILED before `until`; returns the ids that were started and the cursor of the next call."""
    failed, next_cursor = pending_items.list_pending(
        lifecycle.table, pending_items.PENDING_FAILED, until=until, limit=_PAGE_SIZE, after=after
    )
    return resume_submissions([item.submission_id for item in failed], lifecycle), next_cursor


def count_failed(lifecycle: LifecycleContext, *, until: str) -> int:
    """How many submissions have FAILED and wait to be run again, at most _MAX_COUNT."""
    failed, _ = pending_items.list_pending(lifecycle.table, pending_items.PENDING_FAILED, until=until, limit=_MAX_COUNT)
    return len(failed)
