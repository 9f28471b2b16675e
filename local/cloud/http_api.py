"""The HTTP API of the local cloud: turns requests into HTTP API events (payload format 2.0), as API Gateway does.

Event and response: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import base64
import datetime
import json
import mimetypes
import re
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from local.cloud.aws_calls import WsgiRequest
from local.cloud.function_worker import Invocation
from local.cloud.lambda_service import MAX_PAYLOAD_BYTES
from local.cloud.metrics import Metrics
from local.cloud.resources import Cors, Route
from local.cloud.stack import ACCOUNT
from local.cloud.tokens import InvalidTokenError, TokenIssuer
from local.cloud.wsgi import WsgiResponse
from results.page_documents import page_documents

_MAX_BODY_BYTES = 10_485_760
_STAGE = "$default"
_TEXT_TYPES = re.compile(r"text/|application/(json|javascript|xml|x-www-form-urlencoded|[\w.+-]+\+(json|xml))(;|$)")


class HttpApi:
    """The HTTP API of the stack, and the files of the page if there are any.

    `invoke` calls a function by its logical id. `security_policy` is the page's Content-Security-Policy, `page_config`
    returns what the page needs to know (its token). Every response of the API is counted in `metrics` under `api_id`,
    as API Gateway counts; the page's files are not part of the API.
    """

    def __init__(
        self,
        routes: Iterable[Route],
        *,
        cors: Cors,
        tokens: TokenIssuer,
        invoke: Callable[[str, Any], Invocation],
        web: Path,
        security_policy: str,
        page_config: Callable[[], Mapping[str, Any]],
        api_id: str,
        metrics: Metrics,
    ) -> None:
        self._routes = [(route, _path_pattern(route.path)) for route in sorted(routes, key=_route_specificity)]
        self._cors = cors
        self._tokens = tokens
        self._invoke = invoke
        self._web = web.resolve()
        self._page_headers = [
            ("Content-Security-Policy", security_policy),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
            ("Cache-Control", "no-cache"),
        ]
        self._page_config = page_config
        self._api_id = api_id
        self._metrics = metrics

    def handle_request(self, request: WsgiRequest) -> WsgiResponse:
        match_result = self._find_route(request)
        page = None if match_result else self._read_page_file(request)
        if page is not None:
            page.headers += self._cors_headers(request)
            return page
        started, status = time.monotonic(), 500
        try:
            response = self._handle_api(request, match_result)
            status = response.status
            return response
        finally:
            self._metrics.count_response(self._api_id, _STAGE, status, time.monotonic() - started)

    def _handle_api(self, request: WsgiRequest, match_result: tuple[Route, dict[str, str]] | None) -> WsgiResponse:
        if request.method == "OPTIONS" and "access-control-request-method" in request.headers and self._cors.origins:
            return WsgiResponse(204, self._cors_headers(request, preflight=True))
        response = self._invoke_route(request, *match_result) if match_result else _message_response(404, "Not Found")
        response.headers += self._cors_headers(request)
        return response

    def _find_route(self, request: WsgiRequest) -> tuple[Route, dict[str, str]] | None:
        for route, pattern in self._routes:
            match = pattern.fullmatch(request.path.rstrip("/") or "/")
            if match and route.method in (request.method, "ANY", "*"):
                return route, match.groupdict()
        return None

    def _invoke_route(self, request: WsgiRequest, route: Route, parameters: dict[str, str]) -> WsgiResponse:
        claims: dict[str, str] | None = None
        if route.requires_token:
            try:
                claims = self._tokens.claims(_bearer_token(request.headers.get("authorization", "")))
            except InvalidTokenError:
                response = _message_response(401, "Unauthorized")
                response.headers.append(("WWW-Authenticate", "Bearer"))
                return response
        if len(request.body) > _MAX_BODY_BYTES:
            return _message_response(413, "Request Entity Too Large")
        event = make_http_event(request, route, parameters, claims, self._api_id)
        if len(json.dumps(event)) > MAX_PAYLOAD_BYTES:
            return _message_response(413, "Request Entity Too Large")
        invocation = self._invoke(route.function, event)
        return (
            _message_response(500, "Internal Server Error")
            if invocation.error
            else decode_lambda_response(invocation.result)
        )

    def _read_page_file(self, request: WsgiRequest) -> WsgiResponse | None:
        if request.method in ("GET", "HEAD") and (self._web / "index.html").is_file():
            if request.path == "/config.json":
                body = json.dumps(self._page_config()).encode()
                return WsgiResponse(200, [("Content-Type", "application/json"), ("Cache-Control", "no-store")], body)
            if (document := page_documents().get(request.path.lstrip("/"))) is not None:
                return WsgiResponse(200, [("Content-Type", "application/json"), *self._page_headers], document)
            path = (self._web / request.path.lstrip("/")).resolve()
            if path == self._web:
                path = self._web / "index.html"
            if path.is_relative_to(self._web) and path.is_file():
                content_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
                return WsgiResponse(200, [("Content-Type", content_type), *self._page_headers], path.read_bytes())
        return None

    def _cors_headers(self, request: WsgiRequest, *, preflight: bool = False) -> list[tuple[str, str]]:
        origin = request.headers.get("origin")
        if origin is None or not {origin, "*"} & set(self._cors.origins):
            return []
        headers = [("Access-Control-Allow-Origin", origin if origin in self._cors.origins else "*"), ("Vary", "Origin")]
        if preflight:
            headers.append(("Access-Control-Allow-Methods", ",".join(self._cors.methods)))
            headers.append(("Access-Control-Allow-Headers", ",".join(self._cors.headers)))
            headers.append(("Access-Control-Max-Age", str(self._cors.max_age)))
        elif self._cors.exposed:
            headers.append(("Access-Control-Expose-Headers", ",".join(self._cors.exposed)))
        return headers


def make_http_event(
    request: WsgiRequest, route: Route, parameters: Mapping[str, str], claims: Mapping[str, str] | None, api_id: str
) -> dict[str, Any]:
    """Returns the event of one request: lower-case header names, repeated values joined, binary bodies in base64."""
    headers = {name: value for name, value in request.headers.items() if name != "cookie"}
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": f"{route.method} {route.path}",
        "rawPath": request.path,
        "rawQueryString": request.query,
        "headers": headers,
        "requestContext": _make_request_context(request, route, claims, api_id),
        "isBase64Encoded": False,
    }
    if "cookie" in request.headers:
        event["cookies"] = [cookie.strip() for cookie in request.headers["cookie"].split(";") if cookie.strip()]
    query: dict[str, str] = {}
    for name, value in parse_qsl(request.query, keep_blank_values=True):
        query[name] = f"{query[name]},{value}" if name in query else value
    if query:
        event["queryStringParameters"] = query
    if parameters:
        event["pathParameters"] = dict(parameters)
    if request.body:
        event["body"], event["isBase64Encoded"] = _encode_event_body(request)
    return event


def _make_request_context(
    request: WsgiRequest, route: Route, claims: Mapping[str, str] | None, api_id: str
) -> dict[str, Any]:
    now = datetime.datetime.now(datetime.UTC)
    context: dict[str, Any] = {
        "accountId": ACCOUNT,
        "apiId": api_id,
        "domainName": request.headers.get("host", "localhost"),
        "domainPrefix": api_id,
        "http": {
            "method": request.method,
            "path": request.path,
            "protocol": "HTTP/1.1",
            "sourceIp": "127.0.0.1",
            "userAgent": request.headers.get("user-agent", ""),
        },
        "requestId": str(uuid.uuid4()),
        "routeKey": f"{route.method} {route.path}",
        "stage": _STAGE,
        "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "timeEpoch": int(now.timestamp() * 1000),
    }
    if claims is not None:
        context["authorizer"] = {"jwt": {"claims": dict(claims), "scopes": None}}
    return context


def decode_lambda_response(result: bytes) -> WsgiResponse:
    """Turns a handler's return value into an HTTP response; a malformed one becomes API Gateway's 500."""
    try:
        value = json.loads(result or b"null")
    except ValueError:
        return _message_response(500, "Internal Server Error")
    if not isinstance(value, dict) or "statusCode" not in value:
        body = value if isinstance(value, str) else json.dumps(value)
        return WsgiResponse(200, [("Content-Type", "application/json")], body.encode())
    try:
        status = int(value["statusCode"])
        body = value.get("body") or ""
        content = base64.b64decode(body) if value.get("isBase64Encoded") else body.encode()
        headers = [(str(name), _encode_header(text)) for name, text in (value.get("headers") or {}).items()]
    except (ValueError, TypeError, AttributeError):
        return _message_response(500, "Internal Server Error")
    headers += [("Set-Cookie", cookie) for cookie in value.get("cookies") or ()]
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", "text/plain;charset=UTF-8"))
    return WsgiResponse(status, headers, content)


def _encode_event_body(request: WsgiRequest) -> tuple[str, bool]:
    content_type = request.headers.get("content-type", "text/plain").strip().lower()
    if _TEXT_TYPES.match(content_type) and "content-encoding" not in request.headers:
        try:
            return request.body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(request.body).decode(), True


def _encode_header(value: Any) -> str:
    """Encodes a header value as one line of Latin-1; a value with a line break raises ValueError."""
    text = value if isinstance(value, str) else json.dumps(value)
    if "\r" in text or "\n" in text:
        raise ValueError("A header value must not contain line breaks.")
    return text.encode("utf-8").decode("latin-1") if not text.isascii() else text


def _bearer_token(header: str) -> str:
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else header.strip()


def _message_response(status: int, text: str) -> WsgiResponse:
    """A response of API Gateway itself."""
    return WsgiResponse(status, [("Content-Type", "application/json")], json.dumps({"message": text}).encode())


def _path_pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"(\{\w+\+?\})", path)
    return re.compile(
        "".join(
            (f"(?P<{part[1:-2]}>.+)" if part.endswith("+}") else f"(?P<{part[1:-1]}>[^/]+)")
            if part.startswith("{")
            else re.escape(part)
            for part in parts
        )
    )


def _route_specificity(route: Route) -> tuple[bool, int, bool]:
    """Sort key: fewest parameters first, greedy ones last, a specific method before ANY."""
    return ("+}" in route.path, route.path.count("{"), route.method in ("ANY", "*"))
