"""Records calls at the network: every state change of a record, every paid call, every lost response."""

import json
import threading
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from local.cloud.aws_calls import STATE_MACHINE, Call, WsgiRequest
from local.cloud.fault_injection import Fault, ResponseLike

EXTRACT, GRADE = "ExtractFunction", "GradeFunction"


@dataclass(frozen=True)
class StateChange:
    """A successful write of a record's state: the run, the new state, and the caller."""

    run: int
    state: str
    caller: str


@dataclass
class CallRecorder:
    """Records what the calls of a run did.

    `names` maps a function's name or ARN to its logical id. `pages` is the number of pages that Textract had to read,
    for each upload that was read; `graded` are the runs of sheets that were marked. `paid_pages` counts the Textract
    calls that got a response. `lost` counts, by branch, responses that nobody received and attempts that ended in an
    error of ours: what they had paid for may have to be paid for again.
    """

    names: dict[str, str] = field(default_factory=dict)
    state_changes: dict[str, list[StateChange]] = field(default_factory=lambda: defaultdict(list))
    pages: dict[tuple[str, str], int] = field(default_factory=dict)
    graded: set[tuple[str, int]] = field(default_factory=set)
    paid_pages: int = 0
    lost: Counter[str] = field(default_factory=Counter)
    workers: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def record_fault(self, call: Call, fault: Fault) -> None:
        """Record that a call took effect but lost its response."""
        if not fault.takes_effect:
            return
        with self._lock:
            if call.service == "textract":
                self.lost[EXTRACT] += 1
            elif (call.caller, call.service) == (STATE_MACHINE, "lambda"):
                self.lost[self._function(call)] += 1

    def on_completed(self, call: Call, request: WsgiRequest, response: ResponseLike) -> None:
        with self._lock:
            if call.worker:
                self.workers.add(call.worker)
            if call.service == "dynamodb" and response.status == 200:
                self._record_write(call, request)
            elif call.service == "textract" and response.status == 200:
                self.paid_pages += 1
            elif (call.caller, call.service) == (STATE_MACHINE, "lambda"):
                self._record_step(self._function(call), request, response)

    def _record_step(self, function: str, request: WsgiRequest, response: ResponseLike) -> None:
        """Record a step of the state machine that returned."""
        if response.header("X-Amz-Function-Error"):
            # A sheet that waits for its paper has not called any paid service.
            self.lost[function] += b'"PaperNotReady"' not in response.body
            return
        if function not in (EXTRACT, GRADE):
            return
        submission = json.loads(request.body)["submission"]
        if function == EXTRACT:
            extracted = json.loads(response.body)
            # For a sheet with a text layer, one page is also read by OCR to verify the layer.
            sample = submission["kind"] == "answer_sheet" and extracted["text_layer_pages"] > 0
            self.pages[submission["id"], submission["received_at"]] = extracted["ocr_pages"] + sample
        elif submission["kind"] == "answer_sheet":
            self.graded.add((submission["id"], submission["run"]))

    def _function(self, call: Call) -> str:
        name = str(call.parameters.get("FunctionName", ""))
        return self.names.get(name) or self.names.get(name.rpartition(":")[0], name)

    def _record_write(self, call: Call, request: WsgiRequest) -> None:
        body: dict[str, Any] = json.loads(request.body)
        if call.operation == "PutItem":
            item, values = body["Item"], body["Item"]
            state, run = values.get("state"), values.get("run")
        elif call.operation == "UpdateItem":
            item, values = body["Key"], body.get("ExpressionAttributeValues", {})
            state, run = values.get(":state"), values.get(":run")
        else:
            return
        pk = item["pk"]["S"]
        if state is None or run is None or item["sk"]["S"] != "record" or not pk.startswith("submission#"):
            return
        change = StateChange(int(run["N"]), state["S"], call.caller)
        self.state_changes[pk.removeprefix("submission#")].append(change)
