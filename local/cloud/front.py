"""The HTTP front door: requests become HTTP API events (payload 2.0), as the gateway makes them.

The event and the answer: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
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

from local.cloud.calls import Request
from local.cloud.edge import Response
from local.cloud.metrics import Metrics
from local.cloud.resources import Cors, Route
from local.cloud.runtime import MAX_PAYLOAD_BYTES
from local.cloud.stack import ACCOUNT
from local.cloud.tokens import InvalidToken, Tokens
from local.cloud.worker import Invocation

_MAX_BODY_BYTES = 10_485_760
_STAGE = "$default"
_TEXT_TYPES = re.compile(r"text/|application/(json|javascript|xml|x-www-form-urlencoded|[\w.+-]+\+(json|xml))(;|$)")


class FrontDoor:
    """The HTTP API of the stack, and the page's files where there are any.

    `invoke` calls a function by its logical id; `policy` is the page's Content-Security-Policy,
    `page_config` gives what the page has to know (its token). Every answer of the API is counted in `metrics`
    under `api_id`, as the gateway counts; the page's files are not the API's.
    """

    def __init__(
        self,
        routes: Iterable[Route],
        *,
        cors: Cors,
        tokens: Tokens,
        invoke: Callable[[str, Any], Invocation],
        web: Path,
        policy: str,
        page_config: Callable[[], Mapping[str, Any]],
        api_id: str,
        metrics: Metrics,
    ) -> None:
        self._routes = [(route, _pattern(route.path)) for route in sorted(routes, key=_specificity)]
        self._cors = cors
        self._tokens = tokens
        self._invoke = invoke
        self._web = web.resolve()
        self._page_headers = [
            ("Content-Security-Policy", policy),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
            ("Cache-Control", "no-cache"),
        ]
        self._page_config = page_config
        self._api_id = api_id
        self._metrics = metrics

    def answer(self, request: Request) -> Response:
        found = self._find(request)
        page = None if found else self._page_file(request)
        if page is not None:
            page.headers += self._cors_headers(request)
            return page
        began, status = time.monotonic(), 500
        try:
            response = self._answer_api(request, found)
            status = response.status
            return response
        finally:
            self._metrics.count_response(self._api_id, _STAGE, status, time.monotonic() - began)

    def _answer_api(self, request: Request, found: tuple[Route, dict[str, str]] | None) -> Response:
        if request.method == "OPTIONS" and "access-control-request-method" in request.headers and self._cors.origins:
            return Response(204, self._cors_headers(request, preflight=True))
        response = self._answer_route(request, *found) if found else _message(404, "Not Found")
        response.headers += self._cors_headers(request)
        return response

    def _find(self, request: Request) -> tuple[Route, dict[str, str]] | None:
        for route, pattern in self._routes:
            match = pattern.fullmatch(request.path.rstrip("/") or "/")
            if match and route.method in (request.method, "ANY", "*"):
                return route, match.groupdict()
        return None

    def _answer_route(self, request: Request, route: Route, parameters: dict[str, str]) -> Response:
        claims: dict[str, str] | None = None
        if route.authorised:
            try:
                claims = self._tokens.claims(_bearer(request.headers.get("authorization", "")))
            except InvalidToken:
                response = _message(401, "Unauthorized")
                response.headers.append(("WWW-Authenticate", "Bearer"))
                return response
        if len(request.body) > _MAX_BODY_BYTES:
            return _message(413, "Request Entity Too Large")
        event = http_event(request, route, parameters, claims, self._api_id)
        if len(json.dumps(event)) > MAX_PAYLOAD_BYTES:
            return _message(413, "Request Entity Too Large")
        invocation = self._invoke(route.function, event)
        return _message(500, "Internal Server Error") if invocation.error else read_answer(invocation.result)

    def _page_file(self, request: Request) -> Response | None:
        if request.method in ("GET", "HEAD") and (self._web / "index.html").is_file():
            if request.path == "/config.json":
                body = json.dumps(self._page_config()).encode()
                return Response(200, [("Content-Type", "application/json"), ("Cache-Control", "no-store")], body)
            path = (self._web / request.path.lstrip("/")).resolve()
            if path == self._web:
                path = self._web / "index.html"
            if path.is_relative_to(self._web) and path.is_file():
                kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
                return Response(200, [("Content-Type", kind), *self._page_headers], path.read_bytes())
        return None

    def _cors_headers(self, request: Request, *, preflight: bool = False) -> list[tuple[str, str]]:
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


def http_event(
    request: Request, route: Route, parameters: Mapping[str, str], claims: Mapping[str, str] | None, api_id: str
) -> dict[str, Any]:
    """The event of one request: lower-case headers, repeated ones joined, bytes in base64."""
    headers = {name: value for name, value in request.headers.items() if name != "cookie"}
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": f"{route.method} {route.path}",
        "rawPath": request.path,
        "rawQueryString": request.query,
        "headers": headers,
        "requestContext": _request_context(request, route, claims, api_id),
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
        event["body"], event["isBase64Encoded"] = _event_body(request)
    return event


def _request_context(request: Request, route: Route, claims: Mapping[str, str] | None, api_id: str) -> dict[str, Any]:
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


def read_answer(result: bytes) -> Response:
    """What a handler returned, as an HTTP answer; what is no answer is the gateway's own 500."""
    try:
        value = json.loads(result or b"null")
    except ValueError:
        return _message(500, "Internal Server Error")
    if not isinstance(value, dict) or "statusCode" not in value:
        body = value if isinstance(value, str) else json.dumps(value)
        return Response(200, [("Content-Type", "application/json")], body.encode())
    try:
        status = int(value["statusCode"])
        body = value.get("body") or ""
        content = base64.b64decode(body) if value.get("isBase64Encoded") else body.encode()
        headers = [(str(name), _header_text(text)) for name, text in (value.get("headers") or {}).items()]
    except (ValueError, TypeError, AttributeError):
        return _message(500, "Internal Server Error")
    headers += [("Set-Cookie", cookie) for cookie in value.get("cookies") or ()]
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", "text/plain;charset=UTF-8"))
    return Response(status, headers, content)


def _event_body(request: Request) -> tuple[str, bool]:
    kind = request.headers.get("content-type", "text/plain").strip().lower()
    if _TEXT_TYPES.match(kind) and "content-encoding" not in request.headers:
        try:
            return request.body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(request.body).decode(), True


def _header_text(value: Any) -> str:
    """One line of Latin-1, as HTTP has it: no line end gets into a header."""
    text = value if isinstance(value, str) else json.dumps(value)
    if "\r" in text or "\n" in text:
        raise ValueError("A header has no line ends.")
    return text.encode("utf-8").decode("latin-1") if not text.isascii() else text


def _bearer(header: str) -> str:
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else header.strip()


def _message(status: int, text: str) -> Response:
    """An answer of the gateway's own."""
    return Response(status, [("Content-Type", "application/json")], json.dumps({"message": text}).encode())


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"(\{\w+\+?\})", path)
    return re.compile(
        "".join(
            (f"(?P<{part[1:-2]}>.+)" if part.endswith("+}") else f"(?P<{part[1:-1]}>[^/]+)")
            if part.startswith("{")
            else re.escape(part)
            for part in parts
        )
    )


def _specificity(route: Route) -> tuple[bool, int, bool]:
    """Fewest parameters first, greedy ones last, a named method before ANY."""
    return ("+}" in route.path, route.path.count("{"), route.method in ("ANY", "*"))
