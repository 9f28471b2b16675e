"""Injected faults: slow and failing calls, dropped connections, killed workers, late and repeated events."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pytest
import requests
from botocore.exceptions import ClientError, HTTPClientError

from local.cloud.aws_calls import Call, WsgiRequest
from local.cloud.fault_injection import Fault, ResponseLike
from local.cloud.local_cloud import LocalCloud
from tests.local.fakes import BlankOcrEngine, template_with_stub_functions
from tests.local.stub_submissions import eventually, submit, wait_until_ended


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    template = template_with_stub_functions(tmp_path_factory.mktemp("stack"))
    with LocalCloud(template=template, reader=BlankOcrEngine(), retry_seconds=(0.05, 0.05)) as cloud:
        yield cloud


@pytest.fixture
def cloud(running: LocalCloud) -> Iterator[LocalCloud]:
    yield running
    running.faults.clear()


@dataclass
class OneFaultPlan:
    """A plan whose fault applies to the first matching call; `completed` has the calls that took effect."""

    matches: Callable[[Call], bool]
    planned_fault: Fault
    delays: Sequence[float] = (0.0,)
    completed: list[tuple[Call, int]] = field(default_factory=list)
    failed_call: Call = field(init=False)

    def fault(self, call: Call) -> Fault | None:
        if hasattr(self, "failed_call") or not self.matches(call):
            return None
        self.failed_call = call
        return self.planned_fault

    def deliveries(self, function: str, payload: bytes) -> Sequence[float]:
        return self.delays

    def on_completed(self, call: Call, request: WsgiRequest, response: ResponseLike) -> None:
        self.completed.append((call, response.status))


def set_plan(
    cloud: LocalCloud, matches: Callable[[Call], bool], planned_fault: Fault, *, deliveries: Sequence[float] = (0.0,)
) -> OneFaultPlan:
    plan = OneFaultPlan(matches, planned_fault, deliveries)
    cloud.faults.set_plan(plan)
    return plan


@pytest.mark.parametrize("takes_effect", [False, True])
def test_a_dropped_connection_gets_no_response_whether_or_not_the_call_took_effect(
    cloud: LocalCloud, takes_effect: bool
) -> None:
    s3, bucket, key = cloud.client("s3"), cloud.stack.bucket("DocumentsBucket"), f"dropped-{takes_effect}"
    set_plan(cloud, lambda call: call.name == "s3:PutObject", Fault(drops_connection=True, takes_effect=takes_effect))
    with pytest.raises(HTTPClientError):
        s3.put_object(Bucket=bucket, Key=key, Body=b"kept")
    found = s3.list_objects_v2(Bucket=bucket, Prefix=key)
    assert found["KeyCount"] == int(takes_effect)


def test_a_client_of_the_api_can_lose_its_response(cloud: LocalCloud) -> None:
    plan = set_plan(
        cloud, lambda call: call.name == "api:POST /submissions", Fault(drops_connection=True, takes_effect=True)
    )
    with pytest.raises(requests.ConnectionError):
        submit(cloud, "unanswered")
    assert wait_until_ended(cloud, "unanswered")["status"] == "SUCCEEDED"
    assert [call.name for call, _ in plan.completed if call.service == "api"] == ["api:POST /submissions"]


def test_a_state_is_retried_when_its_handler_is_killed(cloud: LocalCloud) -> None:
    plan = set_plan(cloud, lambda call: call.service == "textract", Fault(drops_connection=True, kills_worker=True))
    submit(cloud, "killed")
    assert wait_until_ended(cloud, "killed")["status"] == "SUCCEEDED"
    retried_by = [call.worker for call, _ in plan.completed if call.service == "textract"]
    assert retried_by
    assert plan.failed_call.worker not in (None, *retried_by)


def test_a_failed_invoke_has_the_error_name_that_step_functions_uses(cloud: LocalCloud) -> None:
    fault = Fault(code="TooManyRequestsException", status=429)
    plan = set_plan(cloud, lambda call: call.name == "lambda:Invoke" and call.caller == "stepfunctions", fault)
    submit(cloud, "throttled")
    assert wait_until_ended(cloud, "throttled")["status"] == "SUCCEEDED"
    assert plan.failed_call.error == "TooManyRequestsException"


def test_an_event_can_be_delivered_twice_and_late(cloud: LocalCloud) -> None:
    plan = set_plan(cloud, lambda _: False, Fault(), deliveries=(0.0, 0.2))
    key = "drop/maths/answers/twice.png"
    cloud.client("s3").put_object(Bucket=cloud.stack.bucket("TempBucket"), Key=key, Body=b"\x89PNG")
    starts = "stepfunctions:StartExecution"
    assert eventually(lambda: sum(call.name == starts for call, _ in plan.completed) == 2)


def test_a_slow_call_delays_only_its_own_branch(cloud: LocalCloud) -> None:
    cloud.faults.slow("s3", "CopyObject", 1.5, caller="PersistFunction")
    cloud.clear_calls()
    submit(cloud, "slow")
    assert wait_until_ended(cloud, "slow")["status"] == "SUCCEEDED"
    copy = next(call for call in cloud.calls() if call.name == "s3:CopyObject")
    read = next(call for call in cloud.calls() if call.name == "textract:DetectDocumentText")
    assert copy.ended
    assert read.ended
    assert copy.ended - copy.started >= 1.5
    assert read.ended < copy.ended


def test_a_limited_rate_delays_a_call_by_its_bytes(cloud: LocalCloud) -> None:
    s3, bucket = cloud.client("s3"), cloud.stack.bucket("DocumentsBucket")
    cloud.faults.slow("s3", "*", 0, bytes_per_second=1_000_000)
    cloud.clear_calls()
    s3.put_object(Bucket=bucket, Key="thin", Body=b"x" * 150_000)
    s3.get_object(Bucket=bucket, Key="thin")["Body"].read()
    s3.copy_object(Bucket=bucket, Key="again", CopySource={"Bucket": bucket, "Key": "thin"})
    calls = [call for call in cloud.calls(include_clients=True) if call.service == "s3"]
    assert [call.operation for call in calls] == ["PutObject", "GetObject", "CopyObject"]
    assert all(call.ended and call.ended - call.started >= 0.15 for call in calls)


def test_an_injected_error_is_encoded_as_by_the_service(cloud: LocalCloud) -> None:
    s3, table = cloud.client("s3"), cloud.client("dynamodb")
    cloud.faults.fail("s3", "GetObject", "SlowDown", status=503, times=1)
    cloud.faults.fail("dynamodb", "GetItem", "ProvisionedThroughputExceededException", status=400)
    with pytest.raises(ClientError) as raised:
        s3.get_object(Bucket=cloud.stack.bucket("TempBucket"), Key="x")
    assert raised.value.response["Error"]["Code"] == "SlowDown"
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket=cloud.stack.bucket("TempBucket"), Key="x")
    with pytest.raises(table.exceptions.ProvisionedThroughputExceededException):
        table.get_item(TableName=cloud.stack.table, Key={"pk": {"S": "x"}, "sk": {"S": "y"}})


def test_a_call_with_a_lost_response_has_taken_effect(cloud: LocalCloud) -> None:
    s3, bucket = cloud.client("s3"), cloud.stack.bucket("DocumentsBucket")
    cloud.faults.fail("s3", "PutObject", "InternalError", times=1, takes_effect=True)
    with pytest.raises(ClientError):
        s3.put_object(Bucket=bucket, Key="lost", Body=b"kept")
    assert s3.get_object(Bucket=bucket, Key="lost")["Body"].read() == b"kept"
