"""Checks for constructs that engines or YAML interpret in different ways. Each check returns sentences."""

import re
from collections.abc import Iterator

import yaml

from tests.template.asl import Machine, StateNode, own_strings, state_nodes, tasks

_JSONATA_FIELDS = frozenset({"QueryLanguage", "Assign", "Arguments", "Output", "Condition", "Items"})
_PATH_KEYS = frozenset({"Variable", "InputPath", "OutputPath", "ResultPath"})
_INTRINSICS = frozenset(
    [
        "Format",
        "StringToJson",
        "JsonToString",
        "Array",
        "ArrayPartition",
        "ArrayContains",
        "ArrayRange",
        "ArrayGetItem",
        "ArrayLength",
        "ArrayUnique",
        "Base64Encode",
        "Base64Decode",
        "Hash",
        "JsonMerge",
        "MathRandom",
        "MathAdd",
        "StringSplit",
        "UUID",
    ]
)
_FIELD_AFTER_INDEX = re.compile(r"\]\s*[.\[]")
_CALL = re.compile(r"\bStates\.(\w+)\(")
_PLACEHOLDER = re.compile(r"[#:][A-Za-z_]\w*")


def jsonata(machine: Machine) -> list[str]:
    """Uses of JSONata, which the local engine lacks; one file for both engines has to use JSONPath only."""
    fields = ["QueryLanguage of the machine"] if "QueryLanguage" in machine else []
    fields += [
        f"{found.name}: {key}" for found in state_nodes(machine) for key in found.state if key in _JSONATA_FIELDS
    ]
    fields += [f"{found.name}: {text}" for found, _, text in _all_texts(machine) if "{%" in text]
    return fields


def fields_after_an_index(machine: Machine) -> list[str]:
    """Paths such as `$[0].x`, which one engine evaluates to a value and the other to a list."""
    return [
        f"{found.name}: {text}"
        for found, key, text in _all_texts(machine)
        if _is_expression(key, text) and _FIELD_AFTER_INDEX.search(text)
    ]


def results_without_selector(machine: Machine) -> list[str]:
    """Results of Parallel states and services that are neither selected from nor dropped.

    Parallel results are indexed and service responses are large.
    """
    return [
        f"{found.name} passes its raw result on"
        for found in state_nodes(machine)
        if (found.state["Type"] == "Parallel" or (found.is_task and found.function is None))
        and "ResultSelector" not in found.state
        and found.state.get("ResultPath", "$") is not None
    ]


def unmarked_paths(machine: Machine) -> list[str]:
    """Paths under a key without `.$`, which are read as plain text, and other values under a key with `.$`."""
    found = []
    for state, key, text in _all_texts(machine):
        looks_like_a_path = text.startswith(("$", "States.")) and not text.startswith("${")
        may_be_path = key.endswith((".$", "Path")) or key in _PATH_KEYS or key == "ErrorEquals"
        if looks_like_a_path and not may_be_path:
            found.append(f"{state.name}: {key} holds the path {text} as plain text")
        if key.endswith(".$") and not looks_like_a_path:
            found.append(f"{state.name}: {key} holds {text}, which is no path")
    return found


def unknown_intrinsics(machine: Machine) -> list[str]:
    return [
        f"{found.name}: States.{name}"
        for found, _, text in _all_texts(machine)
        for name in _CALL.findall(text)
        if name not in _INTRINSICS
    ]


def unbalanced_expressions(machine: Machine) -> list[str]:
    """DynamoDB expressions and intrinsic functions with unbalanced brackets or quotes, as after a lost line end."""
    return [
        f"{found.name}: {text}"
        for found, key, text in _all_texts(machine)
        if (key.endswith("Expression") or "States." in text) and (not _balanced(text) or text.count("'") % 2)
    ]


def _balanced(text: str) -> bool:
    depth = 0
    for letter in re.sub(r"'[^']*'", "", text):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth < 0:
            return False
    return depth == 0


def placeholders_that_differ(machine: Machine) -> list[str]:
    """`#name` and `:value` placeholders that are only used or only declared; DynamoDB refuses both."""
    found = []
    for state in tasks(machine):
        body = state.state.get("Parameters", {})
        used = {name for key, text in body.items() if key.endswith("Expression") for name in _PLACEHOLDER.findall(text)}
        declared = {*body.get("ExpressionAttributeNames", {}), *body.get("ExpressionAttributeValues", {})}
        found += [f"{state.name}: {name} is used, not declared" for name in sorted(used - declared)]
        found += [f"{state.name}: {name} is declared, not used" for name in sorted(declared - used)]
    return found


def swallowed_comments(text: str) -> list[str]:
    """Unquoted values cut off by a comment: ` #` starts one, so `… OR #run < :run` would end at `OR`."""
    lines = text.splitlines()
    found = []
    for token in yaml.scan(text):
        if isinstance(token, yaml.ScalarToken) and token.plain:
            rest = lines[token.end_mark.line][token.end_mark.column :]
            if rest.lstrip().startswith("#"):
                found.append(f"line {token.end_mark.line + 1}: {rest.strip()} is a comment after a value")
    return found


def anchors(text: str) -> list[str]:
    """YAML anchors and aliases: parsers may differ on them, and they make the file hard to read."""
    return [
        f"line {token.start_mark.line + 1}: {token.value}"
        for token in yaml.scan(text)
        if isinstance(token, yaml.AnchorToken | yaml.AliasToken)
    ]


def _is_expression(key: str, text: str) -> bool:
    return text.startswith("$") or "States." in text or key in _PATH_KEYS or key.endswith("Path")


def _all_texts(machine: Machine) -> Iterator[tuple[StateNode, str, str]]:
    for found in state_nodes(machine):
        for key, text in own_strings(found):
            yield found, key, text
