"""Parses the SAM template, tags as functions (`!Ref X` is {"Ref": "X"}), and answers the queries of the checks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from local.cloud.template import SafeLoader
from tests.template.asl import ROOT

TEMPLATE = ROOT / "template.yaml"

Template = dict[str, Any]


class _Loader(SafeLoader):
    pass


def _tagged(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    build = {yaml.ScalarNode: loader.construct_scalar, yaml.SequenceNode: loader.construct_sequence}
    value: Any = build[type(node)](node, deep=True) if isinstance(node, yaml.SequenceNode) else build[type(node)](node)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _tagged)


def parse(text: str) -> Template:
    template: Template = yaml.load(text, Loader=_Loader)  # noqa: S506 -- derived from SafeLoader
    return template


@dataclass(frozen=True)
class Function:
    """One Lambda function. `folder`: the package of its handler module. `timeout`: in seconds."""

    name: str
    properties: dict[str, Any]
    globals: dict[str, Any]

    @property
    def code(self) -> Path:
        return ROOT / str(self.properties.get("CodeUri", self.globals.get("CodeUri")))

    @property
    def handler_file(self) -> Path:
        module, _, _ = self.properties["Handler"].rpartition(".")
        return self.code.joinpath(*module.split(".")).with_suffix(".py")

    @property
    def folder(self) -> Path:
        return self.handler_file.parent

    @property
    def timeout(self) -> int:
        return int(self.properties.get("Timeout", self.globals.get("Timeout", 3)))

    @property
    def own_environment(self) -> dict[str, Any]:
        return dict(self.properties.get("Environment", {}).get("Variables", {}))

    @property
    def shared_environment(self) -> dict[str, Any]:
        return dict(self.globals.get("Environment", {}).get("Variables", {}))

    def events(self, *kinds: str) -> list[dict[str, Any]]:
        return [event for event in self.properties.get("Events", {}).values() if event["Type"] in kinds]

    def statements(self) -> Iterator[dict[str, Any]]:
        for policy in self.properties.get("Policies", ()):
            document = policy["Fn::If"][1] if "Fn::If" in policy else policy
            yield from document["Statement"]


def of_type(template: Template, kind: str) -> dict[str, dict[str, Any]]:
    """The properties of each resource of a type."""
    resources = template["Resources"].items()
    return {name: body.get("Properties", {}) for name, body in resources if body["Type"] == kind}


def functions(template: Template) -> list[Function]:
    shared = template.get("Globals", {}).get("Function", {})
    return [Function(name, body, shared) for name, body in of_type(template, "AWS::Serverless::Function").items()]


def substitutions(template: Template) -> dict[str, Any]:
    [machine] = of_type(template, "AWS::Serverless::StateMachine").values()
    return dict(machine["DefinitionSubstitutions"])


def called_functions(template: Template) -> dict[str, Function]:
    """The functions that the state machine calls by their alias, keyed by the substitution with the alias's ARN."""
    named = {f"{found.name}.Alias": found for found in functions(template)}
    return {
        name: named[value["Ref"]]
        for name, value in substitutions(template).items()
        if isinstance(value, dict) and value.get("Ref") in named
    }


def references(node: Any) -> set[str]:
    """The logical ids that a node refers to by Ref, GetAtt, Sub or DependsOn, without pseudo parameters."""
    if isinstance(node, list):
        return set().union(*map(references, node)) if node else set()
    if not isinstance(node, dict):
        return set()
    found: set[str] = set()
    for key, value in node.items():
        if key == "Ref":
            found.add(value)
        elif key == "Fn::GetAtt":
            found.add(value[0])
        elif key == "Fn::Sub":
            text, given = (value, {}) if isinstance(value, str) else value
            found |= {name.split(".")[0] for name in re.findall(r"\$\{([^!}][^}]*)\}", text)} - set(given)
            found |= references(given)
        elif key == "DependsOn":
            found |= {value} if isinstance(value, str) else set(value)
        else:
            found |= references(value)
    return {name for name in found if not name.startswith("AWS::")}
