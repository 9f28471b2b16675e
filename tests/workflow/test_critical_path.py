"""Checks, call by call, what delays the marks: between the join and the marks only grading and its one write."""

from local.cloud.aws_calls import Call
from tests.workflow.conftest import WorkflowHarness

# What grading reads; a warm function has the paper and its scheme cached.
READ_OPERATIONS = {"GetItem", "GetObject"}


def test_only_grading_and_its_one_write_delay_the_marks(harness: WorkflowHarness) -> None:
    harness.prepare()
    harness.cloud.clear_calls()
    sheet = harness.send_scan()
    harness.wait_until_ended(sheet)
    timeline = harness.timeline(sheet)
    assert timeline.joined_at is not None
    joined, graded = timeline.joined_at.timestamp(), timeline.spans["grading"].end.timestamp()
    # The client that waits for the marks polls another function, which delays nothing.
    pollers = ("ResultsFunction", "PagesFunction")
    calls = [call for call in harness.cloud.calls() if joined <= call.started < graded and call.caller not in pollers]
    calls = [call for call in calls if call.service != "lambda"]
    assert {call.caller for call in calls} == {"GradeFunction"}
    *reads, document, record = calls
    assert {call.operation for call in reads} <= READ_OPERATIONS
    assert (document.operation, record.operation) == ("PutObject", "UpdateItem")
    assert document.parameters["Key"].startswith("results/")
    assert record.parameters["Key"]["sk"] == {"S": "record"}
    assert_after(document, record)


def test_the_event_and_clean_up_follow_the_result(harness: WorkflowHarness) -> None:
    harness.prepare()
    harness.cloud.clear_calls()
    sheet = harness.send_scan()
    harness.wait_until_ended(sheet)
    harness.wait_until_execution_ends(sheet)
    record = next(
        call
        for call in harness.cloud.calls()
        if call.caller == "GradeFunction" and call.operation == "UpdateItem" and call.ended is not None
    )
    announced = next(call for call in harness.cloud.calls() if call.operation == "PutEvents")
    assert_after(record, announced)


def test_each_branch_writes_only_its_own_data(harness: WorkflowHarness) -> None:
    harness.prepare()
    harness.cloud.clear_calls()
    sheet = harness.send_scan()
    harness.wait_until_ended(sheet)
    calls = harness.cloud.calls()
    # Whether the copy exists, the copy; then, in the table, the claim of its content, the owner of that content and
    # its assessment's entry in the list, and last what was stored.
    storing = operations(calls, "PersistFunction")
    assert storing[:2] == ["HeadObject", "CopyObject"]
    assert sorted(storing[2:]) == ["PutItem", "PutItem", "PutItem", "UpdateItem"]
    assert storing[-1] == "PutItem"
    reading = operations(calls, "ExtractFunction")
    # Progress may be written and a share of the quota requested more than once.
    assert set(reading) == {"GetObject", "HeadObject", "DetectDocumentText", "PutObject", "UpdateItem"}
    assert [reading.count(name) for name in ("GetObject", "HeadObject", "DetectDocumentText", "PutObject")] == [1] * 4


def operations(calls: list[Call], caller: str) -> list[str]:
    return [call.operation for call in calls if call.caller == caller]


def assert_after(first: Call, second: Call) -> None:
    assert first.ended is not None
    assert first.ended <= second.started
