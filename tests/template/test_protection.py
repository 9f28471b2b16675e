"""template.yaml protects personal data and alarms somebody when something is wrong."""

from collections.abc import Callable
from copy import deepcopy
from functools import cache
from typing import Any

import pytest

from tests.template import alarm_checks, protection_checks
from tests.template.cloudformation import TEMPLATE, Template, parse


@cache
def operations() -> str:
    return alarm_checks.OPERATIONS.read_text(encoding="utf-8")


@cache
def template() -> Template:
    return parse(TEMPLATE.read_text(encoding="utf-8"))


PROMISES: dict[str, Callable[[Template], list[str]]] = {
    "the customer's key encrypts all data": protection_checks.data_without_customer_key,
    "old TLS is refused": protection_checks.buckets_with_old_tls,
    "stored data is protected": protection_checks.unprotected_data,
    "the API is throttled and its log identifies nobody": protection_checks.apis_without_throttling,
    "every alarm has its runbook": lambda it: alarm_checks.alarms_without_runbook(it, operations()),
    "a release watches the 5xx responses of its API": alarm_checks.releases_that_do_not_watch_the_api,
    "a release watches asynchronous calls": alarm_checks.releases_that_do_not_watch_asynchronous_calls,
    "stacks share no metric and no alarm": alarm_checks.shared_between_stacks,
    "every runbook has its alarm": lambda it: alarm_checks.runbooks_without_alarm(it, operations()),
}


def _properties(of: Template, name: str) -> dict[str, Any]:
    found: dict[str, Any] = of["Resources"][name]["Properties"]
    return found


def _alarm_metric(of: Template, alarm: str, query: str) -> dict[str, Any]:
    """The metric of one query of an alarm."""
    [found] = [one["MetricStat"]["Metric"] for one in _properties(of, alarm)["Metrics"] if one["Id"] == query]
    metric: dict[str, Any] = found
    return metric


