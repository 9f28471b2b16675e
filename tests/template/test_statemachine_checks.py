"""Each check of the state machine fails on the fault that it is for: a check that cannot fail is useless."""

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
    ("every state is reachable", lambda it: _state(it, "Grade")["Catch"].pop(0), "nothing leads to Park"),
    ("every state leads to a terminal state", _drop("NotRead", "End"), "NotRead (Pass) has 0 transitions"),
    ("every state leads to a terminal state", _set("NotRead", Next="NotReadable"), "NotRead (Pass) has 2 transitions"),
    ("every state leads to a terminal state", _drop("BothHalves", "Default"), "BothHalves has no Default"),
    (
        "every state leads to a terminal state",
        _set("Announce", Next="Announce", Catch=[]),
        "Announce never reaches a terminal state",
    ),
    (
        "state names are unique",
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
    (
        "every rejection is caught",
        lambda it: _state(it, "Extract")["Catch"].pop(0),
        "Extract calls a function that can reject",
    ),
    (
        "every rejection is caught",
        lambda it: [_state(it, name)["Catch"].pop(0) for name in ("Extract", "ReadWithJob")],
        "no catcher names",
    ),
    (
        "transient errors are retried",
        _without_error("StoreFile", "Retry", 1, "CopyNotVerified"),
        "retry CopyNotVerified",
    ),
    ("transient errors are retried", _without_error("Park", "Retry", 1, "ServiceUnavailable"), "Park does not retry"),
    (
        "transient errors are retried",
        _without_error("Fail", "Retry", 1, "Lambda.SdkClientException"),
        "Fail does not retry Lambda.SdkClientException",
    ),
    ("transient errors are retried", _without_error("Grade", "Retry", 0, "Sandbox.Timedout"), "retry Sandbox.Timedout"),
    ("retried errors can be raised", _with_error("Grade", "Retry", 1, "CopyNotVerified"), "nothing raises there"),
    ("permanent errors are not retried", _with_error("Extract", "Retry", 1, "EmptyFile"), "Extract: EmptyFile"),
    ("only JSONPath is used", lambda it: it.update(QueryLanguage="JSONata"), "QueryLanguage of the machine"),
    ("only JSONPath is used", _set("NotRead", Assign={"ok": False}), "NotRead: Assign"),
    ("only JSONPath is used", _set("NotRead", Parameters={"ok": "{% false %}"}), "NotRead: {% false %}"),
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
    ("raw results are filtered by a selector", _drop("Persist", "ResultSelector"), "Persist passes its raw result on"),
    ("raw results are filtered by a selector", _drop("Record", "ResultSelector"), "Record passes its raw result on"),
    ("raw results are filtered by a selector", _drop("Announce", "ResultPath"), "Announce passes its raw result on"),
    (
        "paths are only where paths are read",
        _set("NotRead", Parameters={"error": "$.Error"}),
        "NotRead: error holds the path $.Error as plain text",
    ),
    (
        "paths are only where paths are read",
        _set("NotRead", Parameters={"fault.$": "system"}),
        "NotRead: fault.$ holds system, which is no path",
    ),
    (
        "intrinsic functions exist",
        _set("NotPersisted", Parameters={"Cause.$": "States.ToJson($.outcome)"}),
        "NotPersisted: States.ToJson",
    ),
    (
        "expressions are balanced",
        lambda it: _state(it, "Record")["Parameters"].update(ConditionExpression="(attribute_not_exists(#run) OR"),
        "Record: (attribute_not_exists(#run) OR",
    ),
    (
        "expressions are balanced",
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
    ("a timeout is retried at most once", _set_retry("Grade", 0, MaxAttempts=3), "Grade retries Sandbox.Timedout 3"),
    (
        "a timeout is retried at most once",
        lambda it: _retry("Grade", 0)(it).pop("MaxAttempts"),
        "Grade retries States.Timeout 3 times",
    ),
    ("every task catches all its errors", _drop("StoreFile", "Catch"), "StoreFile does not catch all errors"),
    (
        "every task catches all its errors",
        lambda it: _state(it, "Grade")["Catch"].pop(),
        "Grade does not catch all errors",
    ),
    (
        "every task catches all its errors",
        _with_error("Announce", "Catch", 0, "States.Timeout"),
        "Announce names States.ALL with others",
    ),
    ("the submission is never lost", _drop("Grade", "ResultPath"), "Grade replaces the state by its result"),
    (
        "the submission is never lost",
        lambda it: _state(it, "Grade")["Catch"][1].pop("ResultPath"),
        "Grade replaces the state by the error States.ALL",
    ),
    (
        "all functions have the same retries",
        _set_retry("Reject", 1, MaxAttempts=4),
        "Reject has other retries than Grade",
    ),
]

TEXT_EDITS: list[tuple[str, str, str, str]] = [
    ("substitutions are those declared", "${GradeFunctionArn}", "${MarkFunctionArn}", "MarkFunctionArn is used"),
    ("substitutions are those declared", "${EventBusName}", "default", "EventBusName is declared, not used"),
    (
        "no comment swallows the end of a value",
        'ConditionExpression: "attribute_not_exists(#run) OR #run < :run"',
        "ConditionExpression: attribute_not_exists(#run) OR #run < :run",
        "#run < :run is a comment after a value",
    ),
    ("no anchors", "Retry:\n", "Retry: &again\n", "again"),
]


@pytest.mark.parametrize(("promise", "edit", "says"), EDITS)
def test_a_broken_machine_fails_its_check(promise: str, edit: Edit, says: str) -> None:
    _assert_found(promise, load_state_machine().edited(edit), says)


@pytest.mark.parametrize(("promise", "old", "new", "says"), TEXT_EDITS)
def test_a_broken_file_fails_its_check(promise: str, old: str, new: str, says: str) -> None:
    _assert_found(promise, load_state_machine().with_text(old, new), says)


def _assert_found(promise: str, broken: StateMachineFiles, says: str) -> None:
    before = PROMISES[promise](load_state_machine())
    new = [sentence for sentence in PROMISES[promise](broken) if sentence not in before]
    assert any(says in sentence for sentence in new), f"the check did not find it: {new}"


@pytest.mark.parametrize(
    ("source", "findings"),
    [
        ("@aws.translate_service_errors()\ndef handler(state, _context): ...\n", 0),
        ("def handler(state, _context):\n    raise errors.ServiceUnavailable('busy')\n", 0),
        ("def handler(state, _context): ...\n", 1),
    ],
)
def test_a_handler_that_hides_errors_is_found(tmp_path: Path, source: str, findings: int) -> None:
    (tmp_path / "app.py").write_text(source, encoding="utf-8")
    says = ["the function of GradeFunctionArn does not name service errors"]
    assert handlers_that_hide_errors({"GradeFunctionArn": tmp_path / "app.py"}) == says[:findings]


def test_every_check_has_been_seen_to_fail() -> None:
    seen = {promise for promise, *_ in [*EDITS, *TEXT_EDITS]} | {"service errors are raised by name"}
    assert seen == set(PROMISES)


def test_a_key_written_twice_is_refused() -> None:
    with pytest.raises(Exception, match="written twice: Next"):
        parse("StartAt: A\nStates:\n  A:\n    Type: Pass\n    Next: A\n    Next: B\n")
