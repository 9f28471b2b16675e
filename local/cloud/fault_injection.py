"""Fault injection at the gateway, for tests.

A call can be delayed, rejected or dropped, can take effect while its response is lost, or can kill the worker that made
it. An event can be delivered late or more than once.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from local.cloud.aws_calls import Call, WsgiRequest


@dataclass
class Fault:
    """What happens to a call that matches.

    * `remaining_calls` counts down; None means the fault stays until it is cleared.
    * `seconds` delays the call before it runs; `bytes_per_second` limits its transfer rate.
    * `code` and `status`: the call is answered with this error. `drops_connection`: the connection is reset instead.
    * `takes_effect`: the call runs before it fails, so only its response is lost.
    * `response_delay`: seconds before the failure is sent. `kills_worker`: the calling worker process is killed.
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
    takes_effect: bool = False
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
    """The part of a response that faults need (`local.cloud.wsgi.WsgiResponse`)."""

    status: int
    body: bytes

    def header(self, name: str) -> str | None: ...


class FaultPlan(Protocol):
    """Decides the fault of each call and is notified of every completed call."""

    def fault(self, call: Call) -> Fault | None: ...

    def deliveries(self, function: str, payload: bytes) -> Sequence[float]:
        """Returns the delays in seconds after which an event is delivered to its function, one per delivery."""
        ...

    def on_completed(self, call: Call, request: WsgiRequest, response: "ResponseLike") -> None: ...


class FaultInjector:
    """The faults in force, by service and operation as boto3 names them ("s3", "CopyObject"; "*" matches all).

    `times` limits a fault to that many calls, `caller` to one function (its logical id) or "stepfunctions", and
    `matching` to calls whose parameters have these values (a text parameter must contain the value).
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
        """Delays each matching call before it runs, and then for the time that its bytes take."""
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
        takes_effect: bool = False,
    ) -> None:
        """Answers each matching call with this error. `takes_effect`: it runs first, so only its response is lost."""
        self._add(
            Fault(
                service, operation, caller, matching or {}, times, code=code, status=status, takes_effect=takes_effect
            )
        )

    def set_plan(self, plan: FaultPlan | None) -> None:
        """Lets a plan decide as well, also for clients' requests to the HTTP API ("api", "POST /uploads")."""
        self._plan = plan

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()
        self._plan = None

    def start(self, kill: Callable[[str], None] | None = None) -> None:
        """Called when the cloud starts, so that delays take effect. `kill` kills a worker by its name."""
        self._kill = kill or self._kill
        self._stopping.clear()

    def kill(self, worker: str | None) -> None:
        if worker:
            self._kill(worker)

    def wrap_delivery(self, send: Callable[[str, bytes], Any]) -> Callable[[str, bytes], None]:
        """Wraps `send`: the plan decides when and how often an event is delivered (without a plan: once, at once)."""

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

    def on_completed(self, call: Call, request: WsgiRequest, response: "ResponseLike") -> None:
        if self._plan:
            self._plan.on_completed(call, request, response)

    def stop(self) -> None:
        """Called when the cloud stops: ends all waits."""
        self._stopping.set()

    def wait(self, seconds: float) -> bool:
        """Waits; returns False if the cloud stops first, so that no call runs after that."""
        return not self._stopping.wait(seconds)

    def wait_for_transfer(self, faults: Iterable[Fault], count_transferred_bytes: Callable[[], int]) -> None:
        """Waits as long as the bytes of a completed call take at the lowest rate of its faults."""
        rates = [fault.bytes_per_second for fault in faults if fault.bytes_per_second]
        if rates:
            self.wait(count_transferred_bytes() / min(rates))

    def take_matching(self, call: Call) -> list[Fault]:
        """Returns the faults that apply to this call, and counts each of them down."""
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
