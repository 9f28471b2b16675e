"""Faults at the network's edge, for tests: a call made slow, refused, or carried out with its answer lost."""

import json
import threading
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from local.cloud.calls import Call


@dataclass
class Fault:
    """`left` counts down where a fault holds for so many calls only; None is until it is cleared."""

    service: str
    operation: str
    caller: str | None
    matching: Mapping[str, Any]
    left: int | None
    seconds: float = 0.0
    bytes_a_second: float | None = None
    code: str = ""
    status: int = 0
    carried_out: bool = False

    def meets(self, call: Call) -> bool:
        return (
            self.service == call.service
            and self.operation in ("*", call.operation)
            and self.caller in (None, call.caller)
            and all(_contains(call.parameters.get(name), value) for name, value in self.matching.items())
            and self.left != 0
        )


def _contains(given: Any, wanted: Any) -> bool:
    return wanted in given if isinstance(given, str) and isinstance(wanted, str) else bool(given == wanted)


class Faults:
    """What goes wrong, by service and operation as boto3 names them ("s3", "CopyObject"; "*" for all).

    `times` bounds a fault to that many calls, `caller` to one function (its logical id) or "stepfunctions",
    `matching` to calls whose parameters hold these values (text: contain them).
    """

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()

    def slow(
        self,
        service: str,
        operation: str,
        seconds: float,
        *,
        bytes_a_second: float | None = None,
        times: int | None = None,
        caller: str | None = None,
        matching: Mapping[str, Any] | None = None,
    ) -> None:
        """Each such call waits this long before it is carried out, and then as long as its bytes are on the way."""
        self._add(
            Fault(service, operation, caller, matching or {}, times, seconds=seconds, bytes_a_second=bytes_a_second)
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

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def begin(self) -> None:
        """The cloud runs: slowed calls wait."""
        self._stopping.clear()

    def end(self) -> None:
        """The cloud stops: no call waits any longer."""
        self._stopping.set()

    def pause(self, seconds: float) -> bool:
        """Waits; False where the cloud has stopped meanwhile, so that nothing is carried out after its end."""
        return not self._stopping.wait(seconds)

    def transfer(self, faults: Iterable[Fault], moved: Callable[[], int]) -> None:
        """Waits as long as the bytes of a call, which was carried out, take by the slowest of its lines."""
        rates = [fault.bytes_a_second for fault in faults if fault.bytes_a_second]
        if rates:
            self.pause(moved() / min(rates))

    def of(self, call: Call) -> list[Fault]:
        """The faults that this call meets; each is used up by one."""
        with self._lock:
            met = [fault for fault in self._faults if fault.meets(call)]
            for fault in met:
                if fault.left is not None:
                    fault.left -= 1
            return met

    def _add(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)


def error_answer(
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
