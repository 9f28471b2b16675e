"""HTTP handlers' common parts: tenant and user of a request, decoding, and problem details (RFC 9457)."""

import base64
import json
import re
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from core.models import errors
from core.platform.aws import SERVICE_ERRORS, is_transient

PROBLEM_MEDIA_TYPE = "application/problem+json"
_TENANT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
# A document is also rejected on receipt, where its bytes are in the request.
DOCUMENT_ERROR_STATUS: dict[type[Exception], int] = {
    errors.UnsupportedFileType: 415,
    errors.FileTypeMismatch: 415,
    errors.FileTooLarge: 413,
}


def problem_response(status: int, name: str, detail: str, headers: dict[str, str] | None = None) -> Response[str]:
    """Return a problem document. Its `type` is the error's class name, as in a submission's reason."""
    body = {"type": f"urn:gradeline:problem:{name}", "title": _problem_title(name), "status": status, "detail": detail}
    # Escaped to ASCII: the message may quote the request, which may contain an unpaired surrogate.
    return Response(
        status_code=status, content_type=PROBLEM_MEDIA_TYPE, body=json.dumps(body), headers=dict(headers or {})
    )


def _problem_title(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()


def create_resolver(logger: Logger) -> APIGatewayHttpResolver:
    """Return an HTTP API resolver that converts every error to a problem document."""
    app = APIGatewayHttpResolver()

    def handle_gradeline_error(error: errors.GradelineError) -> Response[str]:
        name = type(error).__name__
        logger.info("refused", problem=name)
        if isinstance(error, errors.TransientError):
            return problem_response(503, name, error.message, {"Retry-After": "2"})
        if isinstance(error, errors.RequestRefused):
            retry_headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
            return problem_response(error.status, name, error.message, retry_headers)
        return problem_response(DOCUMENT_ERROR_STATUS.get(type(error), 422), name, error.message)

    def handle_service_error(error: Exception) -> Response[str]:
        logger.exception("a service did not answer", exc_info=error)
        if not is_transient(error):
            return problem_response(500, "InternalError", "Something went wrong on our side; it has been logged.")
        detail = "A service that this request needs did not answer. Please send the same request again."
        return problem_response(503, errors.ServiceUnavailable.__name__, detail, {"Retry-After": "2"})

    def handle_unknown_route(_error: NotFoundError) -> Response[str]:
        return problem_response(404, errors.NotFound.__name__, "There is nothing at this address.")

    def handle_unexpected_error(error: Exception) -> Response[str]:
        logger.exception("unexpected", exc_info=error)
        return problem_response(500, "InternalError", "Something went wrong on our side; it has been logged.")

    app.exception_handler(errors.GradelineError)(handle_gradeline_error)
    app.exception_handler(list(SERVICE_ERRORS))(handle_service_error)
    app.exception_handler(NotFoundError)(handle_unknown_route)
    app.exception_handler(Exception)(handle_unexpected_error)
    return app


def get_tenant(app: APIGatewayHttpResolver) -> str:
    """Return the tenant of the request's token. Raises NotPermitted if it names none."""
    return _token_claims(app)["tenant"]


def get_user(app: APIGatewayHttpResolver) -> str:
    """Return the user of the request's token, for the audit of a changed mark."""
    return _token_claims(app)["user"]


def _token_claims(app: APIGatewayHttpResolver) -> dict[str, str]:
    context: dict[str, Any] = app.current_event.raw_event.get("requestContext", {})
    claims = context.get("authorizer", {}).get("jwt", {}).get("claims", {})
    tenant = str(claims.get("custom:tenant") or claims.get("tenant") or "")
    if not _TENANT_NAME.fullmatch(tenant):
        raise errors.NotPermitted("The token names no tenant (claim custom:tenant).")
    return {"tenant": tenant, "user": str(claims.get("name") or claims.get("sub") or "unknown")}


def check_utf8(value: str | None) -> str | None:
    """Return a parameter or form field as the gateway decoded it. Raises InvalidHeader if it was not valid UTF-8."""
    if value is not None and "\ufffd" in value:
        raise errors.InvalidHeader("A header or parameter is not valid UTF-8 text.")
    return value


def decode_header(value: str | None) -> str | None:
    """Return a header as text. Raises InvalidHeader, instead of guessing, if its bytes are not valid UTF-8."""
    if value is None:
        return None
    try:
        # Gateways pass undecodable bytes on as Latin-1 or as the replacement character.
        text = value.encode("latin-1").decode("utf-8") if not value.isascii() else value
    except UnicodeEncodeError:
        text = value
    except UnicodeDecodeError:
        raise errors.InvalidHeader("A header is not valid UTF-8 text.") from None
    return check_utf8(text)


def decode_body(event: APIGatewayProxyEventV2) -> bytes:
    """Return the request body's bytes.

    Raises InvalidUpload if the body is not the base64 text that the gateway announced.
    """
    if event.body is None:
        return b""
    try:
        return base64.b64decode(event.body, validate=True) if event.is_base64_encoded else event.body.encode()
    except ValueError:
        raise errors.InvalidUpload("The body is not the base64 text that the gateway announced.") from None
