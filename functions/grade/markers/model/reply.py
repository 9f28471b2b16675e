"""A model's reply: the one JSON object in it, found whatever stands around it, and checked field by field.

Models wrap what they were asked for: thinking, a sentence, a fence, a list of one. The object is read where only one
can be meant. Where two could be, or where it is not sure what the model itself said, it is a wrong shape: a student's
words that the model repeats must never become the marks.
"""

import json
import math
import re
from dataclasses import dataclass
from typing import Any

from core.platform.sanitize import sanitize_text
from grade.markers.model.prompt import FLAGS, VERDICTS

# Ten times the longest reply that there is room for.
_MAX_REPLY_LENGTH = 100_000
_THINKING_TAG_NAMES = "think|thinking|thought|thoughts|reasoning"
_OPENING_TAG = rf"<(?:{_THINKING_TAG_NAMES})>|\[THINK\]"
_CLOSING_TAG = rf"</(?:{_THINKING_TAG_NAMES})>|\[/THINK\]"
_CLOSING_TAG_PATTERN = re.compile(_CLOSING_TAG, re.IGNORECASE)
# Where an object begins; a brace in prose has something else behind it.
_TOKEN = re.compile(rf'{_OPENING_TAG}|{_CLOSING_TAG}|\{{(?=\s*["}}])', re.IGNORECASE)
# In an answer without its spaces: what may be a tag, however it is disguised.
_MAY_BE_TAG = re.compile(
    rf"(?:[<\[/\\]|lt;)(?:{_THINKING_TAG_NAMES})|(?:{_THINKING_TAG_NAMES})(?:[>\]]|&gt)", re.IGNORECASE
)


class InvalidReply(ValueError):
    """The model's answer is no JSON, is cut off, or does not follow the schema; the message says which."""


@dataclass(frozen=True, slots=True)
class CriterionJudgement:
    """One criterion as the model judged it."""

    verdict: str
    evidence: str
    confidence: float


@dataclass(frozen=True, slots=True)
class ModelReply:
    """A model's answer after validation: one `Judged` for each criterion, in their order."""

    judgement: tuple[CriterionJudgement, ...]
    feedback: str
    flags: tuple[str, ...]


def parse_reply(content: str | dict[str, Any], count: int, answer: str) -> ModelReply:
    """The reply on `count` criteria, checked field by field. `answer` is what the student wrote. Raises WrongShape."""
    data = find_reply_object(content, answer) if isinstance(content, str) else content
    items, flags = data.get("criteria"), data.get("flags")
    feedback = _parse_text(data.get("feedback"))
    if not isinstance(items, list) or feedback is None or not isinstance(flags, list | None):
        raise InvalidReply("A field is missing or of the wrong type.")
    if not all(isinstance(flag, str) for flag in flags or ()):
        raise InvalidReply("A flag is no word.")
    judgement = _sort_verdicts([_parse_verdict(item) for item in items], count)
    normalized = [flag.strip().casefold() for flag in flags or ()]
    return ModelReply(_normalize_confidences(judgement), feedback, tuple(flag for flag in normalized if flag in FLAGS))


def find_reply_object(text: str, answer: str) -> dict[str, Any]:
    """The one object with criteria in a text, outside the model's thinking. Raises WrongShape where there is none, or
    where it could be another one. Takes time in proportion to the text: each character is decoded once."""
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
    """Where the reply goes on after the model's thinking. Its opening tag may be missing, because some chat templates
    write that into the prompt. Where the student may have written such a tag, none is believed."""
    if _MAY_BE_TAG.search("".join(answer.split())):
        return 0
    return max((tag.end() for tag in _CLOSING_TAG_PATTERN.finditer(text)), default=0)


def _decode_object(text: str, start: int) -> tuple[dict[str, Any], int]:
    """The object that begins at `start`, and where it ends. What begins like one and is none spoils the reply:
    an object further in could be a student's words, repeated without escapes."""
    try:
        value, end = _DECODER.raw_decode(text, start)
    except InvalidReply:
        raise
    except (ValueError, RecursionError):
        raise InvalidReply("The reply is not whole JSON.") from None
    return value, end


def _reject_constant(name: str) -> float:
    raise InvalidReply(f"{name} is no number in JSON.")


def _reject_duplicate_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise InvalidReply("A field stands there twice.")
    return made


_DECODER = json.JSONDecoder(parse_constant=_reject_constant, object_pairs_hook=_reject_duplicate_keys)


def _sort_verdicts(judgement: list[tuple[int, CriterionJudgement]], count: int) -> tuple[CriterionJudgement, ...]:
    """One for each criterion. They are counted from 1; a whole set that is counted from 0 can only mean the same."""
    numbers = sorted(number for number, _ in judgement)
    first = 0 if numbers == list(range(count)) else 1
    if len(set(numbers)) < len(numbers) or not all(first <= number < first + count for number in numbers):
        raise InvalidReply("A criterion is judged twice or does not exist.")
    if len(numbers) != count:
        raise InvalidReply("Not every criterion is judged.")
    return tuple(one for _, one in sorted(judgement, key=lambda pair: pair[0]))


def _normalize_confidences(judgement: tuple[CriterionJudgement, ...]) -> tuple[CriterionJudgement, ...]:
    """Confidences from 0 to 1. One above 1 says that all of the reply's are per cent."""
    scale = 100 if any(one.confidence > 1 for one in judgement) else 1
    return tuple(CriterionJudgement(one.verdict, one.evidence, one.confidence / scale) for one in judgement)


def _parse_verdict(item: Any) -> tuple[int, CriterionJudgement]:
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
    """A text that can be stored; null is an empty one, None here means that it is no text."""
    if value is None:
        return ""
    return sanitize_text(value) if isinstance(value, str) else None


def _parse_confidence(value: Any) -> float | None:
    """From 0 to 100; what is written with a sign ("40 %") is taken as its share."""
    if isinstance(value, str) and value.rstrip().endswith("%"):
        number = _parse_number(value.rstrip().removesuffix("%"))
        number = None if number is None else number / 100
    else:
        number = _parse_number(value)
    return number if number is not None and 0 <= number <= 100 else None


def _parse_number(value: Any) -> float | None:
    """A finite number, also one that is written as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
