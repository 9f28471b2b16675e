"""What was received before comes again: nothing is done twice, and the newest receipt counts.

Only a repeat pays for looking at its record; what comes for the first time is started by one call.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from core.models.submission import Submission
from core.storage import submission_repository
from core.storage.table import RECORD_SK, Item, Table, submission_pk


class StartExecution(Protocol):
    def __call__(self, submission: Submission, /) -> bool: ...


class NotifyRepeat(Protocol):
    def __call__(self, submission_id: str, received_at: str, /) -> None: ...


@dataclass(frozen=True, slots=True)
class ExecutionStarter:
    """How an execution is started, and a repeat looked up and told of (`again`, behind our back)."""

    table: Callable[[], Table]
    start: StartExecution
    notify_repeat: NotifyRepeat

    def record(self, submission_id: str) -> Item | None:
        """What stands of a submission: its record, or its tombstone where it was erased."""
        return self.table().get(submission_pk(submission_id), RECORD_SK)

    def handle_repeat(self, submission_id: str, found: Item | None, at: str) -> None:
        """The same content was sent once more at this moment: it is the newest attempt again."""
        if found is None or at > str(found.get("counts_from") or found.get("received_at", "")):
            self.notify_repeat(submission_id, at)

    def restart_after_erasure(self, submission: Submission, tombstone: Item) -> Submission:
        """Start what was erased and has been sent again.

        Raises
        ------
        SubmissionErased
            It has begun anew already.
        ServiceUnavailable
            Its erasure is still at work; the sender tries again.
        """
        run = submission_repository.claim_next_run(self.table(), tombstone, after_erasure=True)
        restarted = submission_repository.restart_after_erasure(submission, run)
        self.start(restarted)
        return restarted
