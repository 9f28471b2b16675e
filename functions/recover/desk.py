"""What recovering works with: the table, the two buckets, and how a run is started, looked up or told of."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.flow import Execution
from core.seal import Seal
from core.submission import Submission
from core.table import Table


@dataclass(frozen=True, slots=True)
class Desk:
    """`start` starts a run by its name (False: it was started before), `execution` finds one by its name,
    `tell` hands an object's S3 event to the door, `seconds_left` is the time that this call still has. `call` names
    the call: Lambda tries one that died again under the same name."""

    table: Table
    s3: Any
    temp_bucket: str
    documents_bucket: str
    secret: bytes
    seal: Seal
    start: Callable[[Submission], bool]
    execution: Callable[[str, int], Execution | None]
    tell: Callable[[dict[str, Any]], None]
    seconds_left: Callable[[], float]
    call: str
