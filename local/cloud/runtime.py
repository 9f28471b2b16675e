"""The Lambda service of the local cloud: the real handlers, each function in worker processes of its own.

`Invoke` as AWS has it (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html): the answer's body is
what the handler returned, or its error with `X-Amz-Function-Error`. An asynchronous call (`Event`) is
answered at once, tried again as the template says, and told to the failure queue when it never worked.
"""

import datetime
import itertools
import json
import logging
import re
import signal
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from local.cloud.calls import Call, Request
from local.cloud.edge import Response
from local.cloud.memory import Forgetful, QueuedCall
from local.cloud.metrics import Metrics
from local.cloud.resources import Function
from local.cloud.stack import REGION
from local.cloud.worker import ForkServer, Invocation, Worker

logger = logging.getLogger("gradeline.local")

MAX_PAYLOAD_BYTES = 6_291_556
MAX_EVENT_BYTES = 1_048_576
MAX_WORKERS = 16
_PATH = re.compile(r"/2015-03-31/functions/([^/]+)/invocations")


# An error that no state machine tries again.
_STOPPING = Response.error("lambda", "AccessDeniedException", "The local cloud is stopping.", 403)


class LambdaService:
    """All functions of the stack.

    `environment` gives what every worker of a function gets beside the template's own variables;
    `dead_end` is called with a queue's name and a message when an asynchronous call failed for good;
    `retry_seconds` are the waits before its second and third attempt (AWS: one minute, two minutes);
    `keeper` notes asynchronous calls until they are done; `metrics` counts invocations and their errors.
    """

    def __init__(
        self,
        functions: Mapping[str, Function],
        *,
        folder: Path,
        environment: Callable[[Function], Mapping[str, str]],
        dead_end: Callable[[str, str], None],
        keeper: Forgetful,
        metrics: Metrics,
        retry_seconds: Sequence[float] = (1.0, 2.0),
    ) -> None:
        self._keeper = keeper
        self._pools: dict[str, _Pool] = {}
        self._workers: dict[str, Worker] = {}
        self._dead_end = dead_end
        self._retry_seconds = tuple(retry_seconds)
        self._stopping = threading.Event()
        self._fork_server = ForkServer(folder / "runtime.log", self._exited)
        for function in functions.values():
            log = folder / f"{function.logical_id}.log"
            pool = _Pool(function, self._workers, self._fork_server, log, environment, metrics=metrics)
            self._pools |= {function.name: pool, function.arn: pool, function.logical_id: pool}

    def answer(self, call: Call, request: Request) -> Response | None:
        """An `Invoke` request; None for everything else."""
        if call.service != "lambda":
            return None
        return self._answer(request.path, request.body, request.headers.get("x-amz-invocation-type", "RequestResponse"))

    def function_named(self, name: str) -> Function | None:
        """A function by name, ARN (with or without qualifier) or logical id."""
        pool = self._pool(name)
        return pool.function if pool else None

    def _answer(self, path: str, body: bytes, invocation_type: str) -> Response:
        match = _PATH.fullmatch(path)
        name = unquote(match[1]) if match else ""
        pool = self._pool(name)
        if pool is None:
            return _refusal(404, "ResourceNotFoundException", f"Function not found: {name}")
        refused = self._refused(body, invocation_type)
        if refused is not None or invocation_type == "DryRun":
            return refused or Response(204)
        if invocation_type == "Event":
            request_id = self.call_later(pool.function.logical_id, body or b"{}")
            return Response(202, [("x-amzn-RequestId", request_id)])
        invocation = pool.run(body or b"{}")
        if self._stopping.is_set():
            return _STOPPING
        headers = [("Content-Type", "application/json"), ("x-amzn-RequestId", invocation.request_id)]
        headers.append(("X-Amz-Executed-Version", "$LATEST"))
        if invocation.error:
            headers.append(("X-Amz-Function-Error", "Unhandled"))
        return Response(200, headers, invocation.result)

    def _refused(self, body: bytes, invocation_type: str) -> Response | None:
        if self._stopping.is_set():
            return _STOPPING
        if len(body) > (MAX_EVENT_BYTES if invocation_type == "Event" else MAX_PAYLOAD_BYTES):
            return _refusal(413, "RequestTooLargeException", f"{len(body)} byte payload is too large")
        try:
            json.loads(body or b"{}")
        except ValueError as error:
            return _refusal(400, "InvalidRequestContentException", f"Could not parse request body into json: {error}")
        return None

    def call(self, name: str, event: Any) -> Invocation:
        """A synchronous call from within the cloud."""
        pool = self._pool(name)
        if pool is None:
            raise KeyError(name)
        return pool.run(json.dumps(event).encode())

    def call_later(self, name: str, payload: bytes) -> str:
        """An asynchronous call; its request id."""
        pool = self._pool(name)
        if pool is None:
            raise KeyError(name)
        request_id = str(uuid.uuid4())
        self._keeper.call_queued(QueuedCall(request_id, pool.function.logical_id, payload))
        self._begin(pool, request_id, payload)
        return request_id

    def go_on(self, call: QueuedCall) -> None:
        """An asynchronous call that an earlier process had accepted and not done."""
        pool = self._pool(call.function)
        if pool is None:
            logger.error("A call of before is for %s, which the template has no more: it is dropped", call.function)
            self._keeper.call_done(call.id)
        else:
            self._begin(pool, call.id, call.payload)

    def _begin(self, pool: "_Pool", request_id: str, payload: bytes) -> None:
        threading.Thread(
            target=self._attempt_all, args=(pool, request_id, payload), daemon=True, name=f"event-{request_id}"
        ).start()

    def kill(self, worker_id: str) -> None:
        """Ends a worker's process where it stands."""
        self._fork_server.kill(worker_id)

    def stop(self) -> None:
        if self._stopping.is_set():
            return
        self._stopping.set()
        self._fork_server.stop()
        for worker_id in list(self._workers):
            self._exited(worker_id, -signal.SIGKILL)

    def _pool(self, name: str) -> "_Pool | None":
        if name in self._pools:
            return self._pools[name]
        # name:alias, or an ARN with a qualifier.
        return self._pools.get(name.rpartition(":")[0])

    def _attempt_all(self, pool: "_Pool", request_id: str, payload: bytes) -> None:
        function = pool.function
        invocation = None
        for attempt in range(1 + function.retries):
            if attempt and self._stopping.wait(self._retry_seconds[min(attempt, len(self._retry_seconds)) - 1]):
                return
            if self._stopping.is_set():
                return
            invocation = pool.run(payload, request_id)
            if not invocation.error:
                self._keeper.call_done(request_id)
                return
        if invocation is not None and not self._stopping.is_set():
            if function.failure_queue:
                record = _failure_record(function, invocation, payload, 1 + function.retries)
                self._dead_end(function.failure_queue, json.dumps(record))
            self._keeper.call_done(request_id)

    def _exited(self, worker_id: str, status: int) -> None:
        worker = self._workers.pop(worker_id, None)
        if worker is not None:
            worker.exited(status)


