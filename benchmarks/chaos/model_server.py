"""A fake model on loopback: the part of the OpenAI API that marking needs, with seeded failures."""

import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from benchmarks.chaos.seeded_random import random_fraction, weighted_choice

_FAILURE_SHARES = {"server error": 0.3, "rate limit": 0.25, "hangs up": 0.2, "no JSON": 0.15, "cut off": 0.1}


class FaultyModelServer:
    """`answered` counts the usable replies by student answer; each of them costs money."""

    def __init__(self, seed: int, share: float) -> None:
        self._seed, self._share = seed, share
        self._request_counts: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.failed = 0
        self._lock = threading.Lock()
        self._server = _ThreadingServer(("127.0.0.1", 0), _handler_class(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    @property
    def asked(self) -> int:
        return sum(self._request_counts.values())

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def stop_failing(self) -> None:
        self._share = 0.0

    def reply(self, request: dict[str, Any]) -> tuple[int, bytes] | None:
        """Return status and body; None closes the connection without a response."""
        answer = str(json.loads(request["messages"][-1]["content"])["student_answer"])
        with self._lock:
            number = self._request_counts[answer]
            self._request_counts[answer] += 1
            fails = random_fraction(self._seed, "model", answer, number) < self._share
            self.failed += fails
            self.answered[answer] += not fails
        if not fails:
            return 200, _completion(json.dumps(_model_reply(request, answer)))
        match weighted_choice(_FAILURE_SHARES, self._seed, "model fails", answer, number):
            case "server error":
                return 500, b'{"error": {"message": "busy", "type": "server_error"}}'
            case "rate limit":
                return 429, b'{"error": {"message": "slow down", "type": "rate_limit"}}'
            case "no JSON":
                return 200, _completion("I would give this two marks.")
            case "cut off":
                return 200, _completion('{"criteria": [', finish="length")
        return None


def _model_reply(request: dict[str, Any], answer: str) -> dict[str, Any]:
    """Return a verdict in which every criterion is met, with the answer's first words as evidence."""
    system = request["messages"][0]["content"]
    question = json.loads(system[system.index('{"question"') :])
    words = " ".join(answer.split()[:6])
    met = [
        {"criterion": one["criterion"], "evidence": words, "verdict": "met", "confidence": 0.95}
        for one in question["criteria"]
    ]
    return {"criteria": met, "feedback": "Clear and to the point.", "flags": []}


def _completion(content: str, finish: str = "stop") -> bytes:
    message = {"role": "assistant", "content": content, "refusal": None}
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": "stand-in",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 40, "total_tokens": 140},
    }
    return json.dumps(body).encode()


class _ThreadingServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore errors: a killed worker leaves a broken connection."""


def _handler_class(model: FaultyModelServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            reply = model.reply(json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0)))))
            if reply is None:
                self.close_connection = True
                return
            status, body = reply
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Log nothing; the harness keeps its own figures."""

    return Handler
