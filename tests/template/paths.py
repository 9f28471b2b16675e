"""Every way through the state machine: what the tasks do, and what then happens. Data for any interpreter.

`make check` runs the table on the local cloud's interpreter and on one that shares nothing with it; both must come
to what stands here. A task that a path does not name does well (`WELL`).
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from core import errors
from core.submission import Door, Kind, SourceFile, Submission
from tests.template.error_checks import TRANSIENT_OF_LAMBDA, family

_SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_OTHER_SHA256 = "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"
HOLDER = "fedcba9876543210fedcba9876543210"
_AT = "2030-05-06T07:08:09.010Z"


@dataclass(frozen=True)
class Gives:
    """The task ends well with this result."""

    value: Any


@dataclass(frozen=True)
class Fails:
    """The task raises an error of this name, in the shape that a Lambda function's error has."""

    error: str

    @property
    def cause(self) -> str:
        return json.dumps({"errorMessage": f"Told to fail as {self.error}.", "errorType": self.error})


Outcome = Gives | Fails


@dataclass(frozen=True)
class Path:
    """One way. `outcomes` by state, one a call, the last for all that follow.

    `trunk` are the states outside the lanes in their order; `beside` those that a lane enters when it fails;
    `calls` how often a task is called where that is not once; `state` what the submission is in the end;
    `error` the execution's own, where it fails. `patient`: the retries wait for many seconds by the real clock.
    """

    name: str
    trunk: tuple[str, ...]
    state: str
    kind: Kind = Kind.ANSWER_SHEET
    outcomes: Mapping[str, tuple[Outcome, ...]] = field(default_factory=dict)
    beside: frozenset[str] = frozenset()
    calls: Mapping[str, int] = field(default_factory=dict)
    error: str | None = None
    patient: bool = False

    @property
    def status(self) -> str:
        return "FAILED" if self.error else "SUCCEEDED"

    @property
    def states(self) -> frozenset[str]:
        """All that is entered."""
        return frozenset({*self.trunk, *LANES, *self.beside})

    def outcome(self, state: str, call: int) -> Outcome:
        """What a task does when it is called for the `call`th time, counted from 0."""
        planned = self.outcomes.get(state, (Gives(WELL[state]),))
        return planned[min(call, len(planned) - 1)]

    def input(self) -> dict[str, Any]:
        return Submission(
            id="0123456789abcdef0123456789abcdef",
            run=1,
            tenant="a-school",
            assessment="physics.1",
            kind=self.kind,
            student="a sealed label" if self.kind is Kind.ANSWER_SHEET else None,
            door=Door.API,
            received_at=_AT,
            file=SourceFile("temp", "incoming/a", "v1", 17, _SHA256, "application/pdf"),
        ).to_state()


READ: Mapping[str, Any] = {"transcript": {"key": "transcripts/a-school/a.json"}, "sha256": _SHA256, "pages": 2}
STORED: Mapping[str, Any] = {
    "bucket": "documents",
    "key": "documents/a-school/a",
    "version_id": "v2",
    "sha256": _SHA256,
    "size": 17,
    "duplicate_of": None,
    "started_at": _AT,
    "ended_at": _AT,
}
WELL: Mapping[str, Any] = {
    "Extract": READ,
    "StoreFile": STORED,
    "Record": {},
    "Grade": {"state": "GRADED", "marks": 4, "max_marks": 5},
    "PreparePaper": {"state": "READY", "marks": None, "max_marks": None},
    "Release": {"released": 2},
    "Park": {"state": "AWAITING_PAPER"},
    "Reject": {"state": "REJECTED"},
    "Duplicate": {"state": "DUPLICATE_OF"},
    "Fail": {"state": "FAILED"},
    "Announce": {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]},
}
LANES = frozenset({"Extract", "Persist", "StoreFile", "Record"})

_DUPLICATE = Gives({**STORED, "duplicate_of": HOLDER})
# An error that no list names: a permission that is missing, a bug.
_FAULT = Fails("ClientError")
_JOINED = ("ReadAndPersist", "BothHalves")
_TOLD = ("Announce", "Done")
_LOST = ("Fail", "Failed")
_REJECTED = (*_JOINED, "Reject", *_TOLD)
_GRADED = (*_JOINED, "Grade", *_TOLD)
_PREPARED = (*_JOINED, "PreparePaper", "Release", *_TOLD)


