"""What stands before the answer, call by call: nothing between the join and the marks but grading and its one write."""

from local.cloud.aws_calls import Call
from tests.workflow.conftest import WorkflowHarness

# What grading looks at; a warm function has the paper and its scheme already.
LOOKS = {"GetItem", "GetObject"}


def test_between_the_join_and_the_answer_stand_grading_and_its_one_durable_write(harness: WorkflowHarness) -> None:
    harness.prepare()
    harness.cloud.clear_calls()
    sheet = harness.scan()
    harness.ended(sheet)
    timeline = harness.timeline(sheet)
    assert timeline.joined_at is not None
    joined, answered = timeline.joined_at.timestamp(), timeline.spans["grading"].end.timestamp()
    # The one who waits for the marks asks meanwhile, through another function; that holds up nobody.
    asked = ("ResultsFunction", "PagesFunction")
    calls = [call for call in harness.cloud.calls() if joined <= call.started < answered and call.caller not in asked]
    calls = [call for call in calls if call.service != "lambda"]
    assert {call.caller for call in calls} == {"GradeFunction"}
    *looks, document, record = calls
    assert {call.operation for call in looks} <= LOOKS
    assert (document.operation, record.operation) == ("PutObject", "UpdateItem")
    assert document.parameters["Key"].startswith("results/")
    assert record.parameters["Key"]["sk"] == {"S": "record"}
    assert_after(document, record)


def test_the_event_and_all_else_follow_the_answer(harness: WorkflowHarness) -> None:
    harness.prepare()
    harness.cloud.clear_calls()
    sheet = harness.scan()
    harness.ended(sheet)
    harness.wait_until_execution_ends(sheet)
    record = next(
        call
        for call in harness.cloud.calls()
        if call.caller == "GradeFunction" and call.operation == "UpdateItem" and call.ended is not None
    )
    announced = next(call for call in harness.cloud.calls() if call.operation == "PutEvents")
    assert_after(record, announced)


def test_the_lanes_write_their_own_and_nothing_else(harness: WorkflowHarness) -> None:
    harness.prepare()
    harness.cloud.clear_calls()
    sheet = harness.scan()
    harness.ended(sheet)
    calls = harness.cloud.calls()
    # Whether the copy stands, the copy; then, in the table, its content's claim, who has that content and its
    # assessment's place in the list, and last what was stored.
    storing = operations(calls, "PersistFunction")
    assert storing[:2] == ["HeadObject", "CopyObject"]
    assert sorted(storing[2:]) == ["PutItem", "PutItem", "PutItem", "UpdateItem"]
    assert storing[-1] == "PutItem"
    reading = operations(calls, "ExtractFunction")
    # Its progress may be told more than once, its share of the quota asked for more than once.
    assert set(reading) == {"GetObject", "HeadObject", "DetectDocumentText", "PutObject", "UpdateItem"}
    assert [reading.count(name) for name in ("GetObject", "HeadObject", "DetectDocumentText", "PutObject")] == [1] * 4


def operations(calls: list[Call], caller: str) -> list[str]:
    return [call.operation for call in calls if call.caller == caller]


def assert_after(first: Call, second: Call) -> None:
    assert first.ended is not None
    assert first.ended <= second.started
