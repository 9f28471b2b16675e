"""Plans the faults: which call gets which fault, and which event is late or duplicated, all derived from the seed.

One call in five fails. Most failures are isolated; some come in bursts, in which every call of one kind fails for a
while, so that the SDK's retries run out and the state machine's have to take over.
"""

import threading
from collections import Counter
from collections.abc import Sequence

from benchmarks.chaos.call_recorder import CallRecorder
from benchmarks.chaos.seeded_random import random_fraction, weighted_choice
from local.cloud.aws_calls import CLIENT, STATE_MACHINE, Call, WsgiRequest
from local.cloud.fault_injection import Fault, ResponseLike

FAULT_SHARE = 0.2
_BURST_CALLS = 8
_BURST_SHARE = 0.01
# Longer than a caller waits for a response (`benchmarks.chaos.stack_copy` sets that timeout).
_DELAY_SECONDS = 5.0

_THROTTLED = {
    "s3": ("SlowDown", 503),
    "dynamodb": ("ProvisionedThroughputExceededException", 400),
    "stepfunctions": ("ThrottlingException", 400),
    "textract": ("ProvisionedThroughputExceededException", 400),
    "lambda": ("TooManyRequestsException", 429),
    "events": ("ThrottlingException", 400),
    "sqs": ("ThrottlingException", 400),
    "api": ("ServiceUnavailable", 503),
}
_SERVER_ERRORS = {"s3": ("InternalError", 500), "lambda": ("ServiceException", 500)}
_INTERNAL = ("InternalServerError", 500)

# Kinds of faults of a failing call, with their weights, by caller.
_FUNCTION_FAULTS = {
    "throttled": 0.30,
    "broken": 0.22,
    "answer lost": 0.20,
    "dropped": 0.12,
    "dropped after": 0.12,
    "delayed after": 0.01,
    "killed": 0.015,
    "killed after": 0.015,
}
_STATE_MACHINE_FAULTS = {"throttled": 0.4, "broken": 0.25, "answer lost": 0.25, "dropped": 0.05, "dropped after": 0.05}
_CLIENT_FAULTS = {"throttled": 0.25, "broken": 0.15, "answer lost": 0.25, "dropped": 0.1, "dropped after": 0.25}
# Late events are also reordered ones.
_DELIVERIES = {"at once": 0.7, "late": 0.12, "twice": 0.1, "twice, late": 0.08}
CLIENT_ACCESS_KEY = "sender"


class RandomFaultPlan:
    """A plan of faults (`local.cloud.fault_injection.FaultPlan`). `counts` is the number of faults of each kind."""

    def __init__(self, seed: int, recorder: CallRecorder, share: float = FAULT_SHARE) -> None:
        self._seed = seed
        self._share = share
        self._recorder = recorder
        self._ordinals: Counter[str] = Counter()
        self._lock = threading.Lock()
        self.calls = 0
        self.counts: Counter[str] = Counter()

    def fault(self, call: Call) -> Fault | None:
        if not _is_eligible(call):
            return None
        kind = self._kind(call)
        if kind is None:
            return None
        fault = _make_fault(kind, call.service)
        self._recorder.record_fault(call, fault)
        return fault

    def _kind(self, call: Call) -> str | None:
        call_key = f"{call.caller} {call.name}"
        with self._lock:
            ordinal = self._ordinals[call_key]
            self._ordinals[call_key] += 1
            self.calls += 1
        weights = _fault_weights(call)
        burst_share = min(_BURST_SHARE, self._share)
        if random_fraction(self._seed, "squall", call_key, ordinal // _BURST_CALLS) < burst_share:
            kind = (
                "throttled"
                if random_fraction(self._seed, "squall of", call_key, ordinal // _BURST_CALLS) < 0.5
                else "broken"
            )
        elif random_fraction(self._seed, call_key, ordinal) < self._share - burst_share:
            kind = weighted_choice(weights, self._seed, "kind", call_key, ordinal)
        else:
            return None
        with self._lock:
            self.counts[kind] += 1
        return kind

    def deliveries(self, function: str, payload: bytes) -> Sequence[float]:  # noqa: ARG002 - part of the plan's interface
        with self._lock:
            ordinal = self._ordinals[f"event {function}"]
            self._ordinals[f"event {function}"] += 1
        draw_key = (self._seed, "event", function, ordinal)
        delivery = weighted_choice(_DELIVERIES, *draw_key)
        late, later = 1.5 * random_fraction(*draw_key, "late"), 1.5 * random_fraction(*draw_key, "later")
        with self._lock:
            if delivery != "at once":
                self.counts[f"event {delivery}"] += 1
        return {"at once": [0.0], "late": [late], "twice": [0.0, late], "twice, late": [late, later]}[delivery]

    def on_completed(self, call: Call, request: WsgiRequest, response: ResponseLike) -> None:
        self._recorder.on_completed(call, request, response)


def _is_eligible(call: Call) -> bool:
    """Whether a call may fail. The harness's own calls may not; a form that a client posts to S3 is unsigned, and
    may."""
    return call.caller != CLIENT or call.service == "api" or call.operation == "PostObject"


def _fault_weights(call: Call) -> dict[str, float]:
    if call.caller == STATE_MACHINE:
        return _STATE_MACHINE_FAULTS
    return _CLIENT_FAULTS if call.caller in (CLIENT, CLIENT_ACCESS_KEY) else _FUNCTION_FAULTS


def _make_fault(kind: str, service: str) -> Fault:
    code, status = _THROTTLED.get(service, _INTERNAL) if kind == "throttled" else _SERVER_ERRORS.get(service, _INTERNAL)
    after = kind.endswith("after") or kind == "answer lost"
    if kind in ("throttled", "broken", "answer lost"):
        return Fault(code=code, status=status, takes_effect=after)
    response_delay = _DELAY_SECONDS if kind.startswith("delayed") else 0.0
    return Fault(
        drops_connection=True, takes_effect=after, response_delay=response_delay, kills_worker=kind.startswith("killed")
    )
