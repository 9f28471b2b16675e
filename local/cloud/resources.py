"""The resources of a stack that the local cloud uses."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Function:
    """One Lambda function.

    `timeout` is in seconds, `memory` in MB, `layers` are logical ids, `retries` is how often an asynchronous
    invocation is retried, and `failure_queue` the name of the queue that gets its record if all attempts fail.
    """

    logical_id: str
    name: str
    arn: str
    handler: str
    timeout: float
    memory: int
    code: Path
    layers: tuple[str, ...]
    retries: int
    failure_queue: str | None
    resolve_environment: Callable[[], dict[str, str]] = field(repr=False)

    @property
    def environment(self) -> dict[str, str]:
        return self.resolve_environment()


@dataclass(frozen=True)
class Notification:
    """Calls a function for each object created in a bucket. `events` are S3's patterns ("s3:ObjectCreated:*")."""

    id: str
    bucket: str
    function: str
    events: tuple[str, ...]
    prefix: str = ""
    suffix: str = ""


@dataclass(frozen=True)
class Route:
    """One route of the HTTP API. `path` as in the template."""

    method: str
    path: str
    function: str
    requires_token: bool


@dataclass(frozen=True)
class Rule:
    """An event pattern on the default bus, or a schedule ("rate(5 minutes)"), that calls a function.

    `input` is JSON text that the function receives instead of the event.
    """

    name: str
    function: str
    pattern: dict[str, Any] | None = None
    schedule: str | None = None
    input: str | None = None


@dataclass(frozen=True)
class Cors:
    origins: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    exposed: tuple[str, ...] = ()
    max_age: int = 0
