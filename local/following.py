"""Following deliveries until each has ended: what the API says of them, again and again, in few requests."""

import time
from collections.abc import Callable, Sequence

from core.submission import Door, State
from local.client import ApiClient, ApiError
from local.deliveries import Delivery
from local.status import Status

# Up to so many are asked one by one (each answer brings its marks); more are asked as one list.
_ONE_BY_ONE = 4
_FRAME_SECONDS = 0.125


class TookTooLong(Exception):
    """Some deliveries had not ended in time."""


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
    """Ask every `every` seconds until all have ended, calling `show` several times a second meanwhile.

    Raises
    ------
    TookTooLong
        `limit` seconds went by with something still under way.
    """
    end = clock() + limit
    while True:
        refresh(deliveries, client, assessment)
        show()
        if all(delivery.ended for delivery in deliveries):
            return
        if clock() > end:
            waiting = [delivery.name for delivery in deliveries if not delivery.ended]
            raise TookTooLong(f"Still not done after {limit / 60:.0f} minutes: {', '.join(waiting[:10])}.")
        asked = clock()
        while clock() - asked < every:
            pause(_FRAME_SECONDS)
            show()


def refresh(deliveries: Sequence[Delivery], client: ApiClient, assessment: str) -> None:
    """Bring every delivery that has not ended up to date; those that end now get their result."""
    open_ones = [delivery for delivery in deliveries if not delivery.ended]
    nameless = [delivery for delivery in open_ones if delivery.id is None]
    if nameless or len(open_ones) > _ONE_BY_ONE:
        listed = {status.id: status for status in client.submissions(assessment)}
        _name(nameless, deliveries, list(listed.values()))
        news = [listed.get(delivery.id or "") for delivery in open_ones]
    else:
        news = [_ask(delivery, client) for delivery in open_ones]
    for delivery, status in zip(open_ones, news, strict=True):
        if status is not None:
            _take(delivery, status, client)


def _ask(delivery: Delivery, client: ApiClient) -> Status | None:
    try:
        return client.submission(delivery.id or "")
    except ApiError as error:
        # Between its receipt and its record a submission may be unknown for a moment.
        if error.status == 404:
            return None
        raise


def _take(delivery: Delivery, status: Status, client: ApiClient) -> None:
    """An ending is asked for once more by its id: lists carry no marks. A file sent before has its marks there."""
    if status.ended and status.result is None and status.paper is None:
        status = client.submission(status.id)
    delivery.status, delivery.run = status, status.run
    delivery.result = status.result
    if status.state is State.DUPLICATE_OF and status.duplicate_of:
        delivery.result = client.submission(status.duplicate_of).result


def _name(nameless: Sequence[Delivery], deliveries: Sequence[Delivery], listed: Sequence[Status]) -> None:
    """Find what was put into the drop folder: the newest drop of that kind and student that nobody else claims."""
    taken = {delivery.id for delivery in deliveries}
    newest_first = sorted(listed, key=lambda status: status.received_at.timestamp() if status.received_at else 0.0)
    for delivery in nameless:
        for status in reversed(newest_first):
            same = status.kind is delivery.kind and status.student == delivery.student
            if same and status.door == Door.DROP.value and status.id not in taken:
                delivery.id = status.id
                taken.add(status.id)
                break
