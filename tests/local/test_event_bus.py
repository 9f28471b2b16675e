"""Created objects and ended executions become AWS's events and reach the functions that the template names."""

import datetime
import json
import time
from typing import Any

import pytest

from local.cloud.aws_calls import Call
from local.cloud.event_bus import EventBus, check_pattern, matches_pattern, parse_rate
from local.cloud.null_persistence import NullPersistence
from local.cloud.resources import Notification, Rule
from local.cloud.s3_notifications import BucketNotifications, StoredObject, quote_key
from local.cloud.step_functions_service import StepFunctionsService
from local.cloud.template import TemplateError
from local.cloud.wsgi import WsgiResponse

STARTED = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


class RecordedInvocations:
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
def test_keys_are_quoted_as_s3_does(key: str, quoted: str) -> None:
    assert quote_key(key) == quoted


def notifications(invoked: RecordedInvocations) -> BucketNotifications:
    drop_prefix = Notification("Dropped", "temp", "Receive", ("s3:ObjectCreated:*",), prefix="drop/")
    return BucketNotifications(
        [drop_prefix],
        invoke=invoked,
        look_up=lambda bucket, key, version: StoredObject(bucket, key, version, 12, "abc"),
    )


def put_call(operation: str = "PutObject", *, bucket: str = "temp", key: str = "drop/a b.pdf") -> Call:
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
def test_each_way_of_creating_an_object_sends_an_event(request_of: Any, operation: str, name: str) -> None:
    invoked = RecordedInvocations()
    response = WsgiResponse(200, [("x-amz-version-id", "v7")])
    notifications(invoked).observe(put_call(operation), request_of(), response)
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


def test_failed_puts_other_prefixes_and_reads_send_no_event(request_of: Any) -> None:
    invoked = RecordedInvocations()
    watch = notifications(invoked)
    watch.observe(put_call(), request_of(), WsgiResponse(412))
    watch.observe(put_call(key="incoming/1"), request_of(), WsgiResponse(200))
    watch.observe(put_call(bucket="documents"), request_of(), WsgiResponse(200))
    watch.observe(put_call("GetObject"), request_of(), WsgiResponse(200))
    assert invoked.events == []


def test_patterns_match_exact_values() -> None:
    pattern = {"source": ["aws.states"], "detail": {"status": ["FAILED", "TIMED_OUT"]}}
    assert matches_pattern(pattern, {"source": "aws.states", "detail": {"status": "FAILED", "more": 1}})
    assert not matches_pattern(pattern, {"source": "aws.states", "detail": {"status": "SUCCEEDED"}})
    assert not matches_pattern(pattern, {"source": "aws.states"})
    assert matches_pattern({"resources": ["a"]}, {"resources": ["b", "a"]})


def test_an_unsupported_pattern_is_rejected() -> None:
    with pytest.raises(TemplateError):
        check_pattern({"detail": {"status": [{"prefix": "FA"}]}})


def test_put_events_are_stored_and_reach_their_rules(request_of: Any) -> None:
    invoked = RecordedInvocations()
    bus = EventBus([Rule("Ended", "Tell", pattern={"source": ["gradeline"]})], invoke=invoked)
    entries = [
        {"Source": "gradeline", "DetailType": "Submission Ended", "Detail": '{"id": "1"}'},
        {"Source": "other", "DetailType": "x", "Detail": "{}"},
        {"Source": "gradeline", "DetailType": "x", "Detail": "not json"},
    ]
    call = Call(0, "stepfunctions", "events", "PutEvents", {})
    response = bus.handle_request(call, request_of("POST", body=json.dumps({"Entries": entries}).encode()))
    assert response is not None
    body = json.loads(response.body)
    assert body["FailedEntryCount"] == 1
    assert body["Entries"][2]["ErrorCode"] == "MalformedDetail"
    assert [event["source"] for event in bus.events()] == ["gradeline", "other"]
    ((function, event),) = invoked.events
    assert (function, event["detail-type"], event["detail"]) == ("Tell", "Submission Ended", {"id": "1"})


def test_a_rule_can_replace_the_event_by_its_own_input() -> None:
    invoked = RecordedInvocations()
    bus = EventBus([Rule("Sweep", "Recover", pattern={"source": ["a"]}, input='{"action": "sweep"}')], invoke=invoked)
    bus.put("a", "t", {})
    assert invoked.events == [("Recover", {"action": "sweep"})]


@pytest.mark.parametrize(
    ("schedule", "seconds"),
    [("rate(1 minute)", 60), ("rate(15 minutes)", 900), ("rate(2 hours)", 7200), ("cron(0 3 * * ? *)", None)],
)
def test_rate_schedules_have_a_period(schedule: str, seconds: int | None) -> None:
    assert parse_rate(schedule) == seconds


class FakeExecutions:
    """Executions by ARN; each one is RUNNING until its status is set."""

    def __init__(self) -> None:
        self.status: dict[str, str] = {}

    def describe(self, arn: str) -> dict[str, Any]:
        status = self.status.get(arn, "RUNNING")
        described: dict[str, Any] = {"executionArn": arn, "name": "x-1", "status": status, "startDate": STARTED}
        return described | ({"error": "States.Timeout", "stopDate": STARTED} if status != "RUNNING" else {})


def test_an_ended_execution_is_published_as_an_event(request_of: Any) -> None:
    invoked, fake = RecordedInvocations(), FakeExecutions()
    rule = Rule("Ended", "Recover", pattern={"source": ["aws.states"], "detail": {"status": ["TIMED_OUT"]}})
    bus = EventBus([rule], invoke=invoked)
    executions = StepFunctionsService(bus, fake.describe, NullPersistence(), poll_seconds=0.01)
    started = Call(0, "Receive", "stepfunctions", "StartExecution", {})
    for arn in ("arn:1", "arn:2", "arn:1"):
        executions.observe(
            started,
            request_of(body=b'{"input": "{}"}'),
            WsgiResponse(200, body=json.dumps({"executionArn": arn}).encode()),
        )
    executions.start()
    try:
        fake.status = {"arn:1": "TIMED_OUT", "arn:2": "SUCCEEDED"}
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
def test_names_that_step_functions_rejects_are_rejected(request_of: Any, name: str) -> None:
    bus = EventBus([], invoke=RecordedInvocations())
    executions = StepFunctionsService(bus, FakeExecutions().describe, NullPersistence())
    call = Call(0, "Receive", "stepfunctions", "StartExecution", {})
    response = executions.handle_request(call, request_of("POST", body=json.dumps({"name": name}).encode()))
    assert response is not None
    assert response.header("x-amzn-ErrorType") == "InvalidName"
    valid = json.dumps({"name": "0123abc-1", "input": "{}"}).encode()
    assert executions.handle_request(call, request_of("POST", body=valid)) is None


def test_an_input_over_the_limit_is_rejected(request_of: Any) -> None:
    bus = EventBus([], invoke=RecordedInvocations())
    executions = StepFunctionsService(bus, FakeExecutions().describe, NullPersistence())
    call = Call(0, "Receive", "stepfunctions", "StartExecution", {})
    body = json.dumps({"name": "n", "input": json.dumps("x" * 262_150)}).encode()
    response = executions.handle_request(call, request_of("POST", body=body))
    assert response is not None
    assert response.header("x-amzn-ErrorType") == "InvalidExecutionInput"
