"""The HTTP answer of an OpenAI-compatible server, decoded once into typed values.

Servers differ: a content may be a text, a list of parts or an object, counts may be floats, anything may be
missing. What has another type than expected is left out; only the reply itself has to be there.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from grade.markers.model.reply import InvalidReply

_TEXT_PART_TYPES = ("text", "output_text")
# No request of ours comes near it; what is beyond is no count.
_MAX_TOKEN_COUNT = 10_000_000


@dataclass(frozen=True, slots=True)
class Completion:
    """`content`: the reply as a text, or as the object that stands in its place."""

    content: str | dict[str, Any]
    finish_reason: str
    refused: bool


@dataclass(frozen=True, slots=True)
class TokenUsage:
    """What the server says that it read and wrote; None where it does not say, or says nonsense."""

    read: int | None = None
    written: int | None = None


def parse_body(raw: bytes) -> Any:
    """The HTTP body as JSON. Raises WrongShape."""
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise InvalidReply("The server answered in something else than JSON.") from None


def parse_token_usage(body: Any) -> TokenUsage:
    usage = _get_field(body, "usage")
    return TokenUsage(
        _parse_count(_get_field(usage, "prompt_tokens")), _parse_count(_get_field(usage, "completion_tokens"))
    )


def parse_completion(body: Any) -> Completion | None:
    """The first choice's message; None where there is none. Raises WrongShape where its content cannot be read."""
    choices = _get_field(body, "choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = _get_field(choice, "message")
    if not isinstance(message, Mapping):
        return None
    given, reason = message.get("content"), _get_field(choice, "finish_reason")
    parts = given if isinstance(given, list) else ()
    refused = bool(message.get("refusal")) or any(_get_field(part, "type") == "refusal" for part in parts)
    return Completion("" if refused else _join_content(given), reason if isinstance(reason, str) else "", refused)


def _join_content(given: Any) -> str | dict[str, Any]:
    if given is None or isinstance(given, str):
        return given or ""
    parts = given if isinstance(given, list) else [given]
    if len(parts) == 1 and isinstance(parts[0], dict) and "criteria" in parts[0]:
        return parts[0]
    return "".join(_part_text(part) for part in parts)


def _part_text(part: Any) -> str:
    """The text of one part of a content; nothing of a part that is no text (thinking, a picture)."""
    if isinstance(part, str):
        return part
    kind = _get_field(part, "type")
    if not isinstance(kind, str):
        raise InvalidReply("Its content is neither a text nor a list of parts.")
    if kind not in _TEXT_PART_TYPES:
        return ""
    text = _get_field(part, "text")
    if not isinstance(text, str):
        raise InvalidReply("A text in its content is none.")
    return text


def _get_field(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else None


def _parse_count(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MAX_TOKEN_COUNT:
        return None
    return math.ceil(value)
