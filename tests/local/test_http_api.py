"""The local HTTP API makes API Gateway's events and returns its responses."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from local.cloud.function_worker import Invocation
from local.cloud.http_api import HttpApi, decode_lambda_response
from local.cloud.metrics import Metric, Metrics
from local.cloud.resources import Cors, Route
from local.cloud.tokens import TokenIssuer
from local.cloud.wsgi import WsgiResponse

ISSUER = "http://127.0.0.1:9"
ROUTES = [
    Route("POST", "/submissions", "Receive", requires_token=True),
    Route("GET", "/submissions/{id}", "Results", requires_token=True),
    Route("GET", "/assessments/{id}/results.csv", "Results", requires_token=True),
    Route("GET", "/submissions/latest", "Latest", requires_token=True),
    Route("GET", "/openapi.json", "Results", requires_token=False),
    Route("ANY", "/any/{rest+}", "Any", requires_token=False),
]


@pytest.fixture(scope="module")
def tokens() -> TokenIssuer:
    return TokenIssuer(ISSUER)


class ApiHarness:
    """The HTTP API with a function that returns `result` (or fails with it) and records its events."""

    def __init__(self, tokens: TokenIssuer, web: Path) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.result: Any = {"statusCode": 200, "body": "{}"}
        self.error = False
        self.metrics = Metrics()
        self.authorized = {"authorization": f"Bearer {tokens.issue('school', 'Ms Rowe')}"}
        self.http_api = HttpApi(
            ROUTES,
            cors=Cors(("http://page",), ("GET", "POST"), ("authorization",), ("location",), 600),
            tokens=tokens,
            invoke=self.invoke,
            web=web,
            security_policy="default-src 'none'",
            page_config=lambda: {"token": "t"},
            api_id="api-1",
            metrics=self.metrics,
        )

    def invoke(self, function: str, event: Any) -> Invocation:
        self.calls.append((function, event))
        invocation = Invocation("r", "arn", b"", 1)
        invocation.complete(json.dumps(self.result).encode(), error=self.error)
        return invocation

    @property
    def event(self) -> dict[str, Any]:
        return self.calls[-1][1]


@pytest.fixture
def api(tokens: TokenIssuer, tmp_path: Path) -> ApiHarness:
    return ApiHarness(tokens, tmp_path / "web")


def test_a_request_becomes_an_event_of_format_2_0(api: ApiHarness, request_of: Any) -> None:
    headers = api.authorized | {"x-two": "a,b", "cookie": "one=1; two=2", "User-Agent": "test"}
    request = request_of("GET", "/submissions/abc?wait=1&tag=x&tag=y%20z&empty=", headers=headers)
    assert api.http_api.handle_request(request).status == 200
    function, event = api.calls[0]
    assert function == "Results"
    assert event["version"] == "2.0"
    assert event["routeKey"] == "GET /submissions/{id}"
    assert event["rawPath"] == "/submissions/abc"
    assert event["rawQueryString"] == "wait=1&tag=x&tag=y%20z&empty="
    assert event["queryStringParameters"] == {"wait": "1", "tag": "x,y z", "empty": ""}
    assert event["pathParameters"] == {"id": "abc"}
    assert event["cookies"] == ["one=1", "two=2"]
    assert event["headers"]["x-two"] == "a,b"
    assert "cookie" not in event["headers"]
    assert event["isBase64Encoded"] is False
    assert "body" not in event
    assert event["requestContext"]["http"]["method"] == "GET"


def test_claims_are_passed_on_as_by_the_jwt_authorizer(api: ApiHarness, request_of: Any) -> None:
    api.http_api.handle_request(request_of("GET", "/submissions/abc", headers=api.authorized))
    claims = api.event["requestContext"]["authorizer"]["jwt"]["claims"]
    assert claims["custom:tenant"] == "school"
    assert claims["name"] == "Ms Rowe"
    assert claims["sub"]
    assert claims["exp"].isdigit()


@pytest.mark.parametrize(
    ("kind", "body", "encoded"),
    [
        ("application/pdf", b"%PDF", True),
        ("image/png", b"abc", True),
        ("multipart/form-data; boundary=x", b"--x", True),
        ("application/json", b'{"a": 1}', False),
        ("application/merge-patch+json", b"{}", False),
        ("text/csv; charset=utf-8", "é".encode(), False),
        ("text/plain", b"\xff\xfe", True),
    ],
)
def test_binary_bodies_are_sent_in_base64_and_text_as_text(
    api: ApiHarness, request_of: Any, kind: str, body: bytes, encoded: bool
) -> None:
    request = request_of("POST", "/submissions", headers=api.authorized | {"content-type": kind}, body=body)
    api.http_api.handle_request(request)
    assert api.event["isBase64Encoded"] is encoded
    sent = api.event["body"]
    assert (base64.b64decode(sent) if encoded else sent.encode()) == body


@pytest.mark.parametrize(
    "token",
    ["", "Bearer", "Bearer x.y.z", "Basic dGVhY2hlcg=="],
)
def test_a_request_without_a_valid_token_gets_401_and_calls_nothing(
    api: ApiHarness, request_of: Any, token: str
) -> None:
    response = api.http_api.handle_request(request_of("GET", "/submissions/abc", headers={"authorization": token}))
    assert response.status == 401
    assert json.loads(response.body) == {"message": "Unauthorized"}
    assert api.calls == []


def test_expired_foreign_and_misdirected_tokens_are_rejected(
    api: ApiHarness, tokens: TokenIssuer, request_of: Any
) -> None:
    bad = [
        tokens.issue("school", "x", seconds=-10),
        tokens.issue("school", "x", aud="another"),
        tokens.issue("school", "x", iss="http://another"),
        TokenIssuer(ISSUER).issue("school", "x"),
    ]
    for token in bad:
        headers = {"authorization": f"Bearer {token}"}
        assert api.http_api.handle_request(request_of("GET", "/submissions/abc", headers=headers)).status == 401
    assert api.calls == []


def test_a_route_without_authorizer_needs_no_token(api: ApiHarness, request_of: Any) -> None:
    assert api.http_api.handle_request(request_of("GET", "/openapi.json")).status == 200
    assert "authorizer" not in api.event["requestContext"]


def test_the_most_specific_route_is_used(api: ApiHarness, request_of: Any) -> None:
    for path, function in (
        ("/submissions/latest", "Latest"),
        ("/any/a/b", "Any"),
        ("/assessments/x/results.csv", "Results"),
    ):
        api.http_api.handle_request(request_of("GET", path, headers=api.authorized))
        assert api.calls[-1][0] == function
    assert api.calls[1][1]["pathParameters"] == {"rest": "a/b"}


def test_a_request_without_a_route_gets_404(api: ApiHarness, request_of: Any) -> None:
    for method, path in (("GET", "/nothing"), ("DELETE", "/submissions"), ("GET", "/submissions/a/b")):
        response = api.http_api.handle_request(request_of(method, path, headers=api.authorized))
        assert (response.status, json.loads(response.body)) == (404, {"message": "Not Found"})


def test_a_body_larger_than_an_event_gets_413(api: ApiHarness, request_of: Any) -> None:
    headers = api.authorized | {"content-type": "application/pdf"}

    def status(length: int) -> int:
        request = request_of("POST", "/submissions", headers=headers, body=bytes(length))
        return api.http_api.handle_request(request).status

    assert status(4_800_000) == 413
    assert status(11_000_000) == 413
    assert api.calls == []
    assert status(4_400_000) == 200


def test_a_failed_function_becomes_500(api: ApiHarness, request_of: Any) -> None:
    api.error = True
    response = api.http_api.handle_request(request_of("GET", "/submissions/abc", headers=api.authorized))
    assert (response.status, json.loads(response.body)) == (500, {"message": "Internal Server Error"})


def headers_of(response: WsgiResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers}


def test_lambda_responses_are_decoded() -> None:
    body = {"statusCode": 201, "headers": {"Location": "/x", "n": 1}, "cookies": ["a=1", "b=2"]}
    body |= {"body": base64.b64encode(b"\x00\x01").decode(), "isBase64Encoded": True}
    response = decode_lambda_response(json.dumps(body).encode())
    assert (response.status, response.body) == (201, b"\x00\x01")
    assert headers_of(response)["location"] == "/x"
    assert headers_of(response)["n"] == "1"
    assert [value for name, value in response.headers if name == "Set-Cookie"] == ["a=1", "b=2"]


def test_a_response_without_status_is_a_200_with_json() -> None:
    response = decode_lambda_response(b'{"a": 1}')
    assert (response.status, response.body) == (200, b'{"a": 1}')
    assert headers_of(response)["content-type"] == "application/json"


@pytest.mark.parametrize(
    "result",
    [{"statusCode": "soon"}, {"statusCode": 200, "body": 3}, {"statusCode": 200, "headers": {"a": "x\r\nb: y"}}],
)
def test_an_invalid_response_becomes_500(result: Any) -> None:
    assert decode_lambda_response(json.dumps(result).encode()).status == 500


def test_cors_headers_follow_the_template(api: ApiHarness, request_of: Any) -> None:
    preflight = {"origin": "http://page", "access-control-request-method": "POST"}
    allowed = headers_of(api.http_api.handle_request(request_of("OPTIONS", "/submissions", headers=preflight)))
    assert allowed["access-control-allow-origin"] == "http://page"
    assert allowed["access-control-allow-methods"] == "GET,POST"
    response = api.http_api.handle_request(request_of("GET", "/openapi.json", headers={"origin": "http://page"}))
    assert headers_of(response)["access-control-expose-headers"] == "location"
    elsewhere = api.http_api.handle_request(
        request_of("OPTIONS", "/submissions", headers=preflight | {"origin": "http://evil"})
    )
    assert "access-control-allow-origin" not in headers_of(elsewhere)


def test_the_page_and_its_configuration_are_served_and_nothing_else(
    api: ApiHarness, request_of: Any, tmp_path: Path
) -> None:
    (tmp_path / "secret.txt").write_text("no")
    assert api.http_api.handle_request(request_of("GET", "/")).status == 404
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "index.html").write_text("<p>page")
    page = api.http_api.handle_request(request_of("GET", "/"))
    assert (page.body, headers_of(page)["content-type"]) == (b"<p>page", "text/html")
    assert headers_of(page)["content-security-policy"] == "default-src 'none'"
    assert json.loads(api.http_api.handle_request(request_of("GET", "/config.json")).body) == {"token": "t"}
    assert api.http_api.handle_request(request_of("GET", "/../secret.txt")).status == 404


def _counts(api: ApiHarness) -> dict[str, float]:
    """Returns the sums published for the API and its stage."""
    published = api.metrics.snapshot()
    return {
        name: sum(minute.sum for minute in published[_metric(name)].values())
        for name in ("Count", "4xx", "5xx", "Latency")
    }


def _metric(name: str) -> Metric:
    return Metric.create("AWS/ApiGateway", name, ApiId="api-1", Stage="$default")


@pytest.mark.parametrize(
    ("result", "error", "expected"),
    [
        ({"statusCode": 200, "body": "{}"}, False, (200, 0, 0)),
        ({"statusCode": 404, "body": "{}"}, False, (404, 1, 0)),
        ({"statusCode": 500, "body": "{}"}, False, (500, 0, 1)),
        ({"statusCode": 503, "body": "{}"}, False, (503, 0, 1)),
        ({"errorType": "Sandbox.Timedout"}, True, (500, 0, 1)),
        ({"statusCode": "no number"}, False, (500, 0, 1)),
    ],
    ids=["200", "404", "a 500 that the handler returns", "503", "an error of the function", "an invalid response"],
)
def test_responses_are_counted_as_by_an_http_api(
    api: ApiHarness, request_of: Any, result: Any, error: bool, expected: tuple[int, int, int]
) -> None:
    api.result, api.error = result, error
    status = api.http_api.handle_request(request_of("GET", "/submissions/abc", headers=api.authorized)).status
    counts = _counts(api)
    assert (status, counts["4xx"], counts["5xx"]) == expected
    assert counts["Count"] == 1
    assert counts["Latency"] > 0
    by_api = Metric.create("AWS/ApiGateway", "Count", ApiId="api-1")
    assert api.metrics.snapshot()[by_api] == api.metrics.snapshot()[_metric("Count")]


def test_the_gateways_own_responses_are_counted_and_page_files_are_not(
    api: ApiHarness, request_of: Any, tmp_path: Path
) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "index.html").write_text("<html>")
    assert api.http_api.handle_request(request_of("GET", "/")).status == 200
    assert api.metrics.snapshot() == {}
    assert api.http_api.handle_request(request_of("GET", "/submissions/abc")).status == 401
    assert api.http_api.handle_request(request_of("POST", "/nothing")).status == 404
    counts = _counts(api)
    assert (counts["Count"], counts["4xx"], counts["5xx"]) == (2, 2, 0)


def test_an_internal_error_of_the_gateway_is_counted_as_500(api: ApiHarness, request_of: Any) -> None:
    api.result = object()  # not JSON: invoking the function raises
    with pytest.raises(TypeError):
        api.http_api.handle_request(request_of("GET", "/submissions/abc", headers=api.authorized))
    assert _counts(api)["5xx"] == 1
