"""The alarms of template.yaml, evaluated on metric data as CloudWatch evaluates them."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import cache
from typing import Any

import pytest

from local.cloud.metrics import Metric, Statistics
from local.cloud.stack import STACK_NAME, Stack
from tests.template.alarm_evaluation import ALARM, OK, Alarm, Published, evaluate_expression
from tests.template.cloudformation import TEMPLATE

NOW = 1_000_000


@cache
def stack() -> Stack:
    return Stack(TEMPLATE, secret=str)


def alarm(name: str, edit: Callable[[Any], object] = lambda it: None) -> Alarm:
    properties = deepcopy(stack().properties(name))
    edit(properties)
    return Alarm.of(properties)


def api_metric(name: str) -> Metric:
    return Metric.create("AWS/ApiGateway", name, ApiId=stack().api_id, Stage="$default")


def api_traffic(*minutes: tuple[int, int], zeros: bool = True) -> Published:
    """What an HTTP API publishes for (requests, 5xx) of consecutive minutes, the last of which has just ended.

    It is not documented whether an API publishes a 5xx of 0 for a successful request (`zeros`): an alarm has to work
    either way.
    """
    counts: dict[int, Statistics] = {}
    errors: dict[int, Statistics] = {}
    for minute, (requests, failed) in enumerate(minutes, NOW - len(minutes)):
        if requests:
            counts[minute] = Statistics(requests, requests, 1, 1)
        if requests and (failed or zeros):
            errors[minute] = Statistics(failed, requests if zeros else failed, 0, 1)
    return {api_metric("Count"): counts, api_metric("5xx"): errors}


@pytest.mark.parametrize("zeros", [True, False], ids=["5xx published as 0", "5xx published when there are any"])
@pytest.mark.parametrize(
    ("minutes", "state"),
    [
        ([], OK),
        ([(60, 0)] * 5, OK),
        # A tenth of the requests go to a release that answers all of them with 500.
        ([(60, 0), (60, 6)], ALARM),
        ([(5, 0), (5, 1)], ALARM),
        # ... that breaks one route of ten.
        ([(200, 2)] * 5, ALARM),
        # ... that breaks a rarely used route, at the highest rate that ApiRate allows.
        ([(3000, 2)] * 5, ALARM),
        # One isolated failure, alone and among many requests.
        ([(1, 1)], ALARM),
        ([(200, 0), (200, 1), (200, 0)], OK),
        ([(3000, 1)] * 5, OK),
        # Every request fails, and then there are none; and then they succeed again.
        ([(20, 20), (0, 0), (0, 0)], ALARM),
        ([(20, 20), *[(60, 0)] * 5], OK),
    ],
)
def test_the_api_alarm_fires_for_a_failing_canary_not_for_one_failure(
    minutes: list[tuple[int, int]], state: str, zeros: bool
) -> None:
    assert alarm("ApiErrorsAlarm").state(api_traffic(*minutes, zeros=zeros), NOW) == state


def test_the_api_alarm_ends_when_there_are_no_requests() -> None:
    published = api_traffic((20, 20))
    states = [alarm("ApiErrorsAlarm").state(published, NOW + later) for later in range(20)]
    assert states[0] == ALARM
    assert states[-1] == OK


def _errors_of(name: str, function: str, count: int) -> Published:
    return {Metric.create("AWS/Lambda", name, FunctionName=function): {NOW - 1: Statistics(count, 3, 0, 1)}}


@pytest.mark.parametrize("function", ["ReceiveFunction", "RecoverFunction"])
def test_one_failed_asynchronous_call_fires_the_alarm(function: str) -> None:
    name = stack().functions[function].name
    assert alarm("AsyncErrorsAlarm").state(_errors_of("Errors", name, 1), NOW) == ALARM
    assert alarm("AsyncErrorsAlarm").state(_errors_of("Errors", name, 0), NOW) == OK
    assert alarm("AsyncErrorsAlarm").state({}, NOW) == OK


@pytest.mark.parametrize("name", ["ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"])
def test_one_unsuccessful_execution_fires_the_alarm(name: str) -> None:
    metric = Metric.create("AWS/States", name, StateMachineArn=stack().state_machine_arn)
    assert alarm("FailedExecutionsAlarm").state({metric: {NOW - 1: Statistics(1, 1, 1, 1)}}, NOW) == ALARM
    assert alarm("FailedExecutionsAlarm").state({}, NOW) == OK


def _sweeps(*minutes_ago: int) -> Published:
    metric = Metric.create("Gradeline", "SweptStuck", service=STACK_NAME)
    return {metric: {NOW - ago: Statistics(0, 1, 0, 0) for ago in minutes_ago}}


def test_a_sweep_missing_for_an_hour_fires_the_alarm() -> None:
    assert alarm("SweepMissingAlarm").state(_sweeps(*range(5, 120, 10)), NOW) == OK
    assert alarm("SweepMissingAlarm").state(_sweeps(59), NOW) == OK
    assert alarm("SweepMissingAlarm").state(_sweeps(*range(61, 300, 10)), NOW) == ALARM
    assert alarm("SweepMissingAlarm").state({}, NOW) == ALARM


def test_without_fill_the_missing_hour_would_not_be_noticed() -> None:
    without_fill = alarm("SweepMissingAlarm", lambda it: it["Metrics"][0].update(Expression="sweeps"))
    assert without_fill.state(_sweeps(*range(61, 300, 10)), NOW) == OK


BROKEN: Mapping[str, Callable[[Any], object]] = {
    "Lambda's errors": lambda it: _metric(it, "errors").update(
        Namespace="AWS/Lambda", MetricName="Errors", Dimensions=[{"Name": "FunctionName", "Value": "results"}]
    ),
    "the metric name of a REST API": lambda it: _metric(it, "errors").update(MetricName="5XXError"),
    "a dimension that an HTTP API does not have": lambda it: _metric(it, "errors")["Dimensions"][0].update(
        Name="ApiName"
    ),
    "another stage": lambda it: _metric(it, "errors")["Dimensions"][1].update(Value="prod"),
    "the average over all requests": lambda it: it["Metrics"][1]["MetricStat"].update(Stat="Average"),
    "a threshold that a canary does not reach": lambda it: it.update(Threshold=50),
}


def _metric(properties: Any, query: str) -> Any:
    [found] = [one["MetricStat"]["Metric"] for one in properties["Metrics"] if one["Id"] == query]
    return found


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_alarm_misses_a_failing_canary(fault: str) -> None:
    assert alarm("ApiErrorsAlarm", BROKEN[fault]).state(api_traffic((60, 0), (60, 6)), NOW) != ALARM


def test_treating_missing_data_as_breaching_fires_without_requests() -> None:
    assert alarm("ApiErrorsAlarm", lambda it: it.update(TreatMissingData="breaching")).state({}, NOW) == ALARM


def one_metric(missing: str, periods: int) -> Alarm:
    return Alarm.of(
        {
            "Namespace": "N",
            "MetricName": "M",
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": periods,
            "Threshold": 0,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": missing,
        }
    )


@pytest.mark.parametrize(
    ("newest_last", "breaching", "not_breaching"),
    [
        # Three of three data points, five are retrieved; 1 breaches, 0 does not.
        ("0-1-1", OK, OK),
        ("0----", OK, OK),
        ("-----", ALARM, OK),
        ("011-1", ALARM, ALARM),
        ("--1--", ALARM, OK),
    ],
)
def test_missing_data_is_treated_as_by_cloudwatch(newest_last: str, breaching: str, not_breaching: str) -> None:
    values = {NOW - 5 + position: Statistics(float(one), 1) for position, one in enumerate(newest_last) if one != "-"}
    published = {Metric.create("N", "M"): values}
    assert one_metric("breaching", 3).state(published, NOW) == breaching
    assert one_metric("notBreaching", 3).state(published, NOW) == not_breaching


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("a + b", 3.0),
        ("a + none", 1.0),
        ("none + none", None),
        ("a / none", None),
        ("a / (a - a)", None),
        ("FILL(none, 0) + 1", 1.0),
        ("IF(a >= 1, b, 0)", 2.0),
        ("IF(none > 1, 1, 0)", None),
    ],
)
def test_metric_math_with_missing_values(expression: str, value: float | None) -> None:
    assert evaluate_expression(expression, {"a": 1, "b": 2, "none": None}) == value


def test_unsupported_metric_math_is_refused() -> None:
    with pytest.raises(ValueError, match="RATE"):
        evaluate_expression("RATE(a)", {"a": 1})
