"""The Lambda service of the local cloud: runs the real handlers, each function in its own worker processes.

`Invoke` behaves as on AWS (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html): the response body is what
the handler returned, or its error with `X-Amz-Function-Error`. An asynchronous invocation (`Event`) is accepted at
once, retried as the template says, and sent to the failure queue if every attempt fails.
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

from local.cloud.aws_calls import Call, WsgiRequest
from local.cloud.function_worker import ForkServerClient, FunctionWorker, Invocation
from local.cloud.metrics import Metrics
from local.cloud.null_persistence import NullPersistence, QueuedInvocation
from local.cloud.resources import Function
from local.cloud.stack import REGION
from local.cloud.wsgi import WsgiResponse

logger = logging.getLogger("gradeline.local")

MAX_PAYLOAD_BYTES = 6_291_556
MAX_EVENT_BYTES = 1_048_576
MAX_WORKERS = 16
_INVOKE_PATH = re.compile(r"/2015-03-31/functions/([^/]+)/invocations")

# An error that no state machine retries.
_STOPPING_RESPONSE = WsgiResponse.error("lambda", "AccessDeniedException", "The local cloud is stopping.", 403)


class LambdaService:
    """All functions of the stack.

    * `environment` returns the variables that a function's workers get in addition to the runtime's own.
    * `send_failure_record` is called with a queue's name and a message when an asynchronous invocation has failed for
      good.
    * `retry_seconds` are the waits before its second and third attempt (AWS: one minute, two minutes).
    * `persistence` records asynchronous invocations until they are done; `metrics` counts invocations and errors.
    """

    def __init__(
        self,
        functions: Mapping[str, Function],
        *,
        folder: Path,
        environment: Callable[[Function], Mapping[str, str]],
        send_failure_record: Callable[[str, str], None],
        persistence: NullPersistence,
        metrics: Metrics,
        retry_seconds: Sequence[float] = (1.0, 2.0),
    ) -> None:
        self._persistence = persistence
        self._pools: dict[str, _WorkerPool] = {}
        self._workers: dict[str, FunctionWorker] = {}
        self._send_failure_record = send_failure_record
        self._retry_seconds = tuple(retry_seconds)
        self._stopping = threading.Event()
        self._fork_server = ForkServerClient(folder / "runtime.log", self._handle_worker_exit)
        for function in functions.values():
            log = folder / f"{function.logical_id}.log"
            pool = _WorkerPool(function, self._workers, self._fork_server, log, environment, metrics=metrics)
            self._pools |= {function.name: pool, function.arn: pool, function.logical_id: pool}

    def handle_request(self, call: Call, request: WsgiRequest) -> WsgiResponse | None:
        """Handles `Invoke`; returns None for every other call."""
        if call.service != "lambda":
            return None
        return self._handle_invoke(
            request.path, request.body, request.headers.get("x-amz-invocation-type", "RequestResponse")
        )

    def _handle_invoke(self, path: str, body: bytes, invocation_type: str) -> WsgiResponse:
        match = _INVOKE_PATH.fullmatch(path)
        name = unquote(match[1]) if match else ""
        pool = self._find_pool(name)
        if pool is None:
            return _error_response(404, "ResourceNotFoundException", f"Function not found: {name}")
        rejection = self._reject_invalid(body, invocation_type)
        if rejection is not None or invocation_type == "DryRun":
            return rejection or WsgiResponse(204)
        if invocation_type == "Event":
            request_id = self.invoke_async(pool.function.logical_id, body or b"{}")
            return WsgiResponse(202, [("x-amzn-RequestId", request_id)])
        invocation = pool.run(body or b"{}")
        if self._stopping.is_set():
            return _STOPPING_RESPONSE
        headers = [("Content-Type", "application/json"), ("x-amzn-RequestId", invocation.request_id)]
        headers.append(("X-Amz-Executed-Version", "$LATEST"))
        if invocation.error:
            headers.append(("X-Amz-Function-Error", "Unhandled"))
        return WsgiResponse(200, headers, invocation.result)

    def _reject_invalid(self, body: bytes, invocation_type: str) -> WsgiResponse | None:
        if self._stopping.is_set():
            return _STOPPING_RESPONSE
        if len(body) > (MAX_EVENT_BYTES if invocation_type == "Event" else MAX_PAYLOAD_BYTES):
            return _error_response(413, "RequestTooLargeException", f"{len(body)} byte payload is too large")
        try:
            json.loads(body or b"{}")
        except ValueError as error:
            return _error_response(
                400, "InvalidRequestContentException", f"Could not parse request body into json: {error}"
            )
        return None

    def invoke(self, name: str, event: Any) -> Invocation:
        """Invokes a function synchronously, from within the cloud.

        Raises
        ------
        KeyError
            No function has this name, ARN or logical id.
        """
        pool = self._find_pool(name)
        if pool is None:
            raise KeyError(name)
        return pool.run(json.dumps(event).encode())

    def invoke_async(self, name: str, payload: bytes) -> str:
        """Invokes a function asynchronously and returns the request id; raises KeyError as `invoke` does."""
        pool = self._find_pool(name)
        if pool is None:
            raise KeyError(name)
        request_id = str(uuid.uuid4())
        self._persistence.invocation_queued(QueuedInvocation(request_id, pool.function.logical_id, payload))
        self._start_attempts(pool, request_id, payload)
        return request_id

    def resume(self, invocation: QueuedInvocation) -> None:
        """Continues an asynchronous invocation that an earlier process accepted and did not finish."""
        pool = self._find_pool(invocation.function)
        if pool is None:
            logger.error("A queued invocation is for %s, which the template lacks: it is dropped", invocation.function)
            self._persistence.invocation_completed(invocation.id)
        else:
            self._start_attempts(pool, invocation.id, invocation.payload)

    def _start_attempts(self, pool: "_WorkerPool", request_id: str, payload: bytes) -> None:
        threading.Thread(
            target=self._attempt_all, args=(pool, request_id, payload), daemon=True, name=f"event-{request_id}"
        ).start()

    def kill(self, worker_id: str) -> None:
        """Kills a worker's process at once."""
        self._fork_server.kill(worker_id)

    def stop(self) -> None:
        if self._stopping.is_set():
            return
        self._stopping.set()
        self._fork_server.stop()
        for worker_id in list(self._workers):
            self._handle_worker_exit(worker_id, -signal.SIGKILL)

    def _find_pool(self, name: str) -> "_WorkerPool | None":
        """Finds a function by name, ARN (with or without qualifier) or logical id."""
        if name in self._pools:
            return self._pools[name]
        # name:alias, or an ARN with a qualifier.
        return self._pools.get(name.rpartition(":")[0])

    def _attempt_all(self, pool: "_WorkerPool", request_id: str, payload: bytes) -> None:
        function = pool.function
        invocation = None
        for attempt in range(1 + function.retries):
            if attempt and self._stopping.wait(self._retry_seconds[min(attempt, len(self._retry_seconds)) - 1]):
                return
            if self._stopping.is_set():
                return
            invocation = pool.run(payload, request_id)
            if not invocation.error:
                self._persistence.invocation_completed(request_id)
                return
        if invocation is not None and not self._stopping.is_set():
            if function.failure_queue:
                record = _make_failure_record(function, invocation, payload, 1 + function.retries)
                self._send_failure_record(function.failure_queue, json.dumps(record))
            self._persistence.invocation_completed(request_id)

    def _handle_worker_exit(self, worker_id: str, status: int) -> None:
        worker = self._workers.pop(worker_id, None)
        if worker is not None:
            worker.handle_exit(status)


