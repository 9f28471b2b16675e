"""Faults that a plan decides: connections that drop, handlers that die, events that come late or twice."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pytest
import requests
from botocore.exceptions import HTTPClientError

from local.cloud.aws_calls import Call, WsgiRequest
from local.cloud.fault_injection import Fault, ResponseLike
from local.cloud.local_cloud import LocalCloud
from tests.local.fakes import BlankOcrEngine, template_with_stub_functions
from tests.local.test_local_cloud import ended, eventually, submit


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
class OneFault:
    """A plan: the first call that is `meant` meets the fault; `seen` are the calls that were carried out."""

    meant: Callable[[Call], bool]
    what: Fault
    delays: Sequence[float] = (0.0,)
    seen: list[tuple[Call, int]] = field(default_factory=list)
    struck: Call = field(init=False)

    def fault(self, call: Call) -> Fault | None:
        if hasattr(self, "struck") or not self.meant(call):
            return None
        self.struck = call
        return self.what

    def deliveries(self, function: str, payload: bytes) -> Sequence[float]:
        return self.delays

    def carried_out(self, call: Call, request: WsgiRequest, response: ResponseLike) -> None:
        self.seen.append((call, response.status))


def set_plan(
    cloud: LocalCloud, meant: Callable[[Call], bool], what: Fault, *, deliveries: Sequence[float] = (0.0,)
) -> OneFault:
    plan = OneFault(meant, what, deliveries)
    cloud.faults.set_plan(plan)
    return plan


@pytest.mark.parametrize("carried_out", [False, True])
def test_a_dropped_connection_is_no_answer_whether_the_call_took_effect_or_not(
    cloud: LocalCloud, carried_out: bool
) -> None:
    s3, bucket, key = cloud.client("s3"), cloud.stack.bucket("DocumentsBucket"), f"dropped-{carried_out}"
    set_plan(cloud, lambda call: call.name == "s3:PutObject", Fault(drops_connection=True, carried_out=carried_out))
    with pytest.raises(HTTPClientError):
        s3.put_object(Bucket=bucket, Key=key, Body=b"kept")
    found = s3.list_objects_v2(Bucket=bucket, Prefix=key)
    assert found["KeyCount"] == int(carried_out)


def test_a_client_of_the_api_may_lose_its_answer_as_well(cloud: LocalCloud) -> None:
    plan = set_plan(
        cloud, lambda call: call.name == "api:POST /submissions", Fault(drops_connection=True, carried_out=True)
    )
    with pytest.raises(requests.ConnectionError):
        submit(cloud, "unanswered")
    assert ended(cloud, "unanswered")["status"] == "SUCCEEDED"
    assert [call.name for call, _ in plan.seen if call.service == "api"] == ["api:POST /submissions"]


def test_a_handler_dies_in_the_middle_and_its_state_is_tried_again(cloud: LocalCloud) -> None:
    plan = set_plan(cloud, lambda call: call.service == "textract", Fault(drops_connection=True, kills_worker=True))
    submit(cloud, "killed")
    assert ended(cloud, "killed")["status"] == "SUCCEEDED"
    asked = [call.worker for call, _ in plan.seen if call.service == "textract"]
    assert asked
    assert plan.struck.worker not in (None, *asked)


def test_an_invoke_that_failed_on_its_way_is_named_as_step_functions_names_it(cloud: LocalCloud) -> None:
    fault = Fault(code="TooManyRequestsException", status=429)
    plan = set_plan(cloud, lambda call: call.name == "lambda:Invoke" and call.caller == "stepfunctions", fault)
    submit(cloud, "throttled")
    assert ended(cloud, "throttled")["status"] == "SUCCEEDED"
    assert plan.struck.error == "TooManyRequestsException"


def test_an_event_may_come_twice_and_late(cloud: LocalCloud) -> None:
    plan = set_plan(cloud, lambda _: False, Fault(), deliveries=(0.0, 0.2))
    key = "drop/maths/answers/twice.png"
    cloud.client("s3").put_object(Bucket=cloud.stack.bucket("TempBucket"), Key=key, Body=b"\x89PNG")
    starts = "stepfunctions:StartExecution"
    assert eventually(lambda: sum(call.name == starts for call, _ in plan.seen) == 2)
