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

from core.models import errors
from core.platform.aws_error_codes import TRANSIENT_CODES

# What a call may raise when the service, or the way to it, is at fault.
SERVICE_ERRORS = (ClientError, BotoCoreError)

_CONNECTION_ERRORS = (HTTPClientError, NoConnection, IncompleteReadError)

# A dropped connection is noticed and tried again well inside the shortest function timeout.
_CLIENT_CONFIG = Config(connect_timeout=3, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 5})
_S3_CONFIG = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


@cache
def _session() -> Any:
    return boto3.Session()


@cache
def client(service: str, config: Config | None = None) -> Any:
    """A boto3 client, kept for the life of the process. `config` (the same object at each call) is merged over
    the house's own."""
    merged = _CLIENT_CONFIG.merge(config) if config else _CLIENT_CONFIG
    # Presigned forms are signed the old way and sent to the global endpoint by default; newer regions refuse both.
    return _session().client(service, config=merged.merge(_S3_CONFIG) if service == "s3" else merged)


def to_dynamodb(item: dict[str, Any]) -> dict[str, Any]:
    """A plain item in DynamoDB's typed JSON; numbers must be int or Decimal."""
    return {name: _serialize(value) for name, value in item.items()}


def from_dynamodb(item: dict[str, Any]) -> dict[str, Any]:
    """The plain item again; numbers come as Decimal."""
    return {name: _deserialize(value) for name, value in item.items()}


def is_transient(error: Exception) -> bool:
    """Whether a service's error may be gone at the next call: a throttle, a 5xx, no answer at all."""
    if not isinstance(error, ClientError):
        return isinstance(error, _CONNECTION_ERRORS)
    status = error.response["ResponseMetadata"].get("HTTPStatusCode", 0)
    return bool(status >= 500 or error.response["Error"]["Code"] in TRANSIENT_CODES)


@contextmanager
def translate_service_errors() -> Iterator[None]:
    """What a service may do better next time leaves here as ServiceUnavailable, which the state machine retries
    by name; what it will not (no permission, no such object) leaves as it is."""
    try:
        yield
    except ClientError as error:
        if not is_transient(error):
            raise
        code = error.response["Error"]["Code"]
        raise errors.ServiceUnavailable(f"{error.operation_name} answered {code} after all tries.") from error
    except _CONNECTION_ERRORS as error:
        raise errors.ServiceUnavailable(f"A service did not answer ({type(error).__name__}).") from error
