"""Every path of the state machine, run by two interpreters that share nothing: both come to what the table says."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.check.conftest import HERE, Tool
from tests.template import native_write
from tests.template.asl import Machine, state_node
from tests.template.execution_path import SUCCESS_RESULTS, Fails, Outcome
from tests.template.execution_path import ExecutionPath as Way
from tests.template.paths import PATHS
from tests.template.state_machine import load_state_machine

_NODE = HERE / "node"
_VALIDATE = "node_modules/asl-validator/dist/bin/asl-validator.js"
_ENTERED = "2030-05-06T07:08:10.000Z"
# Some ninety executions on two busy cores.
pytestmark = [pytest.mark.timeout(420), pytest.mark.xdist_group("engines")]

Endings = dict[str, dict[str, Any]]


def test_an_independent_validator_takes_the_state_machine(node: Tool, tmp_path: Path) -> None:
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
    path = folder / "machine.json"
    path.write_text(json.dumps(machine), encoding="utf-8")
    return node.run(_VALIDATE, "--json-path", path, cwd=_NODE)


@pytest.fixture(scope="module", params=["node", "moto"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def ran(
    engine: str, request: pytest.FixtureRequest, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Endings:
    """How each path ended, by its name."""
    folder = tmp_path_factory.mktemp(engine)
    if engine == "node":
        return _run(request.getfixturevalue("node"), "run-paths.mjs", load_state_machine().deployed(), PATHS, folder)
    return _run(Tool((sys.executable,), environment), "../run_paths.py", load_state_machine().deployed(), PATHS, folder)


@pytest.mark.parametrize("way", PATHS, ids=lambda way: way.name)
def test_the_interpreter_comes_to_the_ending_in_the_table(engine: str, ran: Endings, way: Way) -> None:
    ended = ran[way.name]
    assert (ended["status"], ended.get("error")) == (way.status, _error(way, engine)), ended.get("cause")
    assert tuple(state for state in ended["entered"] if state in way.trunk) == way.trunk
    assert set(ended["entered"]) == way.states
    tasks = {state: len(inputs) for state, inputs in ended["calls"].items() if inputs}
    assert tasks == {state: way.calls.get(state, 1) for state in way.states if state in ended["calls"]}


def _error(way: Way, engine: str) -> str | None:
    """The execution's error; moto does not let a Fail state name an error of the language's own."""
    return "States.Runtime" if engine == "moto" and way.error and way.error.startswith("States.") else way.error


@pytest.mark.parametrize("way", [way for way in PATHS if "Announce" in way.trunk], ids=lambda way: way.name)
def test_what_is_announced_is_what_the_submission_became(ran: Endings, way: Way) -> None:
    [entry] = ran[way.name]["calls"]["Announce"][0]["Entries"]
    submission = way.input()["submission"]
    detail = json.loads(entry["Detail"]) if isinstance(entry["Detail"], str) else entry["Detail"]
    assert detail == {
        "submission_id": submission["id"],
        "run": submission["run"],
        "tenant": submission["tenant"],
        "assessment": submission["assessment"],
        "kind": submission["kind"],
        "state": way.state,
    }


@pytest.mark.parametrize("way", [way for way in PATHS if "Fail" in way.trunk], ids=lambda way: way.name)
def test_a_failure_is_recorded_with_its_error_and_whole(ran: Endings, way: Way) -> None:
    asked = ran[way.name]["calls"]["Fail"][0]
    assert asked["action"] == "fail"
    # Where nothing had failed in truth, the execution bears no error: what was caught is the state's before it.
    caught = way.error or way.outcome(way.trunk[way.trunk.index("Fail") - 1], 0).error
    assert asked["state"]["failure"]["Error"] == caught
    assert isinstance(asked["state"]["failure"]["Cause"], str)
    assert asked["state"]["submission"] == way.input()["submission"]


def test_a_rejection_carries_the_sentence_of_its_error(ran: Endings) -> None:
    asked = ran["a document is rejected: EncryptedDocument"]["calls"]["Reject"][0]
    reading = asked["state"]["outcome"]["reading"]
    assert (asked["action"], reading["error"]) == ("reject", "EncryptedDocument")
    assert json.loads(reading["cause"])["errorMessage"] == "Told to fail as EncryptedDocument."


def test_the_native_record_is_worked_out_alike(ran: Endings) -> None:
    """The paths and intrinsic functions of the Record state mean the same to the interpreters and to us."""
    way = PATHS[0]
    [asked] = ran[way.name]["calls"]["Record"]
    parameters = state_node(load_state_machine().deployed(), "Record").state["Parameters"]
    ours = native_write.evaluate(parameters, way.input(), {"State": {"EnteredTime": _ENTERED}})
    for written in (asked, ours):
        # The clock differs, and so does where one engine is told to write.
        for clock in (":recorded_at", ":pending_at"):
            assert written["ExpressionAttributeValues"].pop(clock)["S"]
        assert written.pop("TableName")
        assert json.loads(written["ExpressionAttributeValues"].pop(":input")["S"]) == way.input()
    assert asked == ours


def test_a_machine_that_goes_another_way_is_found(node: Tool, tmp_path: Path) -> None:
    """The table is no echo: where the Choice takes sheets for papers, a sheet ends elsewhere."""
    broken = load_state_machine().edited(
        lambda machine: machine["States"]["BothHalves"]["Choices"][-1].update(StringEquals="paper")
    )
    [sheet] = [way for way in PATHS if way.name == "a sheet is graded"]
    ended = _run(node, "run-paths.mjs", broken.deployed(), (sheet,), tmp_path)[sheet.name]
    assert "PreparePaper" in ended["entered"]
    assert "Grade" not in ended["entered"]


def _run(tool: Tool, program: str, machine: Machine, ways: tuple[Way, ...], folder: Path) -> Endings:
    asked, told = folder / "asked.json", folder / "told.json"
    asked.write_text(json.dumps({"machine": machine, "paths": [_asked(way) for way in ways]}), encoding="utf-8")
    code, output = tool.run(program, asked, told, cwd=_NODE, timeout=400)
    assert code == 0, output
    return {ended["name"]: ended for ended in json.loads(told.read_text(encoding="utf-8"))}


def _asked(way: Way) -> dict[str, Any]:
    outcomes = {state: [_plain(way.outcome(state, call)) for call in range(8)] for state in SUCCESS_RESULTS}
    return {"name": way.name, "input": way.input(), "outcomes": outcomes}


def _plain(outcome: Outcome) -> dict[str, Any]:
    if isinstance(outcome, Fails):
        return {"error": outcome.error, "cause": outcome.cause}
    return {"value": outcome.value}
