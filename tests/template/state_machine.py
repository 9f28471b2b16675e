"""Loads the state machine with its template, and lists the checks that it must pass."""

import json
import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from tests.template import asl, cloudformation, error_checks, graph_checks, limit_checks, path_checks
from tests.template.asl import Machine
from tests.template.cloudformation import Template

_ARN = "arn:aws:lambda:us-east-1:123456789012:function:named"


@dataclass(frozen=True)
class StateMachineFiles:
    """The file's text, the parsed machine, and the template that deploys it."""

    text: str
    machine: Machine
    template: Template

    @property
    def folders(self) -> dict[str, Path]:
        return {name: found.folder for name, found in cloudformation.called_functions(self.template).items()}

    @property
    def handler_files(self) -> dict[str, Path]:
        return {name: found.handler_file for name, found in cloudformation.called_functions(self.template).items()}

    @property
    def timeouts(self) -> dict[str, int]:
        return {name: found.timeout for name, found in cloudformation.called_functions(self.template).items()}

    def deployed(self) -> Machine:
        """The machine with all substitutions made, because linters and validators expect ARNs in place of them."""
        values = dict.fromkeys(cloudformation.substitutions(self.template), "named")
        values |= dict.fromkeys(self.handler_files, _ARN)
        substituted = re.sub(r"\$\{(\w+)\}", lambda found: values.get(found[1], found[0]), json.dumps(self.machine))
        machine: Machine = json.loads(substituted)
        return machine

    def edited(self, edit: Callable[[Machine], object]) -> "StateMachineFiles":
        """A copy whose machine has been changed by `edit`."""
        machine = deepcopy(self.machine)
        edit(machine)
        return replace(self, machine=machine)

    def with_text(self, old: str, new: str) -> "StateMachineFiles":
        """A copy in whose text the first `old` is replaced by `new`."""
        assert old in self.text, f"nothing to break: {old}"
        return replace(self, text=self.text.replace(old, new, 1))


@cache
def load_state_machine() -> StateMachineFiles:
    text = asl.STATEMACHINE.read_text(encoding="utf-8")
    template = cloudformation.parse(cloudformation.TEMPLATE.read_text(encoding="utf-8"))
    return StateMachineFiles(text, asl.parse(text), template)


PROMISES: dict[str, Callable[[StateMachineFiles], list[str]]] = {
    "every target exists": lambda it: graph_checks.dangling_targets(it.machine),
    "every state is reachable": lambda it: graph_checks.unreachable_states(it.machine),
    "every state leads to a terminal state": lambda it: graph_checks.states_without_terminal(it.machine),
    "state names are unique": lambda it: graph_checks.duplicate_state_names(it.machine),
    "substitutions are those declared": lambda it: graph_checks.substitutions_that_differ(
        it.text, cloudformation.substitutions(it.template)
    ),
    "every error name exists": lambda it: error_checks.unknown_errors(it.machine),
    "every rejection is caught": lambda it: error_checks.incomplete_rejections(it.machine),
    "transient errors are retried": lambda it: error_checks.transients_not_retried(it.machine, it.folders),
    "retried errors can be raised": lambda it: error_checks.retries_of_impossible_errors(it.machine, it.folders),
    "service errors are raised by name": lambda it: error_checks.handlers_that_hide_errors(it.handler_files),
    "permanent errors are not retried": lambda it: error_checks.permanent_errors_retried(it.machine),
    "only JSONPath is used": lambda it: path_checks.jsonata(it.machine),
    "no field after an index": lambda it: path_checks.fields_after_an_index(it.machine),
    "raw results are filtered by a selector": lambda it: path_checks.results_without_selector(it.machine),
    "paths are only where paths are read": lambda it: path_checks.unmarked_paths(it.machine),
    "intrinsic functions exist": lambda it: path_checks.unknown_intrinsics(it.machine),
    "expressions are balanced": lambda it: path_checks.unbalanced_expressions(it.machine),
    "placeholders are those declared": lambda it: path_checks.placeholders_that_differ(it.machine),
    "no comment swallows the end of a value": lambda it: path_checks.swallowed_comments(it.text),
    "no anchors": lambda it: path_checks.anchors(it.text),
    "function, task and machine time out in this order": lambda it: limit_checks.timeouts_out_of_order(
        it.machine, it.timeouts
    ),
    "every task is retried with jitter": lambda it: limit_checks.retries_without_jitter(it.machine),
    "a timeout is retried at most once": lambda it: limit_checks.timeouts_retried_often(it.machine),
    "every task catches all its errors": lambda it: limit_checks.tasks_without_catch_all(it.machine),
    "the submission is never lost": lambda it: limit_checks.states_that_lose_the_submission(it.machine),
    "all functions have the same retries": lambda it: limit_checks.retries_that_differ(it.machine),
}
