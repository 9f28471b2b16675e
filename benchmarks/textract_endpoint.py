"""Textract's DetectDocumentText on loopback, with a quota and seeded latencies, in a process of its own.

    python -m benchmarks.textract_endpoint

Prints its address and serves until its standard input is closed. One process holds many accounts, each with its own
quota:

* `PUT /accounts/{name}` with a `TextractQuota` in JSON (re)opens one, with a full burst and counters at 0;
* `POST /accounts/{name}/` takes the calls: a boto3 client has `{address}/accounts/{name}` as its endpoint;
* `GET /accounts/{name}` reports what happened there, `GET /process` the CPU seconds of the whole process.

It must cost next to nothing compared with what it measures: responses are prepared in advance, connections are plain
asyncio protocols, and a request body is inspected while its page "is being read", not while the next ones arrive. A
page's latency starts when its call has arrived completely.
"""

import asyncio
import base64
import contextlib
import itertools
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any, Protocol

from benchmarks.loopback import exit_when_stdin_closes
from benchmarks.scanned_documents import count_pdf_pages, find_labels
from benchmarks.textract_quota import TextractQuota, TokenBucket
from benchmarks.textract_responses import PreparedResponse, make_responses, page_label

_MAX_BYTES = 10_000_000
_TARGET = "Textract.DetectDocumentText"
_IMAGE_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\x00", b"MM\x00*")
_UNKNOWN_PAGE = page_label(0, 0)
# The request body is inspected after this share of a page's latency.
_INSPECTED_AT = 0.5


@dataclass(frozen=True)
class AdmittedCall:
    """An admitted call: its position in the order of admission, its time (seconds since the account was opened), its
    size and its fault.

    `pages` are the labels of the pages whose images the document holds. A re-encoded page has none of them.
    """

    index: int
    at: float
    latency: float
    bytes: int
    pages: tuple[str, ...]
    fault: str | None


@dataclass(frozen=True)
class HttpReply:
    """A response and the seconds to hold it back. `body` None closes the connection without a response."""

    status: int
    body: bytes | None
    delay: float = 0.0


@dataclass(frozen=True)
class DelayedReply:
    """An admitted call: after `seconds`, `settle` inspects the request and returns the reply."""

    seconds: float
    settle: Callable[[], HttpReply]


@dataclass
class TextractAccount:
    quota: TextractQuota
    bucket: TokenBucket
    opened_at: float
    calls: list[AdmittedCall] = field(default_factory=list)
    throttled: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    admitted: int = 0

    def report(self) -> dict[str, Any]:
        return {
            "allowance": self.quota.to_dict(),
            "admitted": self.admitted,
            "throttled": self.throttled,
            "refused": self.rejected,
            "calls": [asdict(call) for call in sorted(self.calls, key=lambda call: call.index)],
        }


class FakeTextract:
    """The accounts and their responses. Works on HTTP bodies; connections are handled elsewhere."""

    def __init__(self, prepared: list[PreparedResponse], clock: Callable[[], float] = time.monotonic) -> None:
        self._answers = prepared
        self._clock = clock
        self._accounts: dict[str, TextractAccount] = {}

    def reply(self, method: str, path: str, target: str, body: bytes) -> HttpReply | DelayedReply:
        arrived = self._clock()
        kind, _, name = path.strip("/").partition("/")
        if kind == "accounts" and method == "POST":
            account = self._accounts.get(name)
            if account is None:
                return _error_reply(404, "ResourceNotFoundException", "No such account.")
            if target != _TARGET:
                return _error_reply(400, "UnknownOperationException", "Only DetectDocumentText is supported here.")
            return self._detect(account, body, arrived)
        if kind == "accounts" and method == "PUT":
            quota = TextractQuota.from_dict(json.loads(body))
            self._accounts[name] = TextractAccount(quota, TokenBucket(quota.tps, self._clock), arrived)
            return _json_reply({})
        return self._report_of(kind, name)

    def _report_of(self, kind: str, name: str) -> HttpReply:
        if kind == "process":
            return _json_reply({"cpu_seconds": time.process_time()})
        if kind == "accounts" and name in self._accounts:
            return _json_reply(self._accounts[name].report())
        return _error_reply(404, "ResourceNotFoundException", "Nothing here.")

    def _detect(self, account: TextractAccount, body: bytes, arrived: float) -> HttpReply | DelayedReply:
        if not account.bucket.admit():
            account.throttled += 1
            return _error_reply(400, "ProvisionedThroughputExceededException", "Provisioned rate exceeded")
        index, account.admitted = account.admitted, account.admitted + 1
        latency = account.quota.latency(index)
        return DelayedReply(_INSPECTED_AT * latency, partial(self._settle, account, index, body, arrived))

    def _settle(self, account: TextractAccount, index: int, body: bytes, arrived: float) -> HttpReply:
        document, error_code = _decode_document(body)
        if error_code is not None:
            account.rejected[error_code] = account.rejected.get(error_code, 0) + 1
            return _error_reply(400, error_code, "Request has an invalid document.")
        quota = account.quota
        fault = quota.fault(index)
        latency = quota.latency(index) * (quota.stall_factor if fault == "stall" else 1.0)
        pages = find_labels(document)
        account.calls.append(AdmittedCall(index, arrived - account.opened_at, latency, len(document), pages, fault))
        remaining = latency - (self._clock() - arrived)
        if fault == "drop":
            return HttpReply(0, None)
        if fault == "error":
            return _error_reply(500, "InternalServerError", "Internal Server Error")
        return HttpReply(200, self.page_response_body(pages[0] if pages else _UNKNOWN_PAGE, index), remaining)

    def page_response_body(self, page: str, index: int) -> bytes:
        """Return Textract's JSON for the page with this label. `index` is its call's position in the order of
        admission."""
        return self._answers[index % len(self._answers)].body(page)


