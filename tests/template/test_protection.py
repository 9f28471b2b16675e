"""What template.yaml promises about people's data, and about who is told when something is wrong."""

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
    "a key of one's own holds everything": protection_checks.data_without_customer_key,
    "traffic is strong": protection_checks.buckets_with_old_tls,
    "what is kept stays": protection_checks.unprotected_data,
    "the API is bounded and its log names nobody": protection_checks.apis_without_throttling,
    "every alarm has its page": lambda it: alarm_checks.alarms_without_runbook(it, operations()),
    "a release watches the answers of its API": alarm_checks.releases_that_do_not_watch_the_api,
    "a release watches calls that nobody waits for": alarm_checks.releases_that_do_not_watch_asynchronous_calls,
    "stacks share no metric and no alarm": alarm_checks.shared_between_stacks,
    "every page has its alarm": lambda it: alarm_checks.runbooks_without_alarm(it, operations()),
}


def _properties(of: Template, name: str) -> dict[str, Any]:
    found: dict[str, Any] = of["Resources"][name]["Properties"]
    return found


def _watched(of: Template, alarm: str, query: str) -> dict[str, Any]:
    """The metric of one query of an alarm."""
    [found] = [one["MetricStat"]["Metric"] for one in _properties(of, alarm)["Metrics"] if one["Id"] == query]
    metric: dict[str, Any] = found
    return metric


BROKEN: list[tuple[str, Callable[[Template], object], str]] = [
    (
        "a key of one's own holds everything",
        lambda it: _properties(it, "Table").update(SSESpecification={"SSEEnabled": True}),
        "Table does not take the own key",
    ),
    (
        "a key of one's own holds everything",
        lambda it: it["Globals"]["Function"].pop("KmsKeyArn"),
        "GradeFunction does not take the own key",
    ),
    (
        "a key of one's own holds everything",
        lambda it: _properties(it, "OwnKeyPolicy")["Roles"].remove({"Ref": "GradeFunctionRole"}),
        "GradeFunction may not use the own key",
    ),
    (
        "a key of one's own holds everything",
        lambda it: _properties(it, "OwnKeyPolicy")["PolicyDocument"]["Statement"][0].pop("Condition"),
        "the own key may be used past the services that hold the data",
    ),
    (
        "traffic is strong",
        lambda it: _properties(it, "TempBucketPolicy")["PolicyDocument"]["Statement"].pop(),
        "TempBucket takes old TLS",
    ),
    (
        "what is kept stays",
        lambda it: it["Resources"]["DocumentsBucket"].update(DeletionPolicy="Delete"),
        "DocumentsBucket goes with the stack (DeletionPolicy)",
    ),
    (
        "what is kept stays",
        lambda it: _properties(it, "Table").pop("PointInTimeRecoverySpecification"),
        "Table cannot go back in time",
    ),
    (
        "what is kept stays",
        lambda it: _properties(it, "Table").pop("DeletionProtectionEnabled"),
        "Table can be deleted in prod",
    ),
    (
        "the API is bounded and its log names nobody",
        lambda it: _properties(it, "Api").pop("DefaultRouteSettings"),
        "Api takes as many requests as anybody sends",
    ),
    (
        "the API is bounded and its log names nobody",
        lambda it: _properties(it, "Api")["AccessLogSettings"].update(
            Format="$context.identity.sourceIp $context.path"
        ),
        "Api writes down identity.sourceIp",
    ),
    (
        "every alarm has its page",
        lambda it: _properties(it, "DeadEndsAlarm").update(AlarmDescription="Something is wrong."),
        "DeadEndsAlarm has no page in operations.md",
    ),
    (
        "every alarm has its page",
        lambda it: _properties(it, "DeadEndsAlarm").pop("AlarmActions"),
        "DeadEndsAlarm tells nobody",
    ),
    (
        "every alarm has its page",
        lambda it: it["Resources"].update(NewAlarm=it["Resources"]["DeadEndsAlarm"]),
        "the page of NewAlarm has no `NewAlarm`",
    ),
    (
        "every page has its alarm",
        lambda it: it["Resources"].pop("ApiErrorsAlarm"),
        "ApiErrorsAlarm is no alarm",
    ),
    (
        "a release watches the answers of its API",
        lambda it: _properties(it, "PageFunction").pop("DeploymentPreference"),
        "PageFunction is released without an eye on the 5xx of Api",
    ),
    (
        "a release watches the answers of its API",
        lambda it: _properties(it, "ApiErrorsAlarm").update(AlarmName={"Fn::Sub": "${AWS::StackName}-another"}),
        "ResultsFunction is released without an eye on the 5xx of Api",
    ),
    (
        "a release watches the answers of its API",
        lambda it: _watched(it, "ApiErrorsAlarm", "errors").update(Namespace="AWS/Lambda", MetricName="Errors"),
        "ReceiveFunction is released without an eye on the 5xx of Api",
    ),
    (
        "a release watches the answers of its API",
        lambda it: _watched(it, "ApiErrorsAlarm", "errors")["Dimensions"].pop(),
        "FeedbackFunction is released without an eye on the 5xx of Api",
    ),
    (
        "a release watches calls that nobody waits for",
        lambda it: _properties(it, "RecoverFunction").pop("DeploymentPreference"),
        "RecoverFunction is released without an eye on its errors",
    ),
    (
        "a release watches calls that nobody waits for",
        lambda it: _properties(it, "ReceiveFunction").update(FunctionName="another"),
        "ReceiveFunction is released without an eye on its errors",
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
        lambda it: _watched(it, "SweepMissingAlarm", "sweeps").update(Namespace="Gradings"),
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
def test_the_template_keeps_its_promise(promise: str) -> None:
    assert PROMISES[promise](template()) == []


@pytest.mark.parametrize(("promise", "edit", "says"), BROKEN)
def test_a_broken_template_is_found(promise: str, edit: Callable[[Template], object], says: str) -> None:
    broken = deepcopy(template())
    edit(broken)
    assert says in PROMISES[promise](broken)


def test_every_promise_has_been_seen_broken() -> None:
    assert {promise for promise, *_ in BROKEN} == set(PROMISES)
