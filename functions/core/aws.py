"""The one place that touches boto3: one session, each client once a process, DynamoDB's own types."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from core import errors

# What a call may raise when the service, or the way to it, is at fault.
SERVICE_ERRORS = (ClientError, BotoCoreError)

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
    }
)

# A dropped connection is noticed and tried again well inside the shortest function timeout.
_CONFIG = Config(connect_timeout=3, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 5})
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
    # Presigned forms are still signed the old way by default, which newer regions refuse.
    return _session().client(
        service, config=merged.merge(Config(signature_version="s3v4")) if service == "s3" else merged
    )


def to_dynamodb(item: dict[str, Any]) -> dict[str, Any]:
    """A plain item in DynamoDB's typed JSON; numbers must be int or Decimal."""
    return {name: _serialise(value) for name, value in item.items()}


def from_dynamodb(item: dict[str, Any]) -> dict[str, Any]:
    """The plain item again; numbers come as Decimal."""
    return {name: _deserialise(value) for name, value in item.items()}


@contextmanager
def named_errors() -> Iterator[None]:
    """What a service may do better next time leaves here as ServiceUnavailable, which the state machine retries
    by name; what it will not (no permission, no such object) leaves as it is."""
    try:
        yield
    except ClientError as error:
        code, status = error.response["Error"]["Code"], error.response["ResponseMetadata"].get("HTTPStatusCode", 0)
        if status >= 500 or code in _THROTTLES:
            raise errors.ServiceUnavailable(f"{error.operation_name} answered {code} after all tries.") from error
        raise
    except HTTPClientError as error:
        raise errors.ServiceUnavailable(f"A service did not answer ({type(error).__name__}).") from error
