"""Evaluates the record's update as the state machine writes it and as core/storage/submission_repository.py does.

Both come out in one form, so that a test can compare them.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

_CALL = re.compile(r"States\.(Format|JsonToString)\((.*)\)\Z", re.DOTALL)


@dataclass(frozen=True)
class Write:
    """One UpdateItem in plain values: the item's key, the attributes set and removed, and the condition."""

    key: dict[str, Any]
    sets: dict[str, Any]
    removes: frozenset[str]
    condition: str


def native_write(task: dict[str, Any], state: dict[str, Any], context: dict[str, Any]) -> Write:
    """The UpdateItem that the task's Parameters make for one input."""
    parameters = evaluate(task["Parameters"], state, context)
    values = {name: _plain(value) for name, value in parameters["ExpressionAttributeValues"].items()}
    key = {name: _plain(value) for name, value in parameters["Key"].items()}
    return write(
        key,
        parameters["UpdateExpression"],
        names=parameters.get("ExpressionAttributeNames", {}),
        values=values,
        condition=parameters["ConditionExpression"],
    )


def write(
    key: dict[str, Any], expression: str, *, names: dict[str, str], values: dict[str, Any], condition: str
) -> Write:
    """The write of an update expression with SET and REMOVE, its placeholders resolved."""
    sets, _, removes = " ".join(expression.split()).removeprefix("SET ").partition(" REMOVE ")
    pairs = [part.split(" = ") for part in sets.split(", ")]
    return Write(
        key,
        {names.get(name, name): values[value] for name, value in pairs},
        frozenset(names.get(name, name) for name in removes.split(", ") if name),
        condition,
    )


def evaluate(node: Any, state: dict[str, Any], context: dict[str, Any]) -> Any:
    """The value of a JSONPath payload template, with the two intrinsic functions that the Record state uses."""
    if isinstance(node, list):
        return [evaluate(value, state, context) for value in node]
    if not isinstance(node, dict):
        return node
    return {
        key.removesuffix(".$"): _expression(value, state, context)
        if key.endswith(".$")
        else evaluate(value, state, context)
        for key, value in node.items()
    }


def _expression(text: str, state: dict[str, Any], context: dict[str, Any]) -> Any:
    call = _CALL.match(text)
    if call is None:
        return _resolve_path(text, state, context)
    if call[1] == "JsonToString":
        return json.dumps(_resolve_path(call[2], state, context))
    pattern, *arguments = [part.strip() for part in call[2].split(", ")]
    values = iter(_resolve_path(path, state, context) for path in arguments)
    return re.sub(r"\{\}", lambda _: str(next(values)), pattern.strip("'"))


def _resolve_path(path: str, state: dict[str, Any], context: dict[str, Any]) -> Any:
    node: Any = context if path.startswith("$$") else state
    for field in path.lstrip("$").lstrip(".").split("."):
        node = node[field] if field else node
    return node


def _plain(value: dict[str, Any]) -> Any:
    [(kind, content)] = value.items()
    return int(content) if kind == "N" else content
