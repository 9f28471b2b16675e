"""What the modules of `recover` are given: table, buckets, clients, and the time left."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.models.submission import Submission
from core.platform.executions import Execution
from core.storage.encryption import TextCipher
from core.storage.table import Table


@dataclass(frozen=True, slots=True)
class LifecycleContext:
    """`start` starts a run by its name (False: it had been started before). `execution` finds the execution of a
    submission's run, None if there is none. `send_upload_event` sends an S3 event to `receive`. `seconds_left` is the
    time left for this invocation. `request_id` identifies the invocation: Lambda retries a failed one under the same
    id."""

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
