"""The front door makes the events that the gateway makes, and answers as it does."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from local.cloud.function_worker import Invocation
from local.cloud.gateway import WsgiResponse
from local.cloud.http_api import HttpApi, decode_lambda_response
from local.cloud.metrics import Metric, Metrics
from local.cloud.resources import Cors, Route
from local.cloud.tokens import TokenIssuer

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


class House:
    def __init__(self, tokens: TokenIssuer, web: Path) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.result: Any = {"statusCode": 200, "body": "{}"}
        self.error = False
        self.metrics = Metrics()
        self.requires_token = {"authorization": f"Bearer {tokens.issue('school', 'Ms Rowe')}"}
        self.door = HttpApi(
            ROUTES,
            cors=Cors(("http://page",), ("GET", "POST"), ("authorization",), ("location",), 600),
            tokens=tokens,
            invoke=self.invoke,
            web=web,
            policy="default-src 'none'",  # as the stack gives it
            page_config=lambda: {"token": "t"},
            api_id="api-1",
            metrics=self.metrics,
        )

    def invoke(self, function: str, event: Any) -> Invocation:
        self.calls.append((function, event))
        invocation = Invocation("r", "arn", b"", 1)
        invocation.end(json.dumps(self.result).encode(), error=self.error)
        return invocation

    @property
    def event(self) -> dict[str, Any]:
        return self.calls[-1][1]


@pytest.fixture
def house(tokens: TokenIssuer, tmp_path: Path) -> House:
    return House(tokens, tmp_path / "web")


def test_a_request_becomes_an_event_of_payload_2(house: House, request_of: Any) -> None:
    headers = house.requires_token | {"x-two": "a,b", "cookie": "one=1; two=2", "User-Agent": "test"}
    request = request_of("GET", "/submissions/abc?wait=1&tag=x&tag=y%20z&empty=", headers=headers)
    assert house.door.answer(request).status == 200
    function, event = house.calls[0]
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


def test_claims_travel_as_the_authorizer_hands_them_on(house: House, request_of: Any) -> None:
    house.door.answer(request_of("GET", "/submissions/abc", headers=house.requires_token))
    claims = house.event["requestContext"]["authorizer"]["jwt"]["claims"]
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
def test_bytes_travel_in_base64_and_text_as_text(
    house: House, request_of: Any, kind: str, body: bytes, encoded: bool
) -> None:
    request = request_of("POST", "/submissions", headers=house.requires_token | {"content-type": kind}, body=body)
    house.door.answer(request)
    assert house.event["isBase64Encoded"] is encoded
    sent = house.event["body"]
    assert (base64.b64decode(sent) if encoded else sent.encode()) == body


@pytest.mark.parametrize(
    "token",
    ["", "Bearer", "Bearer x.y.z", "Basic dGVhY2hlcg=="],
)
def test_without_a_valid_token_the_gateway_answers_401_and_nothing_is_called(
    house: House, request_of: Any, token: str
) -> None:
    response = house.door.answer(request_of("GET", "/submissions/abc", headers={"authorization": token}))
    assert response.status == 401
    assert json.loads(response.body) == {"message": "Unauthorized"}
    assert house.calls == []


def test_tokens_that_are_old_foreign_or_for_others_are_refused(
    house: House, tokens: TokenIssuer, request_of: Any
) -> None:
    bad = [
        tokens.issue("school", "x", seconds=-10),
        tokens.issue("school", "x", aud="another"),
        tokens.issue("school", "x", iss="http://another"),
        TokenIssuer(ISSUER).issue("school", "x"),
    ]
    for token in bad:
        headers = {"authorization": f"Bearer {token}"}
        assert house.door.answer(request_of("GET", "/submissions/abc", headers=headers)).status == 401
    assert house.calls == []


def test_a_route_without_authoriser_needs_no_token(house: House, request_of: Any) -> None:
    assert house.door.answer(request_of("GET", "/openapi.json")).status == 200
    assert "authorizer" not in house.event["requestContext"]


def test_the_most_specific_route_is_taken(house: House, request_of: Any) -> None:
    for path, function in (
        ("/submissions/latest", "Latest"),
        ("/any/a/b", "Any"),
        ("/assessments/x/results.csv", "Results"),
    ):
        house.door.answer(request_of("GET", path, headers=house.requires_token))
        assert house.calls[-1][0] == function
    assert house.calls[1][1]["pathParameters"] == {"rest": "a/b"}


def test_what_has_no_route_is_the_gateways_404(house: House, request_of: Any) -> None:
    for method, path in (("GET", "/nothing"), ("DELETE", "/submissions"), ("GET", "/submissions/a/b")):
        response = house.door.answer(request_of(method, path, headers=house.requires_token))
        assert (response.status, json.loads(response.body)) == (404, {"message": "Not Found"})


def test_a_body_larger_than_an_event_is_413(house: House, request_of: Any) -> None:
    headers = house.requires_token | {"content-type": "application/pdf"}
    assert house.door.answer(request_of("POST", "/submissions", headers=headers, body=bytes(4_800_000))).status == 413
    assert house.door.answer(request_of("POST", "/submissions", headers=headers, body=bytes(11_000_000))).status == 413
    assert house.calls == []
    assert house.door.answer(request_of("POST", "/submissions", headers=headers, body=bytes(4_400_000))).status == 200


def test_a_function_that_fails_is_the_gateways_500(house: House, request_of: Any) -> None:
    house.error = True
    response = house.door.answer(request_of("GET", "/submissions/abc", headers=house.requires_token))
    assert (response.status, json.loads(response.body)) == (500, {"message": "Internal Server Error"})


def headers_of(response: WsgiResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers}


def test_answers_are_decoded() -> None:
    body = {"statusCode": 201, "headers": {"Location": "/x", "n": 1}, "cookies": ["a=1", "b=2"]}
    body |= {"body": base64.b64encode(b"\x00\x01").decode(), "isBase64Encoded": True}
    response = decode_lambda_response(json.dumps(body).encode())
    assert (response.status, response.body) == (201, b"\x00\x01")
    assert headers_of(response)["location"] == "/x"
    assert headers_of(response)["n"] == "1"
    assert [value for name, value in response.headers if name == "Set-Cookie"] == ["a=1", "b=2"]


def test_an_answer_without_status_is_a_200_with_json() -> None:
    response = decode_lambda_response(b'{"a": 1}')
    assert (response.status, response.body) == (200, b'{"a": 1}')
    assert headers_of(response)["content-type"] == "application/json"


@pytest.mark.parametrize(
    "answer",
    [{"statusCode": "soon"}, {"statusCode": 200, "body": 3}, {"statusCode": 200, "headers": {"a": "x\r\nb: y"}}],
)
def test_an_answer_that_is_none_is_a_500(answer: Any) -> None:
    assert decode_lambda_response(json.dumps(answer).encode()).status == 500


def test_cors_is_the_templates(house: House, request_of: Any) -> None:
    preflight = {"origin": "http://page", "access-control-request-method": "POST"}
    allowed = headers_of(house.door.answer(request_of("OPTIONS", "/submissions", headers=preflight)))
    assert allowed["access-control-allow-origin"] == "http://page"
    assert allowed["access-control-allow-methods"] == "GET,POST"
    answered = house.door.answer(request_of("GET", "/openapi.json", headers={"origin": "http://page"}))
    assert headers_of(answered)["access-control-expose-headers"] == "location"
    elsewhere = house.door.answer(request_of("OPTIONS", "/submissions", headers=preflight | {"origin": "http://evil"}))
    assert "access-control-allow-origin" not in headers_of(elsewhere)


def test_the_page_and_what_it_has_to_know_are_served_and_nothing_outside(
    house: House, request_of: Any, tmp_path: Path
) -> None:
    (tmp_path / "secret.txt").write_text("no")
    assert house.door.answer(request_of("GET", "/")).status == 404
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "index.html").write_text("<p>page")
    page = house.door.answer(request_of("GET", "/"))
    assert (page.body, headers_of(page)["content-type"]) == (b"<p>page", "text/html")
    assert headers_of(page)["content-security-policy"] == "default-src 'none'"
    assert json.loads(house.door.answer(request_of("GET", "/config.json")).body) == {"token": "t"}
    assert house.door.answer(request_of("GET", "/../secret.txt")).status == 404


def _counts(house: House) -> dict[str, float]:
    """The sums of what was published for the API and its stage."""
    published = house.metrics.snapshot()
    return {
        name: sum(one.sum for one in published[_metric(name)].values()) for name in ("Count", "4xx", "5xx", "Latency")
    }


def _metric(name: str) -> Metric:
    return Metric.of("AWS/ApiGateway", name, ApiId="api-1", Stage="$default")


@pytest.mark.parametrize(
    ("result", "error", "answered"),
    [
        ({"statusCode": 200, "body": "{}"}, False, (200, 0, 0)),
        ({"statusCode": 404, "body": "{}"}, False, (404, 1, 0)),
        ({"statusCode": 500, "body": "{}"}, False, (500, 0, 1)),
        ({"statusCode": 503, "body": "{}"}, False, (503, 0, 1)),
        ({"errorType": "Sandbox.Timedout"}, True, (500, 0, 1)),
        ({"statusCode": "no number"}, False, (500, 0, 1)),
    ],
    ids=["200", "404", "a 500 that the handler returns", "503", "an error of the function", "no valid answer"],
)
def test_answers_are_counted_as_an_http_api_counts_them(
    house: House, request_of: Any, result: Any, error: bool, answered: tuple[int, int, int]
) -> None:
    house.result, house.error = result, error
    status = house.door.answer(request_of("GET", "/submissions/abc", headers=house.requires_token)).status
    counts = _counts(house)
    assert (status, counts["4xx"], counts["5xx"]) == answered
    assert counts["Count"] == 1
    assert counts["Latency"] > 0
    by_api = Metric.of("AWS/ApiGateway", "Count", ApiId="api-1")
    assert house.metrics.snapshot()[by_api] == house.metrics.snapshot()[_metric("Count")]


def test_what_the_gateway_answers_itself_is_counted_and_the_pages_files_are_not(
    house: House, request_of: Any, tmp_path: Path
) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "index.html").write_text("<html>")
    assert house.door.answer(request_of("GET", "/")).status == 200
    assert house.metrics.snapshot() == {}
    assert house.door.answer(request_of("GET", "/submissions/abc")).status == 401
    assert house.door.answer(request_of("POST", "/nothing")).status == 404
    counts = _counts(house)
    assert (counts["Count"], counts["4xx"], counts["5xx"]) == (2, 2, 0)


def test_a_fault_of_the_gateway_itself_is_counted_as_its_500(house: House, request_of: Any) -> None:
    house.result = object()  # no JSON: the call of the function itself raises
    with pytest.raises(TypeError):
        house.door.answer(request_of("GET", "/submissions/abc", headers=house.requires_token))
    assert _counts(house)["5xx"] == 1
