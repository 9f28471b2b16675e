"""What template.yaml promises, held against the file as it is, and each check against a template it must refuse."""

from collections.abc import Callable
from copy import deepcopy
from functools import cache
from importlib import import_module
from typing import Any

import pytest

from tests.template import dependency_checks, environment_checks, route_checks, template_checks
from tests.template.cloudformation import TEMPLATE, Function, Template, functions, parse

PROMISES: dict[str, Callable[[Template], list[str]]] = {
    "every handler is there": template_checks.missing_handlers,
    "every role is narrow and its own": template_checks.roles_too_wide,
    "every function has a log group that forgets": template_checks.log_groups_without_retention,
    "what is called asynchronously has a dead end": template_checks.missing_failure_destinations,
    "buckets are versioned, blocked, encrypted and TLS alone": template_checks.buckets_too_open,
    "everybody calls the alias, and the release moves it": template_checks.callers_bypassing_the_alias,
    "doors answer before the gateway gives up": template_checks.handlers_slower_than_the_gateway,
    "every variable is known": environment_checks.unknown_variables,
    "every name that is asked for is given": environment_checks.variables_missing,
    "every name that is given is asked for": environment_checks.variables_unused,
    "there is an order in which all can be made": lambda template: dependency_checks.cycle(
        dependency_checks.graph(template)
    ),
}


@cache
def text() -> str:
    return TEMPLATE.read_text(encoding="utf-8")


@cache
def template() -> Template:
    return parse(text())


@pytest.mark.parametrize("promise", PROMISES)
def test_the_template_keeps_its_promise(promise: str) -> None:
    assert PROMISES[promise](template()) == []


def test_every_resource_says_why_it_is_there() -> None:
    assert template_checks.undocumented_resources(text()) == []


def test_a_resource_without_a_reason_is_found() -> None:
    unsaid = "Resources:\n  # why\n  A:\n    Type: X\n  B:\n    Type: X\n  # ── ruled ──\n  C:\n    Type: X\n"
    assert template_checks.undocumented_resources(unsaid) == [
        "B stands there without a reason",
        "C stands there without a reason",
    ]


@pytest.mark.parametrize("function", [found.name for found in functions(template()) if found.events("HttpApi")])
def test_the_api_has_the_routes_that_its_doors_answer(function: str) -> None:
    found = _function(template(), function)
    assert route_checks.routes_that_differ(found, route_checks.routes_of_resolver(_resolver(found))) == []


def test_no_route_has_two_doors() -> None:
    api_functions = [found for found in functions(template()) if found.events("HttpApi")]
    assert api_functions
    assert (
        route_checks.duplicate_routes(
            {
                api_function.name: route_checks.routes_of_resolver(_resolver(api_function))
                for api_function in api_functions
            }
        )
        == []
    )


def test_routes_that_differ_are_found() -> None:
    results = _function(template(), "ResultsFunction")
    answered = [
        route for route in route_checks.routes_of_resolver(_resolver(results)) if route[1] != "/submissions/<id>"
    ]
    answered = [("PUT", path) if path.endswith("/submissions") else (method, path) for method, path in answered]
    assert route_checks.routes_that_differ(results, answered) == [
        "ResultsFunction is sent GET /assessments/{}/submissions, which it does not answer",
        "ResultsFunction is never sent PUT /assessments/{}/submissions",
    ]
    assert route_checks.duplicate_routes({"A": [("GET", "/a/<b>")], "B": [("get", "/a/{id}")]}) == [
        "GET /a/{} is answered twice"
    ]


def _function(of: Template, name: str) -> Function:
    return next(found for found in functions(of) if found.name == name)


def _resolver(function: Function) -> Any:
    return import_module(function.properties["Handler"].rpartition(".")[0]).app


def _properties(of: Template, name: str) -> dict[str, Any]:
    found: dict[str, Any] = of["Resources"][name]["Properties"]
    return found


def _statement(of: Template, name: str) -> dict[str, Any]:
    found: dict[str, Any] = _properties(of, name)["Policies"][0]["Statement"][0]
    return found