BROKEN: list[tuple[str, Callable[[Template], object], str]] = [
    (
        "the customer's key encrypts all data",
        lambda it: _properties(it, "Table").update(SSESpecification={"SSEEnabled": True}),
        "Table does not use the customer's key",
    ),
    (
        "the customer's key encrypts all data",
        lambda it: it["Globals"]["Function"].pop("KmsKeyArn"),
        "GradeFunction does not use the customer's key",
    ),
    (
        "the customer's key encrypts all data",
        lambda it: _properties(it, "OwnKeyPolicy")["Roles"].remove({"Ref": "GradeFunctionRole"}),
        "GradeFunction may not use the customer's key",
    ),
    (
        "the customer's key encrypts all data",
        lambda it: _properties(it, "OwnKeyPolicy")["PolicyDocument"]["Statement"][0].pop("Condition"),
        "the customer's key may be used outside the services that hold the data",
    ),
    (
        "old TLS is refused",
        lambda it: _properties(it, "TempBucketPolicy")["PolicyDocument"]["Statement"].pop(),
        "TempBucket accepts old TLS",
    ),
    (
        "stored data is protected",
        lambda it: it["Resources"]["DocumentsBucket"].update(DeletionPolicy="Delete"),
        "DocumentsBucket is deleted with the stack (DeletionPolicy)",
    ),
    (
        "stored data is protected",
        lambda it: _properties(it, "Table").pop("PointInTimeRecoverySpecification"),
        "Table has no point-in-time recovery",
    ),
    (
        "stored data is protected",
        lambda it: _properties(it, "Table").pop("DeletionProtectionEnabled"),
        "Table can be deleted in prod",
    ),
    (
        "the API is throttled and its log identifies nobody",
        lambda it: _properties(it, "Api").pop("DefaultRouteSettings"),
        "Api has no rate limit",
    ),
    (
        "the API is throttled and its log identifies nobody",
        lambda it: _properties(it, "Api")["AccessLogSettings"].update(
            Format="$context.identity.sourceIp $context.path"
        ),
        "Api logs identity.sourceIp",
    ),
    (
        "every alarm has its runbook",
        lambda it: _properties(it, "DeadEndsAlarm").update(AlarmDescription="Something is wrong."),
        "DeadEndsAlarm has no section in operations.md",
    ),
    (
        "every alarm has its runbook",
        lambda it: _properties(it, "DeadEndsAlarm").pop("AlarmActions"),
        "DeadEndsAlarm notifies nobody",
    ),
    (
        "every alarm has its runbook",
        lambda it: it["Resources"].update(NewAlarm=it["Resources"]["DeadEndsAlarm"]),
        "the section of NewAlarm has no `NewAlarm`",
    ),
    (
        "every runbook has its alarm",
        lambda it: it["Resources"].pop("ApiErrorsAlarm"),
        "ApiErrorsAlarm does not exist",
    ),
    (
        "a release watches the 5xx responses of its API",
        lambda it: _properties(it, "PageFunction").pop("DeploymentPreference"),
        "PageFunction is released without watching the 5xx of Api",
    ),
    (
        "a release watches the 5xx responses of its API",
        lambda it: _properties(it, "ApiErrorsAlarm").update(AlarmName={"Fn::Sub": "${AWS::StackName}-another"}),
        "ResultsFunction is released without watching the 5xx of Api",
    ),
    (
        "a release watches the 5xx responses of its API",
        lambda it: _alarm_metric(it, "ApiErrorsAlarm", "errors").update(Namespace="AWS/Lambda", MetricName="Errors"),
        "ReceiveFunction is released without watching the 5xx of Api",
    ),
    (
        "a release watches the 5xx responses of its API",
        lambda it: _alarm_metric(it, "ApiErrorsAlarm", "errors")["Dimensions"].pop(),
        "FeedbackFunction is released without watching the 5xx of Api",
    ),
    (
        "a release watches asynchronous calls",
        lambda it: _properties(it, "RecoverFunction").pop("DeploymentPreference"),
        "RecoverFunction is released without watching its errors",
    ),
    (
        "a release watches asynchronous calls",
        lambda it: _properties(it, "ReceiveFunction").update(FunctionName="another"),
        "ReceiveFunction is released without watching its errors",
    ),
    (
        "stacks share no metric and no alarm",
        lambda it: it["Globals"]["Function"]["Environment"]["Variables"].update(POWERTOOLS_SERVICE_NAME="gradeline"),
        "the functions write metrics without the stack's name",
    ),
    (
        "stacks share no metric and no alarm",
        lambda it: _properties(it, "ApiErrorsAlarm").update(AlarmName="api-errors"),
        "ApiErrorsAlarm has the same name in every stack",
    ),
    (
        "stacks share no metric and no alarm",
        lambda it: _properties(it, "StuckAlarm").update(Dimensions=[{"Name": "service", "Value": "gradeline"}]),
        "StuckAlarm watches SweptStuck of every stack",
    ),
    (
        "stacks share no metric and no alarm",
        lambda it: _alarm_metric(it, "SweepMissingAlarm", "sweeps").update(Namespace="Gradings"),
        "SweepMissingAlarm watches SweptStuck where no function writes it",
    ),
    (
        "stacks share no metric and no alarm",
        lambda it: _properties(it, "Dashboard")["DashboardBody"].update(
            {"Fn::Sub": '{"widgets": [{"properties": {"metrics": [["Gradeline", "X", "service", "gradeline"]]}}]}'}
        ),
        "the dashboard shows X of every stack",
    ),
]


@pytest.mark.parametrize("promise", PROMISES)
def test_the_template_keeps_this_promise(promise: str) -> None:
    assert PROMISES[promise](template()) == []


@pytest.mark.parametrize(("promise", "edit", "says"), BROKEN)
def test_a_broken_template_fails_its_check(promise: str, edit: Callable[[Template], object], says: str) -> None:
    broken = deepcopy(template())
    edit(broken)
    assert says in PROMISES[promise](broken)


def test_every_check_has_been_seen_to_fail() -> None:
    assert {promise for promise, *_ in BROKEN} == set(PROMISES)
