"""Checks of the alarms. Each check returns what is wrong, in sentences.

An alarm notifies somebody, has a runbook in docs/operations.md, belongs to one stack only, and is named by every
release that it should roll back.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.template.asl import ROOT
from tests.template.cloudformation import Function, Template, functions, of_type, references

OPERATIONS = ROOT / "docs" / "operations.md"
_RUNBOOK_REFERENCE = re.compile(r'see docs/operations\.md, "([^"]+)"')


def alarms_without_runbook(template: Template, operations: str) -> list[str]:
    """Alarms without an action, or without a section in the operations manual that has all parts of a runbook."""
    sections = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", operations, re.MULTILINE | re.DOTALL))
    found = []
    for name, alarm in of_type(template, "AWS::CloudWatch::Alarm").items():
        if not alarm.get("AlarmActions"):
            found.append(f"{name} notifies nobody")
        named = _RUNBOOK_REFERENCE.search(alarm.get("AlarmDescription", ""))
        if named is None or named[1] not in sections:
            found.append(f"{name} has no section in operations.md")
            continue
        section = sections[named[1]]
        found += [
            f"the section of {name} has no {part}"
            for part in (f"`{name}`", "**Look.**", "**Do.**")
            if part not in section
        ]
    return found


def runbooks_without_alarm(template: Template, operations: str) -> list[str]:
    """Alarms that the operations manual describes and the template does not have."""
    alarms = of_type(template, "AWS::CloudWatch::Alarm")
    return [f"{name} does not exist" for name in re.findall(r"\*\*Alarm\*\* `(\w+)`", operations) if name not in alarms]


def releases_that_do_not_watch_the_api(template: Template) -> list[str]:
    """Functions behind the HTTP API whose DeploymentPreference does not name the alarm on that API's 5xx."""
    return [
        f"{function.name} is released without watching the 5xx of {api}"
        for function in functions(template)
        for api in sorted({event["Properties"]["ApiId"]["Ref"] for event in function.events("HttpApi")})
        if not _deployment_alarms(template, function) & _alarms_on(template, "AWS/ApiGateway", "5xx", _of_the_api(api))
    ]


def releases_that_do_not_watch_asynchronous_calls(template: Template) -> list[str]:
    """Functions called asynchronously whose DeploymentPreference does not name the alarm on their errors."""
    return [
        f"{function.name} is released without watching its errors"
        for function in functions(template)
        if "EventInvokeConfig" in function.properties
        and not _deployment_alarms(template, function)
        & _alarms_on(template, "AWS/Lambda", "Errors", _of_the_function(function))
    ]


def _deployment_alarms(template: Template, function: Function) -> set[str]:
    """The logical ids of the alarms in a function's DeploymentPreference, given by !Ref or by the alarm's name."""
    alarms = of_type(template, "AWS::CloudWatch::Alarm")
    preferences = [properties.get("DeploymentPreference", {}) for properties in (function.globals, function.properties)]
    given = [alarm for preference in preferences for alarm in preference.get("Alarms", ())]
    return {name for name, body in alarms.items() if {"Ref": name} in given or body.get("AlarmName") in given}


def _of_the_api(api: str) -> list[dict[str, Any]]:
    return [{"Name": "ApiId", "Value": {"Ref": api}}, {"Name": "Stage", "Value": "$default"}]


def _of_the_function(function: Function) -> list[dict[str, Any]]:
    name = function.properties.get("FunctionName", {"Ref": function.name})
    return [{"Name": "FunctionName", "Value": name}]


def _alarms_on(template: Template, namespace: str, metric: str, dimensions: list[dict[str, Any]]) -> set[str]:
    return {
        name
        for name, body in of_type(template, "AWS::CloudWatch::Alarm").items()
        for watched in _alarm_metrics(body)
        if (watched["Namespace"], watched["MetricName"], watched["Dimensions"]) == (namespace, metric, dimensions)
    }


def _alarm_metrics(alarm: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The metrics of an alarm: its only one, or those of its expression."""
    if "MetricName" in alarm:
        yield alarm
    for query in alarm.get("Metrics", ()):
        if "MetricStat" in query:
            yield query["MetricStat"]["Metric"]


def shared_between_stacks(template: Template) -> list[str]:
    """Metrics and alarms that two stacks of one account would share.

    The dimensions of each alarm must name something of this stack. Our own metrics, in alarms and on the dashboard,
    must have the dimension that the functions write.
    """
    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    service, namespace = variables["POWERTOOLS_SERVICE_NAME"], variables["POWERTOOLS_METRICS_NAMESPACE"]
    found = [] if _is_of_this_stack(template, service) else ["the functions write metrics without the stack's name"]
    for name, alarm in of_type(template, "AWS::CloudWatch::Alarm").items():
        if "AlarmName" in alarm and not _is_of_this_stack(template, alarm["AlarmName"]):
            found.append(f"{name} has the same name in every stack")
        for watched in _alarm_metrics(alarm):
            dimensions = watched.get("Dimensions", [])
            if not any(_is_of_this_stack(template, one["Value"]) for one in dimensions):
                found.append(f"{name} watches {watched['MetricName']} of every stack")
            if not watched["Namespace"].startswith("AWS/") and (watched["Namespace"], dimensions) != (
                namespace,
                [{"Name": "service", "Value": service}],
            ):
                found.append(f"{name} watches {watched['MetricName']} where no function writes it")
    for row in _dashboard_rows(template):
        if row[0] == namespace and row[2:4] != ["service", "${AWS::StackName}"]:
            found.append(f"the dashboard shows {row[1]} of every stack")
    return found


def _is_of_this_stack(template: Template, value: Any) -> bool:
    """Whether the value refers to a resource of the template or contains the stack's name."""
    return "AWS::StackName" in json.dumps(value) or bool(references(value) & template["Resources"].keys())


def _dashboard_rows(template: Template) -> Iterator[list[Any]]:
    """The metric rows of the dashboards' widgets, as written."""
    for dashboard in of_type(template, "AWS::CloudWatch::Dashboard").values():
        for widget in json.loads(dashboard["DashboardBody"]["Fn::Sub"])["widgets"]:
            yield from (row for row in widget["properties"]["metrics"] if isinstance(row[0], str) and row[0] != "...")
