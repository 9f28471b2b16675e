"""Time limits, retries and catches of the tasks. Each check returns what is wrong, in sentences."""

from collections.abc import Mapping
from typing import Any

from core.models import errors
from tests.template.asl import Machine, StateNode, tasks
from tests.template.error_checks import TIMEOUTS, error_family


def timeouts_out_of_order(machine: Machine, functions: Mapping[str, int]) -> list[str]:
    """A function's own limit ends it before its task's does, and that before the machine's.

    `functions` gives each function's Timeout in seconds by its substitution.
    """
    whole = machine.get("TimeoutSeconds")
    if whole is None:
        return ["the machine has no TimeoutSeconds"]
    found = []
    for state in tasks(machine):
        limit = state.state.get("TimeoutSeconds")
        if limit is None:
            found.append(f"{state.name} has no TimeoutSeconds")
            continue
        if limit >= whole:
            found.append(f"{state.name} may take {limit} s, the machine only {whole} s")
        own = functions[state.function] if state.function else 0
        if own >= limit:
            found.append(f"{state.name} may take {limit} s, but its function {own} s")
    return found


def retries_without_jitter(machine: Machine) -> list[str]:
    """Every task is retried, and not by all executions in step. A timeout has been spread by itself."""
    found = [f"{state.name} is never retried" for state in tasks(machine) if not state.state.get("Retry")]
    for state in tasks(machine):
        for rule in state.state.get("Retry", ()):
            if rule.get("JitterStrategy") != "FULL" and not TIMEOUTS.issuperset(rule["ErrorEquals"]):
                found.append(f"{state.name} retries {rule['ErrorEquals'][0]} without jitter")
    return found


def timeouts_retried_often(machine: Machine) -> list[str]:
    """What ran into its limit once is tried once more, not for an hour."""
    found = []
    for state in tasks(machine):
        for name in sorted(TIMEOUTS if state.function else {"States.Timeout"}):
            rule = next((rule for rule in state.state.get("Retry", ()) if _rule_matches(rule, name)), None)
            attempts = rule.get("MaxAttempts", 3) if rule else 0
            if attempts > 1:
                found.append(f"{state.name} retries {name} {attempts} times")
    return found


def _rule_matches(rule: dict[str, Any], name: str) -> bool:
    return name in rule["ErrorEquals"] or "States.ALL" in rule["ErrorEquals"]


def tasks_without_catch_all(machine: Machine) -> list[str]:
    """Every task ends its own failures: the last catcher takes all, alone (AWS refuses it with company)."""
    found = []
    for state in tasks(machine):
        catchers = [rule["ErrorEquals"] for rule in state.state.get("Catch", ())]
        if not catchers or catchers[-1] != ["States.ALL"]:
            found.append(f"{state.name} lets failures through")
    for state in tasks(machine):
        rules = [*state.state.get("Retry", ()), *state.state.get("Catch", ())]
        if any("States.ALL" in rule["ErrorEquals"] and len(rule["ErrorEquals"]) > 1 for rule in rules):
            found.append(f"{state.name} names States.ALL beside others")
    return found


def states_that_lose_the_submission(machine: Machine) -> list[str]:
    """Outside the lanes every state keeps its input, results and errors beside it: the endings need it whole."""
    found = []
    for name, state in machine["States"].items():
        if state["Type"] in ("Task", "Parallel", "Pass") and state.get("ResultPath", "$") == "$":
            found.append(f"{name} replaces the state by its result")
        for rule in state.get("Catch", ()):
            if rule.get("ResultPath", "$") == "$":
                found.append(f"{name} replaces the state by the error {rule['ErrorEquals'][0]}")
    return found


def retries_that_differ(machine: Machine) -> list[str]:
    """All tasks that call a function retry alike, but for the transient errors that only one lane knows."""
    own = error_family(errors.TransientError) - {errors.ServiceUnavailable.__name__}
    calling = [state for state in tasks(machine) if state.function]
    common = _without(calling[0], own)
    return [
        f"{state.name} retries otherwise than {calling[0].name}" for state in calling if _without(state, own) != common
    ]


def _without(state: StateNode, names: frozenset[str]) -> list[dict[str, Any]]:
    return [
        rule | {"ErrorEquals": [name for name in rule["ErrorEquals"] if name not in names]}
        for rule in state.state.get("Retry", ())
    ]
