"""Following deliveries until each has ended: what the API says of them, again and again, in few requests."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from core.submission import Door, State
from local.client import ApiClient, ApiError
from local.deliveries import Delivery
from local.status import Status

# Up to so many are asked one by one (an answer brings lanes and marks); of more, the rest is looked up in one list.
_ONE_BY_ONE = 6
_FRAME_SECONDS = 0.125
# Asking must not cost more than this share of the time: on a small machine it would slow the reading down.
_SHARE = 0.1
_LONGEST_PAUSE_SECONDS = 2.0


class TookTooLong(Exception):
    """Some deliveries had not ended, and nothing happened to any of them for a long time."""


def follow(
    deliveries: Sequence[Delivery],
    client: ApiClient,
    assessment: str,
    *,
    every: float,
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
    progress, changed_at = _progress(deliveries), clock()
    while True:
        asked = clock()
        refresh(deliveries, client, assessment)
        answered = clock()
        show()
        if all(delivery.ended for delivery in deliveries):
            return
        before, progress = progress, _progress(deliveries)
        if progress != before:
            changed_at = answered
        if answered > changed_at + limit:
            waiting = [delivery.name for delivery in deliveries if not delivery.ended]
            raise TookTooLong(
                f"Nothing has happened for {limit / 60:.0f} minutes, still not done: {', '.join(waiting[:10])}."
            )
        again = answered + max(every, min((answered - asked) / _SHARE, _LONGEST_PAUSE_SECONDS))
        while clock() < again:
            pause(_FRAME_SECONDS)
            show()


def _progress(deliveries: Sequence[Delivery]) -> list[Any]:
    """How far each delivery has come, to be compared with how far it was."""
    return [
        status
        and (
            status.id,
            status.run,
            status.state,
            [(name, lane.state, lane.pages_done) for name, lane in status.lanes.items()],
        )
        for status in (delivery.status for delivery in deliveries)
    ]


def refresh(
    deliveries: Sequence[Delivery],
    client: ApiClient,
    assessment: str,
    *,
    apart: Callable[[Delivery], AbstractContextManager[Any]] = nullcontext,
) -> None:
    """Bring every delivery that has not ended up to date; those that end now get their result.

    `apart` makes the context in which one delivery is asked about: it may keep a failure from the others.
    """
    open_ones = [delivery for delivery in deliveries if not delivery.ended]
    if len(open_ones) > _ONE_BY_ONE or any(delivery.id is None for delivery in open_ones):
        listed = {status.id: status for status in client.submissions(assessment)}
        name_drops(open_ones, deliveries, list(listed.values()))
        for delivery in open_ones:
            status = listed.get(delivery.id or "")
            # A list knows the state but not the lanes: what is known of them already says more.
            if status is not None and (status.ended or status.paper_unusable or delivery.status is None):
                with apart(delivery):
                    take(delivery, status, client)
    for delivery in [delivery for delivery in open_ones if delivery.id and not delivery.ended][:_ONE_BY_ONE]:
        with apart(delivery):
            status = _ask(delivery.id or "", client)
            if status is not None:
                take(delivery, status, client)


def take(delivery: Delivery, status: Status, client: ApiClient) -> None:
    """Note a status. An ending is asked for once more by its id (lists carry no marks); a file that had been
    sent before has its marks with the first one."""
    if status.ended and status.result is None and status.paper is None:
        status = client.submission(status.id)
    first = status.duplicate_of if status.state is State.DUPLICATE_OF else None
    delivery.status, delivery.run = status, status.run
    delivery.marked_as = client.submission(first) if first else status


def name_drops(nameless: Sequence[Delivery], deliveries: Sequence[Delivery], listed: Sequence[Status]) -> None:
    """Find what was put into the drop folder: the newest drop of that kind and student that nobody else claims."""
    taken = {delivery.id for delivery in deliveries}
    newest_last = sorted(listed, key=lambda status: status.received_at.timestamp() if status.received_at else 0.0)
    for delivery in nameless:
        for status in reversed(newest_last):
            same = status.kind is delivery.kind and status.label == delivery.student
            fresh = status.id not in taken and status.id not in delivery.earlier
            if delivery.id is None and same and status.door == Door.DROP.value and fresh:
                delivery.id = status.id
                taken.add(status.id)


def _ask(submission_id: str, client: ApiClient) -> Status | None:
    try:
        return client.submission(submission_id)
    except ApiError as error:
        # Between its receipt and its record a submission may be unknown for a moment.
        if error.status == 404:
            return None
        raise
