"""Common parts of Textract's synchronous and asynchronous operations: OCR reader, errors, pages as blocks."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from local.cloud.ocr_pool import Corner, OcrLine, OcrPage, OcrWord

Block = dict[str, Any]
FetchObject = Callable[[str, str, str | None], bytes]


class OcrReader(Protocol):
    """Reads pages; `local.cloud.ocr_pool.OcrProcessPool` is the real implementation."""

    def read(self, content: bytes, page: int | None = None) -> OcrPage: ...

    def count(self, content: bytes) -> int: ...

    def close(self) -> None: ...


class TextractError(Exception):
    """An error with Textract's error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.status = 500 if code == "InternalServerError" else 400


def fetch_document(fetch: FetchObject, s3_object: dict[str, Any]) -> bytes:
    """Returns the bytes of an S3Object.

    Raises
    ------
    TextractError
        InvalidS3ObjectException.
    """
    try:
        return fetch(s3_object["Bucket"], s3_object["Name"], s3_object.get("Version"))
    except KeyError:
        text = "Unable to get object metadata from S3. Check object key, region and/or access permissions."
        raise TextractError("InvalidS3ObjectException", text) from None


def make_blocks(page: OcrPage, number: int | None = None) -> Iterator[Block]:
    """Yields PAGE, then its LINEs, then their WORDs. `number` (from 1) is the Page field of asynchronous results."""
    extra = {} if number is None else {"Page": number}
    line_ids = [str(uuid.uuid4()) for _ in page.lines]
    word_ids = [[str(uuid.uuid4()) for _ in line.words] for line in page.lines]
    whole = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    yield {
        "BlockType": "PAGE",
        "Geometry": make_geometry(whole),
        "Id": str(uuid.uuid4()),
        **_child_relationships(line_ids),
        **extra,
    }
    for line, line_id, words in zip(page.lines, line_ids, word_ids, strict=True):
        yield {**_make_text_block("LINE", line), "Id": line_id, **_child_relationships(words), **extra}
    for line, words in zip(page.lines, word_ids, strict=True):
        for word, word_id in zip(line.words, words, strict=True):
            yield {**_make_text_block("WORD", word), "TextType": "PRINTED", "Id": word_id, **extra}


def make_geometry(polygon: tuple[Corner, ...]) -> dict[str, Any]:
    """Returns bounding box and polygon, as fractions of the page."""
    xs, ys = [x for x, _ in polygon], [y for _, y in polygon]
    return {
        "BoundingBox": {
            "Width": max(xs) - min(xs),
            "Height": max(ys) - min(ys),
            "Left": min(xs),
            "Top": min(ys),
        },
        "Polygon": [{"X": x, "Y": y} for x, y in polygon],
    }


def _make_text_block(kind: str, item: OcrLine | OcrWord) -> Block:
    return {
        "BlockType": kind,
        "Confidence": round(100 * item.confidence, 4),
        "Text": item.text,
        "Geometry": make_geometry(item.polygon),
    }


def _child_relationships(ids: list[str]) -> Block:
    return {"Relationships": [{"Type": "CHILD", "Ids": ids}]} if ids else {}
