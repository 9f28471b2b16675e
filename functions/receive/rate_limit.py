"""How many files a tenant may send in a minute, counted before anything of them is stored.

Off unless the operator sets it (`TenantRate`), since counting is one more call before the first page is read.
"""

import time

from core.models import errors
from core.storage.table import ConditionFailed, Table, tenant_pk

_SECONDS_PER_MINUTE = 60
# A count is of no use behind its minute; DynamoDB's TTL takes it away.
_RETENTION_SECONDS = 3600


def enforce_rate_limit(table: Table, tenant: str, *, limit: int) -> None:
    """Count one file in the minute of the clock that runs.

    Raises
    ------
    TooManyFiles
        The tenant has sent `most` in this minute; it may go on with the next.
    """
    now = int(time.time())
    minute = now // _SECONDS_PER_MINUTE
    try:
        table.update(
            tenant_pk(tenant),
            f"received#{minute}",
            "ADD files :one SET expires_at = :expires",
            values={":one": 1, ":expires": now + _RETENTION_SECONDS, ":most": limit},
            condition="attribute_not_exists(files) OR files < :most",
        )
    except ConditionFailed:
        seconds_left = (minute + 1) * _SECONDS_PER_MINUTE - now
        raise errors.TooManyFiles(
            f"Your school may send {limit} files in a minute. Please go on in {seconds_left} seconds.",
            retry_after=seconds_left,
        ) from None
