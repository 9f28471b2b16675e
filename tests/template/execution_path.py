"""One path through the state machine as data: what each task returns, and the states that follow."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.models.document_kinds import DocumentKind
from core.models.submission import IntakeChannel, SourceFile, Submission

_SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
OTHER_SHA256 = "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"
ORIGINAL_ID = "fedcba9876543210fedcba9876543210"
_AT = "2030-05-06T07:08:09.010Z"


@dataclass(frozen=True)
class Succeeds:
    """The task succeeds with this result."""

    value: Any


@dataclass(frozen=True)
class Fails:
    """The task raises an error of this name, with the cause that a Lambda function's error has."""

    error: str

    @property
    def cause(self) -> str:
        return json.dumps({"errorMessage": f"Told to fail as {self.error}.", "errorType": self.error})


Outcome = Succeeds | Fails


@dataclass(frozen=True)
class ExecutionPath:
    """One path.

    `trunk`: the states outside the branches, in order. `state`: the submission's final state. `outcomes`: by task, one
    a call; the last one holds for all further calls. `fallback_states`: the states that a branch enters when it fails,
    or for a document that a job reads. `calls`: how often a task is called, if not once. `error`: the execution's
    error, if it fails.
    """

    name: str
    trunk: tuple[str, ...]
    state: str
    kind: str = DocumentKind.ANSWER_SHEET
    outcomes: Mapping[str, tuple[Outcome, ...]] = field(default_factory=dict)
    fallback_states: frozenset[str] = frozenset()
    calls: Mapping[str, int] = field(default_factory=dict)
    error: str | None = None

    @property
    def status(self) -> str:
        return "FAILED" if self.error else "SUCCEEDED"

    @property
    def states(self) -> frozenset[str]:
        """All states that are entered."""
        return frozenset({*self.trunk, *BRANCH_STATES, *self.fallback_states})

    def outcome(self, state: str, call: int) -> Outcome:
        """The outcome of a task's call number `call`, counted from 0."""
        outcomes = self.outcomes.get(state, (Succeeds(SUCCESS_RESULTS[state]),))
        return outcomes[min(call, len(outcomes) - 1)]

    def input(self) -> dict[str, Any]:
        state = Submission(
            id="0123456789abcdef0123456789abcdef",
            run=1,
            tenant="a-school",
            assessment="physics.1",
            kind=DocumentKind.ANSWER_SHEET,
            student="a sealed label" if self.kind is DocumentKind.ANSWER_SHEET else None,
            channel=IntakeChannel.API,
            received_at=_AT,
            file=SourceFile("temp", "incoming/a", "v1", 17, _SHA256, "application/pdf"),
        ).to_state()
        # A kind that this release does not know cannot be built from the model.
        return {**state, "submission": {**state["submission"], "kind": str(self.kind)}}


READ_RESULT: Mapping[str, Any] = {"transcript": {"key": "transcripts/a-school/a.json"}, "sha256": _SHA256, "pages": 2}
STORED_RESULT: Mapping[str, Any] = {
    "bucket": "documents",
    "key": "documents/a-school/a",
    "version_id": "v2",
    "sha256": _SHA256,
    "size": 17,
    "duplicate_of": None,
    "started_at": _AT,
    "ended_at": _AT,
}
_JOB: Mapping[str, Any] = {"id": "a-job", "status": "IN_PROGRESS", "started_at": _AT, "wait_seconds": 0}
SUCCESS_RESULTS: Mapping[str, Any] = {
    "Extract": READ_RESULT,
    "StartJob": _JOB,
    "LookAtJob": {**_JOB, "status": "SUCCEEDED"},
    "ReadWithJob": READ_RESULT,
    "StoreFile": STORED_RESULT,
    "Record": {},
    "Grade": {"state": "GRADED", "marks": 4, "max_marks": 5},
    "PreparePaper": {"state": "READY", "marks": None, "max_marks": None},
    "Release": {"released": 2, "after": "", "revision": 3},
    "Park": {"state": "AWAITING_PAPER"},
    "Reject": {"state": "REJECTED"},
    "Duplicate": {"state": "DUPLICATE_OF"},
    "Fail": {"state": "FAILED"},
    "Tidy": {"removed": 1, "again": False},
    "Announce": {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]},
}
BRANCH_STATES = frozenset({"Extract", "Persist", "StoreFile", "Record"})
# The states that the branch enters only for a document that a job reads.
JOB_STATES = frozenset({"StartJob", "JobEnded", "WaitForJob", "LookAtJob", "ReadWithJob"})

# The states outside the branches: after both branches have ended, at the end, and on the usual paths.
JOINED = ("ReadAndPersist", "BothHalves")
ANNOUNCED = ("Announce", "Tidy", "Done")
GRADED = (*JOINED, "Grade", *ANNOUNCED)
FAILED = ("Fail", "FailedOrNot", "Failed")
REJECTED = (*JOINED, "Reject", *ANNOUNCED)
PREPARED = (*JOINED, "PreparePaper", "BeginRelease", "Release", "MoreToRelease", *ANNOUNCED)

# The outcome of reading for a document that is read by a job.
LARGE_DOCUMENT: Mapping[str, tuple[Outcome, ...]] = {"Extract": (Fails("ReadingTakesLong"),)}

# An error that no list names, such as a missing permission or a bug.
FAULT = Fails("ClientError")


def failed_path(name: str, *trunk: str, error: str, **more: Any) -> ExecutionPath:
    """A path on which the submission ends as FAILED and the execution fails with the error that caused it."""
    return ExecutionPath(name, (*JOINED, *trunk, *FAILED), "FAILED", error=error, **more)
