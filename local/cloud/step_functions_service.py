"""Executions of the state machine: checks what may be started, and publishes how each execution ends."""

import datetime
import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from local.cloud.aws_calls import Call, WsgiRequest
from local.cloud.event_bus import EventBus
from local.cloud.null_persistence import NullPersistence
from local.cloud.stack import ACCOUNT, REGION
from local.cloud.wsgi import WsgiResponse

logger = logging.getLogger("gradeline.local")

_TERMINAL_STATUSES = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")
# https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
_NAME_PATTERN = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}")
_MAX_INPUT_BYTES = 262_144


def describe_execution(arn: str) -> Mapping[str, Any]:
    """Returns what DescribeExecution does, read from moto's own object because it is polled many times a second."""
    from moto.stepfunctions.parser.models import stepfunctions_parser_backends

    backend: Any = stepfunctions_parser_backends[ACCOUNT][REGION]
    described: Mapping[str, Any] = backend.describe_execution(arn).to_describe_output()
    return described


class StepFunctionsService:
    """Tracks the executions and publishes an event when one ends, as Step Functions does.

    `describe` returns an execution's description by its ARN; it is called often, so it should be cheap. `persistence`
    records executions, so that they survive a restart: names stay reserved, and what was running is started again with
    the same name and input, from its beginning, since every step may be repeated.
    """

    def __init__(
        self,
        bus: EventBus,
        describe: Callable[[str], Mapping[str, Any]],
        persistence: NullPersistence,
        *,
        poll_seconds: float = 0.05,
    ) -> None:
        self._bus = bus
        self._describe = describe
        self._persistence = persistence
        self._poll_seconds = poll_seconds
        # From an earlier process: inputs by ARN of executions to be restarted, and ARNs of those that have ended.
        self._to_restart: dict[str, str] = {}
        self._ended: set[str] = set()
        self._running: set[str] = set()
        self._seen: set[str] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._poll, daemon=True, name="executions")

    def handle_request(self, call: Call, request: WsgiRequest) -> WsgiResponse | None:
        """Rejects what Step Functions would not start but moto would; leaves everything else to moto."""
        if call.name == "stepfunctions:DescribeExecution":
            return self._describe_pending_restart(json.loads(request.body).get("executionArn", ""))
        if call.name != "stepfunctions:StartExecution":
            return None
        parameters = json.loads(request.body)
        name, execution_input = parameters.get("name"), parameters.get("input", "{}")
        if name is not None and not _NAME_PATTERN.fullmatch(name):
            return WsgiResponse.error("stepfunctions", "InvalidName", f"Invalid Name: '{name}'", 400)
        if len(execution_input.encode()) > _MAX_INPUT_BYTES:
            text = f"Input exceeds the maximum of {_MAX_INPUT_BYTES} bytes."
            return WsgiResponse.error("stepfunctions", "InvalidExecutionInput", text, 400)
        arn = f"{parameters.get('stateMachineArn', '').replace(':stateMachine:', ':execution:')}:{name}"
        if arn in self._ended or self._to_restart.get(arn, execution_input) != execution_input:
            return WsgiResponse.error(
                "stepfunctions", "ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'", 400
            )
        return None

    def _describe_pending_restart(self, arn: str) -> WsgiResponse | None:
        """Describes an execution that is about to be restarted as running: to callers it never stopped."""
        execution_input = self._to_restart.get(arn)
        if execution_input is None:
            return None
        state_machine_arn, _, name = arn.replace(":execution:", ":stateMachine:").rpartition(":")
        body: dict[str, Any] = {
            "executionArn": arn,
            "stateMachineArn": state_machine_arn,
            "name": name,
            "status": "RUNNING",
            "input": execution_input,
            "startDate": time.time(),
        }
        return WsgiResponse(200, [("Content-Type", "application/x-amz-json-1.0")], json.dumps(body).encode())

    def set_previous_executions(self, running: Mapping[str, str], ended: Iterable[str]) -> None:
        """Sets which executions an earlier process left running (inputs by ARN), and which had ended."""
        self._to_restart = dict(running)
        self._ended = set(ended)

    def resume(self, start: Callable[[str, str, str], Any]) -> None:
        """Restarts the executions that were running. `start` takes the state machine's ARN, the name and the input."""
        for arn, execution_input in list(self._to_restart.items()):
            if self._stopping.is_set():
                return
            state_machine_arn, _, name = arn.replace(":execution:", ":stateMachine:").rpartition(":")
            try:
                start(state_machine_arn, name, execution_input)
            except Exception:
                logger.exception("An execution of the previous process could not be restarted")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(5)

    def observe(self, call: Call, request: WsgiRequest, response: WsgiResponse) -> None:
        if call.name != "stepfunctions:StartExecution" or response.status != 200:
            return
        arn = json.loads(response.body)["executionArn"]
        with self._lock:
            if arn in self._seen:
                return
            self._seen.add(arn)
            self._running.add(arn)
            is_restart = self._to_restart.pop(arn, None) is not None
        if not is_restart:
            self._persistence.execution_started(arn, json.loads(request.body).get("input", "{}"))

    def wait_until_ended(self, seconds: float = 3.0) -> None:
        """Waits until all stopped executions have ended, so that none outlives the services that it calls."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and any(
            self._describe(arn)["status"] not in _TERMINAL_STATUSES for arn in self.running()
        ):
            time.sleep(0.02)

    def running(self) -> list[str]:
        with self._lock:
            return sorted(self._running)

    def _poll(self) -> None:
        while not self._stopping.wait(self._poll_seconds):
            for arn in self.running():
                try:
                    described = self._describe(arn)
                except Exception:
                    logger.exception("An execution could not be described")
                    continue
                if described["status"] in _TERMINAL_STATUSES:
                    with self._lock:
                        self._running.discard(arn)
                    with self._persistence.transaction():
                        self._bus.put(
                            "aws.states",
                            "Step Functions Execution Status Change",
                            _status_change_detail(described),
                            [arn],
                        )
                        self._persistence.execution_ended(arn)


def _status_change_detail(described: Mapping[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html"""
    detail = {
        name: described.get(name)
        for name in ("executionArn", "stateMachineArn", "name", "input", "output", "error", "cause")
    }
    detail["status"] = str(getattr(described["status"], "value", described["status"]))
    for name in ("startDate", "stopDate"):
        value = described.get(name)
        detail[name] = int(value.timestamp() * 1000) if isinstance(value, datetime.datetime) else None
    return detail
