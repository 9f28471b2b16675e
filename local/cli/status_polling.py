"""Polls the API for the status of submitted files until each has ended, with few requests."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from core.models.submission import IntakeChannel, SubmissionState
from local.cli.api_client import ApiClient, ApiError
from local.cli.submission_status import SubmissionStatus
from local.cli.submitted_files import SubmittedFile

# At most so many files are requested one by one (which returns branches and marks); the rest come from one listing.
_MAX_SINGLE_REQUESTS = 6
_FRAME_SECONDS = 0.125
# Requests may take at most this share of the time: on a small machine, more would slow the reading down.
_MAX_REQUEST_SHARE = 0.1
_MAX_PAUSE_SECONDS = 2.0


class PollingTimedOut(Exception):
    """Some files had not ended, and nothing changed for any of them for a long time."""


def poll_until_finished(
    submitted_files: Sequence[SubmittedFile],
    client: ApiClient,
    assessment: str,
    *,
    poll_seconds: float,
    timeout_seconds: float,
    show: Callable[[], None],
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Poll every `poll_seconds` seconds until all files have ended; call `show` several times a second in between.

    Polls less often if the API answers slowly.

    Raises
    ------
    PollingTimedOut
        Nothing changed for `timeout_seconds` seconds: no state, no branch and no page count.
    """
    progress, changed_at = _progress_snapshot(submitted_files), clock()
    while True:
        requested_at = clock()
        refresh_statuses(submitted_files, client, assessment)
        answered_at = clock()
        show()
        if all(submitted.ended for submitted in submitted_files):
            return
        before, progress = progress, _progress_snapshot(submitted_files)
        if progress != before:
            changed_at = answered_at
        if answered_at > changed_at + timeout_seconds:
            raise _timeout_error(submitted_files, timeout_seconds)
        next_poll = answered_at + max(
            poll_seconds, min((answered_at - requested_at) / _MAX_REQUEST_SHARE, _MAX_PAUSE_SECONDS)
        )
        while clock() < next_poll:
            pause(_FRAME_SECONDS)
            show()


def _timeout_error(submitted_files: Sequence[SubmittedFile], timeout_seconds: float) -> PollingTimedOut:
    waiting = ", ".join([submitted.name for submitted in submitted_files if not submitted.ended][:10])
    return PollingTimedOut(f"Nothing has happened for {timeout_seconds / 60:.0f} minutes, still not done: {waiting}.")


def _progress_snapshot(submitted_files: Sequence[SubmittedFile]) -> list[Any]:
    """Return the progress of each file, to be compared with an earlier snapshot."""
    return [
        status
        and (
            status.id,
            status.run,
            status.state,
            [(name, branch.state, branch.pages_done) for name, branch in status.branches.items()],
        )
        for status in (submitted.status for submitted in submitted_files)
    ]


def refresh_statuses(
    submitted_files: Sequence[SubmittedFile],
    client: ApiClient,
    assessment: str,
    *,
    isolate: Callable[[SubmittedFile], AbstractContextManager[Any]] = nullcontext,
) -> None:
    """Update every file that has not ended; a file that has ended since gets its result.

    `isolate` returns the context manager in which one file is updated; it may contain that file's failure.
    """
    unfinished = [submitted for submitted in submitted_files if not submitted.ended]
    if len(unfinished) > _MAX_SINGLE_REQUESTS or any(submitted.id is None for submitted in unfinished):
        listed = {status.id: status for status in client.submissions(assessment)}
        assign_drop_folder_ids(unfinished, submitted_files, list(listed.values()))
        for submitted in unfinished:
            status = listed.get(submitted.id or "")
            # A listing has the state but not the branches, so a status that has them is kept until the end.
            if status is not None and (status.ended or status.paper_unusable or submitted.status is None):
                with isolate(submitted):
                    apply_status(submitted, status, client)
    for submitted in [submitted for submitted in unfinished if submitted.id and not submitted.ended][
        :_MAX_SINGLE_REQUESTS
    ]:
        with isolate(submitted):
            status = _get_status(submitted.id or "", client)
            if status is not None:
                apply_status(submitted, status, client)


def apply_status(submitted: SubmittedFile, status: SubmissionStatus, client: ApiClient) -> None:
    """Store a status in the file. A final status is fetched again by id, because listings carry no marks; a
    duplicate gets the marks of the first submission."""
    if status.ended and status.result is None and status.paper is None:
        status = client.submission(status.id)
    first = status.duplicate_of if status.state is SubmissionState.DUPLICATE_OF else None
    submitted.status, submitted.run = status, status.run
    submitted.graded_submission = client.submission(first) if first else status


def assign_drop_folder_ids(
    unidentified: Sequence[SubmittedFile], submitted_files: Sequence[SubmittedFile], listed: Sequence[SubmissionStatus]
) -> None:
    """Assign ids to files put into the drop folder: the newest unassigned drop of the same kind and student."""
    taken = {submitted.id for submitted in submitted_files}
    newest_last = sorted(listed, key=lambda status: status.received_at.timestamp() if status.received_at else 0.0)
    for submitted in unidentified:
        for status in reversed(newest_last):
            matches = status.kind is submitted.kind and status.label == submitted.student
            available = status.id not in taken and status.id not in submitted.earlier_ids
            if submitted.id is None and matches and status.channel == IntakeChannel.DROP.value and available:
                submitted.id = status.id
                taken.add(status.id)


def _get_status(submission_id: str, client: ApiClient) -> SubmissionStatus | None:
    try:
        return client.submission(submission_id)
    except ApiError as error:
        # A submission may be unknown for a moment between its acceptance and its record.
        if error.status == 404:
            return None
        raise
