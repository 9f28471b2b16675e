"""The fields of a marking scheme's question, each with its check and its sentence when it does not hold."""

import re
from typing import Any

import yaml

from core.assessment import Criterion, QuestionType, SchemeEntry
from core.scheme.nodes import Complaints, fields, is_null, listed, number_of, text_of, truth_of

MARKED = ("choice", "true_false", "numeric", "exact", "pattern", "text")
"""The types that a person may name."""

QUESTION_FIELDS = {
    "question": "every type",
    "type": "every type",
    "marks": "every type",
    "answer": "choice, true_false, numeric, exact, pattern",
    "partial": "choice",
    "negative": "choice, true_false",
    "unit": "numeric",
    "tolerance": "numeric",
    "range": "numeric",
    "significant_figures": "numeric",
    "model_answer": "text",
    "criteria": "text",
}
"""Each field with the types that it applies to."""

CRITERION_FIELDS = {"text": "", "marks": "", "accept": ""}
HIGHEST_MARKS = 1000.0
TOLERANCE = r"\d+(?:\.\d+)?(?:[eE][-+]?\d+)?\s*%?"


def read_entry(node: yaml.Node, place: int, complaints: Complaints) -> SchemeEntry | None:
    """One item of `questions`. `place` counts from 1; None where not even the question is named."""
    if not isinstance(node, yaml.MappingNode):
        complaints.add(node, f"entry {place}", "each entry of `questions` is a mapping with `question:` in it.")
        return None
    found = fields(node, QUESTION_FIELDS, _where(node, place), complaints)
    name = text_of(found["question"]) if "question" in found else None
    if not name:
        complaints.add(found.get("question", node), f"entry {place}", "`question` is missing: name its label or id.")
        return None
    reader = _Reader(f"question {name}", found, complaints)
    kind = reader.type()
    reader.refuse_what_does_not_apply(kind)
    return SchemeEntry(
        question=name,
        type=kind,
        marks=reader.number("marks", lowest=0.0, highest=HIGHEST_MARKS),
        answers=reader.answers(kind),
        partial=reader.truth("partial"),
        negative=reader.number("negative", lowest=0.0, highest=HIGHEST_MARKS) or 0.0,
        unit=reader.text("unit") or None,
        tolerance=reader.tolerance(),
        range=reader.range(),
        significant_figures=reader.figures(),
        model_answer=reader.text("model_answer"),
        criteria=reader.criteria(),
    )


def _where(node: yaml.MappingNode, place: int) -> str:
    for key, value in node.value:
        if isinstance(key, yaml.ScalarNode) and key.value == "question" and (name := text_of(value)):
            return f"question {name}"
    return f"entry {place}"


