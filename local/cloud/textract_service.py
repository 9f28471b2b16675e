"""A Textract endpoint with Textract's own JSON, backed by a real OCR engine.

https://docs.aws.amazon.com/textract/latest/dg/API_DetectDocumentText.html. Every word is PRINTED: the engine does not
distinguish handwriting from print, and a guess would be an invented fact.
"""

import base64
import binascii
import hashlib
import json
import threading
from collections import OrderedDict
from concurrent.futures import Future
from typing import Any

from local.cloud.aws_calls import Call, WsgiRequest
from local.cloud.ocr_pool import OcrError, OcrPage
from local.cloud.raster import MAX_BYTES
from local.cloud.textract_blocks import FetchObject, OcrReader, TextractError, fetch_document, make_blocks
from local.cloud.textract_jobs import EmulatedTextractJobs
from local.cloud.wsgi import WsgiResponse

# After this many seconds a caller is told to retry, as by a busy account; its page stays queued.
WAIT_SECONDS = 24.0
_MAX_CACHED_PAGES = 64


class TextractService:
    """DetectDocumentText and the asynchronous operations.

    `fetch` returns an object's bytes (bucket, key, version id) or raises KeyError.
    """

    def __init__(self, reader: OcrReader, *, fetch: FetchObject, wait_seconds: float = WAIT_SECONDS) -> None:
        self._pages = _PageCache(reader, wait_seconds)
        self._fetch = fetch
        jobs = EmulatedTextractJobs(reader, fetch=fetch)
        self._operations = {
            "DetectDocumentText": self._detect,
            "StartDocumentTextDetection": jobs.start,
            "GetDocumentTextDetection": jobs.get,
        }

    def handle_request(self, call: Call, request: WsgiRequest) -> WsgiResponse | None:
        if call.service != "textract":
            return None
        operation = self._operations.get(call.operation)
        if operation is None:
            return WsgiResponse.error(
                "textract", "UnknownOperationException", "The local cloud does not support this operation.", 400
            )
        try:
            body = operation(json.loads(request.body))
        except TextractError as error:
            return WsgiResponse.error("textract", error.code, str(error), error.status)
        return WsgiResponse(200, [("Content-Type", "application/x-amz-json-1.1")], json.dumps(body).encode())

    def _detect(self, parameters: dict[str, Any]) -> dict[str, Any]:
        content = self._read_document(parameters.get("Document") or {})
        if len(content) > MAX_BYTES:
            raise TextractError("DocumentTooLargeException", "The document is larger than 10 MB.")
        page = self._pages.read(content)
        return {
            "DocumentMetadata": {"Pages": 1},
            "Blocks": list(make_blocks(page)),
            "DetectDocumentTextModelVersion": "1.0",
        }

    def _read_document(self, document: dict[str, Any]) -> bytes:
        s3_object = document.get("S3Object")
        if ("Bytes" in document) == bool(s3_object):
            raise TextractError("InvalidParameterException", "Request has invalid parameters")
        if s3_object:
            return fetch_document(self._fetch, s3_object)
        try:
            content = base64.b64decode(document["Bytes"], validate=True)
        except (binascii.Error, TypeError, ValueError):
            raise TextractError("InvalidParameterException", "Request has invalid parameters") from None
        if not content:
            raise TextractError("InvalidParameterException", "Request has invalid parameters")
        return content


class _PageCache:
    """Pages by the digest of their bytes.

    A page whose caller has timed out stays in the queue, and a retry joins it, so the engines never idle while there
    is a page to read.
    """

    def __init__(self, reader: OcrReader, wait_seconds: float) -> None:
        self._reader = reader
        self._wait_seconds = wait_seconds
        self._futures: OrderedDict[bytes, Future[OcrPage]] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, content: bytes) -> OcrPage:
        digest = hashlib.sha256(content).digest()
        with self._lock:
            future = self._futures.get(digest)
            if future is None:
                future = self._futures[digest] = Future()
                threading.Thread(target=self._read_page, args=(digest, future, content), daemon=True).start()
                self._evict_oldest()
        try:
            return future.result(self._wait_seconds)
        except TimeoutError:
            raise TextractError("ProvisionedThroughputExceededException", "Provisioned rate exceeded") from None
        except OcrError as error:
            raise TextractError(error.code, str(error)) from error

    def _read_page(self, digest: bytes, future: Future[OcrPage], content: bytes) -> None:
        try:
            future.set_result(self._reader.read(content))
        except BaseException as error:  # noqa: BLE001 -- re-raised in every caller that waits for this page
            with self._lock:
                self._futures.pop(digest, None)
            future.set_exception(error)

    def _evict_oldest(self) -> None:
        done = [digest for digest, future in self._futures.items() if future.done()]
        for digest in done[: max(len(self._futures) - _MAX_CACHED_PAGES, 0)]:
            del self._futures[digest]
