"""A YAML or JSON text as nodes that know their lines, read field by field.

The text is never turned into objects by YAML's own rules, in which `no` is false and `1:30` is ninety:
what a person wrote in a field is read as that field asks.
"""

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import yaml

from core.errors import InvalidMarkingScheme
from core.text import well_formed

T = TypeVar("T")
_LONGEST = 512 * 1024
_MOST_ERRORS = 12
_DEEPEST = 20


@dataclass(slots=True)
class Complaints:
    """What is wrong with a scheme, each with its line. Raised together, so that one try mends all."""

    said: list[str] = field(default_factory=list)

    def add(self, node: yaml.Node, where: str, what: str) -> None:
        self.said.append(f"Line {node.start_mark.line + 1}: {where + ': ' if where else ''}{what}")

    def raise_any(self) -> None:
        if not self.said:
            return
        more = len(self.said) - _MOST_ERRORS
        rest = [f"And {more} more."] if more > 0 else []
        raise InvalidMarkingScheme("\n".join([*self.said[:_MOST_ERRORS], *rest]))


def compose(text: str) -> yaml.MappingNode:
    """The text's outermost mapping.

    Raises
    ------
    InvalidMarkingScheme
        No JSON or YAML, too long, too deep, or something else than a mapping.
    """
    if len(text) > _LONGEST:
        raise InvalidMarkingScheme(f"The marking scheme is longer than {_LONGEST // 1024} KB.")
    text = text.removeprefix("\ufeff")
    if text.lstrip().startswith(("{", "[")):
        _check_json(text)
        # Between JSON's tokens a tab is as good as a space; in YAML it is not.
        text = text.replace("\t", " ")
    try:
        _refuse_aliases(text)
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


def _refuse_aliases(text: str) -> None:
    """Refuses what makes a small text large or deep, before it is put together."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent):
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise InvalidMarkingScheme(f"Line {line}: aliases (*name) are not read here.")
        if depth > _DEEPEST:
            raise InvalidMarkingScheme("The marking scheme is nested too deeply.")


def fields(node: yaml.MappingNode, allowed: dict[str, str], where: str, complaints: Complaints) -> dict[str, yaml.Node]:
    """The mapping's fields by name; unknown and repeated ones are complained about."""
    import difflib

    found: dict[str, yaml.Node] = {}
    for key, value in node.value:
        name = key.value if isinstance(key, yaml.ScalarNode) else "?"
        if name in found:
            complaints.add(key, where, f"`{name}` is given twice.")
        elif name not in allowed:
            near = difflib.get_close_matches(name, allowed, 1)
            hint = f" Did you mean `{near[0]}`?" if near else f" Known are: {', '.join(allowed)}."
            complaints.add(key, where, f"`{name}` is not a field.{hint}")
        else:
            found[name] = value
    return found


def text_of(node: yaml.Node) -> str | None:
    """A scalar's own characters; None where the node is no scalar or is empty."""
    if not isinstance(node, yaml.ScalarNode) or is_null(node):
        return None
    # JSON writes characters beyond the first 65,536 as two halves.
    return well_formed(str(node.value)).strip()


def is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def number_of(node: yaml.Node) -> float | None:
    """A finite number; None where the node is none. A quoted number counts."""
    text = text_of(node)
    if text is None or not re.fullmatch(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?", text):
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def truth_of(node: yaml.Node) -> bool | None:
    text = text_of(node)
    return {"true": True, "false": False, "yes": True, "no": False}.get(text.lower()) if text else None


def listed(node: yaml.Node, read: Callable[[yaml.Node], T]) -> list[T]:
    """Each item of a sequence, or a lone scalar as the only item."""
    return [read(item) for item in node.value] if isinstance(node, yaml.SequenceNode) else [read(node)]
