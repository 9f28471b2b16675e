"""Reads a YAML or JSON text field by field, as nodes that know their line numbers.

The text is never converted to objects by YAML's own rules, in which `no` is false and `1:30` is ninety. The field
decides how a value is read.
"""

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import yaml

from core.models.errors import InvalidMarkingScheme
from core.platform.sanitize import sanitize_text

T = TypeVar("T")
_MAX_CHARACTERS = 512 * 1024
_MAX_ERRORS = 12
_MAX_DEPTH = 20


@dataclass(slots=True)
class SchemeProblems:
    """Problems of a scheme, each with its line. Raised together, so that one attempt fixes all of them."""

    messages: list[str] = field(default_factory=list)

    def add(self, node: yaml.Node, location: str, message: str) -> None:
        self.messages.append(f"Line {node.start_mark.line + 1}: {location + ': ' if location else ''}{message}")

    def raise_any(self) -> None:
        if not self.messages:
            return
        omitted_count = len(self.messages) - _MAX_ERRORS
        summary = [f"And {omitted_count} more."] if omitted_count > 0 else []
        raise InvalidMarkingScheme("\n".join([*self.messages[:_MAX_ERRORS], *summary]))


def parse_mapping(text: str) -> yaml.MappingNode:
    """Return the text's outermost mapping.

    Raises
    ------
    InvalidMarkingScheme
        Not JSON or YAML, too long, too deeply nested, or not a mapping.
    """
    if len(text) > _MAX_CHARACTERS:
        raise InvalidMarkingScheme(f"The marking scheme is longer than {_MAX_CHARACTERS // 1024} KB.")
    text = text.removeprefix("\ufeff")
    if text.lstrip().startswith(("{", "[")):
        _check_json(text)
        # JSON allows tabs between tokens; YAML does not.
        text = text.replace("\t", " ")
    try:
        _reject_aliases(text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InvalidMarkingScheme(f"Line {line}: this is not valid YAML ({error.problem}).") from error
    except yaml.YAMLError as error:
        raise InvalidMarkingScheme(
            f"The marking scheme holds characters that YAML does not allow ({error})."
        ) from error
    except RecursionError as error:
        raise InvalidMarkingScheme("The marking scheme is nested too deeply.") from error
    if node is None:
        raise InvalidMarkingScheme("The marking scheme is empty.")
    if not isinstance(node, yaml.MappingNode):
        raise InvalidMarkingScheme(f"Line {node.start_mark.line + 1}: a marking scheme starts with `questions:`.")
    return node


def _check_json(text: str) -> None:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidMarkingScheme(f"Line {error.lineno}: this is not valid JSON ({error.msg}).") from error
    except RecursionError as error:
        raise InvalidMarkingScheme("The marking scheme is nested too deeply.") from error


def _reject_aliases(text: str) -> None:
    """Reject aliases and deep nesting before composing: they make a small text large or deep."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent):
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise InvalidMarkingScheme(f"Line {line}: aliases (*name) are not read here.")
        if depth > _MAX_DEPTH:
            raise InvalidMarkingScheme("The marking scheme is nested too deeply.")


def read_fields(
    node: yaml.MappingNode, allowed: dict[str, str], location: str, problems: SchemeProblems
) -> dict[str, yaml.Node]:
    """Return the mapping's fields by name. Unknown and repeated fields are reported to `problems`."""
    import difflib

    found: dict[str, yaml.Node] = {}
    for key, value in node.value:
        name = key.value if isinstance(key, yaml.ScalarNode) else "?"
        if name in found:
            problems.add(key, location, f"`{name}` is given twice.")
        elif name not in allowed:
            close_matches = difflib.get_close_matches(name, allowed, 1)
            hint = f" Did you mean `{close_matches[0]}`?" if close_matches else f" Known are: {', '.join(allowed)}."
            problems.add(key, location, f"`{name}` is not a field.{hint}")
        else:
            found[name] = value
    return found


def read_text(node: yaml.Node) -> str | None:
    """Return a scalar's text as written; None where the node is no scalar or is empty."""
    if not isinstance(node, yaml.ScalarNode) or is_null(node):
        return None
    # JSON escapes characters above U+FFFF as surrogate pairs.
    return sanitize_text(str(node.value)).strip()


def is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def read_number(node: yaml.Node) -> float | None:
    """Return a finite number; None where the node is not one. Quoted numbers count."""
    text = read_text(node)
    if text is None or not re.fullmatch(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?", text):
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def read_boolean(node: yaml.Node) -> bool | None:
    text = read_text(node)
    return {"true": True, "false": False, "yes": True, "no": False}.get(text.lower()) if text else None


def read_list(node: yaml.Node, read: Callable[[yaml.Node], T]) -> list[T]:
    """Apply `read` to each item of a sequence, or to a lone scalar as the only item."""
    return [read(item) for item in node.value] if isinstance(node, yaml.SequenceNode) else [read(node)]