def _decode_document(body: bytes) -> tuple[bytes, str | None]:
    """Return the document's bytes, or the error code with which Textract rejects it."""
    try:
        document = base64.b64decode(json.loads(body)["Document"]["Bytes"])
    except (ValueError, KeyError, TypeError):
        return b"", "InvalidParameterException"
    if len(document) > _MAX_BYTES:
        return b"", "DocumentTooLargeException"
    if document.startswith(_IMAGE_SIGNATURES):
        return document, None
    if not document.startswith(b"%PDF-") or count_pdf_pages(document) != 1:
        return b"", "UnsupportedDocumentException"
    return document, None


def _json_reply(content: dict[str, Any]) -> HttpReply:
    return HttpReply(200, json.dumps(content).encode())


def _error_reply(status: int, code: str, message: str) -> HttpReply:
    return HttpReply(status, json.dumps({"__type": code, "message": message}).encode())


class RequestHandler(Protocol):
    def reply(self, method: str, path: str, target: str, body: bytes) -> HttpReply | DelayedReply: ...


class HttpConnection(asyncio.Protocol):
    """HTTP/1.1 with Content-Length, one request after the other, as urllib3 talks to AWS."""

    def __init__(self, service: RequestHandler) -> None:
        self._service = service
        self._transport: asyncio.Transport | None = None
        self._parts: list[bytes] = []
        self._buffered = 0
        self._head: tuple[str, str, dict[str, str]] | None = None
        self._length = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._parts.append(data)
        self._buffered += len(data)
        if self._head is None and not self._read_head():
            return
        if self._buffered >= self._length:
            self._answer()

    def _read_head(self) -> bool:
        joined = b"".join(self._parts)
        head, found, rest = joined.partition(b"\r\n\r\n")
        if not found:
            self._parts = [joined]
            return False
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        self._head = method, path, headers
        self._parts, self._buffered = [rest], len(rest)
        self._length = int(headers.get("content-length", "0"))
        if headers.get("expect", "").lower() == "100-continue" and self._transport:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return True

    def _answer(self) -> None:
        assert self._head is not None
        method, path, headers = self._head
        body = b"".join(self._parts)
        self._head, self._parts, self._buffered = None, [], 0
        self._dispatch(self._service.reply(method, path, headers.get("x-amz-target", ""), body[: self._length]))

    def _dispatch(self, reply: HttpReply | DelayedReply) -> None:
        loop = asyncio.get_running_loop()
        if isinstance(reply, DelayedReply):
            loop.call_later(reply.seconds, lambda: self._dispatch(reply.settle()))
        elif reply.delay > 0:
            loop.call_later(reply.delay, self._send, reply)
        else:
            self._send(reply)

    def _send(self, reply: HttpReply) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        if reply.body is None:
            self._transport.close()
            return
        head = (
            f"HTTP/1.1 {reply.status} {'OK' if reply.status == 200 else 'Error'}\r\n"
            f"x-amzn-RequestId: {uuid.UUID(int=next(_request_numbers))}\r\n"
            "Content-Type: application/x-amz-json-1.1\r\n"
            f"Content-Length: {len(reply.body)}\r\n\r\n"
        )
        self._transport.write(head.encode() + reply.body)


_request_numbers = itertools.count(1)


async def serve(announce: Callable[[str], None], service: RequestHandler) -> None:
    """Serve on a free port until cancelled. `announce` receives the address once the port is open."""
    server = await asyncio.get_running_loop().create_server(
        lambda: HttpConnection(service), "127.0.0.1", 0, backlog=512, start_serving=True
    )
    announce(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    await server.serve_forever()


def main(service: RequestHandler) -> None:
    """Print the address and serve until standard input is closed."""
    exit_when_stdin_closes()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(lambda address: print(address, flush=True), service))


if __name__ == "__main__":
    main(FakeTextract(make_responses(seed=1)))
