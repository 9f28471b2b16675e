"""Faults at the network's edge, for tests: a call made slow, refused, dropped, carried out with its answer lost, or
answered by a function's death; an event that comes late, or twice."""

import json
import threading
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from xml.sax.saxutils import escape

from local.cloud.aws_calls import Call, WsgiRequest


@dataclass
class Fault:
    """What becomes of a call that meets it.

    `left` counts down where it holds for so many calls only; None is until it is cleared. With a `code` the call
    is answered by that error, `dropped` instead by nothing on a reset connection; `carried_out`: it has taken
    effect before. `held` is how many seconds that takes to come, `kills` whether the caller's process dies of it.
    """

    service: str = "*"
    operation: str = "*"
    caller: str | None = None
    matching: Mapping[str, Any] = field(default_factory=dict)
    remaining_calls: int | None = None
    seconds: float = 0.0
    bytes_per_second: float | None = None
    code: str = ""
    status: int = 500
    carried_out: bool = False
    drops_connection: bool = False
    response_delay: float = 0.0
    kills_worker: bool = False

    @property
    def fails(self) -> bool:
        return bool(self.code) or self.drops_connection

    def matches(self, call: Call) -> bool:
        return (
            self.service == call.service
            and self.operation in ("*", call.operation)
            and self.caller in (None, call.caller)
            and all(_matches_value(call.parameters.get(name), value) for name, value in self.matching.items())
            and self.remaining_calls != 0
        )


def _matches_value(actual: Any, expected: Any) -> bool:
    return expected in actual if isinstance(actual, str) and isinstance(expected, str) else bool(actual == expected)


class ResponseLike(Protocol):
    """An answer as the edge has it (`local.cloud.gateway.WsgiResponse`)."""

    status: int
    body: bytes

    def header(self, name: str) -> str | None: ...


class FaultPlan(Protocol):
    """Who decides, call by call, what goes wrong; and hears of every call that was carried out."""

    def fault(self, call: Call) -> Fault | None: ...

    def deliveries(self, function: str, payload: bytes) -> Sequence[float]:
        """After how many seconds each an event is handed to its function: once, late, twice …"""
        ...

    def carried_out(self, call: Call, request: WsgiRequest, response: "ResponseLike") -> None: ...


class FaultInjector:
    """What goes wrong, by service and operation as boto3 names them ("s3", "CopyObject"; "*" for all).

    `times` bounds a fault to that many calls, `caller` to one function (its logical id) or "stepfunctions",
    `matching` to calls whose parameters hold these values (text: contain them).
    """

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._plan: FaultPlan | None = None
        self._kill: Callable[[str], None] = lambda _worker: None
        self._lock = threading.Lock()
        self._stopping = threading.Event()

    def slow(
        self,
        service: str,
        operation: str,
        seconds: float,
        *,
        bytes_per_second: float | None = None,
        times: int | None = None,
        caller: str | None = None,
        matching: Mapping[str, Any] | None = None,
    ) -> None:
        """Each such call waits this long before it is carried out, and then as long as its bytes are on the way."""
        self._add(
            Fault(service, operation, caller, matching or {}, times, seconds=seconds, bytes_per_second=bytes_per_second)
        )

    def fail(
        self,
        service: str,
        operation: str,
        code: str = "InternalServerError",
        *,
        status: int = 500,
        times: int | None = None,
        caller: str | None = None,
        matching: Mapping[str, Any] | None = None,
        carried_out: bool = False,
    ) -> None:
        """Each such call is answered with this error; `carried_out`: it takes effect, only its answer is lost."""
        self._add(
            Fault(service, operation, caller, matching or {}, times, code=code, status=status, carried_out=carried_out)
        )

    def set_plan(self, plan: FaultPlan | None) -> None:
        """From now on this plan decides as well, of clients' requests to the HTTP API too ("api", "POST /uploads")."""
        self._plan = plan

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()
        self._plan = None

    def start(self, kill: Callable[[str], None] | None = None) -> None:
        """The cloud runs: slowed calls wait. `kill` ends a function's worker by its name."""
        self._kill = kill or self._kill
        self._stopping.clear()

    def kill(self, worker: str | None) -> None:
        if worker:
            self._kill(worker)

    def wrap_delivery(self, send: Callable[[str, bytes], Any]) -> Callable[[str, bytes], None]:
        """`send` as the plan has it: at once where there is none."""

        def deliver(function: str, payload: bytes) -> None:
            plan = self._plan
            for seconds in plan.deliveries(function, payload) if plan else (0.0,):
                if seconds <= 0:
                    send(function, payload)
                    continue
                timer = threading.Timer(seconds, send, (function, payload))
                timer.daemon = True
                timer.start()

        return deliver

    def carried_out(self, call: Call, request: WsgiRequest, response: "ResponseLike") -> None:
        if self._plan:
            self._plan.carried_out(call, request, response)

    def stop(self) -> None:
        """The cloud stops: no call waits any longer."""
        self._stopping.set()

    def wait(self, seconds: float) -> bool:
        """Waits; False where the cloud has stopped meanwhile, so that nothing is carried out after its end."""
        return not self._stopping.wait(seconds)

    def wait_for_transfer(self, faults: Iterable[Fault], count_transferred_bytes: Callable[[], int]) -> None:
        """Waits as long as the bytes of a call, which was carried out, take by the slowest of its lines."""
        rates = [fault.bytes_per_second for fault in faults if fault.bytes_per_second]
        if rates:
            self.wait(count_transferred_bytes() / min(rates))

    def take_matching(self, call: Call) -> list[Fault]:
        """The faults that this call meets; each is used up by one."""
        with self._lock:
            matching_faults = [fault for fault in self._faults if fault.matches(call)]
            for fault in matching_faults:
                if fault.remaining_calls is not None:
                    fault.remaining_calls -= 1
        planned = self._plan.fault(call) if self._plan else None
        return [*matching_faults, planned] if planned else matching_faults

    def _add(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)


def encode_error(
    service: str, code: str, message: str, status: int, details: Mapping[str, str] | None = None
) -> tuple[int, dict[str, str], bytes]:
    """An error as the service would write it: XML for S3, JSON for the rest."""
    request_id = str(uuid.uuid4())
    if service == "s3":
        fields = {"Code": code, "Message": message, **(details or {}), "RequestId": request_id}
        inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items())
        body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inner}</Error>'.encode()
        return status, {"Content-Type": "application/xml", "x-amz-request-id": request_id}, body
    headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-RequestId": request_id, "x-amzn-ErrorType": code}
    return status, headers, json.dumps({"__type": code, "message": message, "Message": message}).encode()
