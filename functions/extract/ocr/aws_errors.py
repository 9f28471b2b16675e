"""Classifies AWS errors: transient ones become ServiceUnavailable, all others stay as they are."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from core.models import errors

TRANSIENT_CODES = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "ThrottlingException",
        "Throttling",
        "SlowDown",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "LimitExceededException",
        "InternalServerError",
        "InternalError",
        "InternalFailure",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "RequestTimeout",
        "RequestTimeoutException",
    }
)


def get_error_code(error: Exception) -> tuple[str, int]:
    """A client error's code and HTTP status; the class name and 0 for an error without a response."""
    response: dict[str, Any] | None = getattr(error, "response", None)
    if response is None:
        return type(error).__name__, 0
    code = str(response.get("Error", {}).get("Code", ""))
    return code, int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def is_transient(error: Exception) -> bool:
    """Whether the same call may succeed later."""
    code, status = get_error_code(error)
    return status == 0 or status >= 500 or code in TRANSIENT_CODES


@contextmanager
def translate_aws_errors(service: str, error_types: tuple[type[Exception], ...]) -> Iterator[None]:
    """Raise ServiceUnavailable for those of `error_types` that are transient; the client's own retries come before."""
    try:
        yield
    except error_types as error:
        if is_transient(error):
            raise errors.ServiceUnavailable(f"{service} did not answer: {get_error_code(error)[0]}.") from error
        raise
