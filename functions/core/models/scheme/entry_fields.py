"""The fields of a question in a marking scheme, each with its validation and error message."""

import re
from typing import Any

import yaml

from core.models.assessment import Criterion, QuestionType, SchemeEntry
from core.models.scheme.yaml_nodes import (
    SchemeProblems,
    is_null,
    read_boolean,
    read_fields,
    read_list,
    read_number,
    read_text,
)

MARKED_TYPES = ("choice", "true_false", "numeric", "exact", "pattern", "text")
"""The types that a scheme may name."""

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
"""Maps each field to the types that it applies to."""

CRITERION_FIELDS = {"text": "", "marks": "", "accept": ""}
MAX_MARKS = 1000.0
TOLERANCE_PATTERN = r"\d+(?:\.\d+)?(?:[eE][-+]?\d+)?\s*%?"


def parse_entry(node: yaml.Node, position: int, problems: SchemeProblems) -> SchemeEntry | None:
    """Parse one item of `questions`. `position` counts from 1.

    Returns None where not even the question is named. Errors go to `problems`.
    """
    if not isinstance(node, yaml.MappingNode):
        problems.add(node, f"entry {position}", "each entry of `questions` is a mapping with `question:` in it.")
        return None
    found = read_fields(node, QUESTION_FIELDS, _location(node, position), problems)
    name = read_text(found["question"]) if "question" in found else None
    if not name:
        problems.add(found.get("question", node), f"entry {position}", "`question` is missing: name its label or id.")
        return None
    parser = _EntryParser(f"question {name}", found, problems)
    question_type = parser.type()
    parser.report_inapplicable_fields(question_type)
    return SchemeEntry(
        question=name,
        type=question_type,
        marks=parser.number("marks", minimum=0.0, maximum=MAX_MARKS),
        answers=parser.answers(question_type),
        partial=parser.boolean("partial"),
        negative=parser.number("negative", minimum=0.0, maximum=MAX_MARKS) or 0.0,
        unit=parser.text("unit") or None,
        tolerance=parser.tolerance(),
        range=parser.range(),
        significant_figures=parser.significant_figures(),
        model_answer=parser.text("model_answer"),
        criteria=parser.criteria(),
    )


def _location(node: yaml.MappingNode, position: int) -> str:
    for key, value in node.value:
        if isinstance(key, yaml.ScalarNode) and key.value == "question" and (name := read_text(value)):
            return f"question {name}"
    return f"entry {position}"


