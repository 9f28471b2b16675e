"""The one place that touches boto3: one session, each client once a process, DynamoDB's own types."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, IncompleteReadError
from botocore.exceptions import ConnectionError as NoConnection

from core import errors

# What a call may raise when the service, or the way to it, is at fault.
SERVICE_ERRORS = (ClientError, BotoCoreError)

_NO_ANSWER = (HTTPClientError, NoConnection, IncompleteReadError)
_THROTTLES = frozenset(
    {
        "ThrottlingException",
        "Throttling",
        "ThrottledException",
        "RequestLimitExceeded",
        "ProvisionedThroughputExceededException",
        "LimitExceededException",
        "TooManyRequestsException",
        "SlowDown",
        "RequestTimeout",
        "RequestTimeTooSkewed",
        "InternalError",
        "OperationAborted",
        "ConditionalRequestConflict",
    }
)

# A dropped connection is noticed and tried again well inside the shortest function timeout.
_CONFIG = Config(connect_timeout=3, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 5})
_S3 = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
_serialise = TypeSerializer().serialize
_deserialise = TypeDeserializer().deserialize


@cache
def _session() -> Any:
    return boto3.Session()


@cache
def client(service: str, config: Config | None = None) -> Any:
    """A boto3 client, kept for the life of the process. `config` (the same object at each call) is merged over
    the house's own."""
    merged = _CONFIG.merge(config) if config else _CONFIG
    # Presigned forms are signed the old way and sent to the global endpoint by default; newer regions refuse both.
    return _session().client(service, config=merged.merge(_S3) if service == "s3" else merged)


def to_dynamodb(item: dict[str, Any]) -> dict[str, Any]:
    """A plain item in DynamoDB's typed JSON; numbers must be int or Decimal."""
    return {name: _serialise(value) for name, value in item.items()}


def from_dynamodb(item: dict[str, Any]) -> dict[str, Any]:
    """The plain item again; numbers come as Decimal."""
    return {name: _deserialise(value) for name, value in item.items()}


def passes(error: Exception) -> bool:
    """Whether a service's error may be gone at the next call: a throttle, a 5xx, no answer at all."""
    if not isinstance(error, ClientError):
        return isinstance(error, _NO_ANSWER)
    status = error.response["ResponseMetadata"].get("HTTPStatusCode", 0)
    return bool(status >= 500 or error.response["Error"]["Code"] in _THROTTLES)


@contextmanager
def named_errors() -> Iterator[None]:
    """What a service may do better next time leaves here as ServiceUnavailable, which the state machine retries
    by name; what it will not (no permission, no such object) leaves as it is."""
    try:
        yield
    except ClientError as error:
        if not passes(error):
            raise
        code = error.response["Error"]["Code"]
        raise errors.ServiceUnavailable(f"{error.operation_name} answered {code} after all tries.") from error
    except _NO_ANSWER as error:
        raise errors.ServiceUnavailable(f"A service did not answer ({type(error).__name__}).") from error
