"""A fake model server on loopback that implements the part of the OpenAI API that a marker uses. For tests only.

`FakeModelServer` answers `POST /v1/chat/completions`. A `RespondFunction` decides each response. The server counts how
many calls are in progress at the same time and keeps the requests for the tests to inspect.
"""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ChatRequest = dict[str, Any]


@dataclass(frozen=True)
class FakeReply:
    """One HTTP response. `seconds` is how long it takes; `body` None closes the connection without a response."""

    body: Any
    status: int = 200
    seconds: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)


RespondFunction = Callable[[ChatRequest, int], FakeReply]


def student_answer_of(request: ChatRequest) -> str:
    return str(json.loads(request["messages"][-1]["content"])["student_answer"])


def question_document_of(request: ChatRequest) -> dict[str, Any]:
    system = request["messages"][0]["content"]
    found: dict[str, Any] = json.loads(system[system.index('{"question"') :])
    return found


def verdicts(request: ChatRequest, verdict: str = "met", confidence: float = 0.95, **more: Any) -> dict[str, Any]:
    """Return the same verdict on every criterion, with the answer's first words as evidence."""
    words = " ".join(student_answer_of(request).split()[:6])
    return {
        "criteria": [
            {"criterion": one["criterion"], "evidence": words, "verdict": verdict, "confidence": confidence}
            for one in question_document_of(request)["criteria"]
        ],
        "feedback": "Clear and to the point.",
        "flags": [],
    } | more


def completion_body(content: str | None, *, finish: str = "stop", refusal: str | None = None) -> dict[str, Any]:
    message = {"role": "assistant", "content": content, "refusal": refusal}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": "stand-in",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 40, "total_tokens": 140},
    }


def error_body(message: str, code: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": "error", "code": code, "param": None}}


def reply_all_met(request: ChatRequest, _number: int) -> FakeReply:
    return FakeReply(completion_body(json.dumps(verdicts(request))))


class FakeModelServer:
    """`with FakeModelServer(behaviour) as server:` serves on a free port until the block ends."""

    def __init__(self, behaviour: RespondFunction = reply_all_met) -> None:
        self.behaviour = behaviour
        self.requests: list[ChatRequest] = []
        self.most_at_once = 0
        self._in_progress = 0
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> "FakeModelServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def serve(self, request: ChatRequest) -> FakeReply:
        with self._lock:
            self.requests.append(request)
            number = len(self.requests)
            self._in_progress += 1
            self.most_at_once = max(self.most_at_once, self._in_progress)
        try:
            reply = self.behaviour(request, number)
            self._closing.wait(reply.seconds)
            return reply
        finally:
            with self._lock:
                self._in_progress -= 1


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that close the connection: some tests do that on purpose."""


def _handler(fake_server: FakeModelServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            request = json.loads(self.rfile.read(length))
            request["_headers"] = dict(self.headers)
            request["_at"] = time.monotonic()
            reply = fake_server.serve(request)
            if reply.body is None:
                self.close_connection = True
                return
            body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Log nothing to the output of the test."""

    return Handler
