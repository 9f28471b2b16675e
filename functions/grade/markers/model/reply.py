"""Parses a model's reply: finds its one JSON object in any surrounding text and validates it field by field.

Models wrap the object in thinking, a sentence, a code fence or a list of one. It is read if only one object can be
meant. If two could be, or if it is unclear what the model itself said, the reply is invalid: a student's words that the
model repeats must never become the marks.
"""

import json
import math
import re
from dataclasses import dataclass
from typing import Any

from core.platform.sanitize import sanitize_text
from grade.markers.model.prompt import FLAGS, VERDICTS

# Ten times the longest reply that fits into the output tokens.
_MAX_REPLY_LENGTH = 100_000
_THINKING_TAG_NAMES = "think|thinking|thought|thoughts|reasoning"
_OPENING_TAG = rf"<(?:{_THINKING_TAG_NAMES})>|\[THINK\]"
_CLOSING_TAG = rf"</(?:{_THINKING_TAG_NAMES})>|\[/THINK\]"
_CLOSING_TAG_PATTERN = re.compile(_CLOSING_TAG, re.IGNORECASE)
# A tag, or the start of an object; a brace in prose is followed by something else.
_TOKEN = re.compile(rf'{_OPENING_TAG}|{_CLOSING_TAG}|\{{(?=\s*["}}])', re.IGNORECASE)
# Matches anything that may be a tag, also a disguised one, in an answer without its spaces.
_MAY_BE_TAG = re.compile(
    rf"(?:[<\[/\\]|lt;)(?:{_THINKING_TAG_NAMES})|(?:{_THINKING_TAG_NAMES})(?:[>\]]|&gt)", re.IGNORECASE
)


class InvalidReply(ValueError):
    """The reply is not JSON, is truncated, or does not follow the schema; the message says which."""


@dataclass(frozen=True, slots=True)
class CriterionJudgement:
    """One criterion as the model judged it."""

    verdict: str
    evidence: str
    confidence: float


@dataclass(frozen=True, slots=True)
class ModelReply:
    """A validated reply: one judgement for each criterion, in the order of the criteria."""

    judgements: tuple[CriterionJudgement, ...]
    feedback: str
    flags: tuple[str, ...]


def parse_reply(content: str | dict[str, Any], count: int, answer: str) -> ModelReply:
    """The validated reply on `count` criteria. `answer` is the student's text. Raises InvalidReply."""
    data = find_reply_object(content, answer) if isinstance(content, str) else content
    items, flags = data.get("criteria"), data.get("flags")
    feedback = _parse_text(data.get("feedback"))
    if not isinstance(items, list) or feedback is None or not isinstance(flags, list | None):
        raise InvalidReply("A field is missing or of the wrong type.")
    if not all(isinstance(flag, str) for flag in flags or ()):
        raise InvalidReply("A flag is not a text.")
    judgements = _sort_judgements([_parse_judgement(item) for item in items], count)
    normalized = [flag.strip().casefold() for flag in flags or ()]
    return ModelReply(_normalize_confidences(judgements), feedback, tuple(flag for flag in normalized if flag in FLAGS))


def find_reply_object(text: str, answer: str) -> dict[str, Any]:
    """The one object with criteria in a text, outside the model's thinking.

    Takes linear time: each character is decoded once.

    Raises
    ------
    InvalidReply
        There is no such object, or it is unclear which one is meant.
    """
    if len(text) > _MAX_REPLY_LENGTH:
        raise InvalidReply("The reply is far too long.")
    at, found = _skip_thinking(text, answer), []
    while token := _TOKEN.search(text, at):
        if token[0] != "{":
            raise InvalidReply("It is not clear which part of the reply is thinking.")
        value, at = _decode_object(text, token.start())
        found.append(value)
    if not found:
        raise InvalidReply("The reply is not whole JSON.")
    fitting = [one for one in found if "criteria" in one]
    if not fitting:
        raise InvalidReply("A field is missing or of the wrong type.")
    if any(one != fitting[0] for one in fitting):
        raise InvalidReply("The reply holds two different answers.")
    return fitting[0]


