"""Executions of the state machine: what may be started, and the word of how each ended."""

import datetime
import json
import logging
import re
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from local.cloud.calls import Call, Request
from local.cloud.edge import Response
from local.cloud.events import EventBus
from local.cloud.stack import ACCOUNT, REGION

logger = logging.getLogger("gradeline.local")

_ENDED = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")
# https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
_NAME = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}")
_MAX_INPUT_BYTES = 262_144


def describe_execution(arn: str) -> Mapping[str, Any]:
    """What DescribeExecution says, from moto's own object: it is asked many times a second."""
    from moto.stepfunctions.parser.models import stepfunctions_parser_backends

    backend: Any = stepfunctions_parser_backends[ACCOUNT][REGION]
    described: Mapping[str, Any] = backend.describe_execution(arn).to_describe_output()
    return described


class Executions:
    """Knows the executions, and tells the bus when one ends, as Step Functions does.

    `describe` gives an execution's description by its ARN; it is asked often, so it should be cheap.
    """

    def __init__(self, bus: EventBus, describe: Callable[[str], Mapping[str, Any]], *, seconds: float = 0.05) -> None:
        self._bus = bus
        self._describe = describe
        self._seconds = seconds
        self._running: set[str] = set()
        self._known: set[str] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True, name="executions")

    def answer(self, call: Call, request: Request) -> Response | None:
        """Refuses what Step Functions would not start and moto would; all else is left to moto."""
        if call.name != "stepfunctions:StartExecution":
            return None
        parameters = json.loads(request.body)
        name, given = parameters.get("name"), parameters.get("input", "{}")
        if name is not None and not _NAME.fullmatch(name):
            return Response.error("stepfunctions", "InvalidName", f"Invalid Name: '{name}'", 400)
        if len(given.encode()) > _MAX_INPUT_BYTES:
            text = f"Input exceeds the maximum of {_MAX_INPUT_BYTES} bytes."
            return Response.error("stepfunctions", "InvalidExecutionInput", text, 400)
        return None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(5)

    def observe(self, call: Call, _request: Request, response: Response) -> None:
        if call.name != "stepfunctions:StartExecution" or response.status != 200:
            return
        arn = json.loads(response.body)["executionArn"]
        with self._lock:
            if arn in self._known:
                return
            self._known.add(arn)
            self._running.add(arn)

    def settle(self, seconds: float = 3.0) -> None:
        """Waits until the executions that were stopped have ended, so that none outlives its services."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and any(
            self._describe(arn)["status"] not in _ENDED for arn in self.running()
        ):
            time.sleep(0.02)

    def running(self) -> list[str]:
        with self._lock:
            return sorted(self._running)

    def _watch(self) -> None:
        while not self._stopping.wait(self._seconds):
            for arn in self.running():
                try:
                    described = self._describe(arn)
                except Exception:
                    logger.exception("An execution could not be described")
                    continue
                if described["status"] in _ENDED:
                    with self._lock:
                        self._running.discard(arn)
                    self._bus.put("aws.states", "Step Functions Execution Status Change", _detail(described), [arn])


def _detail(described: Mapping[str, Any]) -> dict[str, Any]:
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
