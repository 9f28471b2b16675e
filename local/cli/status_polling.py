"""Following deliveries until each has ended: what the API says of them, again and again, in few requests."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from core.models.submission import IntakeChannel, SubmissionState
from local.cli.api_client import ApiClient, ApiError
from local.cli.submission_status import SubmissionStatus
from local.cli.submitted_files import SubmittedFile

# Up to so many are asked one by one (an answer brings lanes and marks); of more, the rest is looked up in one list.
_MAX_SINGLE_REQUESTS = 6
_FRAME_SECONDS = 0.125
# Asking must not cost more than this share of the time: on a small machine it would slow the reading down.
_MAX_REQUEST_SHARE = 0.1
_MAX_PAUSE_SECONDS = 2.0


class PollingTimedOut(Exception):
    """Some deliveries had not ended, and nothing happened to any of them for a long time."""


def poll_until_finished(
    submitted_files: Sequence[SubmittedFile],
    client: ApiClient,
    assessment: str,
    *,
    poll_seconds: float,
    limit: float,
    show: Callable[[], None],
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Ask every `every` seconds (more seldom where an answer takes long) until all have ended, calling `show`
    several times a second meanwhile.

    Raises
    ------
    TookTooLong
        `limit` seconds went by in which nothing changed: no state, no branch, no page that was read.
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
        if answered_at > changed_at + limit:
            waiting = [submitted.name for submitted in submitted_files if not submitted.ended]
            raise PollingTimedOut(
                f"Nothing has happened for {limit / 60:.0f} minutes, still not done: {', '.join(waiting[:10])}."
            )
        next_poll = answered_at + max(
            poll_seconds, min((answered_at - requested_at) / _MAX_REQUEST_SHARE, _MAX_PAUSE_SECONDS)
        )
        while clock() < next_poll:
            pause(_FRAME_SECONDS)
            show()


def _progress_snapshot(submitted_files: Sequence[SubmittedFile]) -> list[Any]:
    """How far each delivery has come, to be compared with how far it was."""
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
    """Bring every delivery that has not ended up to date; those that end now get their result.

    `apart` makes the context in which one delivery is asked about: it may keep a failure from the others.
    """
    unfinished = [submitted for submitted in submitted_files if not submitted.ended]
    if len(unfinished) > _MAX_SINGLE_REQUESTS or any(submitted.id is None for submitted in unfinished):
        listed = {status.id: status for status in client.submissions(assessment)}
        assign_drop_folder_ids(unfinished, submitted_files, list(listed.values()))
        for submitted in unfinished:
            status = listed.get(submitted.id or "")
            # A list knows the state but not the lanes: what is known of them already says more.
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
    """Note a status. An ending is asked for once more by its id (lists carry no marks); a file that had been
    sent before has its marks with the first one."""
    if status.ended and status.result is None and status.paper is None:
        status = client.submission(status.id)
    first = status.duplicate_of if status.state is SubmissionState.DUPLICATE_OF else None
    submitted.status, submitted.run = status, status.run
    submitted.graded_submission = client.submission(first) if first else status


def assign_drop_folder_ids(
    unidentified: Sequence[SubmittedFile], submitted_files: Sequence[SubmittedFile], listed: Sequence[SubmissionStatus]
) -> None:
    """Find what was put into the drop folder: the newest drop of that kind and student that nobody else claims."""
    taken = {submitted.id for submitted in submitted_files}
    newest_last = sorted(listed, key=lambda status: status.received_at.timestamp() if status.received_at else 0.0)
    for submitted in unidentified:
        for status in reversed(newest_last):
            same = status.kind is submitted.kind and status.label == submitted.student
            fresh = status.id not in taken and status.id not in submitted.earlier_ids
            if submitted.id is None and same and status.channel == IntakeChannel.DROP.value and fresh:
                submitted.id = status.id
                taken.add(status.id)


def _get_status(submission_id: str, client: ApiClient) -> SubmissionStatus | None:
    try:
        return client.submission(submission_id)
    except ApiError as error:
        # Between its receipt and its record a submission may be unknown for a moment.
        if error.status == 404:
            return None
        raise
