"""What recovering works with: the table, the two buckets, and how a run is started, looked up or told of."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.models.submission import Submission
from core.platform.executions import Execution
from core.storage.encryption import TextCipher
from core.storage.table import Table


@dataclass(frozen=True, slots=True)
class LifecycleContext:
    """`start` starts a run by its name (False: it was started before), `execution` finds one by its name,
    `tell` hands an object's S3 event to the door, `seconds_left` is the time that this call still has. `call` names
    the call: Lambda tries one that died again under the same name."""

    table: Table
    s3: Any
    temp_bucket: str
    documents_bucket: str
    secret: bytes
    cipher: TextCipher
    start: Callable[[Submission], bool]
    execution: Callable[[str, int], Execution | None]
    send_upload_event: Callable[[dict[str, Any]], None]
    seconds_left: Callable[[], float]
    request_id: str
