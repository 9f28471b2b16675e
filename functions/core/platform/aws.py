"""AWS access: the only module that imports boto3.

It keeps one session, one client per service and process, and converts DynamoDB's types.
"""

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

# What a call raises when the service, or the connection to it, is at fault.
SERVICE_ERRORS = (ClientError, BotoCoreError)

_CONNECTION_ERRORS = (HTTPClientError, NoConnection, IncompleteReadError)

# A dropped connection is detected and retried well within the shortest function timeout.
_CLIENT_CONFIG = Config(connect_timeout=3, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 5})
_S3_CONFIG = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


@cache
def _session() -> Any:
    return boto3.Session()


@cache
def client(service: str, config: Config | None = None) -> Any:
    """Return a boto3 client, cached for the life of the process.

    `config` is merged over the default configuration. It is part of the cache key: pass the same object in each call.
    """
    merged = _CLIENT_CONFIG.merge(config) if config else _CLIENT_CONFIG
    # By default, presigned forms use the old signature version and the global endpoint; newer regions refuse both.
    return _session().client(service, config=merged.merge(_S3_CONFIG) if service == "s3" else merged)


def to_dynamodb(item: dict[str, Any]) -> dict[str, Any]:
    """Return a plain item in DynamoDB's typed JSON. Numbers must be int or Decimal."""
    return {name: _serialize(value) for name, value in item.items()}


def from_dynamodb(item: dict[str, Any]) -> dict[str, Any]:
    """Return the plain item of DynamoDB's typed JSON. Numbers come as Decimal."""
    return {name: _deserialize(value) for name, value in item.items()}


def is_transient(error: Exception) -> bool:
    """Whether the next call may succeed: the error is a throttle, a 5xx or a missing answer."""
    if not isinstance(error, ClientError):
        return isinstance(error, _CONNECTION_ERRORS)
    status = error.response["ResponseMetadata"].get("HTTPStatusCode", 0)
    return bool(status >= 500 or error.response["Error"]["Code"] in TRANSIENT_CODES)


@contextmanager
def translate_service_errors() -> Iterator[None]:
    """Raise a transient service error as ServiceUnavailable, which the state machine retries by name.

    Permanent errors (no permission, no such object) are raised unchanged.
    """
    try:
        yield
    except ClientError as error:
        if not is_transient(error):
            raise
        code = error.response["Error"]["Code"]
        raise errors.ServiceUnavailable(f"{error.operation_name} answered {code} after all tries.") from error
    except _CONNECTION_ERRORS as error:
        raise errors.ServiceUnavailable(f"A service did not answer ({type(error).__name__}).") from error
