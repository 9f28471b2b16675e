"""The gateway behind the one port: records every request, applies faults, and dispatches to the right service.

Lambda, Textract, EventBridge's PutEvents and what moto's S3 lacks are handled by the local cloud. Every other AWS
request goes to moto. Everything else goes to the HTTP API and the page.
"""

import contextlib
import io
import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol
from wsgiref.types import StartResponse, WSGIEnvironment

from local.cloud.aws_calls import CLIENT, STATE_MACHINE, Call, CallLog, WsgiRequest, identify_call, is_provisioning
from local.cloud.fault_injection import Fault, FaultInjector
from local.cloud.wsgi import WsgiResponse, read_request, reset_connection, send_response

logger = logging.getLogger("gradeline.local")

# A request that arrives during start-up waits at most this long.
_START_TIMEOUT_SECONDS = 120.0
_LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")


class ConnectionDropped(ConnectionError):
    """A test asked for this: the caller gets no response, its connection is reset."""


class ServiceHandler(Protocol):
    """Handles some AWS requests itself, and returns None for all others."""

    def handle_request(self, call: Call, request: WsgiRequest) -> WsgiResponse | None: ...


class Persistence(Protocol):
    """Stores the changes that calls make (`local.cloud.persistence`)."""

    def reject_unsupported(self, call: Call) -> WsgiResponse | None: ...

    def observe(self, call: Call, request: WsgiRequest, response: WsgiResponse) -> None: ...

    def transaction(self) -> AbstractContextManager[None]: ...

    def flush(self) -> None: ...


class SerializedMoto:
    """The moto application, one request per service at a time: moto checks a condition and writes in two steps."""

    _STORE_PATTERN = re.compile(r"/(dynamodb|s3|states|sqs)/aws4_request")

    def __init__(self, app: Any) -> None:
        self._app = app
        self._locks = {name: threading.RLock() for name in ("dynamodb", "s3", "states", "sqs")}
        self._locks["stepfunctions"] = self._locks["states"]

    def lock_store(self, service: str) -> AbstractContextManager[Any]:
        """Locks a service until the changes of a request have been recorded."""
        return self._locks.get(service, contextlib.nullcontext())

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        store = self._STORE_PATTERN.search(environ.get("HTTP_AUTHORIZATION", ""))
        with self.lock_store(store[1] if store else ""):
            chunks = self._app(environ, start_response)
            try:
                return [b"".join(chunks)]
            finally:
                if hasattr(chunks, "close"):
                    chunks.close()


