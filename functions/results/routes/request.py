"""What the routes read from a request, and the responses that they share."""

import json
import re
from typing import Any, cast

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from core.models import errors
from core.platform.http import decode_body
from results.tenant_records import TenantContext

_SUBMISSION_ID = re.compile(r"[0-9a-f]{32}")


def create_router() -> Router:
    return Router()  # type: ignore[no-untyped-call]


def current_event(router: Router) -> APIGatewayProxyEventV2:
    return cast(APIGatewayProxyEventV2, router.current_event)


def tenant_context(router: Router) -> TenantContext:
    """The collaborators for the tenant of the request, as `results.app` provides them. Raises NotPermitted."""
    context: TenantContext = router.context["tenant_context"]()
    return context


def query(router: Router) -> dict[str, str]:
    return current_event(router).query_string_parameters


def if_match(router: Router) -> str | None:
    return current_event(router).headers.get("if-match")


def text_body(router: Router, not_utf8: errors.RequestRefused) -> str:
    """The body as text; raises `not_utf8` if it is not UTF-8."""
    try:
        return decode_body(current_event(router)).decode("utf-8")
    except UnicodeDecodeError:
        raise not_utf8 from None


def parse_submission_id(submission_id: str) -> str:
    if not _SUBMISSION_ID.fullmatch(submission_id):
        raise errors.NotFound("There is no submission of this id.")
    return submission_id


def json_response(body: dict[str, Any], *, status: int = 200, etag: Any = None) -> Response[str]:
    """A compact JSON response, with an ETag if there is one."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    headers = {"ETag": f'"{etag}"'} if etag is not None else {}
    return Response(status, content_type="application/json", body=text, headers=headers)


def csv_response(body: str) -> Response[str]:
    return Response(200, content_type="text/csv; charset=utf-8", body=body)
