"""Puts and endings become the events that AWS sends, and reach the functions that the template names."""

import datetime
import json
import time
from typing import Any

import pytest

from local.cloud.aws_calls import Call
from local.cloud.event_bus import EventBus, check_pattern, matches_pattern, parse_rate
from local.cloud.gateway import WsgiResponse
from local.cloud.null_persistence import NullPersistence
from local.cloud.resources import Notification, Rule
from local.cloud.s3_notifications import BucketNotifications, StoredObject, quote_key
from local.cloud.step_functions_service import StepFunctionsService
from local.cloud.template import TemplateError

STARTED = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


class Invoked:
    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, function: str, payload: bytes) -> None:
        self.events.append((function, json.loads(payload)))


@pytest.mark.parametrize(
    ("key", "quoted"),
    [
        ("drop/maths 1/answers/Jo (2).pdf", "drop/maths+1/answers/Jo+%282%29.pdf"),
        ("drop/a/é+&=.pdf", "drop/a/%C3%A9%2B%26%3D.pdf"),
        ("plain/a-b_c.d*e~f", "plain/a-b_c.d*e%7Ef"),
    ],
)
def test_keys_are_quoted_as_s3_quotes_them(key: str, quoted: str) -> None:
    assert quote_key(key) == quoted


def notifications(invoked: Invoked) -> BucketNotifications:
    wanted = Notification("Dropped", "temp", "Receive", ("s3:ObjectCreated:*",), prefix="drop/")
    return BucketNotifications(
        [wanted],
        invoke=invoked,
        look_up=lambda bucket, key, version: StoredObject(bucket, key, version, 12, "abc"),
    )


def put(operation: str = "PutObject", *, bucket: str = "temp", key: str = "drop/a b.pdf") -> Call:
    return Call(0, "client", "s3", operation, {"Bucket": bucket, "Key": key})


@pytest.mark.parametrize(
    ("operation", "name"),
    [
        ("PutObject", "ObjectCreated:Put"),
        ("PostObject", "ObjectCreated:Post"),
        ("CopyObject", "ObjectCreated:Copy"),
        ("CompleteMultipartUpload", "ObjectCreated:CompleteMultipartUpload"),
    ],
)
def test_each_way_of_storing_an_object_is_told(request_of: Any, operation: str, name: str) -> None:
    invoked = Invoked()
    response = WsgiResponse(200, [("x-amz-version-id", "v7")])
    notifications(invoked).observe(put(operation), request_of(), response)
    ((function, event),) = invoked.events
    (record,) = event["Records"]
    assert function == "Receive"
    assert record["eventName"] == name
    assert record["eventSource"] == "aws:s3"
    assert record["s3"]["bucket"]["name"] == "temp"
    stored = record["s3"]["object"]
    assert stored["key"] == "drop/a+b.pdf"
    assert (stored["versionId"], stored["size"], stored["eTag"]) == ("v7", 12, "abc")
    assert stored["sequencer"]
    assert record["eventTime"].endswith("Z")


def test_refused_puts_other_places_and_reads_are_not_told(request_of: Any) -> None:
    invoked = Invoked()
    watch = notifications(invoked)
    watch.observe(put(), request_of(), WsgiResponse(412))
    watch.observe(put(key="incoming/1"), request_of(), WsgiResponse(200))
    watch.observe(put(bucket="documents"), request_of(), WsgiResponse(200))
    watch.observe(put("GetObject"), request_of(), WsgiResponse(200))
    assert invoked.events == []


def test_patterns_match_by_exact_values() -> None:
    pattern = {"source": ["aws.states"], "detail": {"status": ["FAILED", "TIMED_OUT"]}}
    assert matches_pattern(pattern, {"source": "aws.states", "detail": {"status": "FAILED", "more": 1}})
    assert not matches_pattern(pattern, {"source": "aws.states", "detail": {"status": "SUCCEEDED"}})
    assert not matches_pattern(pattern, {"source": "aws.states"})
    assert matches_pattern({"resources": ["a"]}, {"resources": ["b", "a"]})


def test_a_pattern_that_asks_for_more_is_refused_rather_than_never_met() -> None:
    with pytest.raises(TemplateError):
        check_pattern({"detail": {"status": [{"prefix": "FA"}]}})


