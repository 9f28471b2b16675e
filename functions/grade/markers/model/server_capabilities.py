"""Which parts of the OpenAI API a server supports, learnt from the requests that it refuses.

Servers refuse in many forms (a sentence, FastAPI's list of locations, an error in a list, a failed grammar), but all
name the part that they do not support. That part is left out of later requests.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from grade.markers.free_text import FreeTextTask
from grade.markers.model import prompt

# Statuses of a refused request; some servers respond to an unsupported part with 500 or 501.
REFUSAL_STATUSES = (400, 415, 422, 500, 501)
_FORMAT_ERROR = re.compile(r"response_format|schema|json_object|\bstrict\b|grammar|guided|structured.?output")
_ROLE_ERROR = re.compile(r"\broles?\b")
# There are six parts to refuse, so after the sixth refusal the request is sent once more.
MAX_DOWNGRADES = 7
# Fields of an error in which a server repeats the request; they do not name the refused part.
_ECHOED_FIELDS = ("input", "ctx", "url")
_MAX_DEPTH = 8


@dataclass(frozen=True, slots=True)
class ServerCapabilities:
    """Starts with full support and is reduced by refusals.

    `format`: a strict schema, then any JSON with the schema in words, then only the schema in words. `length`: the name
    of the parameter for the maximum length. `system`: the rules are sent as a separate system message.
    """

    format: Literal["strict", "loose", "none"] = "strict"
    length: Literal["max_completion_tokens", "max_tokens"] | None = "max_completion_tokens"
    temperature: bool = True
    system: bool = True

    def request(self, task: FreeTextTask, *, model: str, tokens: int, second_opinion: bool) -> dict[str, Any]:
        messages = prompt.build_messages(task, schema_in_words=self.format != "strict")
        request_body: dict[str, Any] = {
            "model": model,
            "messages": messages if self.system else prompt.merge_into_user_message(messages),
        }
        if self.format != "none":
            request_body["response_format"] = (
                prompt.STRICT_RESPONSE_FORMAT if self.format == "strict" else prompt.JSON_RESPONSE_FORMAT
            )
        if self.length:
            request_body[self.length] = tokens
        if self.temperature:
            request_body["temperature"] = 0.7 if second_opinion else 0.0
        return request_body

    def downgrade(self, refusal: str) -> "ServerCapabilities":
        """The capabilities without the part that a refusal names; unchanged if it names none that can be left out."""
        if self.temperature and "temperature" in refusal:
            return replace(self, temperature=False)
        if self.length and self.length in refusal:
            return replace(self, length="max_tokens" if self.length == "max_completion_tokens" else None)
        if self.format != "none" and _FORMAT_ERROR.search(refusal):
            return replace(self, format="loose" if self.format == "strict" else "none")
        if self.system and _ROLE_ERROR.search(refusal):
            return replace(self, system=False)
        return self


def extract_error_text(error: Exception) -> str:
    """All texts of the server's error, from anywhere in its body, in lower case."""
    error_parts = (getattr(error, "message", None), getattr(error, "param", None), getattr(error, "body", None))
    return " ".join(_walk_texts(list(error_parts), _MAX_DEPTH)).lower()


def _walk_texts(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    if depth == 0:
        return
    if isinstance(value, list | tuple):
        for item in value:
            yield from _walk_texts(item, depth - 1)
    if isinstance(value, dict):
        for name, item in value.items():
            if name not in _ECHOED_FIELDS:
                yield from _walk_texts(item, depth - 1)