class _WorkerPool:
    """The workers of one function. Idle workers are reused; new ones are started up to the cap, then calls wait."""

    def __init__(
        self,
        function: Function,
        workers: dict[str, FunctionWorker],
        fork_server: ForkServerClient,
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
        self._idle: list[FunctionWorker] = []
        self._lock = threading.Lock()
        self._worker_numbers = itertools.count(1)

    def run(self, payload: bytes, request_id: str | None = None) -> Invocation:
        function = self.function
        invocation = Invocation(request_id or str(uuid.uuid4()), function.arn, payload, function.timeout)
        with self._slots:
            accepted = False
            while not accepted:
                try:
                    worker = self._take_worker()
                except (OSError, ValueError):
                    # The fork server has exited: the cloud is stopping.
                    invocation.fail("Runtime.ExitError", "The local cloud is stopping")
                    return invocation
                accepted = worker.run(invocation, lambda: self._fork_server.kill(worker.id))  # noqa: B023 -- called inside
            if worker.alive:
                with self._lock:
                    self._idle.append(worker)
        if len(invocation.result) > MAX_PAYLOAD_BYTES:
            text = f"Response payload size exceeded maximum allowed payload size ({MAX_PAYLOAD_BYTES} bytes)."
            body = {"errorType": "Function.ResponseSizeTooLarge", "errorMessage": text}
            invocation.result, invocation.error = json.dumps(body).encode(), True
        self._metrics.count_invocation(function.name, error=invocation.error)
        return invocation

    def _take_worker(self) -> FunctionWorker:
        with self._lock:
            while self._idle:
                worker = self._idle.pop()
                if worker.alive:
                    return worker
        worker = FunctionWorker(f"{self.function.logical_id}-{next(self._worker_numbers)}")
        self._workers[worker.id] = worker
        environment = _runtime_environment(self.function, worker) | dict(self._environment(self.function))
        self._fork_server.spawn(
            worker.id, handler=self.function.handler, code=self.function.code, log=self._log, environment=environment
        )
        return worker


def _runtime_environment(function: Function, worker: FunctionWorker) -> dict[str, str]:
    """Returns the variables that the Lambda runtime sets for every function."""
    return {
        "AWS_LAMBDA_RUNTIME_API": worker.runtime_api,
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": worker.id,
        # Part of the SDK's user agent, so that the gateway knows which process makes a call.
        "AWS_SDK_UA_APP_ID": worker.id,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "LAMBDA_TASK_ROOT": str(function.code),
        "_HANDLER": function.handler,
        "TZ": ":UTC",
        "LANG": "en_US.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
    }


def _make_failure_record(function: Function, invocation: Invocation, payload: bytes, attempts: int) -> dict[str, Any]:
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


def _error_response(status: int, code: str, message: str) -> WsgiResponse:
    return WsgiResponse.error("lambda", code, message, status)
