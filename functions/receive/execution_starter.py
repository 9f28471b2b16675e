"""Starts executions; the same submission sent again (a repeat) starts nothing, only its newest time is kept.

Only a repeat has to read its record; a first delivery is started by one call. A submission that was erased and is sent
again starts its next run. The same content under another id is a duplicate: see `persist.duplicates`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from core.models.submission import Submission
from core.storage.table import Table

if TYPE_CHECKING:
    from core.storage.submission_record import RecordItem, RepeatUpload, SubmissionRecord, Tombstone


class StartExecution(Protocol):
    def __call__(self, submission: Submission, /) -> bool: ...


class NotifyRepeat(Protocol):
    def __call__(self, submission_id: str, received_at: str, /) -> None: ...


@dataclass(frozen=True, slots=True)
class ExecutionStarter:
    """Starts executions and handles repeats. `notify_repeat` is asynchronous: `recover` records the newer receipt."""

    table: Callable[[], Table]
    start: StartExecution
    notify_repeat: NotifyRepeat

    def find_record(self, submission_id: str) -> "RecordItem | None":
        """Return a submission's record, or its tombstone if it was erased; None if there is neither."""
        # Imported here, as elsewhere in this package: a first delivery needs no record.
        from core.storage.submission_queries import load_record

        return load_record(self.table(), submission_id)

    def handle_repeat(self, submission_id: str, found: "SubmissionRecord | RepeatUpload | None", at: str) -> None:
        """Handle a repeat that was received `at` this time: if that is later than before, it is the newest receipt."""
        last = found.last_received_at if found else ""
        if at > last:
            self.notify_repeat(submission_id, at)

    def restart_after_erasure(self, submission: Submission, tombstone: "Tombstone") -> Submission:
        """Start a submission that was erased and has been sent again.

        Raises
        ------
        SubmissionErased
            It has been restarted already.
        ServiceUnavailable
            Its erasure is in progress; the sender retries.
        """
        from core.storage import submission_repository

        run = submission_repository.claim_run_after_erasure(self.table(), tombstone)
        restarted = submission_repository.restart_after_erasure(submission, run)
        self.start(restarted)
        return restarted