def _lost(name: str, *trunk: str, error: str, **more: Any) -> Path:
    """A way that ends as ours: recorded as FAILED, the execution failed by the error that did it."""
    return Path(name, (*_JOINED, *trunk, *_LOST), "FAILED", error=error, **more)


def _well() -> Iterator[Path]:
    yield Path("a sheet is graded", _GRADED, "GRADED")
    yield Path("a sheet needs review", _GRADED, "NEEDS_REVIEW", outcomes={"Grade": (Gives({"state": "NEEDS_REVIEW"}),)})
    yield Path("a paper is prepared", _PREPARED, "READY", Kind.QUESTION_PAPER)
    yield Path("an answer key is prepared", _PREPARED, "READY", Kind.ANSWER_KEY)
    yield Path(
        "a paper without questions needs review",
        _PREPARED,
        "NEEDS_REVIEW",
        Kind.QUESTION_PAPER,
        {"PreparePaper": (Gives({"state": "NEEDS_REVIEW"}),)},
    )
    yield Path(
        "a sheet before its paper is parked",
        (*_JOINED, "Grade", "Park", *_TOLD),
        "AWAITING_PAPER",
        outcomes={"Grade": (Fails("PaperNotReady"),)},
    )
    yield Path(
        "a sheet whose paper came while it was parked keeps the later word",
        (*_JOINED, "Grade", "Park", *_TOLD),
        "GRADED",
        outcomes={"Grade": (Fails("PaperNotReady"),), "Park": (Gives({"state": "GRADED"}),)},
    )
    for kind in (Kind.ANSWER_SHEET, Kind.QUESTION_PAPER):
        yield Path(
            f"the same content again is a duplicate ({kind})",
            (*_JOINED, "Duplicate", *_TOLD),
            "DUPLICATE_OF",
            kind,
            {"StoreFile": (_DUPLICATE,)},
        )
    yield Path(
        "a reading that knows no hash is not compared",
        _GRADED,
        "GRADED",
        outcomes={"Extract": (Gives({**READ, "sha256": None}),)},
    )


def _reading() -> Iterator[Path]:
    for name in sorted(family(errors.DocumentRejected)):
        yield Path(
            f"a document is rejected: {name}",
            _REJECTED,
            "REJECTED",
            outcomes={"Extract": (Fails(name),)},
            beside=frozenset({"NotReadable"}),
        )
    yield Path(
        "a rejected document that came before is rejected again",
        _REJECTED,
        "REJECTED",
        outcomes={"Extract": (Fails("NoPages"),), "StoreFile": (_DUPLICATE,)},
        beside=frozenset({"NotReadable"}),
    )
    unread = frozenset({"NotRead"})
    yield _lost("reading fails", "ReadingFailed", error="ClientError", outcomes={"Extract": (_FAULT,)}, beside=unread)
    yield _lost(
        "reading never gets all pages",
        "ReadingFailed",
        error="ReadingIncomplete",
        outcomes={"Extract": (Fails("ReadingIncomplete"),)},
        beside=unread,
        calls={"Extract": 6},
        patient=True,
    )
    for name in ("States.Timeout", "Sandbox.Timedout"):
        yield _lost(
            f"reading runs into its limit twice: {name}",
            "ReadingFailed",
            error=name,
            outcomes={"Extract": (Fails(name),)},
            beside=unread,
            calls={"Extract": 2},
        )
    yield _lost(
        "what was read is not what was stored",
        "LanesDisagree",
        error="LanesDisagree",
        outcomes={"Extract": (Gives({**READ, "sha256": _OTHER_SHA256}),)},
    )


def _persisting() -> Iterator[Path]:
    unstored, unrecorded = frozenset({"NotStored"}), frozenset({"NotRecorded"})
    yield _lost(
        "storing fails", "NotPersisted", error="NotPersisted", outcomes={"StoreFile": (_FAULT,)}, beside=unstored
    )
    yield _lost(
        "the copy is never the source",
        "NotPersisted",
        error="NotPersisted",
        outcomes={"StoreFile": (Fails("CopyNotVerified"),)},
        beside=unstored,
        calls={"StoreFile": 6},
        patient=True,
    )
    yield _lost(
        "a document that is not stored is not rejected either",
        "NotPersisted",
        error="NotPersisted",
        outcomes={"Extract": (Fails("EmptyFile"),), "StoreFile": (_FAULT,)},
        beside=unstored | {"NotReadable"},
    )
    yield _lost(
        "both halves fail",
        "NotPersisted",
        error="NotPersisted",
        outcomes={"Extract": (_FAULT,), "StoreFile": (_FAULT,), "Record": (_FAULT,)},
        beside=unstored | unrecorded | {"NotRead"},
    )
    yield _lost(
        "recording fails", "NotPersisted", error="NotPersisted", outcomes={"Record": (_FAULT,)}, beside=unrecorded
    )
    yield Path(
        "a run that is recorded already goes on",
        _GRADED,
        "GRADED",
        outcomes={"Record": (Fails("DynamoDB.ConditionalCheckFailedException"),)},
        beside=frozenset({"AlreadyRecorded"}),
    )


