"""template.yaml passes its checks, and each check refuses a template that is broken for it."""

from collections.abc import Callable
from copy import deepcopy
from functools import cache
from importlib import import_module
from typing import Any

import pytest

from tests.template import dependency_checks, environment_checks, route_checks, template_checks
from tests.template.cloudformation import TEMPLATE, Function, Template, functions, parse

PROMISES: dict[str, Callable[[Template], list[str]]] = {
    "every handler exists": template_checks.missing_handlers,
    "every function has a narrow role of its own": template_checks.roles_too_wide,
    "every function has a log group with retention": template_checks.log_groups_without_retention,
    "asynchronous calls have a failure destination": template_checks.missing_failure_destinations,
    "buckets are versioned, private, encrypted and TLS only": template_checks.buckets_too_open,
    "every caller uses the alias, which moves with the release": template_checks.callers_bypassing_the_alias,
    "handlers time out before the gateway does": template_checks.handlers_slower_than_the_gateway,
    "every variable is known": environment_checks.unknown_variables,
    "every variable that is read is set": environment_checks.variables_missing,
    "every variable that is set is read": environment_checks.variables_unused,
    "resources have no dependency cycle": lambda template: dependency_checks.cycle(dependency_checks.graph(template)),
}


@cache
def text() -> str:
    return TEMPLATE.read_text(encoding="utf-8")


@cache
def template() -> Template:
    return parse(text())


@pytest.mark.parametrize("promise", PROMISES)
def test_the_template_keeps_this_promise(promise: str) -> None:
    assert PROMISES[promise](template()) == []


def test_every_resource_has_a_comment_with_its_reason() -> None:
    assert template_checks.undocumented_resources(text()) == []


def test_a_resource_without_a_comment_is_found() -> None:
    uncommented = "Resources:\n  # why\n  A:\n    Type: X\n  B:\n    Type: X\n  # ── ruled ──\n  C:\n    Type: X\n"
    assert template_checks.undocumented_resources(uncommented) == [
        "B has no comment above it",
        "C has no comment above it",
    ]


@pytest.mark.parametrize("function", [found.name for found in functions(template()) if found.events("HttpApi")])
def test_the_api_has_the_routes_that_its_handlers_answer(function: str) -> None:
    found = _function(template(), function)
    assert route_checks.routes_that_differ(found, route_checks.routes_of_resolver(_resolver(found))) == []


