"""Reads the SAM template: YAML with CloudFormation's tags, and the intrinsic functions behind these tags.

Only what `template.yaml` uses is supported; anything else is rejected with an explanation, never guessed.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

try:  # libyaml parses the template in a tenth of the time, at every start; PyYAML can be built without it.
    from yaml import CSafeLoader as SafeLoader
except ImportError:
    from yaml import SafeLoader  # type: ignore[assignment]

Resolver = Callable[[str], str]

_NO_VALUE = object()
_SUBSTITUTION = re.compile(r"\$\{(!?)([^}]+)\}")
_DYNAMIC_REFERENCE = re.compile(
    r"\{\{resolve:secretsmanager:((?:[^:{}]|:(?!SecretString))+):SecretString(?::([^:{}]*))?\}\}"
)


class TemplateError(Exception):
    """The template uses something that the local cloud does not support."""


class _Loader(SafeLoader):
    """Reads `!Ref X` as {"Ref": X} and `!Sub X` as {"Fn::Sub": X}."""


def _construct_tag(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
    if suffix in ("Ref", "Condition"):
        return {suffix: value}
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _construct_tag)


def parse_yaml(text: str) -> Any:
    """Parses YAML without tags."""
    return yaml.load(text, Loader=SafeLoader)


def load(path: Path) -> dict[str, Any]:
    """Loads the template's tree, with tags as dictionaries."""
    with path.open(encoding="utf-8") as file:
        tree = yaml.load(file, Loader=_Loader)  # noqa: S506 -- derived from SafeLoader
    if not isinstance(tree, dict) or "Resources" not in tree:
        raise TemplateError(f"{path.name} is no template: it has no Resources.")
    return tree


