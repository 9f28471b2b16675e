"""Fixtures for tests of the local cloud: requests as they arrive at its port."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from local.cloud.aws_calls import WsgiRequest

MakeRequest = Callable[..., WsgiRequest]


@pytest.fixture
def request_of() -> MakeRequest:
    """Builds a request; `caller` signs it as that function for `service`."""

    def make(
        method: str = "GET",
        url: str = "/",
        *,
        caller: str | None = None,
        service: str = "s3",
        headers: dict[str, str] | None = None,
        body: bytes = b"",
    ) -> WsgiRequest:
        parts = urlsplit(url)
        lower_case = {name.lower(): value for name, value in (headers or {}).items()}
        if caller:
            scope = f"{caller}/20260101/us-east-1/{service}/aws4_request"
            lower_case["authorization"] = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=x"
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": parts.path,
            "QUERY_STRING": parts.query,
            "CONTENT_TYPE": lower_case.get("content-type", ""),
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "wsgi.url_scheme": "http",
            "HTTP_HOST": "localhost",
            **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in lower_case.items()},
        }
        return WsgiRequest(method, parts.path, parts.query, lower_case, body, environ)

    return make
