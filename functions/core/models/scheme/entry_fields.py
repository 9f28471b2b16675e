"""The fields of a question in a marking scheme, each with its validation and error message."""

import re

import yaml

from core.models.assessment import Criterion, QuestionType, SchemeEntry
from core.models.question_types.definition import MARKED_TYPES, get_definition
from core.models.scheme.yaml_nodes import (
    SchemeProblems,
    is_null,
    read_boolean,
    read_fields,
    read_list,
    read_number,
    read_text,
)

EVERY_TYPE = "every type"
_TYPED_FIELDS = (
    "answer",
    "partial",
    "negative",
    "unit",
    "tolerance",
    "range",
    "significant_figures",
    "model_answer",
    "criteria",
)
QUESTION_FIELDS = {
    **dict.fromkeys(("question", "type", "marks"), EVERY_TYPE),
    **{
        field: ", ".join(one.value for one in MARKED_TYPES if field in get_definition(one).fields)
        for field in _TYPED_FIELDS
    },
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
            return self._type_of_mapping()
        name = read_text(node)
        if name not in MARKED_TYPES:
            self._report(node, "type", f"must be one of {', '.join(MARKED_TYPES)}.")
            return None
        return QuestionType(name)

    def _type_of_mapping(self) -> QuestionType | None:
        """The type whose `answer` may be a mapping, if it is one."""
        is_mapping = isinstance(self._found.get("answer"), yaml.MappingNode)
        return next((one for one in MARKED_TYPES if is_mapping and get_definition(one).takes_mapping), None)

    def report_inapplicable_fields(self, question_type: QuestionType | None) -> None:
        for name, node in self._found.items():
            types = QUESTION_FIELDS[name]
            if question_type is not None and types != EVERY_TYPE and question_type.value not in types.split(", "):
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
        definition = get_definition(question_type) if question_type else None
        if isinstance(node, yaml.MappingNode) and definition is not None and definition.takes_mapping:
            texts = [(key, _read_pair(key, value)) for key, value in node.value]
        else:
            texts = [(item, read_text(item)) for item in read_list(node, lambda item: item)]
        if not texts:
            self._report(node, "answer", "the list is empty.")
        valid_answers: list[str] = []
        for item, text in texts:
            if not text:
                self._report(item, "answer", "must be a text, a number, or a list of them.")
            elif definition is not None and (problem := definition.answer_problem(text)) is not None:
                self._report(item, "answer", problem)
            else:
                valid_answers.append(definition.normalize_answer(text) if definition else text)
        if (
            definition is not None
            and definition.max_answers is not None
            and len(valid_answers) > definition.max_answers
        ):
            count = "one answer" if definition.max_answers == 1 else f"at most {definition.max_answers} answers"
            self._report(node, "answer", f"a {question_type} question has {count}.")
        if definition is not None and (problem := definition.answers_problem(valid_answers)) is not None:
            self._report(node, "answer", problem)
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


def _read_pair(key: yaml.Node, value: yaml.Node) -> str | None:
    """An item of a mapping as the text "key-value"; None where one of them is no scalar or is empty."""
    texts = read_text(key), read_text(value)
    return "-".join(text for text in texts if text) if all(texts) else None