class Template:
    """Resolves the values of a template's nodes for one set of parameters.

    `reference` returns the value of `!Ref` of a resource, `attribute` that of `!GetAtt` (called with the logical id and
    the attribute's name), `secret` the string of the secret with an ARN.
    """

    def __init__(
        self,
        tree: Mapping[str, Any],
        *,
        parameters: Mapping[str, str],
        pseudo: Mapping[str, str],
        reference: Resolver,
        attribute: Callable[[str, str], str],
        secret: Resolver,
    ) -> None:
        self._mappings = tree.get("Mappings", {})
        self._conditions = tree.get("Conditions", {})
        self._values = _parameter_values(tree.get("Parameters", {}), parameters) | dict(pseudo)
        self._globals = tree.get("Globals", {})
        self._reference = reference
        self._attribute = attribute
        self._secret = secret
        self._check_rules(tree.get("Rules", {}))
        self.resources: dict[str, dict[str, Any]] = {
            name: resource for name, resource in tree["Resources"].items() if self._is_included(resource)
        }

    def properties(self, name: str) -> dict[str, Any]:
        """Returns a resource's properties, with the Globals of its kind as defaults; not resolved yet."""
        resource = self.resources[name]
        properties = resource.get("Properties") or {}
        kind = {"AWS::Serverless::Function": "Function", "AWS::Serverless::HttpApi": "HttpApi"}.get(resource["Type"])
        return _merge_globals(self._globals.get(kind, {}), properties) if kind else properties

    def of_type(self, kind: str) -> list[str]:
        """Returns the logical ids of the resources of one type, in the template's order."""
        return [name for name, resource in self.resources.items() if resource["Type"] == kind]

    def resolve(self, node: Any) -> Any:
        """Returns the node with every intrinsic function replaced by its value."""
        value = self._resolve(node)
        return None if value is _NO_VALUE else value

    def _check_rules(self, rules: Mapping[str, Any]) -> None:
        """Rejects combinations of parameters that CloudFormation would reject."""
        for rule in rules.values():
            if "RuleCondition" in rule and not self._evaluate_condition(rule["RuleCondition"]):
                continue
            for assertion in rule["Assertions"]:
                if not self._evaluate_condition(assertion["Assert"]):
                    raise TemplateError(assertion["AssertDescription"])

    def _is_included(self, resource: dict[str, Any]) -> bool:
        name = resource.get("Condition")
        return True if name is None else self.condition(name)

    def condition(self, name: str) -> bool:
        if name not in self._conditions:
            raise TemplateError(f"The template refers to a condition {name!r} that it does not define.")
        return self._evaluate_condition(self._conditions[name])

    def _evaluate_condition(self, node: Any) -> bool:
        if isinstance(node, dict) and len(node) == 1:
            name, argument = next(iter(node.items()))
            if name == "Condition":
                return self.condition(argument)
            if name == "Fn::Equals":
                left, right = (self._resolve(part) for part in argument)
                return as_text(left) == as_text(right)
            if name == "Fn::Not":
                return not self._evaluate_condition(argument[0])
            if name == "Fn::And":
                return all(self._evaluate_condition(part) for part in argument)
            if name == "Fn::Or":
                return any(self._evaluate_condition(part) for part in argument)
        raise TemplateError(f"The local cloud does not support the condition {node!r}.")

    def _resolve(self, node: Any) -> Any:
        if isinstance(node, list):
            return [value for value in map(self._resolve, node) if value is not _NO_VALUE]
        if isinstance(node, str):
            return _DYNAMIC_REFERENCE.sub(self._resolve_secret, node)
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            name, argument = next(iter(node.items()))
            if name == "Ref":
                return self._ref(argument)
            if isinstance(name, str) and name.startswith("Fn::"):
                return self._function(name, argument)
        resolved = {key: self._resolve(value) for key, value in node.items()}
        return {key: value for key, value in resolved.items() if value is not _NO_VALUE}

    def _function(self, name: str, argument: Any) -> Any:
        match name:
            case "Fn::Sub":
                return self._substitute(argument)
            case "Fn::GetAtt":
                return self._attribute(argument[0], argument[1])
            case "Fn::If":
                return self._resolve(argument[1] if self.condition(argument[0]) else argument[2])
            case "Fn::Join":
                return argument[0].join(as_text(value) for value in self._resolve(argument[1]))
            case "Fn::Select":
                return self._resolve(argument[1])[int(self._resolve(argument[0]))]
            case "Fn::FindInMap":
                table, first, second = (self._resolve(part) for part in argument[:3])
                try:
                    return self._mappings[table][first][second]
                except KeyError:
                    raise TemplateError(f"The mapping {table} has no entry {first}.{second}.") from None
        raise TemplateError(f"The local cloud does not support the function {name}.")

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _NO_VALUE
        if name in self._values:
            return self._values[name]
        if name.removesuffix(".Alias") not in self.resources:
            raise TemplateError(f"The template refers to {name!r}, which is neither a parameter nor a resource here.")
        return self._reference(name)

    def _substitute(self, argument: Any) -> str:
        text, variables = (argument, {}) if isinstance(argument, str) else argument

        def value(match: re.Match[str]) -> str:
            literal, name = match.groups()
            if literal:
                return "${" + name + "}"
            if name in variables:
                return as_text(self._resolve(variables[name]))
            if "." in name and not name.startswith("AWS::"):
                return self._attribute(*name.split(".", 1))
            return as_text(self._ref(name))

        return _DYNAMIC_REFERENCE.sub(self._resolve_secret, _SUBSTITUTION.sub(value, text))

    def _resolve_secret(self, match: re.Match[str]) -> str:
        if match[2]:
            raise TemplateError("The local cloud resolves whole secrets, not one key of a secret.")
        return self._secret(match[1])


def _parameter_values(declared: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    unknown = sorted(set(given) - set(declared))
    if unknown:
        raise TemplateError(f"The template has no parameter {', '.join(unknown)}.")
    missing = [name for name, body in declared.items() if name not in given and "Default" not in body]
    if missing:
        raise TemplateError(f"The template needs a value for {', '.join(missing)}.")
    return {name: given.get(name, body.get("Default")) for name, body in declared.items()}


def _merge_globals(base: Any, override: Any) -> Any:
    """Merges as SAM does for Globals: maps are merged key by key, lists are joined, anything else is replaced."""
    if (
        isinstance(base, dict)
        and isinstance(override, dict)
        and not _is_intrinsic_function(base)
        and not _is_intrinsic_function(override)
    ):
        return {
            key: _merge_globals(base[key], override[key])
            if key in base and key in override
            else override.get(key, base.get(key))
            for key in [*base, *(key for key in override if key not in base)]
        }
    if isinstance(base, list) and isinstance(override, list):
        return [*base, *override]
    return override


def _is_intrinsic_function(node: dict[str, Any]) -> bool:
    return len(node) == 1 and (next(iter(node)) == "Ref" or next(iter(node)).startswith("Fn::"))


def as_text(value: Any) -> str:
    """Converts a value to text as CloudFormation does in strings."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
