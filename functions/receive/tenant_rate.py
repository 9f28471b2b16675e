"""How many files a tenant may send in a minute, counted before anything of them is stored.

Off unless the operator sets it (`TenantRate`), since counting is one more call before the first page is read.
"""

import time

from core import errors
from core.table import ConditionFailed, Table, tenant_pk

_MINUTE = 60
# A count is of no use behind its minute; DynamoDB's TTL takes it away.
_KEPT_SECONDS = 3600


def admit(table: Table, tenant: str, *, most: int) -> None:
    """Count one file in the minute of the clock that runs.

    Raises
    ------
    TooManyFiles
        The tenant has sent `most` in this minute; it may go on with the next.
    """
    now = int(time.time())
    minute = now // _MINUTE
    try:
        table.update(
            tenant_pk(tenant),
            f"received#{minute}",
            "ADD files :one SET expires_at = :expires",
            values={":one": 1, ":expires": now + _KEPT_SECONDS, ":most": most},
            condition="attribute_not_exists(files) OR files < :most",
        )
    except ConditionFailed:
        left = (minute + 1) * _MINUTE - now
        raise errors.TooManyFiles(
            f"Your school may send {most} files in a minute. Please go on in {left} seconds.", retry_after=left
        ) from None
