"""Checks of the state machine's transitions. Each check returns what is wrong, in sentences."""

import re
from collections.abc import Iterable

from tests.template.asl import Machine, scopes, state_nodes, targets


def dangling_targets(machine: Machine) -> list[str]:
    """Targets of StartAt, Next, Default and Catch that are no states of their scope (moto accepts them, AWS not)."""
    found = []
    for branch_path, scope in scopes(machine):
        name_of_scope = "/".join(branch_path) or "the machine"
        if scope["StartAt"] not in scope["States"]:
            found.append(f"{name_of_scope} starts at {scope['StartAt']}, which does not exist")
        for name, state in scope["States"].items():
            unknown = [target for target in targets(state) if target not in scope["States"]]
            found += [f"{name} leads to {target}, which does not exist" for target in unknown]
    return found


def unreachable_states(machine: Machine) -> list[str]:
    """States that no transition leads to."""
    found = []
    for _, scope in scopes(machine):
        seen, waiting = set(), [scope["StartAt"]]
        while waiting:
            name = waiting.pop()
            if name in seen or name not in scope["States"]:
                continue
            seen.add(name)
            waiting += targets(scope["States"][name])
        found += [f"nothing leads to {name}" for name in scope["States"] if name not in seen]
    return found


def states_without_terminal(machine: Machine) -> list[str]:
    """States that do not have exactly one of Next, Choices and End, or from which no terminal state can be reached."""
    found = []
    for _, scope in scopes(machine):
        for name, state in scope["States"].items():
            transitions = sum((bool(state.get("End")), "Next" in state, "Choices" in state))
            if transitions != (0 if state["Type"] in ("Succeed", "Fail") else 1):
                found.append(f"{name} ({state['Type']}) has {transitions} transitions")
            if state["Type"] == "Choice" and "Default" not in state:
                found.append(f"{name} has no Default")
        found += [f"{name} never reaches a terminal state" for name in _endless(scope)]
    return found


def _endless(scope: Machine) -> list[str]:
    states = scope["States"]
    terminating = {name for name, state in states.items() if state.get("End") or state["Type"] in ("Succeed", "Fail")}
    while True:
        more = {name for name in states if name not in terminating and terminating.intersection(targets(states[name]))}
        if not more:
            return [name for name in states if name not in terminating]
        terminating |= more


def duplicate_state_names(machine: Machine) -> list[str]:
    """State names that are used more than once in the whole machine, branches included."""
    names = [found.name for found in state_nodes(machine)]
    return sorted({f"two states are named {name}" for name in names if names.count(name) > 1})


def substitutions_that_differ(text: str, declared: Iterable[str]) -> list[str]:
    """Names that are either a `${Name}` of the file or a DefinitionSubstitution of the template, but not both."""
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    used = set(re.findall(r"\$\{(\w+)\}", lines))
    found = [f"{name} is used, not declared" for name in sorted(used - set(declared))]
    return found + [f"{name} is declared, not used" for name in sorted(set(declared) - used)]
