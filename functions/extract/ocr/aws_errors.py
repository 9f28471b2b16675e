"""Classifies AWS errors: transient ones, documents that Textract refuses, and all others.

Without botocore: errors are classified by their response, so that the readers need no AWS SDK.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from core.models import errors
from core.platform.aws_error_codes import TRANSIENT_CODES

# Textract cannot read every key that S3 allows; the object's bytes can still be sent.
INVALID_OBJECT_CODE = "InvalidS3ObjectException"
# Textract does not accept the document in this form; another form, or a call with its bytes, may be accepted.
REFUSED_CODES = frozenset(
    {
        "UnsupportedDocumentException",  # not a format that Textract reads
        "BadDocumentException",  # damaged, or not readable for Textract
        "DocumentTooLargeException",  # more bytes than this operation accepts
        "InvalidParameterException",  # the document does not meet this operation's constraints
        INVALID_OBJECT_CODE,
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
