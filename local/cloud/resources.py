"""What a stack is made of, as the local cloud needs to know it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Function:
    """One Lambda function. `timeout` in seconds, `memory` in MB, `layers` are logical ids, `retries` how often
    an asynchronous call is tried again, `failure_queue` the name of the queue that is told when it never worked."""

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
    """A put into a bucket that calls a function. `events` are S3's patterns ("s3:ObjectCreated:*")."""

    id: str
    bucket: str
    function: str
    events: tuple[str, ...]
    prefix: str = ""
    suffix: str = ""


@dataclass(frozen=True)
class Route:
    """One route of the HTTP API. `path` as the template has it; `authorised`: a token is asked for."""

    method: str
    path: str
    function: str
    requires_token: bool


@dataclass(frozen=True)
class Rule:
    """An event pattern on the default bus, or a schedule ("rate(5 minutes)"), that calls a function.

    `input` is JSON text that the function is given in place of the event."""

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
