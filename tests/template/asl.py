"""Parses the state machine's file, and iterates over its scopes, states and strings for the checks."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from local.cloud.template import SafeLoader

ROOT = Path(__file__).resolve().parents[2]
STATEMACHINE = ROOT / "statemachine" / "grading.asl.yaml"

Machine = dict[str, Any]


class _Loader(SafeLoader):
    """A YAML loader that refuses duplicate keys, of which the later one would win silently."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        duplicates = sorted({str(key) for key in keys if keys.count(key) > 1})
        if duplicates:
            raise yaml.constructor.ConstructorError(
                None, None, f"written twice: {', '.join(duplicates)}", node.start_mark
            )
        return super().construct_mapping(node, deep=deep)


def parse(text: str) -> Machine:
    machine: Machine = yaml.load(text, Loader=_Loader)  # noqa: S506 -- derived from SafeLoader
    return machine


@dataclass(frozen=True)
class StateNode:
    """A state with its name. `branch_path`: () in the machine itself, else the branches around it."""

    name: str
    state: dict[str, Any]
    branch_path: tuple[str, ...]

    @property
    def is_task(self) -> bool:
        return bool(self.state["Type"] == "Task")

    @property
    def function(self) -> str | None:
        """The substitution that names this task's function; None for a native integration."""
        resource = str(self.state.get("Resource", ""))
        return resource[2:-1] if resource.startswith("${") else None


def scopes(node: dict[str, Any], branch_path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """All scopes (a StartAt with its States): the machine, then each branch of each Parallel state, outermost first."""
    yield branch_path, node
    for name, state in node["States"].items():
        for number, branch in enumerate(state.get("Branches", ())):
            yield from scopes(branch, (*branch_path, f"{name}[{number}]"))


def state_nodes(machine: Machine) -> list[StateNode]:
    return [
        StateNode(name, state, branch_path)
        for branch_path, scope in scopes(machine)
        for name, state in scope["States"].items()
    ]


def state_node(machine: Machine, name: str) -> StateNode:
    return next(found for found in state_nodes(machine) if found.name == name)


def tasks(machine: Machine) -> list[StateNode]:
    return [found for found in state_nodes(machine) if found.is_task]


def targets(state: dict[str, Any]) -> list[str]:
    """The states that may follow this one."""
    named = [state.get("Next"), state.get("Default")]
    named += [rule.get("Next") for rule in [*state.get("Choices", ()), *state.get("Catch", ())]]
    return [name for name in named if name is not None]


def all_strings(node: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """All strings with their keys; an item of a list has the list's key."""
    if isinstance(node, dict):
        for name, value in node.items():
            yield from all_strings(value, str(name))
    elif isinstance(node, list):
        for value in node:
            yield from all_strings(value, key)
    elif isinstance(node, str):
        yield key, node


def own_strings(found: StateNode) -> Iterator[tuple[str, str]]:
    """The strings of a state, without those of the states inside its branches."""
    return all_strings({key: value for key, value in found.state.items() if key != "Branches"})
