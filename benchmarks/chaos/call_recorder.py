"""What the network saw: every move of a record, every call that costs money, every answer that was lost."""

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
    """A write of a record's state that was taken: by which run, to which state, by whom."""

    run: int
    state: str
    caller: str


@dataclass
class CallRecorder:
    """`names` gives a function's logical id by its name or ARN.

    `pages` holds how many pages Textract had to read, for each receipt that was read; `graded` the runs of sheets
    that were marked. `paid_pages` counts the calls of Textract that were answered. `lost` counts, by lane, answers
    that nobody got and tries that ended in an error of ours: what they had bought may have to be bought again.
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
        """A call that took effect has lost its answer."""
        if not fault.carried_out:
            return
        with self._lock:
            if call.service == "textract":
                self.lost[EXTRACT] += 1
            elif (call.caller, call.service) == (STATE_MACHINE, "lambda"):
                self.lost[self._function(call)] += 1

    def carried_out(self, call: Call, request: WsgiRequest, response: ResponseLike) -> None:
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
        """A step of the state machine came back."""
        if response.header("X-Amz-Function-Error"):
            # A sheet that parks has not asked anybody for anything.
            self.lost[function] += b'"PaperNotReady"' not in response.body
            return
        if function not in (EXTRACT, GRADE):
            return
        submission = json.loads(request.body)["submission"]
        if function == EXTRACT:
            read = json.loads(response.body)
            # Of a sheet with a text layer one page is read as well, to see whether the layer tells the truth.
            sample = submission["kind"] == "answer_sheet" and read["text_layer_pages"] > 0
            self.pages[submission["id"], submission["received_at"]] = read["ocr_pages"] + sample
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
