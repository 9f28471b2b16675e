"""A fake API on loopback: real HTTP, submissions in memory, and faults on demand."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.cli.sample_class import PAPER, status_document


@dataclass
class RecordedRequest:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass
class FakeApi:
    """The state of the fake API.

    `requests` are those received so far. `documents` are the submissions by id. `faults` are served before anything
    else: a status code, or None for a dropped connection. `replies` override the answer of a route. `on_submit`
    returns fields of a new submission's document.
    """

    url: str = ""
    requests: list[RecordedRequest] = field(default_factory=list)
    faults: list[int | None] = field(default_factory=list)
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    replies: dict[tuple[str, str], tuple[int, Any]] = field(default_factory=dict)
    on_submit: Callable[[dict[str, str], bytes], dict[str, Any]] | None = None

    def answer(self, request: RecordedRequest) -> tuple[int, Any]:  # noqa: PLR0911 - one return per route
        if (request.method, request.path) in self.replies:
            return self.replies[request.method, request.path]
        match request.method, request.path.strip("/").split("/"):
            case "POST", ["submissions"]:
                return 202, self._receive(request.query, request.body)
            case "POST", ["uploads"]:
                upload_request = json.loads(request.body)
                document = self._receive(upload_request, b"")
                return 201, {"id": document["id"], "url": f"{self.url}/store", "fields": {"key": "k", "policy": "p"}}
            case "POST", ["store"]:
                return 204, None
            case "POST", ["uploads", submission, "complete"]:
                return 202, {"id": submission, "run": 1}
            case "PUT", ["assessments", _, "marking-scheme"]:
                return 200, {"entries": 4, "warnings": []}
            case "GET", ["submissions", submission] if submission in self.documents:
                return 200, self.documents[submission]
            case "GET", ["assessments", name]:
                return 200, {"id": name, "paper": PAPER.to_dict(), "revision": 1, "counts": {}}
            case "GET", ["assessments", _, "submissions"]:
                listed = [{**document, "result": None, "paper": None} for document in self.documents.values()]
                return 200, {"submissions": listed, "next": None}
        return 404, {"type": "NotFound", "title": "Not found", "status": 404, "detail": "There is no such thing."}

    def _receive(self, query: dict[str, str], body: bytes) -> dict[str, Any]:
        number = f"{len(self.documents) + 1:032x}"
        document = status_document(number, student=query.get("student"), kind=query["kind"])
        if self.on_submit:
            document = {**document, **self.on_submit(query, body)}
        self.documents[number] = document
        return {"id": number, "run": 1, "state": document["state"], "location": f"/submissions/{number}"}

    def form(self, request: RecordedRequest) -> list[tuple[str, bytes]]:
        """Return the names and contents of a multipart body's parts, in order."""
        head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
        message = BytesParser().parsebytes(head + request.body)
        parts = [part for part in message.walk() if not part.is_multipart()]
        return [
            (str(part.get_param("name", header="content-disposition")), part.get_payload(decode=True) or b"")
            for part in parts
        ]


@contextmanager
def serve_fake_api() -> Iterator[FakeApi]:
    """Serve a fake API on a free port of 127.0.0.1."""
    fake = FakeApi()

    server = ThreadingHTTPServer(("127.0.0.1", 0), _make_handler(fake))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _make_handler(fake: FakeApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _handle(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = RecordedRequest(self.command, parts.path, query, headers, body)
            fake.requests.append(request)
            if fake.faults:
                fault = fake.faults.pop(0)
                if fault is None:
                    self.close_connection = True
                    return
                status, body_or_document = fault, None
            else:
                status, body_or_document = fake.answer(request)
            raw = _encode_body(body_or_document)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_POST = do_PUT = _handle  # noqa: N815 - the base class's names

        def log_message(self, *_: object) -> None: ...

    return Handler


def _encode_body(body: Any) -> bytes:
    if body is None:
        return b""
    return body if isinstance(body, bytes) else json.dumps(body).encode()