class _Reader:
    """Reads one entry's fields; what does not hold is complained about and left out."""

    def __init__(self, where: str, found: dict[str, yaml.Node], complaints: Complaints) -> None:
        self._where = where
        self._found = {name: node for name, node in found.items() if not is_null(node)}
        self._complaints = complaints

    def _say(self, node: yaml.Node, name: str, what: str) -> None:
        self._complaints.add(node, f"{self._where}, field {name}", what)

    def type(self) -> QuestionType | None:
        node = self._found.get("type")
        if node is None:
            return None
        name = text_of(node)
        if name not in MARKED:
            self._say(node, "type", f"must be one of {', '.join(MARKED)}.")
            return None
        return QuestionType(name)

    def refuse_what_does_not_apply(self, kind: QuestionType | None) -> None:
        for name, node in self._found.items():
            types = QUESTION_FIELDS[name]
            if kind is not None and types != "every type" and kind.value not in types.split(", "):
                self._say(node, name, f"does not apply to a {kind.value} question (only to {types}).")

    def text(self, name: str) -> str:
        node = self._found.get(name)
        if node is None:
            return ""
        text = text_of(node)
        if text is None:
            self._say(node, name, "must be a text.")
            return ""
        return text

    def number(self, name: str, *, lowest: float, highest: float) -> float | None:
        node = self._found.get(name)
        return None if node is None else self._number(node, name, lowest, highest)

    def _number(self, node: yaml.Node, name: str, lowest: float, highest: float) -> float | None:
        value = number_of(node)
        if value is None:
            self._say(node, name, "must be a number.")
        elif not lowest <= value <= highest:
            self._say(node, name, f"must be between {lowest:g} and {highest:g}.")
            return None
        return value

    def truth(self, name: str) -> bool:
        node = self._found.get(name)
        if node is None:
            return False
        value = truth_of(node)
        if value is None:
            self._say(node, name, "must be true or false.")
        return bool(value)

    def answers(self, kind: QuestionType | None) -> tuple[str, ...]:
        node = self._found.get("answer")
        if node is None:
            return ()
        said: list[str] = []
        items: list[Any] = listed(node, lambda item: item)
        if not items:
            self._say(node, "answer", "the list is empty.")
        for item in items:
            text = text_of(item)
            if not text:
                self._say(item, "answer", "must be a text, a number, or a list of them.")
            elif (wrong := _wrong_answer(text, kind)) is not None:
                self._say(item, "answer", wrong)
            else:
                said.append(_as_truth(text) if kind is QuestionType.TRUE_FALSE else text)
        if kind is QuestionType.TRUE_FALSE and len(said) > 1:
            self._say(node, "answer", "a true_false question has one answer.")
        return tuple(said)

    def tolerance(self) -> str | None:
        node = self._found.get("tolerance")
        if node is None:
            return None
        text = text_of(node)
        if text is None or not re.fullmatch(TOLERANCE, text):
            self._say(node, "tolerance", "must be a number that is not negative (0.1) or a percentage (2%).")
            return None
        return text.replace(" ", "")

    def range(self) -> tuple[float, float] | None:
        node = self._found.get("range")
        if node is None:
            return None
        numbers = listed(node, number_of)
        low, high = (numbers[0], numbers[1]) if len(numbers) == 2 else (None, None)
        if low is None or high is None:
            self._say(node, "range", "must be two numbers, [lowest, highest].")
            return None
        if low > high:
            self._say(node, "range", "the lowest number stands first.")
            return None
        return low, high

    def figures(self) -> int | None:
        value = self.number("significant_figures", lowest=1, highest=15)
        if value is not None and value != int(value):
            self._say(self._found["significant_figures"], "significant_figures", "must be a whole number.")
            return None
        return int(value) if value is not None else None

    def criteria(self) -> tuple[Criterion, ...]:
        node = self._found.get("criteria")
        if node is None:
            return ()
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            self._say(node, "criteria", "must be a list, each item with `text` and `marks`.")
            return ()
        read = [self._criterion(item, place) for place, item in enumerate(node.value, 1)]
        return tuple(criterion for criterion in read if criterion is not None)

    def _criterion(self, node: yaml.Node, place: int) -> Criterion | None:
        where = f"criteria[{place}]"
        if not isinstance(node, yaml.MappingNode):
            self._say(node, where, "must have `text` and `marks`.")
            return None
        found = fields(node, CRITERION_FIELDS, f"{self._where}, field {where}", self._complaints)
        text = text_of(found["text"]) if "text" in found else None
        if not text:
            self._say(found.get("text", node), f"{where}.text", "is missing.")
        if "marks" not in found:
            self._say(node, f"{where}.marks", "is missing.")
            return None
        marks = self._number(found["marks"], f"{where}.marks", 0.0, HIGHEST_MARKS)
        accept: list[str] = []
        for item in listed(found["accept"], lambda item: item) if "accept" in found else []:
            wording = text_of(item)
            if wording:
                accept.append(wording)
            else:
                self._say(item, f"{where}.accept", "must be a text or a list of texts.")
        return Criterion(text, marks, tuple(accept)) if text and marks is not None else None


def _as_truth(text: str) -> str:
    return "true" if text.lower() in ("true", "t", "yes", "right", "correct") else "false"


def _wrong_answer(text: str, kind: QuestionType | None) -> str | None:
    """What is wrong with an answer of this type, None where nothing is."""
    if kind is QuestionType.TRUE_FALSE and text.lower() not in (
        "true", "t", "yes", "right", "correct", "false", "f", "no", "wrong", "incorrect",
    ):  # fmt: skip
        return "must be true or false."
    if kind is QuestionType.NUMERIC and not re.search(r"\d", text):
        return "must be a number."
    if kind is QuestionType.CHOICE and len(text) > 8:
        return "must be the label of an option (B), not its text."
    if kind is QuestionType.PATTERN:
        try:
            re.compile(text)
        except (re.error, RecursionError, OverflowError) as error:
            return f"is not a regular expression ({error})."
    return None
