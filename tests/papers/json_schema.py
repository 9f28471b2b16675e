"""Validates against the part of JSON Schema 2020-12 that the schema of marking schemes uses.

Tests compare the schema with the parser. An unknown keyword raises, so that the schema cannot state anything that no
test checks.
"""

import re
from collections.abc import Callable
from typing import Any

_TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: isinstance(value, int | float) and not isinstance(value, bool) and value == int(value),
}
_ANNOTATIONS = {"$schema", "$id", "$defs", "title", "description"}


def is_valid(value: Any, schema: dict[str, Any], root: dict[str, Any] | None = None) -> bool:
    root = root or schema
    return all(
        _check_keyword(name, constraint, value, schema, root)
        for name, constraint in schema.items()
        if name not in _ANNOTATIONS
    )


def _check_keyword(name: str, constraint: Any, value: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:  # noqa: PLR0911
    match name:
        case "$ref":
            return is_valid(value, root["$defs"][constraint.removeprefix("#/$defs/")], root)
        case "type":
            return any(_TYPES[kind](value) for kind in ([constraint] if isinstance(constraint, str) else constraint))
        case "enum":
            return any(value == one and type(value) is type(one) for one in constraint)
        case "const":
            return bool(value == constraint)
        case "anyOf":
            return any(is_valid(value, one, root) for one in constraint)
        case "allOf":
            return all(is_valid(value, one, root) for one in constraint)
        case "if":
            return not is_valid(value, constraint, root) or is_valid(value, schema["then"], root)
        case "then":
            return True
    return _check_typed_keyword(name, constraint, value, schema, root)


def _check_typed_keyword(name: str, constraint: Any, value: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:  # noqa: PLR0911
    """Check keywords that constrain values of one type and accept all others."""
    if name == "minProperties":
        return not isinstance(value, dict) or len(value) >= constraint
    if name in ("required", "properties", "additionalProperties"):
        return not isinstance(value, dict) or _check_object_keyword(name, constraint, value, schema, root)
    if name in ("items", "minItems", "maxItems"):
        if not isinstance(value, list):
            return True
        if name == "items":
            return all(is_valid(item, constraint, root) for item in value)
        return len(value) >= constraint if name == "minItems" else len(value) <= constraint
    if name in ("pattern", "maxLength"):
        if not isinstance(value, str):
            return True
        return bool(re.search(constraint, value)) if name == "pattern" else len(value) <= constraint
    if name in ("minimum", "maximum", "exclusiveMinimum"):
        if not _TYPES["number"](value):
            return True
        return {"minimum": value >= constraint, "maximum": value <= constraint, "exclusiveMinimum": value > constraint}[
            name
        ]
    raise NotImplementedError(name)


def _check_object_keyword(
    name: str, constraint: Any, value: dict[str, Any], schema: dict[str, Any], root: dict[str, Any]
) -> bool:
    if name == "required":
        return all(field in value for field in constraint)
    if name == "properties":
        return all(is_valid(value[field], one, root) for field, one in constraint.items() if field in value)
    return constraint is not False or set(value) <= set(schema["properties"])
