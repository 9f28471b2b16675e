"""What a server of the OpenAI API has turned out to understand, learnt from its refusals.

Servers refuse in many forms (a sentence, FastAPI's list of places, an error in a list, a failed grammar), but all
name the part that they do not take. That part is left out from then on.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from grade.freetext import FreeTextTask
from grade.model import prompt

# Statuses of a request that is refused as it is; some servers fail (500) or do not implement (501) what they are asked.
REFUSALS = (400, 415, 422, 500, 501)
_FORMAT = re.compile(r"response_format|schema|json_object|\bstrict\b|grammar|guided|structured.?output")
_ROLE = re.compile(r"\broles?\b")
# There are six parts to refuse, so after the sixth refusal the request can be asked for once more.
MOST_LESSONS = 7
# What a server repeats of the request says nothing about it.
_ECHOES = ("input", "ctx", "url")
_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Dialect:
    """Begins with the full contract and is loosened by refusals. `format`: a strict schema, then any JSON with the
    schema in words, then the schema in words alone. `system`: the rules stand in a message of their own."""

    format: Literal["strict", "loose", "none"] = "strict"
    length: Literal["max_completion_tokens", "max_tokens"] | None = "max_completion_tokens"
    temperature: bool = True
    system: bool = True

    def request(self, task: FreeTextTask, *, model: str, tokens: int, anew: bool) -> dict[str, Any]:
        messages = prompt.messages(task, schema_in_words=self.format != "strict")
        made: dict[str, Any] = {"model": model, "messages": messages if self.system else prompt.as_one(messages)}
        if self.format != "none":
            made["response_format"] = prompt.STRICT if self.format == "strict" else prompt.LOOSE
        if self.length:
            made[self.length] = tokens
        if self.temperature:
            made["temperature"] = 0.7 if anew else 0.0
        return made

    def without(self, refusal: str) -> "Dialect":
        """This dialect without the part that a refusal names; the same where it names none that can be left out."""
        if self.temperature and "temperature" in refusal:
            return replace(self, temperature=False)
        if self.length and self.length in refusal:
            return replace(self, length="max_tokens" if self.length == "max_completion_tokens" else None)
        if self.format != "none" and _FORMAT.search(refusal):
            return replace(self, format="loose" if self.format == "strict" else "none")
        if self.system and _ROLE.search(refusal):
            return replace(self, system=False)
        return self


def refusal_of(error: Exception) -> str:
    """What the server's error says, in small letters, wherever in its body it stands."""
    said = (getattr(error, "message", None), getattr(error, "param", None), getattr(error, "body", None))
    return " ".join(_texts(list(said), _DEEPEST)).lower()


def _texts(value: Any, deep: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    if deep == 0:
        return
    if isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one, deep - 1)
    if isinstance(value, dict):
        for name, one in value.items():
            if name not in _ECHOES:
                yield from _texts(one, deep - 1)
