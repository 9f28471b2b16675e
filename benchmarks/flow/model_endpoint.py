"""A fake model on loopback, in a process of its own, that takes a set time per call and agrees with every answer.

    python -m benchmarks.flow.model_endpoint

Prints its address and serves until its standard input is closed. `PUT /seconds` with a number sets how long a call
takes; `GET /calls` returns the number of calls and the maximum number in progress at once.
"""

import json
import time
from typing import Any

from benchmarks.flow.service_times import MODEL_SECONDS
from benchmarks.textract_endpoint import DelayedReply, HttpReply, main

_WORDS = 6
# Approximate characters per token, for the usage counts.
_CHARACTERS_PER_TOKEN = 4


class FakeModel:
    def __init__(self) -> None:
        self._seconds = MODEL_SECONDS
        self._calls = self._in_progress = self._most_at_once = 0

    def reply(self, method: str, path: str, _target: str, body: bytes) -> HttpReply | DelayedReply:
        if method == "PUT":
            self._seconds, self._calls, self._most_at_once = float(body), 0, 0
            return HttpReply(200, b"{}")
        if method == "GET":
            return HttpReply(200, json.dumps({"calls": self._calls, "most_at_once": self._most_at_once}).encode())
        if not path.endswith("/chat/completions"):
            return HttpReply(404, b"{}")
        arrived = time.monotonic()
        self._calls += 1
        self._in_progress += 1
        self._most_at_once = max(self._most_at_once, self._in_progress)
        answer = json.dumps(completion(json.loads(body))).encode()
        return DelayedReply(self._seconds - (time.monotonic() - arrived), lambda: self._reply_with(answer))

    def _reply_with(self, answer: bytes) -> HttpReply:
        self._in_progress -= 1
        return HttpReply(200, answer)


def completion(request: dict[str, Any]) -> dict[str, Any]:
    """Return a completion in which every criterion is met, with the answer's first words as evidence."""
    system, user_message = request["messages"][0]["content"], request["messages"][-1]["content"]
    criteria = json.loads(system[system.index('{"question"') :])["criteria"]
    words = " ".join(json.loads(user_message)["student_answer"].split()[:_WORDS])
    verdict = {"evidence": words, "verdict": "met", "confidence": 0.95}
    content = json.dumps(
        {
            "criteria": [{"criterion": one["criterion"], **verdict} for one in criteria],
            "feedback": "Clear and to the point.",
            "flags": [],
        }
    )
    message = {"role": "assistant", "content": content, "refusal": None}
    input_tokens, output_tokens = (len(text) // _CHARACTERS_PER_TOKEN for text in (system + user_message, content))
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": "stand-in",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": input_tokens,
            "completion_tokens": output_tokens,
            "total_tokens": input_tokens + output_tokens,
        },
    }


if __name__ == "__main__":
    main(FakeModel())