BROKEN: list[tuple[str, Callable[[Template], object], str]] = [
    (
        "every handler is there",
        lambda it: _properties(it, "PersistFunction").update(Handler="persist.door.handler"),
        "PersistFunction: there is no persist.door.handler",
    ),
    (
        "every handler is there",
        lambda it: _properties(it, "PersistFunction").update(Handler="persist.app.main"),
        "PersistFunction: app.py defines no main",
    ),
    (
        "every role is narrow and its own",
        lambda it: _properties(it, "PersistFunction")["Policies"].append("AmazonS3FullAccess"),
        "PersistFunction takes a policy from elsewhere: AmazonS3FullAccess",
    ),
    (
        "every role is narrow and its own",
        lambda it: _properties(it, "PersistFunction").update(Role="arn:aws:iam::1:role/all"),
        "PersistFunction brings a role along",
    ),
    (
        "every role is narrow and its own",
        lambda it: _properties(it, "PersistFunction").pop("Policies"),
        "PersistFunction has no statements of its own",
    ),
    (
        "every role is narrow and its own",
        lambda it: _statement(it, "PersistFunction").update(Action="s3:*"),
        "PersistFunction may do s3:*",
    ),
    (
        "every role is narrow and its own",
        lambda it: _statement(it, "PersistFunction").update(Action="s3:GetObject", Resource="*"),
        "PersistFunction may do s3:GetObject to everything",
    ),
    (
        "every function has a log group that forgets",
        lambda it: _properties(it, "GradeFunction").pop("LoggingConfig"),
        "GradeFunction has no log group of the template",
    ),
    (
        "every function has a log group that forgets",
        lambda it: _properties(it, "GradeFunction").update(LoggingConfig={"LogGroup": {"Ref": "ReceiveLogs"}}),
        "GradeFunction shares its log group",
    ),
    (
        "every function has a log group that forgets",
        lambda it: _properties(it, "GradeLogs").pop("RetentionInDays"),
        "GradeLogs never forgets",
    ),
    (
        "what is called asynchronously has a dead end",
        lambda it: _properties(it, "ReceiveFunction").pop("EventInvokeConfig"),
        "ReceiveFunction is called asynchronously, and its failures go nowhere",
    ),
    (
        "what is called asynchronously has a dead end",
        lambda it: [_properties(it, "RecoverFunction").pop(key) for key in ("EventInvokeConfig", "Events")],
        "RecoverFunction is called asynchronously, and its failures go nowhere",
    ),
    (
        "what is called asynchronously has a dead end",
        lambda it: _properties(it, "ReceiveFunction")["EventInvokeConfig"].pop("MaximumRetryAttempts"),
        "ReceiveFunction is called asynchronously without a number of retries",
    ),
    (
        "buckets are versioned, blocked, encrypted and TLS alone",
        lambda it: _properties(it, "TempBucket").pop("VersioningConfiguration"),
        "TempBucket is not versioned",
    ),
    (
        "buckets are versioned, blocked, encrypted and TLS alone",
        lambda it: _properties(it, "TempBucket")["PublicAccessBlockConfiguration"].pop("BlockPublicPolicy"),
        "TempBucket does not set BlockPublicPolicy",
    ),
    (
        "buckets are versioned, blocked, encrypted and TLS alone",
        lambda it: _properties(it, "DocumentsBucket").pop("BucketEncryption"),
        "DocumentsBucket is not encrypted",
    ),
    (
        "buckets are versioned, blocked, encrypted and TLS alone",
        lambda it: _properties(it, "DocumentsBucketPolicy").update(Bucket={"Ref": "TempBucket"}),
        "DocumentsBucket may be reached without TLS",
    ),
    (
        "buckets are versioned, blocked, encrypted and TLS alone",
        lambda it: _properties(it, "TempBucketPolicy")["PolicyDocument"]["Statement"][0]["Resource"].pop(),
        "TempBucket may be reached without TLS",
    ),
    (
        "buckets are versioned, blocked, encrypted and TLS alone",
        lambda it: _properties(it, "TempBucket").pop("LifecycleConfiguration"),
        "TempBucket keeps broken uploads for ever",
    ),
    (
        "everybody calls the alias, and the release moves it",
        lambda it: _properties(it, "GradeFunction").pop("AutoPublishCodeSha256"),
        "GradeFunction does not move with the release",
    ),
    (
        "everybody calls the alias, and the release moves it",
        lambda it: it["Globals"]["Function"].pop("AutoPublishAlias"),
        "GradeFunction publishes no alias",
    ),
    (
        "everybody calls the alias, and the release moves it",
        lambda it: _properties(it, "ResultsFunction")["Environment"]["Variables"].update(
            RECOVER_FUNCTION={"Ref": "RecoverFunction"}
        ),
        "ResultsFunction calls RecoverFunction past its alias",
    ),
    (
        "doors answer before the gateway gives up",
        lambda it: _properties(it, "ResultsFunction").update(Timeout=60),
        "ResultsFunction may take 60 s",
    ),
    (
        "every variable is known",
        lambda it: _properties(it, "GradeFunction")["Environment"]["Variables"].update(MODEL_NAME="x"),
        "GradeFunction: MODEL_NAME is read by nobody",
    ),
    (
        "every name that is asked for is given",
        lambda it: _properties(it, "ResultsFunction").pop("Environment"),
        "ResultsFunction asks for RECOVER_FUNCTION and is not told",
    ),
    (
        "every name that is asked for is given",
        lambda it: it["Globals"]["Function"]["Environment"]["Variables"].pop("TABLE"),
        "PersistFunction asks for TABLE and is not told",
    ),
    (
        "every name that is given is asked for",
        lambda it: _properties(it, "ResultsFunction")["Environment"]["Variables"].update(MODEL="x"),
        "ResultsFunction never asks for MODEL",
    ),
    (
        "every name that is given is asked for",
        lambda it: [function.properties.update(Handler="results.app.handler") for function in functions(it)],
        "nobody asks for TEMP_BUCKET",
    ),
    (
        "there is an order in which all can be made",
        lambda it: it["Globals"]["Function"]["Environment"]["Variables"].update(TEMP_BUCKET={"Ref": "TempBucket"}),
        "ReceiveFunction.Alias TempBucket",
    ),
    (
        "there is an order in which all can be made",
        lambda it: _statement(it, "ReceiveFunction").update(Resource={"Fn::Sub": "${TempBucket.Arn}/incoming/*"}),
        "ReceiveFunction ReceiveFunction.Role TempBucket",
    ),
    (
        "there is an order in which all can be made",
        lambda it: _statement(it, "RecoverFunction").update(Resource={"Ref": "GradingStateMachine"}),
        "GradingStateMachine RecoverFunction RecoverFunction.Role",
    ),
    (
        "there is an order in which all can be made",
        lambda it: _properties(it, "ReceiveFunction").update(Environment={"Variables": {"URL": {"Ref": "Api"}}}),
        "Api ReceiveFunction",
    ),
    (
        "there is an order in which all can be made",
        lambda it: _properties(it, "PageFunction").update(DeploymentPreference={"Alarms": [{"Ref": "ApiErrorsAlarm"}]}),
        "Api ApiErrorsAlarm PageFunction.Alias",
    ),
]


@pytest.mark.parametrize(("promise", "edit", "says"), BROKEN)
def test_a_broken_template_is_found(promise: str, edit: Callable[[Template], object], says: str) -> None:
    broken = deepcopy(template())
    edit(broken)
    sentences = PROMISES[promise](broken)
    if promise.startswith("there is an order"):
        assert sentences[0] == sentences[-1], "the walk along the loop ends where it began"
        assert set(says.split()) <= set(sentences)
    else:
        assert says in sentences


def test_every_promise_has_been_seen_broken() -> None:
    assert {promise for promise, *_ in BROKEN} == set(PROMISES)