def _skip_thinking(text: str, answer: str) -> int:
    """The index where the model's thinking ends. Its opening tag may be missing, because some chat templates put that
    into the prompt. If the student may have written such a tag, all tags are ignored."""
    if _MAY_BE_TAG.search("".join(answer.split())):
        return 0
    return max((tag.end() for tag in _CLOSING_TAG_PATTERN.finditer(text)), default=0)


def _decode_object(text: str, start: int) -> tuple[dict[str, Any], int]:
    """The object that begins at `start`, and the index where it ends. If it cannot be decoded the reply is invalid: an
    object nested in it could be a student's words, repeated without escapes."""
    try:
        value, end = _DECODER.raw_decode(text, start)
    except InvalidReply:
        raise
    except (ValueError, RecursionError):
        raise InvalidReply("The reply is not whole JSON.") from None
    return value, end


def _reject_constant(name: str) -> float:
    raise InvalidReply(f"{name} is not a JSON number.")


def _reject_duplicate_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise InvalidReply("A field occurs twice.")
    return fields


_DECODER = json.JSONDecoder(parse_constant=_reject_constant, object_pairs_hook=_reject_duplicate_keys)


def _sort_judgements(judgements: list[tuple[int, CriterionJudgement]], count: int) -> tuple[CriterionJudgement, ...]:
    """One judgement for each criterion, in order. Criteria are numbered from 1; a complete set numbered from 0 is
    accepted as well."""
    numbers = sorted(number for number, _ in judgements)
    first = 0 if numbers == list(range(count)) else 1
    if len(set(numbers)) < len(numbers) or not all(first <= number < first + count for number in numbers):
        raise InvalidReply("A criterion is judged twice or does not exist.")
    if len(numbers) != count:
        raise InvalidReply("Not every criterion is judged.")
    return tuple(judgement for _, judgement in sorted(judgements, key=lambda pair: pair[0]))


def _normalize_confidences(judgements: tuple[CriterionJudgement, ...]) -> tuple[CriterionJudgement, ...]:
    """Confidences from 0 to 1. If one is above 1, all confidences of the reply are percentages."""
    scale = 100 if any(one.confidence > 1 for one in judgements) else 1
    return tuple(CriterionJudgement(one.verdict, one.evidence, one.confidence / scale) for one in judgements)


def _parse_judgement(item: Any) -> tuple[int, CriterionJudgement]:
    if not isinstance(item, dict):
        raise InvalidReply("A criterion is not an object.")
    number, verdict = _parse_number(item.get("criterion")), item.get("verdict")
    if number is None or number != int(number) or not isinstance(verdict, str):
        raise InvalidReply("A criterion has no number or no verdict.")
    if (normalized := verdict.strip().casefold()) not in VERDICTS:
        raise InvalidReply("A criterion has an unknown verdict.")
    evidence, confidence = _parse_text(item.get("evidence")), _parse_confidence(item.get("confidence"))
    if evidence is None or confidence is None:
        raise InvalidReply("A criterion has no evidence or no confidence.")
    return int(number), CriterionJudgement(normalized, evidence, confidence)


def _parse_text(value: Any) -> str | None:
    """The text with characters that can be stored, empty for null; None if the value is not a text."""
    if value is None:
        return ""
    return sanitize_text(value) if isinstance(value, str) else None


def _parse_confidence(value: Any) -> float | None:
    """A number from 0 to 100; a percentage written with a sign ("40 %") becomes a share (0.4)."""
    if isinstance(value, str) and value.rstrip().endswith("%"):
        number = _parse_number(value.rstrip().removesuffix("%"))
        number = None if number is None else number / 100
    else:
        number = _parse_number(value)
    return number if number is not None and 0 <= number <= 100 else None


def _parse_number(value: Any) -> float | None:
    """A finite number, also if written as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
