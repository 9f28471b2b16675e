"""Each check of the state machine meets the fault that it is there for: a check that cannot fail is none."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.template.asl import Machine, parse, state_node
from tests.template.error_checks import handlers_that_hide_errors
from tests.template.state_machine import PROMISES, StateMachineFiles, load_state_machine

Edit = Callable[[Machine], object]


def _state(machine: Machine, name: str) -> dict[str, Any]:
    return state_node(machine, name).state


def _set(name: str, **fields: Any) -> Edit:
    return lambda machine: _state(machine, name).update(fields)


def _drop(name: str, *fields: str) -> Edit:
    return lambda machine: [_state(machine, name).pop(field) for field in fields]


def _retry(name: str, rule: int) -> Callable[[Machine], dict[str, Any]]:
    return lambda machine: _state(machine, name)["Retry"][rule]


def _set_retry(name: str, rule: int, **fields: Any) -> Edit:
    return lambda machine: _retry(name, rule)(machine).update(fields)


def _without_error(name: str, part: str, rule: int, error: str) -> Edit:
    return lambda machine: _state(machine, name)[part][rule]["ErrorEquals"].remove(error)


def _with_error(name: str, part: str, rule: int, error: str) -> Edit:
    return lambda machine: _state(machine, name)[part][rule]["ErrorEquals"].append(error)


EDITS: list[tuple[str, Edit, str]] = [
    ("every target exists", _set("Grade", Next="Anounce"), "Grade leads to Anounce"),
    ("every target exists", lambda it: it.update(StartAt="Read"), "the machine starts at Read"),
    ("every target exists", lambda it: _state(it, "StoreFile")["Catch"][0].update(Next="Fail"), "StoreFile leads to"),
    ("every target exists", lambda it: _state(it, "BothHalves")["Choices"][0].update(Next="X"), "BothHalves leads"),
    ("every target exists", _set("BothHalves", Default="Prepare"), "BothHalves leads to Prepare"),
    ("every state is reached", lambda it: _state(it, "Grade")["Catch"].pop(0), "nothing leads to Park"),
    ("every road ends", _drop("NotRead", "End"), "NotRead (Pass) has 0 ways on"),
    ("every road ends", _set("NotRead", Next="NotReadable"), "NotRead (Pass) has 2 ways on"),
    ("every road ends", _drop("BothHalves", "Default"), "BothHalves has no Default"),
    ("every road ends", _set("Announce", Next="Announce", Catch=[]), "Announce never comes to an end"),
    (
        "every name is one",
        lambda it: it["States"].update(NotRead=_state(it, "Done")),
        "two states are named NotRead",
    ),
    ("every error name exists", _with_error("Extract", "Catch", 0, "BlankPage"), "Extract: BlankPage"),
    ("every error name exists", _with_error("Grade", "Retry", 0, "States.TimedOut"), "Grade: States.TimedOut"),
    ("every error name exists", _with_error("Grade", "Retry", 1, "Lambda.Busy"), "Grade: Lambda.Busy"),
    ("every error name exists", _with_error("Record", "Retry", 0, "DynamoDb.ThrottlingException"), "Record: DynamoDb."),
    ("every error name exists", _with_error("Record", "Retry", 0, "DynamoDB.Throttled"), "Record: DynamoDB.Throttled"),
    ("every rejection is caught", _without_error("Extract", "Catch", 0, "NoPages"), "does not catch NoPages"),
    ("every rejection is caught", _with_error("Extract", "Catch", 0, "LanesDisagree"), "which is not the document's"),
    ("every rejection is caught", lambda it: _state(it, "Extract")["Catch"].pop(0), "Extract calls what can reject"),
    (
        "every rejection is caught",
        lambda it: [_state(it, name)["Catch"].pop(0) for name in ("Extract", "ReadWithJob")],
        "no catcher names",
    ),
    ("what may pass is retried", _without_error("StoreFile", "Retry", 1, "CopyNotVerified"), "retry CopyNotVerified"),
    ("what may pass is retried", _without_error("Park", "Retry", 1, "ServiceUnavailable"), "Park does not retry"),
    (
        "what may pass is retried",
        _without_error("Fail", "Retry", 1, "Lambda.SdkClientException"),
        "Fail does not retry Lambda.SdkClientException",
    ),
    ("what may pass is retried", _without_error("Grade", "Retry", 0, "Sandbox.Timedout"), "retry Sandbox.Timedout"),
    ("what is retried can happen", _with_error("Grade", "Retry", 1, "CopyNotVerified"), "nothing raises there"),
    ("what is final is not retried", _with_error("Extract", "Retry", 1, "EmptyFile"), "Extract: EmptyFile"),
    ("JSONPath alone", lambda it: it.update(QueryLanguage="JSONata"), "QueryLanguage of the machine"),
    ("JSONPath alone", _set("NotRead", Assign={"ok": False}), "NotRead: Assign"),
    ("JSONPath alone", _set("NotRead", Parameters={"ok": "{% false %}"}), "NotRead: {% false %}"),
    (
        "no field after an index",
        _set("ReadAndPersist", ResultSelector={"reading.$": "$[0].value"}),
        "ReadAndPersist: $[0].value",
    ),
    (
        "no field after an index",
        lambda it: _state(it, "BothHalves")["Choices"][0].update(Variable="$.outcome[1].stored"),
        "BothHalves: $.outcome[1].stored",
    ),
    ("raw results are selected from", _drop("Persist", "ResultSelector"), "Persist hands its raw result on"),
    ("raw results are selected from", _drop("Record", "ResultSelector"), "Record hands its raw result on"),
    ("raw results are selected from", _drop("Announce", "ResultPath"), "Announce hands its raw result on"),
    (
        "paths stand where paths are read",
        _set("NotRead", Parameters={"error": "$.Error"}),
        "NotRead: error holds the path $.Error as plain text",
    ),
    (
        "paths stand where paths are read",
        _set("NotRead", Parameters={"fault.$": "system"}),
        "NotRead: fault.$ holds system, which is no path",
    ),
    (
        "intrinsic functions exist",
        _set("NotPersisted", Parameters={"Cause.$": "States.ToJson($.outcome)"}),
        "NotPersisted: States.ToJson",
    ),
    (
        "expressions are whole",
        lambda it: _state(it, "Record")["Parameters"].update(ConditionExpression="(attribute_not_exists(#run) OR"),
        "Record: (attribute_not_exists(#run) OR",
    ),
    (
        "expressions are whole",
        _set("NotPersisted", Parameters={"Cause.$": "States.JsonToString($.outcome"}),
        "NotPersisted: States.JsonToString($.outcome",
    ),
    (
        "placeholders are those declared",
        lambda it: _state(it, "Record")["Parameters"]["ExpressionAttributeValues"].pop(":kind"),
        "Record: :kind is used, not declared",
    ),
    (
        "placeholders are those declared",
        lambda it: _state(it, "Record")["Parameters"]["ExpressionAttributeNames"].update({"#kind": "kind"}),
        "Record: #kind is declared, not used",
    ),
    (
        "function, task and machine time out in this order",
        _set("Extract", TimeoutSeconds=60),
        "Extract may take 60 s, but its function",
    ),
    (
        "function, task and machine time out in this order",
        _drop("StoreFile", "TimeoutSeconds"),
        "StoreFile has no TimeoutSeconds",
    ),
    (
        "function, task and machine time out in this order",
        lambda it: it.update(TimeoutSeconds=600),
        "Extract may take 900 s, the machine only 600 s",
    ),
    (
        "function, task and machine time out in this order",
        lambda it: it.pop("TimeoutSeconds"),
        "the machine has no TimeoutSeconds",
    ),
    ("every task is retried with jitter", _drop("Announce", "Retry"), "Announce is never retried"),
    (
        "every task is retried with jitter",
        lambda it: _retry("Grade", 1)(it).pop("JitterStrategy"),
        "Grade retries ServiceUnavailable without jitter",
    ),
    ("a timeout is retried once at most", _set_retry("Grade", 0, MaxAttempts=3), "Grade retries Sandbox.Timedout 3"),
    (
        "a timeout is retried once at most",
        lambda it: _retry("Grade", 0)(it).pop("MaxAttempts"),
        "Grade retries States.Timeout 3 times",
    ),
    ("every task ends its own failures", _drop("StoreFile", "Catch"), "StoreFile lets failures through"),
    (
        "every task ends its own failures",
        lambda it: _state(it, "Grade")["Catch"].pop(),
        "Grade lets failures through",
    ),
    (
        "every task ends its own failures",
        _with_error("Announce", "Catch", 0, "States.Timeout"),
        "Announce names States.ALL beside others",
    ),
    ("the submission is never lost", _drop("Grade", "ResultPath"), "Grade replaces the state by its result"),
    (
        "the submission is never lost",
        lambda it: _state(it, "Grade")["Catch"][1].pop("ResultPath"),
        "Grade replaces the state by the error States.ALL",
    ),
    ("functions are retried alike", _set_retry("Reject", 1, MaxAttempts=4), "Reject retries otherwise than Grade"),
]

WRITINGS: list[tuple[str, str, str, str]] = [
    ("substitutions are those declared", "${GradeFunctionArn}", "${MarkFunctionArn}", "MarkFunctionArn is used"),
    ("substitutions are those declared", "${EventBusName}", "default", "EventBusName is declared, not used"),
    (
        "no comment after a value",
        'ConditionExpression: "attribute_not_exists(#run) OR #run < :run"',
        "ConditionExpression: attribute_not_exists(#run) OR #run < :run",
        "#run < :run is a comment after a value",
    ),
    ("no anchors", "Retry:\n", "Retry: &again\n", "again"),
]


@pytest.mark.parametrize(("promise", "edit", "says"), EDITS)
def test_a_broken_machine_is_found(promise: str, edit: Edit, says: str) -> None:
    _found(promise, load_state_machine().edited(edit), says)


@pytest.mark.parametrize(("promise", "old", "new", "says"), WRITINGS)
def test_a_broken_file_is_found(promise: str, old: str, new: str, says: str) -> None:
    _found(promise, load_state_machine().written(old, new), says)


def _found(promise: str, broken: StateMachineFiles, says: str) -> None:
    before = PROMISES[promise](load_state_machine())
    new = [sentence for sentence in PROMISES[promise](broken) if sentence not in before]
    assert any(says in sentence for sentence in new), f"the check does not see it: {new}"


@pytest.mark.parametrize(
    ("door", "found"),
    [
        ("@aws.translate_service_errors()\ndef handler(state, _context): ...\n", 0),
        ("def handler(state, _context):\n    raise errors.ServiceUnavailable('busy')\n", 0),
        ("def handler(state, _context): ...\n", 1),
    ],
)
def test_a_door_that_hides_errors_is_found(tmp_path: Path, door: str, found: int) -> None:
    (tmp_path / "app.py").write_text(door, encoding="utf-8")
    says = ["the function behind GradeFunctionArn gives faults of a service no name"]
    assert handlers_that_hide_errors({"GradeFunctionArn": tmp_path / "app.py"}) == says[:found]


def test_every_promise_has_been_seen_broken() -> None:
    seen = {promise for promise, *_ in [*EDITS, *WRITINGS]} | {"a service's fault leaves by its name"}
    assert seen == set(PROMISES)


def test_a_key_written_twice_is_refused() -> None:
    with pytest.raises(Exception, match="written twice: Next"):
        parse("StartAt: A\nStates:\n  A:\n    Type: Pass\n    Next: A\n    Next: B\n")
