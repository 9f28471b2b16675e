"""The state machine with what surrounds it, and the list of what is promised of it."""

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
    """The file's text, what it says, and the template that deploys it."""

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
        """The machine with every substitution made, as linters and validators want ARNs where ARNs belong."""
        values = dict.fromkeys(cloudformation.substitutions(self.template), "named")
        values |= dict.fromkeys(self.handler_files, _ARN)
        made = re.sub(r"\$\{(\w+)\}", lambda found: values.get(found[1], found[0]), json.dumps(self.machine))
        machine: Machine = json.loads(made)
        return machine

    def edited(self, edit: Callable[[Machine], object]) -> "StateMachineFiles":
        """A copy whose machine has been changed by `edit`."""
        machine = deepcopy(self.machine)
        edit(machine)
        return replace(self, machine=machine)

    def written(self, old: str, new: str) -> "StateMachineFiles":
        """A copy in whose text `old` stands as `new`, once."""
        assert old in self.text, f"nothing to break: {old}"
        return replace(self, text=self.text.replace(old, new, 1))


@cache
def load_state_machine() -> StateMachineFiles:
    text = asl.STATEMACHINE.read_text(encoding="utf-8")
    template = cloudformation.parse(cloudformation.TEMPLATE.read_text(encoding="utf-8"))
    return StateMachineFiles(text, asl.parse(text), template)


PROMISES: dict[str, Callable[[StateMachineFiles], list[str]]] = {
    "every target exists": lambda it: graph_checks.dangling_targets(it.machine),
    "every state is reached": lambda it: graph_checks.unreachable_states(it.machine),
    "every road ends": lambda it: graph_checks.states_without_terminal(it.machine),
    "every name is one": lambda it: graph_checks.duplicate_state_names(it.machine),
    "substitutions are those declared": lambda it: graph_checks.substitutions_that_differ(
        it.text, cloudformation.substitutions(it.template)
    ),
    "every error name exists": lambda it: error_checks.unknown_errors(it.machine),
    "every rejection is caught": lambda it: error_checks.incomplete_rejections(it.machine),
    "what may pass is retried": lambda it: error_checks.transients_not_retried(it.machine, it.folders),
    "what is retried can happen": lambda it: error_checks.retries_of_impossible_errors(it.machine, it.folders),
    "a service's fault leaves by its name": lambda it: error_checks.handlers_that_hide_errors(it.handler_files),
    "what is final is not retried": lambda it: error_checks.permanent_errors_retried(it.machine),
    "JSONPath alone": lambda it: path_checks.jsonata(it.machine),
    "no field after an index": lambda it: path_checks.fields_after_an_index(it.machine),
    "raw results are selected from": lambda it: path_checks.results_without_selector(it.machine),
    "paths stand where paths are read": lambda it: path_checks.unmarked_paths(it.machine),
    "intrinsic functions exist": lambda it: path_checks.unknown_intrinsics(it.machine),
    "expressions are whole": lambda it: path_checks.unbalanced_expressions(it.machine),
    "placeholders are those declared": lambda it: path_checks.placeholders_that_differ(it.machine),
    "no comment after a value": lambda it: path_checks.swallowed_comments(it.text),
    "no anchors": lambda it: path_checks.anchors(it.text),
    "function, task and machine time out in this order": lambda it: limit_checks.timeouts_out_of_order(
        it.machine, it.timeouts
    ),
    "every task is retried with jitter": lambda it: limit_checks.retries_without_jitter(it.machine),
    "a timeout is retried once at most": lambda it: limit_checks.timeouts_retried_often(it.machine),
    "every task ends its own failures": lambda it: limit_checks.tasks_without_catch_all(it.machine),
    "the submission is never lost": lambda it: limit_checks.states_that_lose_the_submission(it.machine),
    "functions are retried alike": lambda it: limit_checks.retries_that_differ(it.machine),
}
