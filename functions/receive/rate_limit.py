"""The rate limit: how many files a tenant may send per minute, counted before anything of them is stored.

Off unless the operator sets `TenantRate`, because counting is one more call before the first page is read.
"""

import time

from core.models import errors
from core.storage.table import ConditionFailed, Table, tenant_pk

_SECONDS_PER_MINUTE = 60
# A count is not needed after its minute; DynamoDB's TTL removes it.
_RETENTION_SECONDS = 3600


def enforce_rate_limit(table: Table, tenant: str, *, limit: int) -> None:
    """Count one file in the current minute of the clock.

    Raises
    ------
    TooManyFiles
        The tenant has sent `limit` files in this minute; it may continue in the next.
    """
    now = int(time.time())
    minute = now // _SECONDS_PER_MINUTE
    try:
        table.update(
            tenant_pk(tenant),
            f"received#{minute}",
            "ADD files :one SET expires_at = :expires",
            values={":one": 1, ":expires": now + _RETENTION_SECONDS, ":limit": limit},
            condition="attribute_not_exists(files) OR files < :limit",
        )
    except ConditionFailed:
        seconds_left = (minute + 1) * _SECONDS_PER_MINUTE - now
        raise errors.TooManyFiles(
            f"Your school may send {limit} files in a minute. Please go on in {seconds_left} seconds.",
            retry_after=seconds_left,
        ) from None
