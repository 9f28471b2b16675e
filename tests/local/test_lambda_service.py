"""The Lambda service runs real handlers in processes of their own, and ends them as AWS does."""

import json
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from local.cloud.aws_calls import Call, WsgiRequest
from local.cloud.gateway import WsgiResponse
from local.cloud.lambda_service import LambdaService
from local.cloud.metrics import Metric, Metrics
from local.cloud.null_persistence import NullPersistence
from local.cloud.resources import Function
from tests.processes import is_running

HANDLERS = Path(__file__).parent / "handlers"
NAMES = ("echo", "environment", "fail", "crash", "leave", "killed", "sleep", "with_child", "long_answer", "not_json")


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


class Running:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.dead: list[tuple[str, dict[str, Any]]] = []
        self.metrics = Metrics()
        functions = [
            *map(function, NAMES),
            function("fails_twice"),
            function("short", handler="app.sleep", timeout=0.6),
        ]
        functions += [function("broken", handler="broken.handler"), function("missing", handler="app.nothing")]
        self.service = LambdaService(
            {one.logical_id: one for one in functions},
            folder=folder,
            environment=lambda one: {"MINE": one.logical_id, "AWS_ENDPOINT_URL": "http://127.0.0.1:1"},
            send_failure_record=lambda queue, message: self.dead.append((queue, json.loads(message))),
            persistence=NullPersistence(),
            metrics=self.metrics,
            retry_seconds=(0.05, 0.05),
        )

    def invoke(self, name: str, payload: Any = None, *, kind: str = "RequestResponse") -> WsgiResponse:
        path = f"/2015-03-31/functions/{name}/invocations"
        body = payload if isinstance(payload, bytes) else json.dumps(payload if payload is not None else {}).encode()
        request = WsgiRequest("POST", path, "", {"x-amz-invocation-type": kind}, body, {})
        response = self.service.answer(Call(0, "test", "lambda", "Invoke", {}), request)
        assert response is not None
        return response


def value(response: WsgiResponse) -> Any:
    assert response.header("X-Amz-Function-Error") is None, response.body
    return json.loads(response.body)


def error(response: WsgiResponse) -> dict[str, Any]:
    assert response.status == 200
    assert response.header("X-Amz-Function-Error") == "Unhandled"
    body: dict[str, Any] = json.loads(response.body)
    return body


def eventually(holds: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.02)
    return holds()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    run = Running(tmp_path_factory.mktemp("logs"))
    yield run
    run.service.stop()


def test_a_call_gives_what_the_handler_returns_and_names_the_request(running: Running) -> None:
    response = running.invoke("stack-echo", {"a": ["é", 1]})
    body = value(response)
    assert body["event"] == {"a": ["é", 1]}
    assert body["request_id"] == response.header("x-amzn-RequestId")
    assert body["arn"] == "arn:aws:lambda:us-east-1:123456789012:function:stack-echo"
    assert 15_000 < body["left"] <= 20_000


def test_a_function_is_found_by_name_arn_and_logical_id(running: Running) -> None:
    arn = "arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Astack-echo"
    for name in ("echo", "stack-echo", arn, f"{arn}%3Alive"):
        assert value(running.invoke(name, 1))["event"] == 1
    unknown = running.invoke("nobody")
    assert unknown.status == 404
    assert unknown.header("x-amzn-ErrorType") == "ResourceNotFoundException"


def test_a_warm_worker_is_used_again(running: Running) -> None:
    first, second = value(running.invoke("echo")), value(running.invoke("echo"))
    assert first["pid"] == second["pid"]
    assert second["calls"] == first["calls"] + 1


def test_calls_at_once_run_in_workers_of_their_own(running: Running) -> None:
    with ThreadPoolExecutor(4) as pool:
        began = time.monotonic()
        pids = {value(one) for one in pool.map(lambda _: running.invoke("sleep", {"seconds": 0.7}), range(4))}
    assert len(pids) == 4
    assert time.monotonic() - began < 4 * 0.7


