"""Paths on which a task meets a transient error once and succeeds at the next call."""

from collections.abc import Iterator, Mapping

from core.models.document_kinds import DocumentKind
from tests.template.error_checks import TRANSIENT_OF_LAMBDA
from tests.template.execution_path import (
    GRADED,
    JOB_STATES,
    LARGE_DOCUMENT,
    PREPARED,
    SUCCESS_RESULTS,
    ExecutionPath,
    Fails,
    Succeeds,
)

# For each task: one path, and the transient errors of our own that only this task raises.
_TRANSIENT_CASES: Mapping[str, tuple[ExecutionPath, tuple[str, ...]]] = {
    "Extract": (ExecutionPath("reading", GRADED, "GRADED"), ("ReadingIncomplete",)),
    "StartJob": (
        ExecutionPath("starting a job", GRADED, "GRADED", outcomes=LARGE_DOCUMENT, fallback_states=JOB_STATES),
        (),
    ),
    "LookAtJob": (
        ExecutionPath("querying a job", GRADED, "GRADED", outcomes=LARGE_DOCUMENT, fallback_states=JOB_STATES),
        (),
    ),
    "ReadWithJob": (
        ExecutionPath("reading with a job", GRADED, "GRADED", outcomes=LARGE_DOCUMENT, fallback_states=JOB_STATES),
        ("ReadingIncomplete",),
    ),
    "StoreFile": (ExecutionPath("storing", GRADED, "GRADED"), ("CopyNotVerified",)),
    "Grade": (ExecutionPath("grading", GRADED, "GRADED"), ()),
    "PreparePaper": (ExecutionPath("preparing", PREPARED, "READY", DocumentKind.QUESTION_PAPER), ()),
    "Release": (ExecutionPath("releasing", PREPARED, "READY", DocumentKind.QUESTION_PAPER), ()),
}


def transient_paths() -> Iterator[ExecutionPath]:
    """One path for each task and each of its transient errors."""
    common = (
        "ServiceUnavailable",
        "States.Timeout",
        "Sandbox.Timedout",
        "Lambda.Unknown",
        *sorted(TRANSIENT_OF_LAMBDA),
    )
    for state, (path, specific) in _TRANSIENT_CASES.items():
        for name in (*specific, *common):
            yield _transient_once(path, state, Fails(name))
    graded = ExecutionPath("recording", GRADED, "GRADED")
    yield _transient_once(graded, "Record", Fails("DynamoDB.ProvisionedThroughputExceededException"))
    yield _transient_once(graded, "Record", Fails("States.Timeout"))
    yield _transient_once(
        ExecutionPath("announcing", GRADED, "GRADED"), "Announce", Fails("EventBridge.InternalException")
    )


def _transient_once(path: ExecutionPath, state: str, fails: Fails) -> ExecutionPath:
    """The path on which the task fails so once and succeeds at the next call."""
    return ExecutionPath(
        f"{path.name} meets {fails.error} once",
        path.trunk,
        path.state,
        path.kind,
        {**path.outcomes, state: (fails, Succeeds(SUCCESS_RESULTS[state]))},
        path.fallback_states,
        calls={state: 2},
    )
