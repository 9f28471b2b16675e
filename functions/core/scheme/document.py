"""A marking scheme from people, as JSON or YAML.

The format is published as `docs/marking-scheme.schema.json`.
"""

import yaml

from core.assessment import MarkingScheme, SchemeEntry
from core.labels import label_path
from core.scheme.fields import HIGHEST_MARKS, read_entry
from core.scheme.nodes import Complaints, compose, fields, is_null, number_of, text_of

SCHEME_FIELDS = {"title": "", "rounding": "", "questions": ""}


def parse_scheme(text: str) -> MarkingScheme:
    """The scheme in a JSON or YAML text.

    Raises
    ------
    InvalidMarkingScheme
        One sentence a fault, each on a line of its own, with line, question and field.
    """
    node = compose(text)
    complaints = Complaints()
    found = fields(node, SCHEME_FIELDS, "", complaints)
    questions = found.get("questions")
    entries: list[SchemeEntry] = []
    if questions is None:
        complaints.add(node, "", "`questions` is missing.")
    elif not isinstance(questions, yaml.SequenceNode) or not questions.value:
        complaints.add(questions, "field questions", "must be a list with an entry for each question.")
    else:
        entries = _entries(questions, complaints)
    title = _title(found, complaints)
    rounding = _rounding(found, complaints)
    complaints.raise_any()
    return MarkingScheme(tuple(entries), title, rounding, tuple(_doubts(entries)))


def _entries(questions: yaml.SequenceNode, complaints: Complaints) -> list[SchemeEntry]:
    entries: list[SchemeEntry] = []
    lines: dict[tuple[str, ...], int] = {}
    for place, item in enumerate(questions.value, 1):
        entry = read_entry(item, place, complaints)
        if entry is None:
            continue
        path = label_path(entry.question)
        if not path:
            complaints.add(item, f"question {entry.question}", "has neither a number nor a letter.")
        elif path in lines:
            complaints.add(item, f"question {entry.question}", f"was given before, on line {lines[path]}.")
        lines.setdefault(path, item.start_mark.line + 1)
        entries.append(entry)
    return entries


def _title(found: dict[str, yaml.Node], complaints: Complaints) -> str:
    node = found.get("title")
    if node is None or is_null(node):
        return ""
    title = text_of(node)
    if title is None:
        complaints.add(node, "field title", "must be a text.")
    return title or ""


def _rounding(found: dict[str, yaml.Node], complaints: Complaints) -> float | None:
    node = found.get("rounding")
    if node is None or is_null(node):
        return None
    step = number_of(node)
    if step is None or not 0 < step <= HIGHEST_MARKS:
        complaints.add(node, "field rounding", "must be the step that marks are rounded to, such as 0.5 or 1.")
        return None
    return step


def _doubts(entries: list[SchemeEntry]) -> list[str]:
    """What holds, but is seldom meant."""
    said = []
    for entry in entries:
        total = round(sum(criterion.marks for criterion in entry.criteria), 2)
        if entry.criteria and entry.marks is not None and abs(total - entry.marks) > 0.01:
            said.append(
                f"The criteria of question {entry.question} add up to {total:g} marks, the question is worth"
                f" {entry.marks:g}."
            )
    return said
