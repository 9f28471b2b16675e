"""The table of all paths through the state machine: the outcomes of its tasks, and the states that follow.

`make check` runs the table on the local cloud's interpreter and on an independent one; both must take these paths. A
task that a path does not name succeeds (`SUCCESS_RESULTS`).
"""

from collections.abc import Iterator
from typing import Any

from core.models import errors
from core.models.document_kinds import DocumentKind
from tests.template.error_checks import error_family
from tests.template.execution_path import (
    ANNOUNCED,
    FAULT,
    GRADED,
    JOINED,
    ORIGINAL_ID,
    OTHER_SHA256,
    PREPARED,
    READ_RESULT,
    REJECTED,
    STORED_RESULT,
    ExecutionPath,
    Fails,
    Succeeds,
    failed_path,
)
from tests.template.large_document_paths import large_document_paths
from tests.template.transient_paths import transient_paths

_DUPLICATE = Succeeds({**STORED_RESULT, "duplicate_of": ORIGINAL_ID})


def _batch(after: str) -> dict[str, Any]:
    return {"released": 400, "after": after, "revision": 1}


def _successful() -> Iterator[ExecutionPath]:
    yield ExecutionPath("a sheet is graded", GRADED, "GRADED")
    yield ExecutionPath(
        "a sheet needs review", GRADED, "NEEDS_REVIEW", outcomes={"Grade": (Succeeds({"state": "NEEDS_REVIEW"}),)}
    )
    yield ExecutionPath("a paper is prepared", PREPARED, "READY", DocumentKind.QUESTION_PAPER)
    yield ExecutionPath("an answer key is prepared", PREPARED, "READY", DocumentKind.ANSWER_KEY)
    yield ExecutionPath(
        "a paper without questions is rejected",
        PREPARED,
        "REJECTED",
        DocumentKind.QUESTION_PAPER,
        {"PreparePaper": (Succeeds({"state": "REJECTED"}),)},
    )
    yield ExecutionPath(
        "a sheet before its paper is parked",
        (*JOINED, "Grade", "Park", *ANNOUNCED),
        "AWAITING_PAPER",
        outcomes={"Grade": (Fails("PaperNotReady"),)},
    )
    yield ExecutionPath(
        "a sheet whose paper came while it was being parked stays graded",
        (*JOINED, "Grade", "Park", *ANNOUNCED),
        "GRADED",
        outcomes={"Grade": (Fails("PaperNotReady"),), "Park": (Succeeds({"state": "GRADED"}),)},
    )
    for kind in (DocumentKind.ANSWER_SHEET, DocumentKind.QUESTION_PAPER):
        yield ExecutionPath(
            f"repeated content is a duplicate ({kind})",
            (*JOINED, "Duplicate", *ANNOUNCED),
            "DUPLICATE_OF",
            kind,
            {"StoreFile": (_DUPLICATE,)},
        )
    yield ExecutionPath(
        "a reading without a hash is not compared",
        GRADED,
        "GRADED",
        outcomes={"Extract": (Succeeds({**READ_RESULT, "sha256": None}),)},
    )


def _reading() -> Iterator[ExecutionPath]:
    for name in sorted(error_family(errors.DocumentRejected)):
        yield ExecutionPath(
            f"a document is rejected: {name}",
            REJECTED,
            "REJECTED",
            outcomes={"Extract": (Fails(name),)},
            fallback_states=frozenset({"NotReadable"}),
        )
    yield ExecutionPath(
        "a repeated rejected document is rejected again",
        REJECTED,
        "REJECTED",
        outcomes={"Extract": (Fails("NoPages"),), "StoreFile": (_DUPLICATE,)},
        fallback_states=frozenset({"NotReadable"}),
    )
    unread = frozenset({"NotRead"})
    yield failed_path(
        "reading fails", "ReadingFailed", error="ClientError", outcomes={"Extract": (FAULT,)}, fallback_states=unread
    )
    yield failed_path(
        "reading never gets all pages",
        "ReadingFailed",
        error="ReadingIncomplete",
        outcomes={"Extract": (Fails("ReadingIncomplete"),)},
        fallback_states=unread,
        calls={"Extract": 6},
    )
    for name in ("States.Timeout", "Sandbox.Timedout"):
        yield failed_path(
            f"reading runs into its limit twice: {name}",
            "ReadingFailed",
            error=name,
            outcomes={"Extract": (Fails(name),)},
            fallback_states=unread,
            calls={"Extract": 2},
        )
    yield failed_path(
        "the file read differs from the file stored",
        "LanesDisagree",
        error="LanesDisagree",
        outcomes={"Extract": (Succeeds({**READ_RESULT, "sha256": OTHER_SHA256}),)},
    )


