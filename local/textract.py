"""A Textract endpoint in Textract's own JSON, answered by a real OCR engine.

https://docs.aws.amazon.com/textract/latest/dg/API_DetectDocumentText.html. Every word is PRINTED: the engine
does not tell handwriting from print, and a guess would be an invented fact.
"""

import base64
import binascii
import hashlib
import json
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any, Protocol

from local.calls import Call, Request
from local.edge import Response
from local.ocr import Busy, Line, Page, Point, Unreadable, Word
from local.raster import MAX_BYTES

# How long a page waits for an engine before the caller is told to come again, as a busy account tells it.
WAIT_SECONDS = 12.0
_KEPT_PAGES = 64
Block = dict[str, Any]
Fetch = Callable[[str, str, str | None], bytes]


class Reader(Protocol):
    """What reads pages; `local.ocr.OcrProcesses` is the real one."""

    def read(self, content: bytes, page: int | None = None, *, wait: float | None = None) -> Page: ...

    def close(self) -> None: ...


class TextractError(Exception):
    """A refusal as Textract names it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.status = 500 if code == "InternalServerError" else 400


class TextractService:
    """DetectDocumentText. `fetch` gives an object's bytes (bucket, key, version id) or raises KeyError."""

    def __init__(self, reader: Reader, *, fetch: Fetch, wait_seconds: float = WAIT_SECONDS) -> None:
        self._pages = _Pages(reader, wait_seconds)
        self._fetch = fetch

    def answer(self, call: Call, request: Request) -> Response | None:
        if call.service != "textract":
            return None
        if call.operation != "DetectDocumentText":
            return Response.error("textract", "UnknownOperationException", "Not answered by the local cloud.", 400)
        try:
            body = self._detect(json.loads(request.body))
        except TextractError as error:
            return Response.error("textract", error.code, str(error), error.status)
        return Response(200, [("Content-Type", "application/x-amz-json-1.1")], json.dumps(body).encode())

    def _detect(self, parameters: dict[str, Any]) -> dict[str, Any]:
        content = self._content(parameters.get("Document") or {})
        if len(content) > MAX_BYTES:
            raise TextractError("DocumentTooLargeException", "The document is larger than 10 MB.")
        page = self._pages.read(content)
        return {
            "DocumentMetadata": {"Pages": 1},
            "Blocks": list(blocks_of(page)),
            "DetectDocumentTextModelVersion": "1.0",
        }

    def _content(self, document: dict[str, Any]) -> bytes:
        place = document.get("S3Object")
        if ("Bytes" in document) == bool(place):
            raise TextractError("InvalidParameterException", "Request has invalid parameters")
        if place:
            return fetched(self._fetch, place)
        try:
            content = base64.b64decode(document["Bytes"], validate=True)
        except (binascii.Error, TypeError, ValueError):
            raise TextractError("InvalidParameterException", "Request has invalid parameters") from None
        if not content:
            raise TextractError("InvalidParameterException", "Request has invalid parameters")
        return content


class _Pages:
    """Pages by their bytes: the same page asked for twice (a client that lost patience) is read once."""

    def __init__(self, reader: Reader, wait_seconds: float) -> None:
        self._reader = reader
        self._wait_seconds = wait_seconds
        self._known: OrderedDict[bytes, Future[Page]] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, content: bytes) -> Page:
        digest = hashlib.sha256(content).digest()
        with self._lock:
            future = self._known.get(digest)
            first = future is None
            if future is None:
                future = self._known[digest] = Future()
                while len(self._known) > _KEPT_PAGES:
                    self._known.popitem(last=False)
        if first:
            self._fill(digest, future, content)
        try:
            return future.result()
        except Busy:
            raise TextractError("ProvisionedThroughputExceededException", "Provisioned rate exceeded") from None
        except Unreadable as error:
            raise TextractError(error.code, str(error)) from error

    def _fill(self, digest: bytes, future: Future[Page], content: bytes) -> None:
        try:
            future.set_result(self._reader.read(content, wait=self._wait_seconds))
        except BaseException as error:  # noqa: BLE001 -- handed on to whoever waits for this page
            with self._lock:
                self._known.pop(digest, None)
            future.set_exception(error)


def fetched(fetch: Fetch, place: dict[str, Any]) -> bytes:
    """The bytes of an S3Object.

    Raises
    ------
    TextractError
        InvalidS3ObjectException.
    """
    try:
        return fetch(place["Bucket"], place["Name"], place.get("Version"))
    except KeyError:
        text = "Unable to get object metadata from S3. Check object key, region and/or access permissions."
        raise TextractError("InvalidS3ObjectException", text) from None


def blocks_of(page: Page, number: int | None = None) -> Iterator[Block]:
    """PAGE, then its LINEs, then their WORDs; `number` (from 1) is written where an asynchronous job asks for it."""
    extra = {} if number is None else {"Page": number}
    line_ids = [str(uuid.uuid4()) for _ in page.lines]
    word_ids = [[str(uuid.uuid4()) for _ in line.words] for line in page.lines]
    whole = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    yield {"BlockType": "PAGE", "Geometry": geometry(whole), "Id": str(uuid.uuid4()), **_children(line_ids), **extra}
    for line, line_id, words in zip(page.lines, line_ids, word_ids, strict=True):
        yield {**_text_block("LINE", line), "Id": line_id, **_children(words), **extra}
    for line, words in zip(page.lines, word_ids, strict=True):
        for word, word_id in zip(line.words, words, strict=True):
            yield {**_text_block("WORD", word), "TextType": "PRINTED", "Id": word_id, **extra}


def geometry(polygon: tuple[Point, ...]) -> dict[str, Any]:
    """Box and polygon, fractions of the page."""
    across, down = [x for x, _ in polygon], [y for _, y in polygon]
    return {
        "BoundingBox": {
            "Width": max(across) - min(across),
            "Height": max(down) - min(down),
            "Left": min(across),
            "Top": min(down),
        },
        "Polygon": [{"X": x, "Y": y} for x, y in polygon],
    }


def _text_block(kind: str, part: Line | Word) -> Block:
    return {
        "BlockType": kind,
        "Confidence": round(100 * part.confidence, 4),
        "Text": part.text,
        "Geometry": geometry(part.polygon),
    }


def _children(ids: list[str]) -> Block:
    return {"Relationships": [{"Type": "CHILD", "Ids": ids}]} if ids else {}