class _EntryParser:
    """Parses one entry's fields. Invalid values are reported to `problems` and left out."""

    def __init__(self, location: str, found: dict[str, yaml.Node], problems: SchemeProblems) -> None:
        self._location = location
        self._found = {name: node for name, node in found.items() if not is_null(node)}
        self._problems = problems

    def _report(self, node: yaml.Node, name: str, message: str) -> None:
        self._problems.add(node, f"{self._location}, field {name}", message)

    def type(self) -> QuestionType | None:
        node = self._found.get("type")
        if node is None:
            return None
        name = read_text(node)
        if name not in MARKED_TYPES:
            self._report(node, "type", f"must be one of {', '.join(MARKED_TYPES)}.")
            return None
        return QuestionType(name)

    def report_inapplicable_fields(self, question_type: QuestionType | None) -> None:
        for name, node in self._found.items():
            types = QUESTION_FIELDS[name]
            if question_type is not None and types != "every type" and question_type.value not in types.split(", "):
                self._report(node, name, f"does not apply to a {question_type.value} question (only to {types}).")

    def text(self, name: str) -> str:
        node = self._found.get(name)
        if node is None:
            return ""
        text = read_text(node)
        if text is None:
            self._report(node, name, "must be a text.")
            return ""
        return text

    def number(self, name: str, *, minimum: float, maximum: float) -> float | None:
        node = self._found.get(name)
        return None if node is None else self._number(node, name, minimum, maximum)

    def _number(self, node: yaml.Node, name: str, minimum: float, maximum: float) -> float | None:
        value = read_number(node)
        if value is None:
            self._report(node, name, "must be a number.")
        elif not minimum <= value <= maximum:
            self._report(node, name, f"must be between {minimum:g} and {maximum:g}.")
            return None
        return value

    def boolean(self, name: str) -> bool:
        node = self._found.get(name)
        if node is None:
            return False
        value = read_boolean(node)
        if value is None:
            self._report(node, name, "must be true or false.")
        return bool(value)

    def answers(self, question_type: QuestionType | None) -> tuple[str, ...]:
        node = self._found.get("answer")
        if node is None:
            return ()
        valid_answers: list[str] = []
        items: list[Any] = read_list(node, lambda item: item)
        if not items:
            self._report(node, "answer", "the list is empty.")
        for item in items:
            text = read_text(item)
            if not text:
                self._report(item, "answer", "must be a text, a number, or a list of them.")
            elif (problem := _find_answer_problem(text, question_type)) is not None:
                self._report(item, "answer", problem)
            else:
                valid_answers.append(_normalize_boolean(text) if question_type is QuestionType.TRUE_FALSE else text)
        if question_type is QuestionType.TRUE_FALSE and len(valid_answers) > 1:
            self._report(node, "answer", "a true_false question has one answer.")
        return tuple(valid_answers)

    def tolerance(self) -> str | None:
        node = self._found.get("tolerance")
        if node is None:
            return None
        text = read_text(node)
        if text is None or not re.fullmatch(TOLERANCE_PATTERN, text):
            self._report(node, "tolerance", "must be a number that is not negative (0.1) or a percentage (2%).")
            return None
        return text.replace(" ", "")

    def range(self) -> tuple[float, float] | None:
        node = self._found.get("range")
        if node is None:
            return None
        numbers = read_list(node, read_number)
        low, high = (numbers[0], numbers[1]) if len(numbers) == 2 else (None, None)
        if low is None or high is None:
            self._report(node, "range", "must be two numbers, [lowest, highest].")
            return None
        if low > high:
            self._report(node, "range", "the lowest number stands first.")
            return None
        return low, high

    def significant_figures(self) -> int | None:
        value = self.number("significant_figures", minimum=1, maximum=15)
        if value is not None and value != int(value):
            self._report(self._found["significant_figures"], "significant_figures", "must be a whole number.")
            return None
        return int(value) if value is not None else None

    def criteria(self) -> tuple[Criterion, ...]:
        node = self._found.get("criteria")
        if node is None:
            return ()
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            self._report(node, "criteria", "must be a list, each item with `text` and `marks`.")
            return ()
        read = [self._criterion(item, position) for position, item in enumerate(node.value, 1)]
        return tuple(criterion for criterion in read if criterion is not None)

    def _criterion(self, node: yaml.Node, position: int) -> Criterion | None:
        location = f"criteria[{position}]"
        if not isinstance(node, yaml.MappingNode):
            self._report(node, location, "must have `text` and `marks`.")
            return None
        found = read_fields(node, CRITERION_FIELDS, f"{self._location}, field {location}", self._problems)
        text = read_text(found["text"]) if "text" in found else None
        if not text:
            self._report(found.get("text", node), f"{location}.text", "is missing.")
        if "marks" not in found:
            self._report(node, f"{location}.marks", "is missing.")
            return None
        marks = self._number(found["marks"], f"{location}.marks", 0.0, MAX_MARKS)
        accept: list[str] = []
        for item in read_list(found["accept"], lambda item: item) if "accept" in found else []:
            wording = read_text(item)
            if wording:
                accept.append(wording)
            else:
                self._report(item, f"{location}.accept", "must be a text or a list of texts.")
        return Criterion(text, marks, tuple(accept)) if text and marks is not None else None


def _normalize_boolean(text: str) -> str:
    return "true" if text.lower() in ("true", "t", "yes", "right", "correct") else "false"


def _find_answer_problem(text: str, question_type: QuestionType | None) -> str | None:
    """Return what is wrong with an answer of this type, or None."""
    if question_type is QuestionType.TRUE_FALSE and text.lower() not in (
        "true", "t", "yes", "right", "correct", "false", "f", "no", "wrong", "incorrect",
    ):  # fmt: skip
        return "must be true or false."
    if question_type is QuestionType.NUMERIC and not re.search(r"\d", text):
        return "must be a number."
    if question_type is QuestionType.CHOICE and len(text) > 8:
        return "must be the label of an option (B), not its text."
    if question_type is QuestionType.PATTERN:
        try:
            re.compile(text)
        except (re.error, RecursionError, OverflowError) as error:
            return f"is not a regular expression ({error})."
    return None
