"""Every way through the state machine: what the tasks do, and what then happens. Data for any interpreter.

`make check` runs the table on the local cloud's interpreter and on one that shares nothing with it; both must come
to what stands here. A task that a path does not name does well (`WELL`).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from core.models import errors
from core.models.submission import DocumentKind
from tests.template.error_checks import TRANSIENT_OF_LAMBDA, error_family
from tests.template.execution_path import (
    JOB_STATES,
    ORIGINAL_ID,
    OTHER_SHA256,
    READ_RESULT,
    STORED_RESULT,
    SUCCESS_RESULTS,
    ExecutionPath,
    Fails,
    Outcome,
    Succeeds,
)

_DUPLICATE = Succeeds({**STORED_RESULT, "duplicate_of": ORIGINAL_ID})
# An error that no list names: a permission that is missing, a bug.
_FAULT = Fails("ClientError")
_JOINED = ("ReadAndPersist", "BothHalves")
_ANNOUNCED = ("Announce", "Tidy", "Done")
_FAILED = ("Fail", "FailedOrNot", "Failed")
_REJECTED = (*_JOINED, "Reject", *_ANNOUNCED)
_GRADED = (*_JOINED, "Grade", *_ANNOUNCED)
_PREPARED = (*_JOINED, "PreparePaper", "BeginRelease", "Release", "MoreToRelease", *_ANNOUNCED)


def _batch(after: str) -> dict[str, Any]:
    return {"released": 400, "after": after, "revision": 1}


def _failing(name: str, *trunk: str, error: str, **more: Any) -> ExecutionPath:
    """A way that ends as ours: recorded as FAILED, the execution failed by the error that did it."""
    return ExecutionPath(name, (*_JOINED, *trunk, *_FAILED), "FAILED", error=error, **more)


def _successful() -> Iterator[ExecutionPath]:
    yield ExecutionPath("a sheet is graded", _GRADED, "GRADED")
    yield ExecutionPath(
        "a sheet needs review", _GRADED, "NEEDS_REVIEW", outcomes={"Grade": (Succeeds({"state": "NEEDS_REVIEW"}),)}
    )
    yield ExecutionPath("a paper is prepared", _PREPARED, "READY", DocumentKind.QUESTION_PAPER)
    yield ExecutionPath("an answer key is prepared", _PREPARED, "READY", DocumentKind.ANSWER_KEY)
    yield ExecutionPath(
        "a paper without questions is rejected",
        _PREPARED,
        "REJECTED",
        DocumentKind.QUESTION_PAPER,
        {"PreparePaper": (Succeeds({"state": "REJECTED"}),)},
    )
    yield ExecutionPath(
        "a sheet before its paper is parked",
        (*_JOINED, "Grade", "Park", *_ANNOUNCED),
        "AWAITING_PAPER",
        outcomes={"Grade": (Fails("PaperNotReady"),)},
    )
    yield ExecutionPath(
        "a sheet whose paper came while it was parked keeps the later word",
        (*_JOINED, "Grade", "Park", *_ANNOUNCED),
        "GRADED",
        outcomes={"Grade": (Fails("PaperNotReady"),), "Park": (Succeeds({"state": "GRADED"}),)},
    )
    for kind in (DocumentKind.ANSWER_SHEET, DocumentKind.QUESTION_PAPER):
        yield ExecutionPath(
            f"the same content again is a duplicate ({kind})",
            (*_JOINED, "Duplicate", *_ANNOUNCED),
            "DUPLICATE_OF",
            kind,
            {"StoreFile": (_DUPLICATE,)},
        )
    yield ExecutionPath(
        "a reading that knows no hash is not compared",
        _GRADED,
        "GRADED",
        outcomes={"Extract": (Succeeds({**READ_RESULT, "sha256": None}),)},
    )


def _reading() -> Iterator[ExecutionPath]:
    for name in sorted(error_family(errors.DocumentRejected)):
        yield ExecutionPath(
            f"a document is rejected: {name}",
            _REJECTED,
            "REJECTED",
            outcomes={"Extract": (Fails(name),)},
            fallback_states=frozenset({"NotReadable"}),
        )
    yield ExecutionPath(
        "a rejected document that came before is rejected again",
        _REJECTED,
        "REJECTED",
        outcomes={"Extract": (Fails("NoPages"),), "StoreFile": (_DUPLICATE,)},
        fallback_states=frozenset({"NotReadable"}),
    )
    unread = frozenset({"NotRead"})
    yield _failing(
        "reading fails", "ReadingFailed", error="ClientError", outcomes={"Extract": (_FAULT,)}, fallback_states=unread
    )
    yield _failing(
        "reading never gets all pages",
        "ReadingFailed",
        error="ReadingIncomplete",
        outcomes={"Extract": (Fails("ReadingIncomplete"),)},
        fallback_states=unread,
        calls={"Extract": 6},
    )
    for name in ("States.Timeout", "Sandbox.Timedout"):
        yield _failing(
            f"reading runs into its limit twice: {name}",
            "ReadingFailed",
            error=name,
            outcomes={"Extract": (Fails(name),)},
            fallback_states=unread,
            calls={"Extract": 2},
        )
    yield _failing(
        "what was read is not what was stored",
        "LanesDisagree",
        error="LanesDisagree",
        outcomes={"Extract": (Succeeds({**READ_RESULT, "sha256": OTHER_SHA256}),)},
    )


_LARGE_DOCUMENT: Mapping[str, tuple[Outcome, ...]] = {"Extract": (Fails("ReadingTakesLong"),)}


def _job_status(status: str) -> Succeeds:
    return Succeeds({**SUCCESS_RESULTS["LookAtJob"], "status": status})


def _large() -> Iterator[ExecutionPath]:
    """A document that a job reads: however the job ends, the reading goes on with what it has read."""
    for status in ("SUCCEEDED", "PARTIAL_SUCCESS", "FAILED", "OVERDUE"):
        outcomes = {
            **_LARGE_DOCUMENT,
            "LookAtJob": (_job_status("IN_PROGRESS"), _job_status("IN_PROGRESS"), _job_status(status)),
        }
        name = f"a job reads a large document: {status}"
        yield ExecutionPath(
            name, _GRADED, "GRADED", outcomes=outcomes, fallback_states=JOB_STATES, calls={"LookAtJob": 3}
        )
    yield ExecutionPath(
        "a job refuses a large document",
        _GRADED,
        "GRADED",
        outcomes={**_LARGE_DOCUMENT, "StartJob": (_job_status("REFUSED"),)},
        fallback_states=frozenset({"StartJob", "JobEnded", "ReadWithJob"}),
    )
    for name in sorted(error_family(errors.DocumentRejected)):
        yield ExecutionPath(
            f"a large document is rejected: {name}",
            _REJECTED,
            "REJECTED",
            outcomes={**_LARGE_DOCUMENT, "ReadWithJob": (Fails(name),)},
            fallback_states=JOB_STATES | {"NotReadable"},
        )
    starting = frozenset({"StartJob", "NotRead"})
    for name, failing, fallback_states in (
        ("a job cannot be started", "StartJob", starting),
        ("a job cannot be looked at", "LookAtJob", (JOB_STATES | {"NotRead"}) - {"ReadWithJob"}),
        ("what a job has read cannot be had", "ReadWithJob", JOB_STATES | {"NotRead"}),
    ):
        outcomes = {**_LARGE_DOCUMENT, failing: (_FAULT,)}
        yield _failing(name, "ReadingFailed", error="ClientError", outcomes=outcomes, fallback_states=fallback_states)


def _persisting() -> Iterator[ExecutionPath]:
    unstored, unrecorded = frozenset({"NotStored"}), frozenset({"NotRecorded"})
    yield _failing(
        "storing fails",
        "NotPersisted",
        error="NotPersisted",
        outcomes={"StoreFile": (_FAULT,)},
        fallback_states=unstored,
    )
    yield _failing(
        "the copy is never the source",
        "NotPersisted",
        error="NotPersisted",
        outcomes={"StoreFile": (Fails("CopyNotVerified"),)},
        fallback_states=unstored,
        calls={"StoreFile": 6},
    )
    yield _failing(
        "a document that is not stored is not rejected either",
        "NotPersisted",
        error="NotPersisted",
        outcomes={"Extract": (Fails("EmptyFile"),), "StoreFile": (_FAULT,)},
        fallback_states=unstored | {"NotReadable"},
    )
    yield _failing(
        "both halves fail",
        "NotPersisted",
        error="NotPersisted",
        outcomes={"Extract": (_FAULT,), "StoreFile": (_FAULT,), "Record": (_FAULT,)},
        fallback_states=unstored | unrecorded | {"NotRead"},
    )
    yield _failing(
        "recording fails",
        "NotPersisted",
        error="NotPersisted",
        outcomes={"Record": (_FAULT,)},
        fallback_states=unrecorded,
    )
    yield ExecutionPath(
        "a run that is recorded already goes on",
        _GRADED,
        "GRADED",
        outcomes={"Record": (Fails("DynamoDB.ConditionalCheckFailedException"),)},
        fallback_states=frozenset({"AlreadyRecorded"}),
    )


def _after_the_join() -> Iterator[ExecutionPath]:
    yield _failing("grading fails", "Grade", error="ValueError", outcomes={"Grade": (Fails("ValueError"),)})
    yield _failing(
        "grading crashes each time",
        "Grade",
        error="Runtime.ExitError",
        outcomes={"Grade": (Fails("Runtime.ExitError"),)},
        calls={"Grade": 3},
    )
    paper = DocumentKind.QUESTION_PAPER
    yield _failing(
        "preparing fails",
        "PreparePaper",
        error="ValueError",
        kind=paper,
        outcomes={"PreparePaper": (Fails("ValueError"),)},
    )
    yield _failing(
        "releasing fails",
        "PreparePaper",
        "BeginRelease",
        "Release",
        error="ClientError",
        kind=paper,
        outcomes={"Release": (_FAULT,)},
    )
    yield _failing(
        "parking fails",
        "Grade",
        "Park",
        error="ClientError",
        outcomes={"Grade": (Fails("PaperNotReady"),), "Park": (_FAULT,)},
    )
    yield _failing(
        "rejecting fails",
        "Reject",
        error="ClientError",
        outcomes={"Extract": (Fails("NoPages"),), "Reject": (_FAULT,)},
        fallback_states=frozenset({"NotReadable"}),
    )
    yield _failing(
        "recording a duplicate fails",
        "Duplicate",
        error="ClientError",
        outcomes={"StoreFile": (_DUPLICATE,), "Duplicate": (_FAULT,)},
    )
    yield ExecutionPath(
        "even the failure cannot be recorded",
        (*_JOINED, "Grade", "Fail", "Failed"),
        "FAILED",
        error="ValueError",
        outcomes={"Grade": (Fails("ValueError"),), "Fail": (_FAULT,)},
    )
    for state in ("GRADED", "ERASED"):
        yield ExecutionPath(
            f"what seemed to fail is {state}",
            (*_JOINED, "Grade", "Fail", "FailedOrNot", *_ANNOUNCED),
            state,
            outcomes={"Grade": (Fails("Lambda.Unknown"),), "Fail": (Succeeds({"state": state}),)},
            calls={"Grade": 3},
        )
    yield ExecutionPath(
        "the received file cannot be removed",
        (*_JOINED, "Grade", "Announce", "Tidy", "NotTidied"),
        "GRADED",
        outcomes={"Tidy": (_FAULT,)},
        error="NotTidied",
    )
    yield ExecutionPath(
        "a thousand sheets are released in batches",
        (*_JOINED, "PreparePaper", "BeginRelease", *("Release", "MoreToRelease") * 3, *_ANNOUNCED),
        "READY",
        DocumentKind.QUESTION_PAPER,
        {"Release": (Succeeds(_batch("4")), Succeeds(_batch("8")), Succeeds(_batch("")))},
        calls={"Release": 3},
    )
    yield ExecutionPath(
        "nobody can be told",
        (*_JOINED, "Grade", "Announce", "NotAnnounced"),
        "GRADED",
        outcomes={"Announce": (Fails("EventBridge.InternalException"),)},
        calls={"Announce": 6},
        error="NotAnnounced",
    )


# For each task one path on which each of its passing errors comes once and is gone by the next call.
_TRANSIENT_CASES: Mapping[str, tuple[ExecutionPath, tuple[str, ...]]] = {
    "Extract": (ExecutionPath("reading", _GRADED, "GRADED"), ("ReadingIncomplete",)),
    "StartJob": (
        ExecutionPath("starting a job", _GRADED, "GRADED", outcomes=_LARGE_DOCUMENT, fallback_states=JOB_STATES),
        (),
    ),
    "LookAtJob": (
        ExecutionPath("looking at a job", _GRADED, "GRADED", outcomes=_LARGE_DOCUMENT, fallback_states=JOB_STATES),
        (),
    ),
    "ReadWithJob": (
        ExecutionPath("reading with a job", _GRADED, "GRADED", outcomes=_LARGE_DOCUMENT, fallback_states=JOB_STATES),
        ("ReadingIncomplete",),
    ),
    "StoreFile": (ExecutionPath("storing", _GRADED, "GRADED"), ("CopyNotVerified",)),
    "Grade": (ExecutionPath("grading", _GRADED, "GRADED"), ()),
    "PreparePaper": (ExecutionPath("preparing", _PREPARED, "READY", DocumentKind.QUESTION_PAPER), ()),
    "Release": (ExecutionPath("releasing", _PREPARED, "READY", DocumentKind.QUESTION_PAPER), ()),
}


def _transient() -> Iterator[ExecutionPath]:
    ours = ("ServiceUnavailable", "States.Timeout", "Sandbox.Timedout", "Lambda.Unknown", *sorted(TRANSIENT_OF_LAMBDA))
    for state, (way, own) in _TRANSIENT_CASES.items():
        for name in (*own, *ours):
            yield _transient_once(way, state, Fails(name))
    graded = ExecutionPath("recording", _GRADED, "GRADED")
    yield _transient_once(graded, "Record", Fails("DynamoDB.ProvisionedThroughputExceededException"))
    yield _transient_once(graded, "Record", Fails("States.Timeout"))
    yield _transient_once(
        ExecutionPath("telling", _GRADED, "GRADED"), "Announce", Fails("EventBridge.InternalException")
    )


def _transient_once(way: ExecutionPath, state: str, fails: Fails) -> ExecutionPath:
    return ExecutionPath(
        f"{way.name} meets {fails.error} once",
        way.trunk,
        way.state,
        way.kind,
        {**way.outcomes, state: (fails, Succeeds(SUCCESS_RESULTS[state]))},
        way.fallback_states,
        calls={state: 2},
    )


PATHS: tuple[ExecutionPath, ...] = (
    *_successful(),
    *_reading(),
    *_large(),
    *_persisting(),
    *_after_the_join(),
    *_transient(),
)