def test_a_function_sees_its_own_environment_and_nothing_of_the_machines(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOMETHING_PRIVATE", "x")
    seen = value(running.invoke("environment"))
    assert seen["MINE"] == "environment"
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == "stack-environment"
    assert seen["AWS_REGION"] == "us-east-1"
    assert "SOMETHING_PRIVATE" not in seen
    assert "HOME" not in seen


def test_an_error_carries_its_class_name(running: Running) -> None:
    body = error(running.invoke("fail"))
    assert body["errorType"] == "PaperNotReady"
    assert body["errorMessage"] == "no paper yet"


@pytest.mark.parametrize(
    ("name", "reason"),
    [("crash", "exit status 3"), ("leave", "exit status 4"), ("killed", "signal: killed")],
)
def test_a_worker_that_dies_is_an_exit_error_and_the_next_call_has_a_new_one(
    running: Running, name: str, reason: str
) -> None:
    for _ in range(2):
        body = error(running.invoke(name))
        assert body["errorType"] == "Runtime.ExitError"
        assert body["errorMessage"].endswith(f"Runtime exited with error: {reason}")


def test_a_worker_that_died_idle_costs_no_call(running: Running) -> None:
    pid = value(running.invoke("echo"))["pid"]
    os.kill(pid, 9)
    # Gone and collected, not only dead: the service learns of it then.
    assert eventually(lambda: not Path(f"/proc/{pid}").exists())
    assert value(running.invoke("echo"))["pid"] != pid


def test_a_function_over_its_time_is_killed(running: Running) -> None:
    began = time.monotonic()
    body = error(running.invoke("short", {"seconds": 60}))
    assert body["errorType"] == "Sandbox.Timedout"
    assert body["errorMessage"].endswith("Task timed out after 0.60 seconds")
    assert time.monotonic() - began < 5
    pid = value(running.invoke("short", {"seconds": 0}))
    assert is_running(pid)


def test_what_a_worker_started_ends_with_it(tmp_path: Path) -> None:
    run = Running(tmp_path)
    try:
        pids = value(run.invoke("with_child"))
        assert is_running(pids["child"])
    finally:
        run.service.stop()
    assert eventually(lambda: not is_running(pids["child"]) and not is_running(pids["worker"]))


def test_stopping_ends_the_calls_that_are_running(tmp_path: Path) -> None:
    run = Running(tmp_path)
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(run.invoke, "sleep", {"seconds": 60})
        assert eventually(lambda: (tmp_path / "sleep.log").exists() and "going" in (tmp_path / "sleep.log").read_text())
        began = time.monotonic()
        run.service.stop()
        # Named so that no state machine tries it again.
        assert call.result(5).header("x-amzn-ErrorType") == "AccessDeniedException"
    assert time.monotonic() - began < 5
    assert run.invoke("echo").status == 403


def test_a_module_that_cannot_be_loaded_is_said_to_be_that(running: Running) -> None:
    assert error(running.invoke("broken"))["errorType"] == "Runtime.ImportModuleError"
    assert error(running.invoke("missing"))["errorType"] == "Runtime.HandlerNotFound"


def test_what_a_function_prints_is_in_its_own_log(running: Running, capfd: pytest.CaptureFixture[str]) -> None:
    running.invoke("sleep", {"seconds": 0})
    assert "going to sleep" in (running.folder / "sleep.log").read_text()
    assert "going to sleep" not in "".join(capfd.readouterr())


def test_payloads_are_bounded_as_on_aws(running: Running) -> None:
    assert running.invoke("echo", b'"' + b"x" * 6_300_000 + b'"').status == 413
    assert running.invoke("echo", b'"' + b"x" * 1_100_000 + b'"', kind="Event").status == 413
    assert error(running.invoke("long_answer", {"length": 6_300_000}))["errorType"] == "Function.ResponseSizeTooLarge"
    assert len(value(running.invoke("long_answer", {"length": 6_000_000}))) == 6_000_000


def test_a_payload_that_is_no_json_is_refused(running: Running) -> None:
    response = running.invoke("echo", b"{")
    assert response.status == 400
    assert response.header("x-amzn-ErrorType") == "InvalidRequestContentException"


def test_an_answer_that_is_no_json_is_an_error(running: Running) -> None:
    assert error(running.invoke("not_json"))["errorType"] == "Runtime.MarshalError"


def test_an_asynchronous_call_is_tried_three_times(running: Running, tmp_path: Path) -> None:
    tally = tmp_path / "tally"
    response = running.invoke("fails_twice", {"tally": str(tally)}, kind="Event")
    assert response.status == 202
    assert response.body == b""
    assert eventually(lambda: tally.exists() and len(tally.read_text().splitlines()) == 3)
    time.sleep(0.2)
    assert len(tally.read_text().splitlines()) == 3
    assert not [record for _, record in running.dead if record["requestPayload"] == {"tally": str(tally)}]


def test_an_asynchronous_call_that_never_works_is_told_to_the_failure_queue(running: Running) -> None:
    request_id = running.invoke("fail", {"n": 7}, kind="Event").header("x-amzn-RequestId")
    assert eventually(lambda: bool(running.dead))
    ((queue, record),) = running.dead
    assert queue == "dead"
    assert record["requestPayload"] == {"n": 7}
    assert record["requestContext"]["requestId"] == request_id
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 3
    assert record["responsePayload"]["errorType"] == "PaperNotReady"


def test_invocations_and_what_a_function_raises_are_counted_by_its_name(running: Running) -> None:
    def counted(name: str) -> float:
        minutes = running.metrics.snapshot().get(Metric.of("AWS/Lambda", name, FunctionName="stack-fail"), {})
        return sum(statistics.sum for statistics in minutes.values())

    before = counted("Invocations"), counted("Errors")
    running.invoke("fail")
    assert (counted("Invocations"), counted("Errors")) == (before[0] + 1, before[1] + 1)
    running.invoke("echo")
    assert (counted("Invocations"), counted("Errors")) == (before[0] + 1, before[1] + 1)
