"""HTTP over WSGI: reads requests, holds responses and sends them."""

import contextlib
import json
import socket
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from wsgiref.types import StartResponse, WSGIEnvironment
from xml.sax.saxutils import escape

from local.cloud.aws_calls import WsgiRequest

_REASON_PHRASES = {200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 303: "See Other", 304: "Not Modified"}


@dataclass
class WsgiResponse:
    """An HTTP response. Header names may repeat (`Set-Cookie`)."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def header(self, name: str) -> str | None:
        return next((value for header_name, value in self.headers if header_name.lower() == name.lower()), None)

    @classmethod
    def error(
        cls, service: str, code: str, message: str, status: int = 400, details: Mapping[str, str] | None = None
    ) -> "WsgiResponse":
        """An error as the service encodes it: XML for S3, JSON for the others."""
        request_id = str(uuid.uuid4())
        if service == "s3":
            fields = {"Code": code, "Message": message, **(details or {}), "RequestId": request_id}
            inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items())
            body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inner}</Error>'.encode()
            return cls(status, [("Content-Type", "application/xml"), ("x-amz-request-id", request_id)], body)
        headers = [
            ("Content-Type", "application/x-amz-json-1.1"),
            ("x-amzn-RequestId", request_id),
            ("x-amzn-ErrorType", code),
        ]
        return cls(status, headers, json.dumps({"__type": code, "message": message, "Message": message}).encode())


def read_request(environ: WSGIEnvironment) -> WsgiRequest:
    """Reads the request with its whole body. Header names become lower-case, repeated headers are joined by commas."""
    stream = environ["wsgi.input"]
    if environ.get("wsgi.input_terminated"):
        body = stream.read()
    else:
        length = environ.get("CONTENT_LENGTH") or "0"
        body = stream.read(int(length)) if length.isdigit() else b""
    headers = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") and isinstance(value, str)
    }
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            headers[name.replace("_", "-").lower()] = environ[name]
    # WSGI passes the path's bytes as Latin-1 characters (PEP 3333).
    path = environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace")
    return WsgiRequest(environ["REQUEST_METHOD"], path, environ.get("QUERY_STRING", ""), headers, body, environ)


def send_response(response: WsgiResponse, start_response: StartResponse, *, with_body: bool) -> Iterable[bytes]:
    """Sends the response; without its body for HEAD, whose Content-Length is that of the response to GET."""
    headers = [
        (name, value) for name, value in response.headers if name.lower() not in ("content-length", "connection")
    ]
    if response.status in (204, 304):
        start_response(f"{response.status} {_REASON_PHRASES[response.status]}", headers)
        return []
    length = str(len(response.body))
    headers.append(("Content-Length", length if with_body else response.header("content-length") or length))
    start_response(f"{response.status} {_REASON_PHRASES.get(response.status, 'Status')}", headers)
    return [response.body] if with_body else []


def reset_connection(request: WsgiRequest) -> None:
    """Shuts the caller's connection down in mid-request, as a network failure does."""
    connection: socket.socket | None = request.environ.get("werkzeug.socket")
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