def test_events_that_are_put_are_kept_and_reach_their_rules(request_of: Any) -> None:
    invoked = Invoked()
    bus = EventBus([Rule("Ended", "Tell", pattern={"source": ["gradeline"]})], invoke=invoked)
    entries = [
        {"Source": "gradeline", "DetailType": "Submission Ended", "Detail": '{"id": "1"}'},
        {"Source": "other", "DetailType": "x", "Detail": "{}"},
        {"Source": "gradeline", "DetailType": "x", "Detail": "not json"},
    ]
    call = Call(0, "stepfunctions", "events", "PutEvents", {})
    response = bus.answer(call, request_of("POST", body=json.dumps({"Entries": entries}).encode()))
    assert response is not None
    body = json.loads(response.body)
    assert body["FailedEntryCount"] == 1
    assert body["Entries"][2]["ErrorCode"] == "MalformedDetail"
    assert [event["source"] for event in bus.events()] == ["gradeline", "other"]
    ((function, event),) = invoked.events
    assert (function, event["detail-type"], event["detail"]) == ("Tell", "Submission Ended", {"id": "1"})


def test_a_rule_may_give_its_function_an_input_of_its_own() -> None:
    invoked = Invoked()
    bus = EventBus([Rule("Sweep", "Recover", pattern={"source": ["a"]}, input='{"action": "sweep"}')], invoke=invoked)
    bus.put("a", "t", {})
    assert invoked.events == [("Recover", {"action": "sweep"})]


@pytest.mark.parametrize(
    ("schedule", "seconds"),
    [("rate(1 minute)", 60), ("rate(15 minutes)", 900), ("rate(2 hours)", 7200), ("cron(0 3 * * ? *)", None)],
)
def test_schedules_by_rate_have_a_period(schedule: str, seconds: int | None) -> None:
    assert parse_rate(schedule) == seconds


class Machine:
    """Executions by ARN; each says RUNNING until it is given an ending."""

    def __init__(self) -> None:
        self.status: dict[str, str] = {}

    def describe(self, arn: str) -> dict[str, Any]:
        status = self.status.get(arn, "RUNNING")
        described: dict[str, Any] = {"executionArn": arn, "name": "x-1", "status": status, "startDate": STARTED}
        return described | ({"error": "States.Timeout", "stopDate": STARTED} if status != "RUNNING" else {})


def test_the_end_of_an_execution_is_an_event(request_of: Any) -> None:
    invoked, machine = Invoked(), Machine()
    rule = Rule("Ended", "Recover", pattern={"source": ["aws.states"], "detail": {"status": ["TIMED_OUT"]}})
    bus = EventBus([rule], invoke=invoked)
    executions = StepFunctionsService(bus, machine.describe, NullPersistence(), seconds=0.01)
    started = Call(0, "Receive", "stepfunctions", "StartExecution", {})
    for arn in ("arn:1", "arn:2", "arn:1"):
        executions.observe(
            started,
            request_of(body=b'{"input": "{}"}'),
            WsgiResponse(200, body=json.dumps({"executionArn": arn}).encode()),
        )
    executions.start()
    try:
        machine.status = {"arn:1": "TIMED_OUT", "arn:2": "SUCCEEDED"}
        deadline = time.monotonic() + 5
        while len(bus.events()) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
    finally:
        executions.stop()
    assert sorted(event["detail"]["status"] for event in bus.events()) == ["SUCCEEDED", "TIMED_OUT"]
    ((function, event),) = invoked.events
    assert function == "Recover"
    assert event["detail-type"] == "Step Functions Execution Status Change"
    assert event["detail"]["executionArn"] == "arn:1"
    assert event["detail"]["error"] == "States.Timeout"
    assert event["detail"]["stopDate"] == int(STARTED.timestamp() * 1000)
    assert executions.running() == []


@pytest.mark.parametrize("name", ["a b", "a/b", "x" * 81, "", "a:b", "a#b"])
def test_names_that_step_functions_refuses_are_refused(request_of: Any, name: str) -> None:
    executions = StepFunctionsService(EventBus([], invoke=Invoked()), Machine().describe, NullPersistence())
    call = Call(0, "Receive", "stepfunctions", "StartExecution", {})
    response = executions.answer(call, request_of("POST", body=json.dumps({"name": name}).encode()))
    assert response is not None
    assert response.header("x-amzn-ErrorType") == "InvalidName"
    good = executions.answer(call, request_of("POST", body=json.dumps({"name": "0123abc-1", "input": "{}"}).encode()))
    assert good is None


def test_an_input_over_the_limit_is_refused(request_of: Any) -> None:
    executions = StepFunctionsService(EventBus([], invoke=Invoked()), Machine().describe, NullPersistence())
    call = Call(0, "Receive", "stepfunctions", "StartExecution", {})
    body = json.dumps({"name": "n", "input": json.dumps("x" * 262_150)}).encode()
    response = executions.answer(call, request_of("POST", body=body))
    assert response is not None
    assert response.header("x-amzn-ErrorType") == "InvalidExecutionInput"
