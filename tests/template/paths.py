"""Every way through the state machine: what the tasks do, and what then happens. Data for any interpreter.

`make check` runs the table on the local cloud's interpreter and on one that shares nothing with it; both must come
to what stands here. A task that a path does not name does well (`WELL`).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from core import errors
from core.submission import Kind
from tests.template.error_checks import TRANSIENT_OF_LAMBDA, family
from tests.template.ways import HOLDER, JOB, OTHER_SHA256, READ, STORED, WELL, Fails, Gives, Outcome, Path

_DUPLICATE = Gives({**STORED, "duplicate_of": HOLDER})
# An error that no list names: a permission that is missing, a bug.
_FAULT = Fails("ClientError")
_JOINED = ("ReadAndPersist", "BothHalves")
_TOLD = ("Announce", "Tidy", "Done")
_LOST = ("Fail", "FailedOrNot", "Failed")
_REJECTED = (*_JOINED, "Reject", *_TOLD)
_GRADED = (*_JOINED, "Grade", *_TOLD)
_PREPARED = (*_JOINED, "PreparePaper", "BeginRelease", "Release", "MoreToRelease", *_TOLD)


def _batch(after: str) -> dict[str, Any]:
    return {"released": 400, "after": after, "revision": 1}


def _lost(name: str, *trunk: str, error: str, **more: Any) -> Path:
    """A way that ends as ours: recorded as FAILED, the execution failed by the error that did it."""
    return Path(name, (*_JOINED, *trunk, *_LOST), "FAILED", error=error, **more)


def _well() -> Iterator[Path]:
    yield Path("a sheet is graded", _GRADED, "GRADED")
    yield Path("a sheet needs review", _GRADED, "NEEDS_REVIEW", outcomes={"Grade": (Gives({"state": "NEEDS_REVIEW"}),)})
    yield Path("a paper is prepared", _PREPARED, "READY", Kind.QUESTION_PAPER)
    yield Path("an answer key is prepared", _PREPARED, "READY", Kind.ANSWER_KEY)
    yield Path(
        "a paper without questions is rejected",
        _PREPARED,
        "REJECTED",
        Kind.QUESTION_PAPER,
        {"PreparePaper": (Gives({"state": "REJECTED"}),)},
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
        outcomes={"Extract": (Gives({**READ, "sha256": OTHER_SHA256}),)},
    )


_LONG: Mapping[str, tuple[Outcome, ...]] = {"Extract": (Fails("ReadingTakesLong"),)}


def _ended(status: str) -> Gives:
    return Gives({**WELL["LookAtJob"], "status": status})


def _large() -> Iterator[Path]:
    """A document that a job reads: however the job ends, the reading goes on with what it has read."""
    for status in ("SUCCEEDED", "PARTIAL_SUCCESS", "FAILED", "OVERDUE"):
        outcomes = {**_LONG, "LookAtJob": (_ended("IN_PROGRESS"), _ended("IN_PROGRESS"), _ended(status))}
        name = f"a job reads a large document: {status}"
        yield Path(name, _GRADED, "GRADED", outcomes=outcomes, beside=JOB, calls={"LookAtJob": 3})
    yield Path(
        "a job refuses a large document",
        _GRADED,
        "GRADED",
        outcomes={**_LONG, "StartJob": (_ended("REFUSED"),)},
        beside=frozenset({"StartJob", "JobEnded", "ReadWithJob"}),
    )
    for name in sorted(family(errors.DocumentRejected)):
        yield Path(
            f"a large document is rejected: {name}",
            _REJECTED,
            "REJECTED",
            outcomes={**_LONG, "ReadWithJob": (Fails(name),)},
            beside=JOB | {"NotReadable"},
        )
    starting = frozenset({"StartJob", "NotRead"})
    for name, failing, beside in (
        ("a job cannot be started", "StartJob", starting),
        ("a job cannot be looked at", "LookAtJob", (JOB | {"NotRead"}) - {"ReadWithJob"}),
        ("what a job has read cannot be had", "ReadWithJob", JOB | {"NotRead"}),
    ):
        outcomes = {**_LONG, failing: (_FAULT,)}
        yield _lost(name, "ReadingFailed", error="ClientError", outcomes=outcomes, beside=beside)


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
        "releasing fails",
        "PreparePaper",
        "BeginRelease",
        "Release",
        error="ClientError",
        kind=paper,
        outcomes={"Release": (_FAULT,)},
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
    yield Path(
        "even the failure cannot be recorded",
        (*_JOINED, "Grade", "Fail", "Failed"),
        "FAILED",
        error="ValueError",
        outcomes={"Grade": (Fails("ValueError"),), "Fail": (_FAULT,)},
    )
    for state in ("GRADED", "ERASED"):
        yield Path(
            f"what seemed to fail is {state}",
            (*_JOINED, "Grade", "Fail", "FailedOrNot", *_TOLD),
            state,
            outcomes={"Grade": (Fails("Lambda.Unknown"),), "Fail": (Gives({"state": state}),)},
            calls={"Grade": 3},
        )
    yield Path(
        "the received file cannot be removed",
        (*_JOINED, "Grade", "Announce", "Tidy", "NotTidied"),
        "GRADED",
        outcomes={"Tidy": (_FAULT,)},
        error="NotTidied",
    )
    yield Path(
        "a thousand sheets are released in batches",
        (*_JOINED, "PreparePaper", "BeginRelease", *("Release", "MoreToRelease") * 3, *_TOLD),
        "READY",
        Kind.QUESTION_PAPER,
        {"Release": (Gives(_batch("4")), Gives(_batch("8")), Gives(_batch("")))},
        calls={"Release": 3},
    )
    yield Path(
        "nobody can be told",
        (*_JOINED, "Grade", "Announce", "NotAnnounced"),
        "GRADED",
        outcomes={"Announce": (Fails("EventBridge.InternalException"),)},
        calls={"Announce": 6},
        error="NotAnnounced",
    )


# For each task one path on which each of its passing errors comes once and is gone by the next call.
_PASSING: Mapping[str, tuple[Path, tuple[str, ...]]] = {
    "Extract": (Path("reading", _GRADED, "GRADED"), ("ReadingIncomplete",)),
    "StartJob": (Path("starting a job", _GRADED, "GRADED", outcomes=_LONG, beside=JOB), ()),
    "LookAtJob": (Path("looking at a job", _GRADED, "GRADED", outcomes=_LONG, beside=JOB), ()),
    "ReadWithJob": (
        Path("reading with a job", _GRADED, "GRADED", outcomes=_LONG, beside=JOB),
        ("ReadingIncomplete",),
    ),
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
        {**way.outcomes, state: (fails, Gives(WELL[state]))},
        way.beside,
        calls={state: 2},
    )


PATHS: tuple[Path, ...] = (*_well(), *_reading(), *_large(), *_persisting(), *_after_the_join(), *_passing())
