"""Does every road of the state machine lead somewhere? Each check returns what is wrong, in sentences."""

import re
from collections.abc import Iterable

from tests.template.asl import Machine, scopes, state_nodes, targets


def dangling_targets(machine: Machine) -> list[str]:
    """StartAt, Next, Default and Catch name states of their own scope (moto accepts others, AWS does not)."""
    found = []
    for branch_path, scope in scopes(machine):
        where = "/".join(branch_path) or "the machine"
        if scope["StartAt"] not in scope["States"]:
            found.append(f"{where} starts at {scope['StartAt']}, which is not there")
        for name, state in scope["States"].items():
            found += [f"{name} leads to {target}, which is not there" for target in _strangers(state, scope)]
    return found


def _strangers(state: dict[str, object], scope: Machine) -> list[str]:
    return [target for target in targets(state) if target not in scope["States"]]


def unreachable_states(machine: Machine) -> list[str]:
    found = []
    for _, scope in scopes(machine):
        seen, ahead = set(), [scope["StartAt"]]
        while ahead:
            name = ahead.pop()
            if name in seen or name not in scope["States"]:
                continue
            seen.add(name)
            ahead += targets(scope["States"][name])
        found += [f"nothing leads to {name}" for name in scope["States"] if name not in seen]
    return found


def states_without_terminal(machine: Machine) -> list[str]:
    """A state goes on or ends, never both and never neither; and from each an end can be reached."""
    found = []
    for _, scope in scopes(machine):
        for name, state in scope["States"].items():
            ways = sum((bool(state.get("End")), "Next" in state, "Choices" in state))
            if ways != (0 if state["Type"] in ("Succeed", "Fail") else 1):
                found.append(f"{name} ({state['Type']}) has {ways} ways on")
            if state["Type"] == "Choice" and "Default" not in state:
                found.append(f"{name} has no Default")
        found += [f"{name} never comes to an end" for name in _endless(scope)]
    return found


def _endless(scope: Machine) -> list[str]:
    states = scope["States"]
    ending = {name for name, state in states.items() if state.get("End") or state["Type"] in ("Succeed", "Fail")}
    while True:
        more = {name for name in states if name not in ending and ending.intersection(targets(states[name]))}
        if not more:
            return [name for name in states if name not in ending]
        ending |= more


def duplicate_state_names(machine: Machine) -> list[str]:
    """A state's name is one over the whole machine, branches included."""
    names = [found.name for found in state_nodes(machine)]
    return sorted({f"two states are named {name}" for name in names if names.count(name) > 1})


def substitutions_that_differ(text: str, declared: Iterable[str]) -> list[str]:
    """`${Name}` in the file and DefinitionSubstitutions in the template are the same names."""
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    used = set(re.findall(r"\$\{(\w+)\}", lines))
    found = [f"{name} is used, not declared" for name in sorted(used - set(declared))]
    return found + [f"{name} is declared, not used" for name in sorted(set(declared) - used)]
