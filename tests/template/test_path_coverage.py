"""The table of paths covers every state, transition and task of the state machine."""

from tests.template.asl import state_nodes, targets
from tests.template.execution_path import BRANCH_STATES, JOB_STATES, SUCCESS_RESULTS
from tests.template.paths import PATHS
from tests.template.state_machine import load_state_machine


def test_every_state_is_entered_on_some_path() -> None:
    all_states = {found.name for found in state_nodes(load_state_machine().machine)}
    assert set().union(*(path.states for path in PATHS)) == all_states


def test_every_transition_is_taken_on_some_path() -> None:
    machine = load_state_machine().machine
    transitions = {(name, target) for name, state in machine["States"].items() for target in targets(state)}
    taken = {pair for path in PATHS for pair in zip(path.trunk, path.trunk[1:], strict=False)}
    assert taken == transitions


def test_every_task_has_a_success_result_and_every_outcome_a_task() -> None:
    tasks = {found.name for found in state_nodes(load_state_machine().machine) if found.is_task}
    assert set(SUCCESS_RESULTS) == tasks
    assert {state for path in PATHS for state in path.outcomes} <= tasks


def test_branch_states_are_those_that_every_path_enters() -> None:
    branch_states = {
        found.name
        for found in state_nodes(load_state_machine().machine)
        if found.branch_path and found.state["Type"] != "Pass"
    }
    assert branch_states - JOB_STATES == BRANCH_STATES
    assert branch_states > JOB_STATES


def test_path_names_are_unique() -> None:
    names = [path.name for path in PATHS]
    assert sorted(set(names)) == sorted(names)
