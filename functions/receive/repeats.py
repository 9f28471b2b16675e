"""What was received before comes again: nothing is done twice, and the newest receipt counts.

Only a repeat pays for looking at its record; what comes for the first time is started by one call.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from core import record
from core.submission import Submission
from core.table import RECORD, Item, Table, submission_pk


class Starter(Protocol):
    def __call__(self, submission: Submission, /) -> bool: ...


class Teller(Protocol):
    def __call__(self, submission_id: str, received_at: str, /) -> None: ...


@dataclass(frozen=True, slots=True)
class Starting:
    """How an execution is started, and a repeat looked up and told of (`again`, behind our back)."""

    table: Callable[[], Table]
    start: Starter
    again: Teller

    def record(self, submission_id: str) -> Item | None:
        """What stands of a submission: its record, or its tombstone where it was erased."""
        return self.table().get(submission_pk(submission_id), RECORD)

    def repeat(self, submission_id: str, found: Item | None, at: str) -> None:
        """The same content was sent once more at this moment: it is the newest attempt again."""
        if found is None or at > str(found.get("counts_from") or found.get("received_at", "")):
            self.again(submission_id, at)

    def anew(self, submission: Submission, stone: Item) -> Submission:
        """Start what was erased and has been sent again.

        Raises
        ------
        SubmissionErased
            It has begun anew already.
        ServiceUnavailable
            Its erasure is still at work; the sender tries again.
        """
        run = record.claim_next_run(self.table(), stone, after_erasure=True)
        begun = record.anew(submission, run)
        self.start(begun)
        return begun
