"""Runs paths through the state machine with moto's interpreter, which is the local cloud's, with fake services.

    python run_paths.py INPUT OUTPUT, two files; INPUT holds
        {"machine": …, "paths": [{"name", "input", "outcomes": {state: [{"value"} or {"error", "cause"}, …]}}]}
    and OUTPUT will hold
        [{"name", "status", "error", "cause", "entered": [state, …], "calls": {state: [input, …]}}]

A process of its own, because moto keeps its state and settings in the process. Each path runs on a copy of the machine
whose tasks name the path and the state; waits between attempts are cut to one second.
"""

import json
import logging
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

_INVOCATION = re.compile(r"/functions/[^/]*?(\d+)-(\w+)/invocations")
_NATIVE = {"DynamoDB_20120810.UpdateItem": "Record", "AWSEvents.PutEvents": "Announce"}
_REQUEST = {"x-amzn-RequestId": "1"}
_JSON = "application/x-amz-json-1.0"
_TIMEOUT = "States.Timeout"
_LIMIT_SECONDS, _DELAY_SECONDS = 6, 9
_TIMEOUT_SECONDS = 120
_CONCURRENCY = 8

Wsgi = Callable[..., Iterable[bytes]]
PathOutcome = dict[str, Any]


class FakeServices:
    """Answers every task's call with the outcome planned for its path, and passes all other requests to moto."""

    def __init__(self, paths: list[dict[str, Any]], moto: Wsgi) -> None:
        self._plans = [path["outcomes"] for path in paths]
        self._moto = moto
        self._lock = threading.Lock()
        self.calls: list[dict[str, list[Any]]] = [{state: [] for state in plan} for plan in self._plans]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        invoked = _INVOCATION.search(request.path)
        state = _NATIVE.get(request.headers.get("X-Amz-Target", ""))
        if invoked:
            return self._function(int(invoked[1]), invoked[2], request)(environ, start_response)
        if state:
            return self._service(state, request)(environ, start_response)
        return self._moto(environ, start_response)

    def _function(self, path: int, state: str, request: Request) -> Response:
        outcome = self._next(path, state, json.loads(request.get_data()))
        failed = {"X-Amz-Function-Error": "Unhandled"} if "error" in outcome else {}
        body = outcome["cause"] if failed else json.dumps(outcome["value"])
        return Response(body, headers={**failed, **_REQUEST}, content_type="application/json")

    def _service(self, state: str, request: Request) -> Response:
        body = json.loads(request.get_data())
        name = body["TableName"] if state == "Record" else body["Entries"][0]["EventBusName"]
        outcome = self._next(int(name.rpartition("-")[2]), state, body)
        if "error" not in outcome:
            return Response(json.dumps(outcome["value"]), headers=_REQUEST, content_type=_JSON)
        # A service names its error without its own name. Status 400, so that no client retries by itself.
        error = {"__type": outcome["error"].rpartition(".")[2], "message": outcome["cause"]}
        return Response(json.dumps(error), status=400, headers=_REQUEST, content_type=_JSON)

    def _next(self, path: int, state: str, task_input: Any) -> dict[str, Any]:
        with self._lock:
            called = self.calls[path][state]
            called.append(task_input)
            plan: list[dict[str, Any]] = self._plans[path][state]
            outcome = plan[min(len(called), len(plan)) - 1]
        if outcome.get("error") == _TIMEOUT:
            # Only the interpreter itself raises this error, for a task that does not answer in time.
            time.sleep(_DELAY_SECONDS)
        return outcome


def machine_for_path(node: Any, number: int, plan: dict[str, Any], state: str = "") -> Any:
    """The machine for one path: its tasks name path and state, and wait one second between attempts."""
    if isinstance(node, list):
        return [machine_for_path(value, number, plan, state) for value in node]
    if not isinstance(node, dict):
        return node
    changed = {
        key: machine_for_path(value, number, plan, key if isinstance(value, dict) and "Type" in value else state)
        for key, value in node.items()
    }
    if changed.get("Type") == "Task" and any(outcome.get("error") == _TIMEOUT for outcome in plan[state]):
        changed["TimeoutSeconds"] = _LIMIT_SECONDS
    if str(changed.get("Resource", "")).startswith("arn:aws:lambda:"):
        changed["Resource"] = f"arn:aws:lambda:us-east-1:123456789012:function:{number}-{state}"
    for name in ("TableName", "EventBusName"):
        if name in changed:
            changed[name] = f"path-{number}"
    if "IntervalSeconds" in changed:
        changed["IntervalSeconds"], changed["BackoffRate"] = 1, 1
    return changed


def main(input_file: str, output_file: str) -> None:
    request = json.loads(Path(input_file).read_text(encoding="utf-8"))
    paths = request["paths"]
    os.environ.update(AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="b", AWS_DEFAULT_REGION="us-east-1")
    from moto.core.config import default_user_config
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    services = FakeServices(paths, DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, services, threaded=True)
    os.environ["MOTO_PORT"] = str(server.server_port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    flow = boto3.client("stepfunctions", endpoint_url=f"http://127.0.0.1:{server.server_port}")
    with ThreadPoolExecutor(_CONCURRENCY) as pool:
        outcomes = pool.map(
            lambda number: _run_path(flow, request["machine"], paths[number], number), range(len(paths))
        )
        named = zip(paths, outcomes, services.calls, strict=True)
        report = [{"name": path["name"], **outcome, "calls": calls} for path, outcome, calls in named]
    Path(output_file).write_text(json.dumps(report), encoding="utf-8")
    server.shutdown()


def _run_path(flow: Any, machine: Any, path: dict[str, Any], number: int) -> PathOutcome:
    """Runs one path to its end."""
    name, role = f"path-{number}", "arn:aws:iam::123456789012:role/flow"
    definition = json.dumps(machine_for_path(machine, number, path["outcomes"]))
    machine_arn = flow.create_state_machine(name=name, definition=definition, roleArn=role)["stateMachineArn"]
    arn = flow.start_execution(stateMachineArn=machine_arn, name=name, input=json.dumps(path["input"]))["executionArn"]
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    while (found := flow.describe_execution(executionArn=arn))["status"] == "RUNNING" and time.monotonic() < deadline:
        time.sleep(0.2)
    history = flow.get_execution_history(executionArn=arn, maxResults=1000)["events"]
    entered = [event["stateEnteredEventDetails"]["name"] for event in history if "stateEnteredEventDetails" in event]
    return {**{key: found[key] for key in ("status", "error", "cause") if key in found}, "entered": entered}


if __name__ == "__main__":
    main(*sys.argv[1:])
