"""What both ways of asking Textract share: the reader behind them, refusals, and pages as blocks."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from local.cloud.ocr import Line, Page, Point, Word

Block = dict[str, Any]
Fetch = Callable[[str, str, str | None], bytes]


class Reader(Protocol):
    """What reads pages; `local.cloud.ocr.OcrProcesses` is the real one."""

    def read(self, content: bytes, page: int | None = None) -> Page: ...

    def count(self, content: bytes) -> int: ...

    def close(self) -> None: ...


class TextractError(Exception):
    """A refusal as Textract names it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.status = 500 if code == "InternalServerError" else 400


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