def _after_the_join() -> Iterator[Path]:
    yield _lost("grading fails", "Grade", error="ValueError", outcomes={"Grade": (Fails("ValueError"),)})
    yield _lost(
        "grading crashes each time",
        "Grade",
        error="Runtime.ExitError",
        outcomes={"Grade": (Fails("Runtime.ExitError"),)},
        calls={"Grade": 3},
        patient=True,
    )
    paper = Kind.QUESTION_PAPER
    yield _lost(
        "preparing fails",
        "PreparePaper",
        error="ValueError",
        kind=paper,
        outcomes={"PreparePaper": (Fails("ValueError"),)},
    )
    yield _lost(
        "releasing fails", "PreparePaper", "Release", error="ClientError", kind=paper, outcomes={"Release": (_FAULT,)}
    )
    yield _lost(
        "parking fails",
        "Grade",
        "Park",
        error="ClientError",
        outcomes={"Grade": (Fails("PaperNotReady"),), "Park": (_FAULT,)},
    )
    yield _lost(
        "rejecting fails",
        "Reject",
        error="ClientError",
        outcomes={"Extract": (Fails("NoPages"),), "Reject": (_FAULT,)},
        beside=frozenset({"NotReadable"}),
    )
    yield _lost(
        "recording a duplicate fails",
        "Duplicate",
        error="ClientError",
        outcomes={"StoreFile": (_DUPLICATE,), "Duplicate": (_FAULT,)},
    )
    yield _lost(
        "even the failure cannot be recorded",
        "Grade",
        error="ValueError",
        outcomes={"Grade": (Fails("ValueError"),), "Fail": (_FAULT,)},
    )
    yield Path(
        "nobody can be told",
        (*_JOINED, "Grade", "Announce", "NotAnnounced"),
        "GRADED",
        outcomes={"Announce": (Fails("EventBridge.InternalException"),)},
        calls={"Announce": 6},
        error="NotAnnounced",
        patient=True,
    )


# For each task one path on which each of its passing errors comes once and is gone by the next call.
_PASSING: Mapping[str, tuple[Path, tuple[str, ...]]] = {
    "Extract": (Path("reading", _GRADED, "GRADED"), ("ReadingIncomplete",)),
    "StoreFile": (Path("storing", _GRADED, "GRADED"), ("CopyNotVerified",)),
    "Grade": (Path("grading", _GRADED, "GRADED"), ()),
    "PreparePaper": (Path("preparing", _PREPARED, "READY", Kind.QUESTION_PAPER), ()),
    "Release": (Path("releasing", _PREPARED, "READY", Kind.QUESTION_PAPER), ()),
}


def _passing() -> Iterator[Path]:
    ours = ("ServiceUnavailable", "States.Timeout", "Sandbox.Timedout", "Lambda.Unknown", *sorted(TRANSIENT_OF_LAMBDA))
    for state, (way, own) in _PASSING.items():
        for name in (*own, *ours):
            yield _once(way, state, Fails(name))
    graded = Path("recording", _GRADED, "GRADED")
    yield _once(graded, "Record", Fails("DynamoDB.ProvisionedThroughputExceededException"))
    yield _once(graded, "Record", Fails("States.Timeout"))
    yield _once(Path("telling", _GRADED, "GRADED"), "Announce", Fails("EventBridge.InternalException"))


def _once(way: Path, state: str, fails: Fails) -> Path:
    return Path(
        f"{way.name} meets {fails.error} once",
        way.trunk,
        way.state,
        way.kind,
        {state: (fails, Gives(WELL[state]))},
        calls={state: 2},
    )


PATHS: tuple[Path, ...] = (*_well(), *_reading(), *_persisting(), *_after_the_join(), *_passing())
