"""The part of JSON Schema 2020-12 that `docs/marking-scheme.schema.json` uses, to hold it against the parser.

A keyword that is not known here raises, so that the schema cannot say something that no test sees.
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
_SAID_ONLY = {"$schema", "$id", "$defs", "title", "description"}


def valid(value: Any, schema: dict[str, Any], root: dict[str, Any] | None = None) -> bool:
    root = root or schema
    return all(_holds(name, said, value, schema, root) for name, said in schema.items() if name not in _SAID_ONLY)


def _holds(name: str, said: Any, value: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:  # noqa: PLR0911
    match name:
        case "$ref":
            return valid(value, root["$defs"][said.removeprefix("#/$defs/")], root)
        case "type":
            return any(_TYPES[kind](value) for kind in ([said] if isinstance(said, str) else said))
        case "enum":
            return any(value == one and type(value) is type(one) for one in said)
        case "const":
            return bool(value == said)
        case "anyOf":
            return any(valid(value, one, root) for one in said)
        case "allOf":
            return all(valid(value, one, root) for one in said)
        case "if":
            return not valid(value, said, root) or valid(value, schema["then"], root)
        case "then":
            return True
    return _about_one_type(name, said, value, schema, root)


def _about_one_type(name: str, said: Any, value: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:  # noqa: PLR0911
    """Keywords that speak about values of one type and let all others pass."""
    if name in ("required", "properties", "additionalProperties"):
        return not isinstance(value, dict) or _about_objects(name, said, value, schema, root)
    if name in ("items", "minItems", "maxItems"):
        if not isinstance(value, list):
            return True
        if name == "items":
            return all(valid(item, said, root) for item in value)
        return len(value) >= said if name == "minItems" else len(value) <= said
    if name in ("pattern", "maxLength"):
        if not isinstance(value, str):
            return True
        return bool(re.search(said, value)) if name == "pattern" else len(value) <= said
    if name in ("minimum", "maximum", "exclusiveMinimum"):
        if not _TYPES["number"](value):
            return True
        return {"minimum": value >= said, "maximum": value <= said, "exclusiveMinimum": value > said}[name]
    raise NotImplementedError(name)


def _about_objects(name: str, said: Any, value: dict[str, Any], schema: dict[str, Any], root: dict[str, Any]) -> bool:
    if name == "required":
        return all(field in value for field in said)
    if name == "properties":
        return all(valid(value[field], one, root) for field, one in said.items() if field in value)
    return said is not False or set(value) <= set(schema["properties"])
