"""Parses a marking scheme that a person wrote as JSON or YAML.

The format is published as a JSON schema (`core.models.scheme.json_schema`).
"""

import yaml

from core.models.assessment import MarkingScheme, SchemeEntry
from core.models.question_labels import parse_label
from core.models.scheme.entry_fields import MAX_MARKS, parse_entry
from core.models.scheme.yaml_nodes import SchemeProblems, is_null, parse_mapping, read_fields, read_number, read_text

SCHEME_FIELDS = {"title": "", "rounding": "", "questions": ""}


def parse_scheme(text: str) -> MarkingScheme:
    """Parse a scheme from JSON or YAML text.

    Raises
    ------
    InvalidMarkingScheme
        One sentence per problem, each on its own line, with line number, question and field.
    """
    node = parse_mapping(text)
    problems = SchemeProblems()
    found = read_fields(node, SCHEME_FIELDS, "", problems)
    questions = found.get("questions")
    entries: list[SchemeEntry] = []
    if questions is None:
        problems.add(node, "", "`questions` is missing.")
    elif not isinstance(questions, yaml.SequenceNode) or not questions.value:
        problems.add(questions, "field questions", "must be a list with an entry for each question.")
    else:
        entries = _parse_entries(questions, problems)
    title = _parse_title(found, problems)
    rounding = _parse_rounding(found, problems)
    problems.raise_any()
    return MarkingScheme(tuple(entries), title, rounding, tuple(_find_warnings(entries)))


def _parse_entries(questions: yaml.SequenceNode, problems: SchemeProblems) -> list[SchemeEntry]:
    entries: list[SchemeEntry] = []
    lines: dict[tuple[str, ...], int] = {}
    for position, item in enumerate(questions.value, 1):
        entry = parse_entry(item, position, problems)
        if entry is None:
            continue
        path = parse_label(entry.question)
        if not path:
            problems.add(item, f"question {entry.question}", "has neither a number nor a letter.")
        elif path in lines:
            problems.add(item, f"question {entry.question}", f"was given before, on line {lines[path]}.")
        lines.setdefault(path, item.start_mark.line + 1)
        entries.append(entry)
    return entries


def _parse_title(found: dict[str, yaml.Node], problems: SchemeProblems) -> str:
    node = found.get("title")
    if node is None or is_null(node):
        return ""
    title = read_text(node)
    if title is None:
        problems.add(node, "field title", "must be a text.")
    return title or ""


def _parse_rounding(found: dict[str, yaml.Node], problems: SchemeProblems) -> float | None:
    node = found.get("rounding")
    if node is None or is_null(node):
        return None
    step = read_number(node)
    if step is None or not 0 < step <= MAX_MARKS:
        problems.add(node, "field rounding", "must be the step that marks are rounded to, such as 0.5 or 1.")
        return None
    return step


def _find_warnings(entries: list[SchemeEntry]) -> list[str]:
    """Warn about values that are valid but seldom intended."""
    messages = []
    for entry in entries:
        total = round(sum(criterion.marks for criterion in entry.criteria), 2)
        if entry.criteria and entry.marks is not None and abs(total - entry.marks) > 0.01:
            messages.append(
                f"The criteria of question {entry.question} add up to {total:g} marks, the question is worth"
                f" {entry.marks:g}."
            )
    return messages
