"""A service's faults sorted: those that pass become ServiceUnavailable, all others stay what they are."""

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
    """A client error's name and HTTP status; the class's name and 0 where no answer came at all."""
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
    """Raise ServiceUnavailable for those of `faults` that pass (a client's own retries are behind them)."""
    try:
        yield
    except error_types as error:
        if is_transient(error):
            raise errors.ServiceUnavailable(f"{service} did not answer: {get_error_code(error)[0]}.") from error
        raise
