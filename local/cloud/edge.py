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

from local.cloud.calls import CLIENT, STATE_MACHINE, Call, CallLog, Request, identify, is_provisioning
from local.cloud.faults import Fault, Faults, error_answer

logger = logging.getLogger("gradeline.local")

# Who asks while the cloud starts waits so long at most.
_START_SECONDS = 120.0
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_REASONS = {200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 303: "See Other", 304: "Not Modified"}


@dataclass
class Response:
    """An HTTP answer. Header names may repeat (`Set-Cookie`)."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def header(self, name: str) -> str | None:
        return next((value for given, value in self.headers if given.lower() == name.lower()), None)

    @classmethod
    def error(
        cls, service: str, code: str, message: str, status: int = 400, details: Mapping[str, str] | None = None
    ) -> "Response":
        status, headers, body = error_answer(service, code, message, status, details)
        return cls(status, list(headers.items()), body)


class Dropped(ConnectionError):
    """A test asked for it: the caller gets no answer, its connection is reset."""


class Service(Protocol):
    """What answers some AWS requests itself. None: not mine."""

    def answer(self, call: Call, request: Request) -> Response | None: ...


class Keeps(Protocol):
    """What writes down what calls have changed (`local.cloud.keeping`)."""

    def refuses(self, call: Call) -> Response | None: ...

    def observe(self, call: Call, request: Request, response: Response) -> None: ...

    def together(self) -> AbstractContextManager[None]: ...

    def settle(self) -> None: ...


class OneAtATime:
    """moto, one request to a store at a time: there a condition is checked and the write done in two steps."""

    _STORES = re.compile(r"/(dynamodb|s3|states|sqs)/aws4_request")

    def __init__(self, app: Any) -> None:
        self._app = app
        self._locks = {name: threading.RLock() for name in ("dynamodb", "s3", "states", "sqs")}
        self._locks["stepfunctions"] = self._locks["states"]

    def hold(self, service: str) -> AbstractContextManager[Any]:
        """Keeps everybody else out of a store until what a request has changed there is noted."""
        return self._locks.get(service, contextlib.nullcontext())

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        store = self._STORES.search(environ.get("HTTP_AUTHORIZATION", ""))
        with self.hold(store[1] if store else ""):
            chunks = self._app(environ, start_response)
            try:
                return [b"".join(chunks)]
            finally:
                if hasattr(chunks, "close"):
                    chunks.close()


class Edge:
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
        moto: OneAtATime,
        services: Iterable[Service],
        keeper: Keeps,
        front: Callable[[Request], Response],
        observers: Iterable[Callable[[Call, Request, Response], None]],
        buckets: Iterable[str],
        origins: Iterable[str],
        log: CallLog,
        faults: Faults,
        moved: Callable[[Call, Request, Response], int],
    ) -> None:
        self.ready = threading.Event()
        self._moto = moto
        self._services = tuple(services)
        self._keeper = keeper
        self._front = front
        self._observers = tuple(observers)
        self._buckets = frozenset(buckets)
        self._origins = frozenset(origins)
        self._log = log
        self._faults = faults
        self._moved = moved

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = read_request(environ)
        if not _is_loopback(request.headers.get("host", "")):
            # A page elsewhere whose name was turned to this machine has no business here.
            response = Response(421, [("Content-Type", "text/plain")], b"This server answers to loopback names only.\n")
        elif not self._is_open_to(request):
            response = Response(503, [("Retry-After", "5"), ("Content-Type", "text/plain")], b"Still starting.\n")
        elif (call := identify(request, self._buckets)) is None:
            response = self._answer_front(request)
        elif request.headers.get("origin") not in (None, *self._origins):
            response = Response(403, [("Content-Type", "text/plain")], b"Pages of other origins may not ask this.\n")
        else:
            response = self._answer_call(call, request)
        return _send(response, start_response, with_body=request.method != "HEAD")

    def _is_open_to(self, request: Request) -> bool:
        """Waits while the cloud starts: what was kept is not there yet, and must not be missed by anybody."""
        return self.ready.is_set() or is_provisioning(request) or self.ready.wait(_START_SECONDS)

    def _answer_front(self, request: Request) -> Response:
        first = request.path.split("/")[1] if request.path else ""
        call = Call(time.time(), CLIENT, "api", f"{request.method} /{first}", {"path": request.path})
        try:
            return self._with_faults(call, request, self._front)
        except Dropped:
            _reset(request)
            raise
        except Exception:
            logger.exception("%s failed", request.path)
            return Response(500, [("Content-Type", "application/json")], b'{"message": "Internal Server Error"}')

    def _answer_call(self, call: Call, request: Request) -> Response:
        self._log.begin(call)
        try:
            response = self._with_faults(call, request, lambda asked: self._serve(call, asked))
        except Dropped:
            call.ended = time.time()
            _reset(request)
            raise
        except Exception as error:
            # moto lets some failures through as exceptions; a service answers with an error of its own.
            logger.exception("%s failed", call.name)
            response = Response.error(call.service, "InternalServerError", f"{type(error).__name__}: {error}", 500)
        call.status, call.ended = response.status, time.time()
        return response

    def _with_faults(self, call: Call, request: Request, serve: Callable[[Request], Response]) -> Response:
        faults = self._faults.of(call)
        if not all(self._faults.pause(fault.seconds) for fault in faults):
            return Response.error(call.service, "ServiceUnavailable", "The local cloud is stopping.", 503)
        failing = next((fault for fault in faults if fault.fails), None)
        if failing is None or failing.carried_out:
            response = serve(request)
            self._faults.carried_out(call, request, response)
            self._faults.transfer(faults, lambda: self._moved(call, request, response))
        return response if failing is None else self._fail(call, failing)

    def _fail(self, call: Call, fault: Fault) -> Response:
        if fault.kills:
            self._faults.kill(call.worker)
        self._faults.pause(fault.held)
        call.error = fault.code or "Dropped"
        if (call.caller, call.service) == (STATE_MACHINE, "lambda"):
            return _failed_invoke(fault)
        if fault.dropped:
            raise Dropped(call.name)
        return Response.error(call.service, fault.code, "A fault that a test asked for.", fault.status)

    def _serve(self, call: Call, request: Request) -> Response:
        # In the order in which the store changes, and as one: an object without its event would be lost.
        with self._moto.hold(call.service), self._keeper.together():
            response = self._keeper.refuses(call) or self._carry_out(call, request)
            self._keeper.observe(call, request, response)
            for observe in self._observers:
                observe(call, request, response)
        # An answer that only reads may tell of another's change: it waits for that one as well.
        self._keeper.settle()
        return response

    def _carry_out(self, call: Call, request: Request) -> Response:
        for service in self._services:
            response = service.answer(call, request)
            if response is not None:
                return response
        return forward(self._moto, request)


def read_request(environ: WSGIEnvironment) -> Request:
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
    return Request(environ["REQUEST_METHOD"], path, environ.get("QUERY_STRING", ""), headers, body, environ)


def forward(moto: Any, request: Request, *, headers: Mapping[str, str] | None = None) -> Response:
    """The answer of moto; `headers` are added to the request's own."""
    environ: dict[str, Any] = dict(request.environ)
    for name, value in (headers or {}).items():
        environ["HTTP_" + name.upper().replace("-", "_")] = value
    environ["wsgi.input"] = io.BytesIO(request.body)
    environ["CONTENT_LENGTH"] = str(len(request.body))
    environ.pop("wsgi.input_terminated", None)
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    response = Response(500)

    def start(status: str, headers: list[tuple[str, str]], _: Any = None) -> Callable[[bytes], object]:
        response.status, response.headers = int(status.split(maxsplit=1)[0]), headers
        return lambda _data: None

    response.body = b"".join(moto(environ, start))
    return response