class _Pool:
    """The workers of one function: an idle one is used again, a new one is made up to the cap, then calls wait."""

    def __init__(
        self,
        function: Function,
        workers: dict[str, Worker],
        fork_server: ForkServer,
        log: Path,
        environment: Callable[[Function], Mapping[str, str]],
        *,
        metrics: Metrics,
    ) -> None:
        self.function = function
        self._metrics = metrics
        self._workers = workers
        self._fork_server = fork_server
        self._log = log
        self._environment = environment
        self._slots = threading.BoundedSemaphore(MAX_WORKERS)
        self._idle: list[Worker] = []
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)

    def run(self, payload: bytes, request_id: str | None = None) -> Invocation:
        function = self.function
        invocation = Invocation(request_id or str(uuid.uuid4()), function.arn, payload, function.timeout)
        with self._slots:
            taken = False
            while not taken:
                try:
                    worker = self._worker()
                except (OSError, ValueError):
                    # The fork server is gone: the cloud is stopping.
                    invocation.fail("Runtime.ExitError", "The local cloud is stopping")
                    return invocation
                taken = worker.run(invocation, lambda: self._fork_server.kill(worker.id))  # noqa: B023 -- called inside
            if worker.alive:
                with self._lock:
                    self._idle.append(worker)
        if len(invocation.result) > MAX_PAYLOAD_BYTES:
            text = f"Response payload size exceeded maximum allowed payload size ({MAX_PAYLOAD_BYTES} bytes)."
            body = {"errorType": "Function.ResponseSizeTooLarge", "errorMessage": text}
            invocation.result, invocation.error = json.dumps(body).encode(), True
        self._metrics.count_invocation(function.name, error=invocation.error)
        return invocation

    def _worker(self) -> Worker:
        with self._lock:
            while self._idle:
                worker = self._idle.pop()
                if worker.alive:
                    return worker
        worker = Worker(f"{self.function.logical_id}-{next(self._numbers)}")
        self._workers[worker.id] = worker
        environment = _lambda_environment(self.function, worker) | dict(self._environment(self.function))
        self._fork_server.spawn(
            worker.id, handler=self.function.handler, code=self.function.code, log=self._log, environment=environment
        )
        return worker


def _lambda_environment(function: Function, worker: Worker) -> dict[str, str]:
    """What the Lambda runtime sets for every function."""
    return {
        "AWS_LAMBDA_RUNTIME_API": worker.runtime_api,
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": worker.id,
        # Stands in the SDK's requests, so that the edge knows which process asks.
        "AWS_SDK_UA_APP_ID": worker.id,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "LAMBDA_TASK_ROOT": str(function.code),
        "_HANDLER": function.handler,
        "TZ": ":UTC",
        "LANG": "en_US.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
    }


def _failure_record(function: Function, invocation: Invocation, payload: bytes, attempts: int) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html"""
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "version": "1.0",
        "timestamp": now,
        "requestContext": {
            "requestId": invocation.request_id,
            "functionArn": f"{function.arn}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": attempts,
        },
        "requestPayload": json.loads(payload),
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": json.loads(invocation.result),
    }


def _refusal(status: int, code: str, message: str) -> Response:
    return Response.error("lambda", code, message, status)
