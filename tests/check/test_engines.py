"""Two independent interpreters run every path of the state machine, and both take the path of the table."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.check.conftest import HERE, Tool
from tests.template import native_write
from tests.template.asl import Machine, state_node
from tests.template.execution_path import SUCCESS_RESULTS, ExecutionPath, Fails, Outcome
from tests.template.paths import PATHS
from tests.template.state_machine import load_state_machine

_NODE = HERE / "node"
_VALIDATE = "node_modules/asl-validator/dist/bin/asl-validator.js"
_ENTERED = "2030-05-06T07:08:10.000Z"
# About ninety executions on two busy cores.
pytestmark = [pytest.mark.timeout(420), pytest.mark.xdist_group("engines")]

PathResults = dict[str, dict[str, Any]]


def test_an_independent_validator_accepts_the_state_machine(node: Tool, tmp_path: Path) -> None:
    code, output = _validate(node, load_state_machine().deployed(), tmp_path)
    assert code == 0, output


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (("Grade", "Next", "Anounce"), "MISSING_TRANSITION_TARGET"),
        (("StoreFile", "Resource", None), "SCHEMA_VALIDATION_FAILED"),
        (("NotRead", "End", None), "TERMINAL_STATE_WITH_NEXT"),
    ],
)
def test_the_validator_finds_a_broken_state_machine(
    node: Tool, tmp_path: Path, fault: tuple[str, str, str | None], says: str
) -> None:
    machine = load_state_machine().deployed()
    state, field, value = fault
    body = state_node(machine, state).state
    body.pop(field)
    if value is not None:
        body[field] = value
    code, output = _validate(node, machine, tmp_path)
    assert code == 1
    assert says in output


def _validate(node: Tool, machine: Machine, folder: Path) -> tuple[int, str]:
    machine_file = folder / "machine.json"
    machine_file.write_text(json.dumps(machine), encoding="utf-8")
    return node.run(_VALIDATE, "--json-path", machine_file, cwd=_NODE)


@pytest.fixture(scope="module", params=["node", "moto"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def results(
    engine: str, request: pytest.FixtureRequest, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> PathResults:
    """The result of each path, by its name."""
    folder = tmp_path_factory.mktemp(engine)
    if engine == "node":
        return _run(request.getfixturevalue("node"), "run-paths.mjs", load_state_machine().deployed(), PATHS, folder)
    return _run(Tool((sys.executable,), environment), "../run_paths.py", load_state_machine().deployed(), PATHS, folder)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_the_interpreter_takes_the_path_of_the_table(engine: str, results: PathResults, path: ExecutionPath) -> None:
    ended = results[path.name]
    assert (ended["status"], ended.get("error")) == (path.status, _error(path, engine)), ended.get("cause")
    assert tuple(state for state in ended["entered"] if state in path.trunk) == path.trunk
    assert set(ended["entered"]) == path.states
    tasks = {state: len(inputs) for state, inputs in ended["calls"].items() if inputs}
    assert tasks == {state: path.calls.get(state, 1) for state in path.states if state in ended["calls"]}


def _error(path: ExecutionPath, engine: str) -> str | None:
    """The execution's error; moto does not allow a Fail state to name an error that starts with `States.`."""
    return "States.Runtime" if engine == "moto" and path.error and path.error.startswith("States.") else path.error


@pytest.mark.parametrize("path", [path for path in PATHS if "Announce" in path.trunk], ids=lambda path: path.name)
def test_the_event_announces_the_submissions_final_state(results: PathResults, path: ExecutionPath) -> None:
    [entry] = results[path.name]["calls"]["Announce"][0]["Entries"]
    submission = path.input()["submission"]
    detail = json.loads(entry["Detail"]) if isinstance(entry["Detail"], str) else entry["Detail"]
    assert detail == {
        "submission_id": submission["id"],
        "run": submission["run"],
        "tenant": submission["tenant"],
        "assessment": submission["assessment"],
        "kind": submission["kind"],
        "state": path.state,
    }


@pytest.mark.parametrize("path", [path for path in PATHS if "Fail" in path.trunk], ids=lambda path: path.name)
def test_a_failure_is_recorded_with_its_error_and_submission(results: PathResults, path: ExecutionPath) -> None:
    task_input = results[path.name]["calls"]["Fail"][0]
    assert task_input["action"] == "fail"
    # After an apparent failure the execution has no error: the caught one is that of the state before.
    caught = path.error or path.outcome(path.trunk[path.trunk.index("Fail") - 1], 0).error
    assert task_input["state"]["failure"]["Error"] == caught
    assert isinstance(task_input["state"]["failure"]["Cause"], str)
    assert task_input["state"]["submission"] == path.input()["submission"]


def test_a_rejection_carries_its_errors_sentence(results: PathResults) -> None:
    task_input = results["a document is rejected: EncryptedDocument"]["calls"]["Reject"][0]
    reading = task_input["state"]["outcome"]["reading"]
    assert (task_input["action"], reading["error"]) == ("reject", "EncryptedDocument")
    assert json.loads(reading["cause"])["errorMessage"] == "Told to fail as EncryptedDocument."


def test_the_record_state_is_evaluated_alike_by_all_engines(results: PathResults) -> None:
    """The interpreters and our own evaluation agree on the paths and intrinsic functions of the Record state."""
    path = PATHS[0]
    [task_input] = results[path.name]["calls"]["Record"]
    parameters = state_node(load_state_machine().deployed(), "Record").state["Parameters"]
    ours = native_write.evaluate(parameters, path.input(), {"State": {"EnteredTime": _ENTERED}})
    for written in (task_input, ours):
        # The times differ, and so does the table name given to one engine.
        for clock in (":recorded_at", ":pending_at"):
            assert written["ExpressionAttributeValues"].pop(clock)["S"]
        assert written.pop("TableName")
        assert json.loads(written["ExpressionAttributeValues"].pop(":input")["S"]) == path.input()
    assert task_input == ours


def test_a_machine_that_takes_another_path_is_found(node: Tool, tmp_path: Path) -> None:
    """The table does not only repeat the machine: where the Choice takes sheets for papers, a sheet ends elsewhere."""
    broken = load_state_machine().edited(
        lambda machine: machine["States"]["BothHalves"]["Choices"][-1].update(StringEquals="paper")
    )
    [sheet] = [path for path in PATHS if path.name == "a sheet is graded"]
    ended = _run(node, "run-paths.mjs", broken.deployed(), (sheet,), tmp_path)[sheet.name]
    assert "PreparePaper" in ended["entered"]
    assert "Grade" not in ended["entered"]


def _run(tool: Tool, program: str, machine: Machine, paths: tuple[ExecutionPath, ...], folder: Path) -> PathResults:
    request, report = folder / "input.json", folder / "output.json"
    request.write_text(
        json.dumps({"machine": machine, "paths": [_path_input(path) for path in paths]}), encoding="utf-8"
    )
    code, output = tool.run(program, request, report, cwd=_NODE, timeout=400)
    assert code == 0, output
    return {ended["name"]: ended for ended in json.loads(report.read_text(encoding="utf-8"))}


def _path_input(path: ExecutionPath) -> dict[str, Any]:
    outcomes = {state: [_plain(path.outcome(state, call)) for call in range(8)] for state in SUCCESS_RESULTS}
    return {"name": path.name, "input": path.input(), "outcomes": outcomes}


def _plain(outcome: Outcome) -> dict[str, Any]:
    if isinstance(outcome, Fails):
        return {"error": outcome.error, "cause": outcome.cause}
    return {"value": outcome.value}
