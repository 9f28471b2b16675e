"""The table of paths leaves no part of the state machine out, so that what is run from it is all of it."""

from tests.template.asl import places, targets
from tests.template.flow import flow
from tests.template.paths import PATHS
from tests.template.ways import JOB, LANES, WELL


def test_every_state_is_entered_on_some_path() -> None:
    everything = {found.name for found in places(flow().machine)}
    assert set().union(*(path.states for path in PATHS)) == everything


def test_every_road_between_states_is_taken_on_some_path() -> None:
    machine = flow().machine
    roads = {(name, target) for name, state in machine["States"].items() for target in targets(state)}
    taken = {pair for path in PATHS for pair in zip(path.trunk, path.trunk[1:], strict=False)}
    assert taken == roads


def test_every_task_has_a_good_outcome_and_every_outcome_a_task() -> None:
    tasks = {found.name for found in places(flow().machine) if found.is_task}
    assert set(WELL) == tasks
    assert {state for path in PATHS for state in path.outcomes} <= tasks


def test_lanes_are_those_that_are_always_entered() -> None:
    lanes = {found.name for found in places(flow().machine) if found.lane and found.state["Type"] != "Pass"}
    assert lanes - JOB == LANES
    assert lanes > JOB


def test_paths_are_told_apart_by_name() -> None:
    names = [path.name for path in PATHS]
    assert sorted(set(names)) == sorted(names)
