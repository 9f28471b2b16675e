"""The Lambda service runs real handlers in worker processes and ends them as AWS does."""

import json
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from local.cloud.aws_calls import Call, WsgiRequest
from local.cloud.lambda_service import LambdaService
from local.cloud.metrics import Metric, Metrics
from local.cloud.null_persistence import NullPersistence
from local.cloud.resources import Function
from local.cloud.wsgi import WsgiResponse
from tests.processes import is_running

HANDLERS = Path(__file__).parent / "handlers"
NAMES = (
    "echo",
    "environment",
    "fail",
    "crash",
    "exit_with_status",
    "killed",
    "sleep",
    "with_child",
    "long_result",
    "not_json",
)


def function(name: str, *, handler: str | None = None, timeout: float = 20, queue: str | None = "dead") -> Function:
    return Function(
        logical_id=name,
        name=f"stack-{name}",
        arn=f"arn:aws:lambda:us-east-1:123456789012:function:stack-{name}",
        handler=handler or f"app.{name}",
        timeout=timeout,
        memory=128,
        code=HANDLERS,
        layers=(),
        retries=2,
        failure_queue=queue,
        resolve_environment=dict,
    )


class ServiceHarness:
    """The Lambda service with the handlers of tests/local/handlers; `failure_records` has (queue, record)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.failure_records: list[tuple[str, dict[str, Any]]] = []
        self.metrics = Metrics()
        functions = [
            *map(function, NAMES),
            function("fails_twice"),
            function("short", handler="app.sleep", timeout=0.6),
        ]
        functions += [function("broken", handler="broken.handler"), function("missing", handler="app.nothing")]
        self.service = LambdaService(
            {function.logical_id: function for function in functions},
            folder=folder,
            environment=lambda function: {"MINE": function.logical_id, "AWS_ENDPOINT_URL": "http://127.0.0.1:1"},
            send_failure_record=lambda queue, message: self.failure_records.append((queue, json.loads(message))),
            persistence=NullPersistence(),
            metrics=self.metrics,
            retry_seconds=(0.05, 0.05),
        )

    def invoke(self, name: str, payload: Any = None, *, kind: str = "RequestResponse") -> WsgiResponse:
        path = f"/2015-03-31/functions/{name}/invocations"
        body = payload if isinstance(payload, bytes) else json.dumps(payload if payload is not None else {}).encode()
        request = WsgiRequest("POST", path, "", {"x-amz-invocation-type": kind}, body, {})
        response = self.service.handle_request(Call(0, "test", "lambda", "Invoke", {}), request)
        assert response is not None
        return response


def result_of(response: WsgiResponse) -> Any:
    assert response.header("X-Amz-Function-Error") is None, response.body
    return json.loads(response.body)


def error_of(response: WsgiResponse) -> dict[str, Any]:
    assert response.status == 200
    assert response.header("X-Amz-Function-Error") == "Unhandled"
    body: dict[str, Any] = json.loads(response.body)
    return body


def eventually(condition: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceHarness]:
    run = ServiceHarness(tmp_path_factory.mktemp("logs"))
    yield run
    run.service.stop()


def test_a_call_returns_the_handlers_result_and_the_request_id(harness: ServiceHarness) -> None:
    response = harness.invoke("stack-echo", {"a": ["é", 1]})
    body = result_of(response)
    assert body["event"] == {"a": ["é", 1]}
    assert body["request_id"] == response.header("x-amzn-RequestId")
    assert body["arn"] == "arn:aws:lambda:us-east-1:123456789012:function:stack-echo"
    assert 15_000 < body["left"] <= 20_000


def test_a_function_is_found_by_name_arn_and_logical_id(harness: ServiceHarness) -> None:
    arn = "arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Astack-echo"
    for name in ("echo", "stack-echo", arn, f"{arn}%3Alive"):
        assert result_of(harness.invoke(name, 1))["event"] == 1
    unknown = harness.invoke("unknown")
    assert unknown.status == 404
    assert unknown.header("x-amzn-ErrorType") == "ResourceNotFoundException"


def test_a_warm_worker_is_reused(harness: ServiceHarness) -> None:
    first, second = result_of(harness.invoke("echo")), result_of(harness.invoke("echo"))
    assert first["pid"] == second["pid"]
    assert second["calls"] == first["calls"] + 1


def test_parallel_calls_run_in_separate_workers(harness: ServiceHarness) -> None:
    with ThreadPoolExecutor(4) as pool:
        started = time.monotonic()
        responses = pool.map(lambda _: harness.invoke("sleep", {"seconds": 0.7}), range(4))
        pids = set(map(result_of, responses))
    assert len(pids) == 4
    assert time.monotonic() - started < 4 * 0.7


def test_a_function_sees_its_own_environment_and_not_the_machines(
    harness: ServiceHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOMETHING_PRIVATE", "x")
    seen = result_of(harness.invoke("environment"))
    assert seen["MINE"] == "environment"
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == "stack-environment"
    assert seen["AWS_REGION"] == "us-east-1"
    assert "SOMETHING_PRIVATE" not in seen
    assert "HOME" not in seen


def test_an_error_carries_its_class_name(harness: ServiceHarness) -> None:
    body = error_of(harness.invoke("fail"))
    assert body["errorType"] == "PaperNotReady"
    assert body["errorMessage"] == "no paper yet"


@pytest.mark.parametrize(
    ("name", "reason"),
    [("crash", "exit status 3"), ("exit_with_status", "exit status 4"), ("killed", "signal: killed")],
)
def test_a_worker_that_exits_is_an_exit_error_and_is_replaced(harness: ServiceHarness, name: str, reason: str) -> None:
    for _ in range(2):
        body = error_of(harness.invoke(name))
        assert body["errorType"] == "Runtime.ExitError"
        assert body["errorMessage"].endswith(f"Runtime exited with error: {reason}")


def test_a_worker_that_died_while_idle_fails_no_call(harness: ServiceHarness) -> None:
    pid = result_of(harness.invoke("echo"))["pid"]
    os.kill(pid, 9)
    # Wait until the process has been reaped: only then does the service know of its end.
    assert eventually(lambda: not Path(f"/proc/{pid}").exists())
    assert result_of(harness.invoke("echo"))["pid"] != pid


def test_a_function_is_killed_at_its_timeout(harness: ServiceHarness) -> None:
    started = time.monotonic()
    body = error_of(harness.invoke("short", {"seconds": 60}))
    assert body["errorType"] == "Sandbox.Timedout"
    assert body["errorMessage"].endswith("Task timed out after 0.60 seconds")
    assert time.monotonic() - started < 5
    pid = result_of(harness.invoke("short", {"seconds": 0}))
    assert is_running(pid)


def test_child_processes_of_a_worker_end_with_it(tmp_path: Path) -> None:
    run = ServiceHarness(tmp_path)
    try:
        pids = result_of(run.invoke("with_child"))
        assert is_running(pids["child"])
    finally:
        run.service.stop()
    assert eventually(lambda: not is_running(pids["child"]) and not is_running(pids["worker"]))


def test_stopping_ends_running_calls(tmp_path: Path) -> None:
    run = ServiceHarness(tmp_path)
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(run.invoke, "sleep", {"seconds": 60})
        assert eventually(lambda: (tmp_path / "sleep.log").exists() and "going" in (tmp_path / "sleep.log").read_text())
        started = time.monotonic()
        run.service.stop()
        # An error that no state machine retries.
        assert call.result(5).header("x-amzn-ErrorType") == "AccessDeniedException"
    assert time.monotonic() - started < 5
    assert run.invoke("echo").status == 403


def test_a_module_that_cannot_be_loaded_is_reported(harness: ServiceHarness) -> None:
    assert error_of(harness.invoke("broken"))["errorType"] == "Runtime.ImportModuleError"
    assert error_of(harness.invoke("missing"))["errorType"] == "Runtime.HandlerNotFound"


def test_output_of_a_function_goes_to_its_own_log(harness: ServiceHarness, capfd: pytest.CaptureFixture[str]) -> None:
    harness.invoke("sleep", {"seconds": 0})
    assert "going to sleep" in (harness.folder / "sleep.log").read_text()
    assert "going to sleep" not in "".join(capfd.readouterr())


def test_payload_sizes_are_limited_as_on_aws(harness: ServiceHarness) -> None:
    assert harness.invoke("echo", b'"' + b"x" * 6_300_000 + b'"').status == 413
    assert harness.invoke("echo", b'"' + b"x" * 1_100_000 + b'"', kind="Event").status == 413
    too_long = error_of(harness.invoke("long_result", {"length": 6_300_000}))
    assert too_long["errorType"] == "Function.ResponseSizeTooLarge"
    assert len(result_of(harness.invoke("long_result", {"length": 6_000_000}))) == 6_000_000


def test_a_payload_that_is_not_json_is_rejected(harness: ServiceHarness) -> None:
    response = harness.invoke("echo", b"{")
    assert response.status == 400
    assert response.header("x-amzn-ErrorType") == "InvalidRequestContentException"


def test_a_result_that_is_not_json_is_an_error(harness: ServiceHarness) -> None:
    assert error_of(harness.invoke("not_json"))["errorType"] == "Runtime.MarshalError"


def test_an_asynchronous_call_is_attempted_three_times(harness: ServiceHarness, tmp_path: Path) -> None:
    tally = tmp_path / "tally"
    response = harness.invoke("fails_twice", {"tally": str(tally)}, kind="Event")
    assert response.status == 202
    assert response.body == b""
    assert eventually(lambda: tally.exists() and len(tally.read_text().splitlines()) == 3)
    time.sleep(0.2)
    assert len(tally.read_text().splitlines()) == 3
    assert not [record for _, record in harness.failure_records if record["requestPayload"] == {"tally": str(tally)}]


def test_an_asynchronous_call_that_always_fails_reaches_the_failure_queue(harness: ServiceHarness) -> None:
    request_id = harness.invoke("fail", {"n": 7}, kind="Event").header("x-amzn-RequestId")
    assert eventually(lambda: bool(harness.failure_records))
    ((queue, record),) = harness.failure_records
    assert queue == "dead"
    assert record["requestPayload"] == {"n": 7}
    assert record["requestContext"]["requestId"] == request_id
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 3
    assert record["responsePayload"]["errorType"] == "PaperNotReady"


def test_invocations_and_errors_are_counted_by_function(harness: ServiceHarness) -> None:
    def counted(name: str) -> float:
        minutes = harness.metrics.snapshot().get(Metric.create("AWS/Lambda", name, FunctionName="stack-fail"), {})
        return sum(statistics.sum for statistics in minutes.values())

    before = counted("Invocations"), counted("Errors")
    harness.invoke("fail")
    assert (counted("Invocations"), counted("Errors")) == (before[0] + 1, before[1] + 1)
    harness.invoke("echo")
    assert (counted("Invocations"), counted("Errors")) == (before[0] + 1, before[1] + 1)