def _persisting() -> Iterator[ExecutionPath]:
    unstored, unrecorded = frozenset({"NotStored"}), frozenset({"NotRecorded"})
    yield failed_path(
        "storing fails",
        "NotPersisted",
        error="NotPersisted",
        outcomes={"StoreFile": (FAULT,)},
        fallback_states=unstored,
    )
    yield failed_path(
        "the copy never matches the source",
        "NotPersisted",
        error="NotPersisted",
        outcomes={"StoreFile": (Fails("CopyNotVerified"),)},
        fallback_states=unstored,
        calls={"StoreFile": 6},
    )
    yield failed_path(
        "a document that is not stored is not rejected",
        "NotPersisted",
        error="NotPersisted",
        outcomes={"Extract": (Fails("EmptyFile"),), "StoreFile": (FAULT,)},
        fallback_states=unstored | {"NotReadable"},
    )
    yield failed_path(
        "both branches fail",
        "NotPersisted",
        error="NotPersisted",
        outcomes={"Extract": (FAULT,), "StoreFile": (FAULT,), "Record": (FAULT,)},
        fallback_states=unstored | unrecorded | {"NotRead"},
    )
    yield failed_path(
        "recording fails",
        "NotPersisted",
        error="NotPersisted",
        outcomes={"Record": (FAULT,)},
        fallback_states=unrecorded,
    )
    yield ExecutionPath(
        "a run that is already recorded continues",
        GRADED,
        "GRADED",
        outcomes={"Record": (Fails("DynamoDB.ConditionalCheckFailedException"),)},
        fallback_states=frozenset({"AlreadyRecorded"}),
    )


def _after_the_join() -> Iterator[ExecutionPath]:
    yield failed_path("grading fails", "Grade", error="ValueError", outcomes={"Grade": (Fails("ValueError"),)})
    yield failed_path(
        "grading crashes each time",
        "Grade",
        error="Runtime.ExitError",
        outcomes={"Grade": (Fails("Runtime.ExitError"),)},
        calls={"Grade": 3},
    )
    paper = DocumentKind.QUESTION_PAPER
    yield failed_path(
        "preparing fails",
        "PreparePaper",
        error="ValueError",
        kind=paper,
        outcomes={"PreparePaper": (Fails("ValueError"),)},
    )
    yield failed_path("no step exists for the kind", "UnknownKind", error="UnknownKind", kind="seating_plan")
    yield failed_path(
        "releasing fails",
        "PreparePaper",
        "BeginRelease",
        "Release",
        error="ClientError",
        kind=paper,
        outcomes={"Release": (FAULT,)},
    )
    yield failed_path(
        "parking fails",
        "Grade",
        "Park",
        error="ClientError",
        outcomes={"Grade": (Fails("PaperNotReady"),), "Park": (FAULT,)},
    )
    yield failed_path(
        "rejecting fails",
        "Reject",
        error="ClientError",
        outcomes={"Extract": (Fails("NoPages"),), "Reject": (FAULT,)},
        fallback_states=frozenset({"NotReadable"}),
    )
    yield failed_path(
        "recording a duplicate fails",
        "Duplicate",
        error="ClientError",
        outcomes={"StoreFile": (_DUPLICATE,), "Duplicate": (FAULT,)},
    )
    yield ExecutionPath(
        "the failure cannot be recorded",
        (*JOINED, "Grade", "Fail", "Failed"),
        "FAILED",
        error="ValueError",
        outcomes={"Grade": (Fails("ValueError"),), "Fail": (FAULT,)},
    )
    for state in ("GRADED", "ERASED"):
        yield ExecutionPath(
            f"an apparent failure is {state}",
            (*JOINED, "Grade", "Fail", "FailedOrNot", *ANNOUNCED),
            state,
            outcomes={"Grade": (Fails("Lambda.Unknown"),), "Fail": (Succeeds({"state": state}),)},
            calls={"Grade": 3},
        )
    yield ExecutionPath(
        "the received file cannot be removed",
        (*JOINED, "Grade", "Announce", "Tidy", "NotTidied"),
        "GRADED",
        outcomes={"Tidy": (FAULT,)},
        error="NotTidied",
    )
    yield ExecutionPath(
        "a thousand sheets are released in batches",
        (*JOINED, "PreparePaper", "BeginRelease", *("Release", "MoreToRelease") * 3, *ANNOUNCED),
        "READY",
        DocumentKind.QUESTION_PAPER,
        {"Release": (Succeeds(_batch("4")), Succeeds(_batch("8")), Succeeds(_batch("")))},
        calls={"Release": 3},
    )
    yield ExecutionPath(
        "the event cannot be published",
        (*JOINED, "Grade", "Announce", "NotAnnounced"),
        "GRADED",
        outcomes={"Announce": (Fails("EventBridge.InternalException"),)},
        calls={"Announce": 6},
        error="NotAnnounced",
    )


PATHS: tuple[ExecutionPath, ...] = (
    *_successful(),
    *_reading(),
    *large_document_paths(),
    *_persisting(),
    *_after_the_join(),
    *transient_paths(),
)
