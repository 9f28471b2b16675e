"""HTTP API events, payload format 2.0, as API Gateway creates them."""

import base64
import json
from typing import Any
from urllib.parse import urlencode


def http_event(
    method: str,
    path: str,
    *,
    query: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
    body: bytes | None = None,
    tenant: str | None = "demo",
) -> dict[str, Any]:
    claims = {"sub": "teacher-1", "name": "A Teacher", **({"custom:tenant": tenant} if tenant else {})}
    return {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": urlencode(query or {}),
        "queryStringParameters": query or {},
        "headers": headers or {},
        "requestContext": {
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "t"},
            "authorizer": {"jwt": {"claims": claims, "scopes": []}},
            "stage": "$default",
            "requestId": "request-1",
        },
        "body": base64.b64encode(body).decode() if body is not None else None,
        "isBase64Encoded": body is not None,
    }


def parse_response(response: dict[str, Any]) -> tuple[int, Any]:
    """Return the status and the parsed body of a handler's response."""
    return response["statusCode"], json.loads(response["body"])