def test_no_route_is_answered_by_two_handlers() -> None:
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
        "ResultsFunction is routed GET /assessments/{}/submissions, which it does not answer",
        "ResultsFunction is never routed PUT /assessments/{}/submissions",
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
        "every handler exists",
        lambda it: _properties(it, "PersistFunction").update(Handler="persist.missing.handler"),
        "PersistFunction: there is no persist.missing.handler",
    ),
    (
        "every handler exists",
        lambda it: _properties(it, "PersistFunction").update(Handler="persist.app.main"),
        "PersistFunction: app.py defines no main",
    ),
    (
        "every function has a narrow role of its own",
        lambda it: _properties(it, "PersistFunction")["Policies"].append("AmazonS3FullAccess"),
        "PersistFunction has a managed policy: AmazonS3FullAccess",
    ),
    (
        "every function has a narrow role of its own",
        lambda it: _properties(it, "PersistFunction").update(Role="arn:aws:iam::1:role/all"),
        "PersistFunction has a role from elsewhere",
    ),
    (
        "every function has a narrow role of its own",
        lambda it: _properties(it, "PersistFunction").pop("Policies"),
        "PersistFunction has no statements of its own",
    ),
    (
        "every function has a narrow role of its own",
        lambda it: _statement(it, "PersistFunction").update(Action="s3:*"),
        "PersistFunction may do s3:*",
    ),
    (
        "every function has a narrow role of its own",
        lambda it: _statement(it, "PersistFunction").update(Action="s3:GetObject", Resource="*"),
        "PersistFunction may do s3:GetObject to everything",
    ),
    (
        "every function has a log group with retention",
        lambda it: _properties(it, "GradeFunction").pop("LoggingConfig"),
        "GradeFunction has no log group in the template",
    ),
    (
        "every function has a log group with retention",
        lambda it: _properties(it, "GradeFunction").update(LoggingConfig={"LogGroup": {"Ref": "ReceiveLogs"}}),
        "GradeFunction shares its log group",
    ),
    (
        "every function has a log group with retention",
        lambda it: _properties(it, "GradeLogs").pop("RetentionInDays"),
        "GradeLogs has no retention",
    ),
    (
        "asynchronous calls have a failure destination",
        lambda it: _properties(it, "ReceiveFunction").pop("EventInvokeConfig"),
        "ReceiveFunction is called asynchronously, and has no failure destination",
    ),
    (
        "asynchronous calls have a failure destination",
        lambda it: [_properties(it, "RecoverFunction").pop(key) for key in ("EventInvokeConfig", "Events")],
        "RecoverFunction is called asynchronously, and has no failure destination",
    ),
    (
        "asynchronous calls have a failure destination",
        lambda it: _properties(it, "ReceiveFunction")["EventInvokeConfig"].pop("MaximumRetryAttempts"),
        "ReceiveFunction is called asynchronously without MaximumRetryAttempts",
    ),
    (
        "buckets are versioned, private, encrypted and TLS only",
        lambda it: _properties(it, "TempBucket").pop("VersioningConfiguration"),
        "TempBucket is not versioned",
    ),
    (
        "buckets are versioned, private, encrypted and TLS only",
        lambda it: _properties(it, "TempBucket")["PublicAccessBlockConfiguration"].pop("BlockPublicPolicy"),
        "TempBucket does not set BlockPublicPolicy",
    ),
    (
        "buckets are versioned, private, encrypted and TLS only",
        lambda it: _properties(it, "DocumentsBucket").pop("BucketEncryption"),
        "DocumentsBucket is not encrypted",
    ),
    (
        "buckets are versioned, private, encrypted and TLS only",
        lambda it: _properties(it, "DocumentsBucketPolicy").update(Bucket={"Ref": "TempBucket"}),
        "DocumentsBucket can be reached without TLS",
    ),
    (
        "buckets are versioned, private, encrypted and TLS only",
        lambda it: _properties(it, "TempBucketPolicy")["PolicyDocument"]["Statement"][0]["Resource"].pop(),
        "TempBucket can be reached without TLS",
    ),
    (
        "buckets are versioned, private, encrypted and TLS only",
        lambda it: _properties(it, "TempBucket").pop("LifecycleConfiguration"),
        "TempBucket never aborts incomplete uploads",
    ),
    (
        "every caller uses the alias, which moves with the release",
        lambda it: _properties(it, "GradeFunction").pop("AutoPublishCodeSha256"),
        "GradeFunction does not move with the release",
    ),
    (
        "every caller uses the alias, which moves with the release",
        lambda it: it["Globals"]["Function"].pop("AutoPublishAlias"),
        "GradeFunction publishes no alias",
    ),
    (
        "every caller uses the alias, which moves with the release",
        lambda it: _properties(it, "ResultsFunction")["Environment"]["Variables"].update(
            RECOVER_FUNCTION={"Ref": "RecoverFunction"}
        ),
        "ResultsFunction bypasses the alias of RecoverFunction",
    ),
    (
        "handlers time out before the gateway does",
        lambda it: _properties(it, "ResultsFunction").update(Timeout=60),
        "ResultsFunction may take 60 s",
    ),
    (
        "every variable is known",
        lambda it: _properties(it, "GradeFunction")["Environment"]["Variables"].update(MODEL_NAME="x"),
        "GradeFunction: MODEL_NAME is never read",
    ),
    (
        "every variable that is read is set",
        lambda it: _properties(it, "ResultsFunction").pop("Environment"),
        "ResultsFunction reads RECOVER_FUNCTION, which it is not given",
    ),
    (
        "every variable that is read is set",
        lambda it: it["Globals"]["Function"]["Environment"]["Variables"].pop("TABLE"),
        "PersistFunction reads TABLE, which it is not given",
    ),
    (
        "every variable that is set is read",
        lambda it: _properties(it, "ResultsFunction")["Environment"]["Variables"].update(MODEL="x"),
        "ResultsFunction never reads MODEL",
    ),
    (
        "every variable that is set is read",
        lambda it: [function.properties.update(Handler="results.app.handler") for function in functions(it)],
        "no function reads TEMP_BUCKET",
    ),
    (
        "resources have no dependency cycle",
        lambda it: it["Globals"]["Function"]["Environment"]["Variables"].update(TEMP_BUCKET={"Ref": "TempBucket"}),
        "ReceiveFunction.Alias TempBucket",
    ),
    (
        "resources have no dependency cycle",
        lambda it: _statement(it, "ReceiveFunction").update(Resource={"Fn::Sub": "${TempBucket.Arn}/incoming/*"}),
        "ReceiveFunction ReceiveFunction.Role TempBucket",
    ),
    (
        "resources have no dependency cycle",
        lambda it: _statement(it, "RecoverFunction").update(Resource={"Ref": "GradingStateMachine"}),
        "GradingStateMachine RecoverFunction RecoverFunction.Role",
    ),
    (
        "resources have no dependency cycle",
        lambda it: _properties(it, "ReceiveFunction").update(Environment={"Variables": {"URL": {"Ref": "Api"}}}),
        "Api ReceiveFunction",
    ),
    (
        "resources have no dependency cycle",
        lambda it: _properties(it, "PageFunction").update(DeploymentPreference={"Alarms": [{"Ref": "ApiErrorsAlarm"}]}),
        "Api ApiErrorsAlarm PageFunction.Alias",
    ),
]


@pytest.mark.parametrize(("promise", "edit", "says"), BROKEN)
def test_a_broken_template_fails_its_check(promise: str, edit: Callable[[Template], object], says: str) -> None:
    broken = deepcopy(template())
    edit(broken)
    sentences = PROMISES[promise](broken)
    if promise.startswith("resources have"):
        assert sentences[0] == sentences[-1], "the cycle starts and ends at one resource"
        assert set(says.split()) <= set(sentences)
    else:
        assert says in sentences


def test_every_check_has_been_seen_to_fail() -> None:
    assert {promise for promise, *_ in BROKEN} == set(PROMISES)
