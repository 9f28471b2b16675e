"""Decodes the HTTP response of an OpenAI-compatible server into typed values.

Servers differ: content may be a text, a list of parts or an object, counts may be floats, anything may be missing. A
field of an unexpected type is ignored; only the reply itself is required.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from grade.markers.model.reply import InvalidReply

_TEXT_PART_TYPES = ("text", "output_text")
# Far above any of our requests; a larger number is not a valid count.
_MAX_TOKEN_COUNT = 10_000_000


@dataclass(frozen=True, slots=True)
class Completion:
    """The first choice of a response. `content` is the reply as text, or as an object if the server sent one."""

    content: str | dict[str, Any]
    finish_reason: str
    refused: bool


@dataclass(frozen=True, slots=True)
class TokenUsage:
    """Tokens read and written according to the server; None if the count is missing or invalid."""

    read: int | None = None
    written: int | None = None


def parse_body(raw: bytes) -> Any:
    """The HTTP body as JSON. Raises InvalidReply."""
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise InvalidReply("The server's response is not JSON.") from None


def parse_token_usage(body: Any) -> TokenUsage:
    usage = _get_field(body, "usage")
    return TokenUsage(
        _parse_count(_get_field(usage, "prompt_tokens")), _parse_count(_get_field(usage, "completion_tokens"))
    )


def parse_completion(body: Any) -> Completion | None:
    """The first choice's message, None if there is none. Raises InvalidReply if its content cannot be read."""
    choices = _get_field(body, "choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = _get_field(choice, "message")
    if not isinstance(message, Mapping):
        return None
    content, reason = message.get("content"), _get_field(choice, "finish_reason")
    parts = content if isinstance(content, list) else ()
    refused = bool(message.get("refusal")) or any(_get_field(part, "type") == "refusal" for part in parts)
    return Completion("" if refused else _join_content(content), reason if isinstance(reason, str) else "", refused)


def _join_content(content: Any) -> str | dict[str, Any]:
    if content is None or isinstance(content, str):
        return content or ""
    parts = content if isinstance(content, list) else [content]
    if len(parts) == 1 and isinstance(parts[0], dict) and "criteria" in parts[0]:
        return parts[0]
    return "".join(_part_text(part) for part in parts)


def _part_text(part: Any) -> str:
    """The text of one content part; empty for parts of other kinds (thinking, images)."""
    if isinstance(part, str):
        return part
    kind = _get_field(part, "type")
    if not isinstance(kind, str):
        raise InvalidReply("Its content is neither a text nor a list of parts.")
    if kind not in _TEXT_PART_TYPES:
        return ""
    text = _get_field(part, "text")
    if not isinstance(text, str):
        raise InvalidReply("A text part of its content has no text.")
    return text


def _get_field(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else None


def _parse_count(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MAX_TOKEN_COUNT:
        return None
    return math.ceil(value)
