"""Paths of large documents, which an asynchronous job reads."""

from collections.abc import Iterator

from core.models import errors
from tests.template.error_checks import error_family
from tests.template.execution_path import (
    FAULT,
    GRADED,
    JOB_STATES,
    LARGE_DOCUMENT,
    REJECTED,
    SUCCESS_RESULTS,
    ExecutionPath,
    Fails,
    Succeeds,
    failed_path,
)


def _job_status(status: str) -> Succeeds:
    return Succeeds({**SUCCESS_RESULTS["LookAtJob"], "status": status})


def large_document_paths() -> Iterator[ExecutionPath]:
    """Documents that a job reads; however the job ends, extraction continues with what it has read."""
    for status in ("SUCCEEDED", "PARTIAL_SUCCESS", "FAILED", "OVERDUE"):
        outcomes = {
            **LARGE_DOCUMENT,
            "LookAtJob": (_job_status("IN_PROGRESS"), _job_status("IN_PROGRESS"), _job_status(status)),
        }
        name = f"a job reads a large document: {status}"
        yield ExecutionPath(
            name, GRADED, "GRADED", outcomes=outcomes, fallback_states=JOB_STATES, calls={"LookAtJob": 3}
        )
    yield ExecutionPath(
        "a job refuses a large document",
        GRADED,
        "GRADED",
        outcomes={**LARGE_DOCUMENT, "StartJob": (_job_status("REFUSED"),)},
        fallback_states=frozenset({"StartJob", "JobEnded", "ReadWithJob"}),
    )
    for name in sorted(error_family(errors.DocumentRejected)):
        yield ExecutionPath(
            f"a large document is rejected: {name}",
            REJECTED,
            "REJECTED",
            outcomes={**LARGE_DOCUMENT, "ReadWithJob": (Fails(name),)},
            fallback_states=JOB_STATES | {"NotReadable"},
        )
    starting = frozenset({"StartJob", "NotRead"})
    for name, failing, fallback_states in (
        ("a job cannot be started", "StartJob", starting),
        ("a job's status cannot be queried", "LookAtJob", (JOB_STATES | {"NotRead"}) - {"ReadWithJob"}),
        ("a job's result cannot be fetched", "ReadWithJob", JOB_STATES | {"NotRead"}),
    ):
        outcomes = {**LARGE_DOCUMENT, failing: (FAULT,)}
        yield failed_path(
            name, "ReadingFailed", error="ClientError", outcomes=outcomes, fallback_states=fallback_states
        )
