"""The one port: every request comes in here, is recorded, may meet a fault, and goes to its service.

Lambda, Textract, EventBridge's PutEvents and S3's gaps are answered by the local cloud; every other AWS
request goes to moto; what is no AWS request belongs to the HTTP API and the page.
"""

import contextlib
import io
import json
import logging
import re
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol
from wsgiref.types import StartResponse, WSGIEnvironment

from local.cloud.aws_calls import CLIENT, STATE_MACHINE, Call, CallLog, WsgiRequest, identify_call, is_provisioning
from local.cloud.fault_injection import Fault, FaultInjector, encode_error

logger = logging.getLogger("gradeline.local")

# Who asks while the cloud starts waits so long at most.
_START_TIMEOUT_SECONDS = 120.0
_LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")
_REASON_PHRASES = {200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 303: "See Other", 304: "Not Modified"}


@dataclass
class WsgiResponse:
    """An HTTP answer. Header names may repeat (`Set-Cookie`)."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def header(self, name: str) -> str | None:
        return next((value for header_name, value in self.headers if header_name.lower() == name.lower()), None)

    @classmethod
    def error(
        cls, service: str, code: str, message: str, status: int = 400, details: Mapping[str, str] | None = None
    ) -> "WsgiResponse":
        status, headers, body = encode_error(service, code, message, status, details)
        return cls(status, list(headers.items()), body)


class ConnectionDropped(ConnectionError):
    """A test asked for it: the caller gets no answer, its connection is reset."""


class ServiceHandler(Protocol):
    """What answers some AWS requests itself. None: not mine."""

    def answer(self, call: Call, request: WsgiRequest) -> WsgiResponse | None: ...


class Persistence(Protocol):
    """What writes down what calls have changed (`local.cloud.persistence`)."""

    def reject_unsupported(self, call: Call) -> WsgiResponse | None: ...

    def observe(self, call: Call, request: WsgiRequest, response: WsgiResponse) -> None: ...

    def transaction(self) -> AbstractContextManager[None]: ...

    def flush(self) -> None: ...


class SerializedMoto:
    """moto, one request to a store at a time: there a condition is checked and the write done in two steps."""

    _STORE_PATTERN = re.compile(r"/(dynamodb|s3|states|sqs)/aws4_request")

    def __init__(self, app: Any) -> None:
        self._app = app
        self._locks = {name: threading.RLock() for name in ("dynamodb", "s3", "states", "sqs")}
        self._locks["stepfunctions"] = self._locks["states"]

    def lock_store(self, service: str) -> AbstractContextManager[Any]:
        """Keeps everybody else out of a store until what a request has changed there is noted."""
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

    `services` are asked in order before moto; `observers` see every AWS call that was answered, after its
    answer is known and before the caller has it; `keeper` sees it first, and no answer leaves before what it
    tells of is kept. `front` answers what is no AWS request; `moved` tells how many bytes a call has moved. Pages
    of other `origins` may not call AWS services: signatures are not checked here, so this is what keeps them out.
    Until `ready` is set only the cloud itself is served; everybody else waits.
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
            # A page elsewhere whose name was turned to this machine has no business here.
            response = WsgiResponse(
                421, [("Content-Type", "text/plain")], b"This server answers to loopback names only.\n"
            )
        elif not self._wait_until_ready(request):
            response = WsgiResponse(503, [("Retry-After", "5"), ("Content-Type", "text/plain")], b"Still starting.\n")
        elif (call := identify_call(request, self._buckets)) is None:
            response = self._handle_http_api(request)
        elif request.headers.get("origin") not in (None, *self._origins):
            response = WsgiResponse(
                403, [("Content-Type", "text/plain")], b"Pages of other origins may not ask this.\n"
            )
        else:
            response = self._handle_aws_call(call, request)
        return _send_response(response, start_response, with_body=request.method != "HEAD")

    def _wait_until_ready(self, request: WsgiRequest) -> bool:
        """Waits while the cloud starts: what was kept is not there yet, and must not be missed by anybody."""
        return self.ready.is_set() or is_provisioning(request) or self.ready.wait(_START_TIMEOUT_SECONDS)

    def _handle_http_api(self, request: WsgiRequest) -> WsgiResponse:
        first = request.path.split("/")[1] if request.path else ""
        call = Call(time.time(), CLIENT, "api", f"{request.method} /{first}", {"path": request.path})
        try:
            return self._apply_faults(call, request, self._http_api)
        except ConnectionDropped:
            _reset_connection(request)
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
            _reset_connection(request)
            raise
        except Exception as error:
            # moto lets some failures through as exceptions; a service answers with an error of its own.
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
        if fatal_fault is None or fatal_fault.carried_out:
            response = serve(request)
            self._faults.carried_out(call, request, response)
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
        return WsgiResponse.error(call.service, fault.code, "A fault that a test asked for.", fault.status)

    def _handle_in_order(self, call: Call, request: WsgiRequest) -> WsgiResponse:
        # In the order in which the store changes, and as one: an object without its event would be lost.
        with self._moto.lock_store(call.service), self._persistence.transaction():
            response = self._persistence.reject_unsupported(call) or self._dispatch(call, request)
            self._persistence.observe(call, request, response)
            for observe in self._observers:
                observe(call, request, response)
        # An answer that only reads may tell of another's change: it waits for that one as well.
        self._persistence.flush()
        return response

    def _dispatch(self, call: Call, request: WsgiRequest) -> WsgiResponse:
        for service in self._services:
            response = service.answer(call, request)
            if response is not None:
                return response
        return forward_to_moto(self._moto, request)


def read_request(environ: WSGIEnvironment) -> WsgiRequest:
    """The request with its whole body; headers by lower-case name, repeated ones joined by commas."""
    stream = environ["wsgi.input"]
    if environ.get("wsgi.input_terminated"):
        body = stream.read()
    else:
        length = environ.get("CONTENT_LENGTH") or "0"
        body = stream.read(int(length)) if length.isdigit() else b""
    headers = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") and isinstance(value, str)
    }
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            headers[name.replace("_", "-").lower()] = environ[name]
    # WSGI hands the path over as Latin-1 characters of its bytes (PEP 3333).
    path = environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace")
    return WsgiRequest(environ["REQUEST_METHOD"], path, environ.get("QUERY_STRING", ""), headers, body, environ)


def forward_to_moto(moto: Any, request: WsgiRequest, *, headers: Mapping[str, str] | None = None) -> WsgiResponse:
    """The answer of moto; `headers` are added to the request's own."""
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
    """A call of a function that failed on its way, named as Step Functions names it: moto calls each "Exception"."""
    name = "Lambda.SdkClientException" if fault.drops_connection else f"Lambda.{fault.code}"
    body = {"errorType": name, "errorMessage": "A fault that a test asked for."}
    headers = [("Content-Type", "application/json"), ("X-Amz-Function-Error", "Unhandled")]
    return WsgiResponse(200, headers, json.dumps(body).encode())


def _reset_connection(request: WsgiRequest) -> None:
    """Ends the caller's connection in the middle, as a network does that breaks."""
    connection: socket.socket | None = request.environ.get("werkzeug.socket")
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)


def _is_loopback_host(host: str) -> bool:
    name = host if host.endswith("]") else host.rsplit(":", 1)[0]
    return name in _LOOPBACK_HOSTS or name.endswith(".localhost")


def _send_response(response: WsgiResponse, start_response: StartResponse, *, with_body: bool) -> Iterable[bytes]:
    headers = [
        (name, value) for name, value in response.headers if name.lower() not in ("content-length", "connection")
    ]
    if response.status in (204, 304):
        start_response(f"{response.status} {_REASON_PHRASES[response.status]}", headers)
        return []
    if with_body:
        headers.append(("Content-Length", str(len(response.body))))
    else:
        # The answer to HEAD names the length of what GET would send.
        headers.append(("Content-Length", response.header("content-length") or str(len(response.body))))
    start_response(f"{response.status} {_REASON_PHRASES.get(response.status, 'Status')}", headers)
    return [response.body] if with_body else []