class Gateway:
    """The WSGI application of the local cloud.

    * `services` are tried in order before moto.
    * `persistence` observes each AWS call first; no response leaves before the changes that it shows are durable.
      Then come the `observers`, after the response is known and before the caller has it.
    * `http_api` handles requests that are no AWS requests.
    * `count_transferred_bytes` returns how many bytes a call has transferred.
    * Pages of other origins than `origins` may not call AWS services. Signatures are not checked, so this check is
      what keeps them out.
    * Until `ready` is set only provisioning is served; all other requests wait.
    """

    def __init__(
        self,
        *,
        moto: SerializedMoto,
        services: Iterable[ServiceHandler],
        persistence: Persistence,
        http_api: Callable[[WsgiRequest], WsgiResponse],
        observers: Iterable[Callable[[Call, WsgiRequest, WsgiResponse], None]],
        buckets: Iterable[str],
        origins: Iterable[str],
        log: CallLog,
        faults: FaultInjector,
        count_transferred_bytes: Callable[[Call, WsgiRequest, WsgiResponse], int],
    ) -> None:
        self.ready = threading.Event()
        self._moto = moto
        self._services = tuple(services)
        self._persistence = persistence
        self._http_api = http_api
        self._observers = tuple(observers)
        self._buckets = frozenset(buckets)
        self._origins = frozenset(origins)
        self._log = log
        self._faults = faults
        self._count_transferred_bytes = count_transferred_bytes

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = read_request(environ)
        if not _is_loopback_host(request.headers.get("host", "")):
            # Guards against DNS rebinding: another site's name may resolve to this machine.
            response = WsgiResponse(
                421, [("Content-Type", "text/plain")], b"This server answers to loopback names only.\n"
            )
        elif not self._wait_until_ready(request):
            response = WsgiResponse(503, [("Retry-After", "5"), ("Content-Type", "text/plain")], b"Still starting.\n")
        elif (call := identify_call(request, self._buckets)) is None:
            response = self._handle_http_api(request)
        elif request.headers.get("origin") not in (None, *self._origins):
            response = WsgiResponse(
                403, [("Content-Type", "text/plain")], b"Pages of other origins may not call AWS services here.\n"
            )
        else:
            response = self._handle_aws_call(call, request)
        return send_response(response, start_response, with_body=request.method != "HEAD")

    def _wait_until_ready(self, request: WsgiRequest) -> bool:
        """Waits during start-up: stored data is not restored yet, and no request may miss it."""
        return self.ready.is_set() or is_provisioning(request) or self.ready.wait(_START_TIMEOUT_SECONDS)

    def _handle_http_api(self, request: WsgiRequest) -> WsgiResponse:
        first = request.path.split("/")[1] if request.path else ""
        call = Call(time.time(), CLIENT, "api", f"{request.method} /{first}", {"path": request.path})
        try:
            return self._apply_faults(call, request, self._http_api)
        except ConnectionDropped:
            reset_connection(request)
            raise
        except Exception:
            logger.exception("%s failed", request.path)
            return WsgiResponse(500, [("Content-Type", "application/json")], b'{"message": "Internal Server Error"}')

    def _handle_aws_call(self, call: Call, request: WsgiRequest) -> WsgiResponse:
        self._log.add(call)
        try:
            response = self._apply_faults(
                call, request, lambda served_request: self._handle_in_order(call, served_request)
            )
        except ConnectionDropped:
            call.ended = time.time()
            reset_connection(request)
            raise
        except Exception as error:
            # moto raises some failures as exceptions; a service would answer with an error.
            logger.exception("%s failed", call.name)
            response = WsgiResponse.error(call.service, "InternalServerError", f"{type(error).__name__}: {error}", 500)
        call.status, call.ended = response.status, time.time()
        return response

    def _apply_faults(
        self, call: Call, request: WsgiRequest, serve: Callable[[WsgiRequest], WsgiResponse]
    ) -> WsgiResponse:
        faults = self._faults.take_matching(call)
        if not all(self._faults.wait(fault.seconds) for fault in faults):
            return WsgiResponse.error(call.service, "ServiceUnavailable", "The local cloud is stopping.", 503)
        fatal_fault = next((fault for fault in faults if fault.fails), None)
        if fatal_fault is None or fatal_fault.takes_effect:
            response = serve(request)
            self._faults.on_completed(call, request, response)
            self._faults.wait_for_transfer(faults, lambda: self._count_transferred_bytes(call, request, response))
        return response if fatal_fault is None else self._fail(call, fatal_fault)

    def _fail(self, call: Call, fault: Fault) -> WsgiResponse:
        if fault.kills_worker:
            self._faults.kill(call.worker)
        self._faults.wait(fault.response_delay)
        call.error = fault.code or "Dropped"
        if (call.caller, call.service) == (STATE_MACHINE, "lambda"):
            return _failed_invoke_response(fault)
        if fault.drops_connection:
            raise ConnectionDropped(call.name)
        return WsgiResponse.error(call.service, fault.code, "An injected fault.", fault.status)

    def _handle_in_order(self, call: Call, request: WsgiRequest) -> WsgiResponse:
        # Under one lock, so that changes are recorded in their order, and in one transaction: an object must not be
        # stored without its event.
        with self._moto.lock_store(call.service), self._persistence.transaction():
            response = self._persistence.reject_unsupported(call) or self._dispatch(call, request)
            self._persistence.observe(call, request, response)
            for observe in self._observers:
                observe(call, request, response)
        # A read may show another call's change, so it too waits until that change is durable.
        self._persistence.flush()
        return response

    def _dispatch(self, call: Call, request: WsgiRequest) -> WsgiResponse:
        for service in self._services:
            response = service.handle_request(call, request)
            if response is not None:
                return response
        return forward_to_moto(self._moto, request)


def forward_to_moto(moto: Any, request: WsgiRequest, *, headers: Mapping[str, str] | None = None) -> WsgiResponse:
    """Returns moto's response; `headers` are added to the request's own."""
    environ: dict[str, Any] = dict(request.environ)
    for name, value in (headers or {}).items():
        environ["HTTP_" + name.upper().replace("-", "_")] = value
    environ["wsgi.input"] = io.BytesIO(request.body)
    environ["CONTENT_LENGTH"] = str(len(request.body))
    environ.pop("wsgi.input_terminated", None)
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    response = WsgiResponse(500)

    def start(status: str, headers: list[tuple[str, str]], _: Any = None) -> Callable[[bytes], object]:
        response.status, response.headers = int(status.split(maxsplit=1)[0]), headers
        return lambda _data: None

    response.body = b"".join(moto(environ, start))
    return response


def _failed_invoke_response(fault: Fault) -> WsgiResponse:
    """Returns a failed invocation with the error name that Step Functions uses: moto calls every one "Exception"."""
    name = "Lambda.SdkClientException" if fault.drops_connection else f"Lambda.{fault.code}"
    body = {"errorType": name, "errorMessage": "An injected fault."}
    headers = [("Content-Type", "application/json"), ("X-Amz-Function-Error", "Unhandled")]
    return WsgiResponse(200, headers, json.dumps(body).encode())


def _is_loopback_host(host: str) -> bool:
    name = host if host.endswith("]") else host.rsplit(":", 1)[0]
    return name in _LOOPBACK_HOSTS or name.endswith(".localhost")
