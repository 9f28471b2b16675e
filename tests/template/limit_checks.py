"""Checks of the tasks' timeouts, retries and catchers. Each check returns what is wrong, in sentences."""

from collections.abc import Mapping
from typing import Any

from core.models import errors
from tests.template.asl import Machine, StateNode, tasks
from tests.template.error_checks import TIMEOUTS, error_family


def timeouts_out_of_order(machine: Machine, functions: Mapping[str, int]) -> list[str]:
    """Tasks whose timeout is not between their function's and the machine's.

    `functions`: each function's Timeout in seconds, by its substitution.
    """
    machine_limit = machine.get("TimeoutSeconds")
    if machine_limit is None:
        return ["the machine has no TimeoutSeconds"]
    found = []
    for state in tasks(machine):
        limit = state.state.get("TimeoutSeconds")
        if limit is None:
            found.append(f"{state.name} has no TimeoutSeconds")
            continue
        if limit >= machine_limit:
            found.append(f"{state.name} may take {limit} s, the machine only {machine_limit} s")
        function_limit = functions[state.function] if state.function else 0
        if function_limit >= limit:
            found.append(f"{state.name} may take {limit} s, but its function {function_limit} s")
    return found


def retries_without_jitter(machine: Machine) -> list[str]:
    """Tasks without retries, or with retries without jitter, which all executions would make at the same time.

    Timeouts need no jitter, because they are spread out already.
    """
    found = [f"{state.name} is never retried" for state in tasks(machine) if not state.state.get("Retry")]
    for state in tasks(machine):
        for rule in state.state.get("Retry", ()):
            if rule.get("JitterStrategy") != "FULL" and not TIMEOUTS.issuperset(rule["ErrorEquals"]):
                found.append(f"{state.name} retries {rule['ErrorEquals'][0]} without jitter")
    return found


def timeouts_retried_often(machine: Machine) -> list[str]:
    """Tasks that retry a timeout more than once, and so could take an hour."""
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
    """Tasks whose last catcher is not States.ALL alone; AWS refuses States.ALL with other names."""
    found = []
    for state in tasks(machine):
        catchers = [rule["ErrorEquals"] for rule in state.state.get("Catch", ())]
        if not catchers or catchers[-1] != ["States.ALL"]:
            found.append(f"{state.name} does not catch all errors")
    for state in tasks(machine):
        rules = [*state.state.get("Retry", ()), *state.state.get("Catch", ())]
        if any("States.ALL" in rule["ErrorEquals"] and len(rule["ErrorEquals"]) > 1 for rule in rules):
            found.append(f"{state.name} names States.ALL with others")
    return found


def states_that_lose_the_submission(machine: Machine) -> list[str]:
    """States outside the branches that replace their input; the terminal states need all of it."""
    found = []
    for name, state in machine["States"].items():
        if state["Type"] in ("Task", "Parallel", "Pass") and state.get("ResultPath", "$") == "$":
            found.append(f"{name} replaces the state by its result")
        for rule in state.get("Catch", ()):
            if rule.get("ResultPath", "$") == "$":
                found.append(f"{name} replaces the state by the error {rule['ErrorEquals'][0]}")
    return found


def retries_that_differ(machine: Machine) -> list[str]:
    """Tasks whose retries differ from those of the first, apart from transient errors that only one function raises."""
    specific = error_family(errors.TransientError) - {errors.ServiceUnavailable.__name__}
    calling = [state for state in tasks(machine) if state.function]
    common = _retries_without(calling[0], specific)
    return [
        f"{state.name} has other retries than {calling[0].name}"
        for state in calling
        if _retries_without(state, specific) != common
    ]


def _retries_without(state: StateNode, names: frozenset[str]) -> list[dict[str, Any]]:
    return [
        rule | {"ErrorEquals": [name for name in rule["ErrorEquals"] if name not in names]}
        for rule in state.state.get("Retry", ())
    ]