def _failed_invoke(fault: Fault) -> Response:
    """A call of a function that failed on its way, named as Step Functions names it: moto calls each "Exception"."""
    name = "Lambda.SdkClientException" if fault.dropped else f"Lambda.{fault.code}"
    body = {"errorType": name, "errorMessage": "A fault that a test asked for."}
    headers = [("Content-Type", "application/json"), ("X-Amz-Function-Error", "Unhandled")]
    return Response(200, headers, json.dumps(body).encode())


def _reset(request: Request) -> None:
    """Ends the caller's connection in the middle, as a network does that breaks."""
    connection: socket.socket | None = request.environ.get("werkzeug.socket")
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)


def _is_loopback(host: str) -> bool:
    name = host if host.endswith("]") else host.rsplit(":", 1)[0]
    return name in _LOOPBACK or name.endswith(".localhost")


def _send(response: Response, start_response: StartResponse, *, with_body: bool) -> Iterable[bytes]:
    headers = [
        (name, value) for name, value in response.headers if name.lower() not in ("content-length", "connection")
    ]
    if response.status in (204, 304):
        start_response(f"{response.status} {_REASONS[response.status]}", headers)
        return []
    if with_body:
        headers.append(("Content-Length", str(len(response.body))))
    else:
        # The answer to HEAD names the length of what GET would send.
        headers.append(("Content-Length", response.header("content-length") or str(len(response.body))))
    start_response(f"{response.status} {_REASONS.get(response.status, 'Status')}", headers)
    return [response.body] if with_body else []
