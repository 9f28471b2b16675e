"""Prepares Textract responses: full pages in Textract's own JSON, of the size of a handwritten page.

A page has 40 lines and about 300 words (180 KB), because parsing such a response is part of what is measured. Its
first line names the page that was sent, so that tests can check that every page is in its place.
"""

import json
import random
import struct
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

# Start of the line that names a page.
LABEL_PREFIX = "Sheet "
_LINES = 40
_PLACEHOLDER = "00-0000"
_SENTENCE = (
    "the force acts on a body at rest and energy is kept when charge moves through cells because "
    "plants make sugar from light water carbon dioxide while iron rusts in damp air so mass stays "
    "equal before after reaction speed distance over time gives metres per second therefore answer"
)
_WORDS = _SENTENCE.split()


def page_label(document: int, page: int) -> str:
    """Return the label of a page in its image and in its response: `03-0007`."""
    return f"{document:02d}-{page:04d}"


def first_line(page: str) -> str:
    return LABEL_PREFIX + page


@dataclass(frozen=True)
class PreparedResponse:
    """A response in two halves; the page's label goes between them."""

    before: bytes
    after: bytes

    def body(self, page: str) -> bytes:
        return self.before + page.encode() + self.after


def make_responses(seed: int, count: int = 8) -> list[PreparedResponse]:
    """Prepare `count` different pages. The same seed gives the same pages."""
    responses = []
    for number in range(count):
        rng = random.Random(f"{seed}:{number}")
        lines = [[LABEL_PREFIX.strip(), _PLACEHOLDER], *(random_words(rng) for _ in range(_LINES - 1))]
        # The label also occurs in the first line's second word, which nothing compares; only its text is replaced.
        before, _, after = page_response(lines, rng).before.partition(_PLACEHOLDER.encode())
        responses.append(PreparedResponse(before, after))
    return responses


def random_words(rng: random.Random) -> list[str]:
    """Return the words of one line."""
    return rng.choices(_WORDS, k=rng.randint(6, 9))


def page_response(lines: Sequence[Sequence[str]], rng: random.Random) -> PreparedResponse:
    """Return the response to a page of these lines, each a list of words. It does not depend on the image sent."""
    document = {
        "Blocks": _blocks(lines, rng),
        "DetectDocumentTextModelVersion": "1.0",
        "DocumentMetadata": {"Pages": 1},
    }
    return PreparedResponse(json.dumps(document, separators=(",", ":")).encode(), b"")


def _blocks(written: Sequence[Sequence[str]], rng: random.Random) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    words: list[dict[str, Any]] = []
    for number, texts in enumerate(written):
        left, top, width = 0.1, 0.06 + 0.022 * number, 0.8 / 9
        line_words = [_block("WORD", text, (left + width * at, top, width * 0.9), rng) for at, text in enumerate(texts)]
        for word in line_words:
            word["TextType"] = "HANDWRITING" if number % 2 else "PRINTED"
        line = _block("LINE", " ".join(texts), (left, top, width * len(texts)), rng)
        line["Relationships"] = [{"Type": "CHILD", "Ids": [word["Id"] for word in line_words]}]
        lines.append(line)
        words += line_words
    page = {
        "BlockType": "PAGE",
        "Geometry": _geometry((0.0, 0.0, 1.0, 1.0), rng),
        "Id": _id(rng),
        "Relationships": [{"Type": "CHILD", "Ids": [line["Id"] for line in lines]}],
    }
    return [page, *lines, *words]


def _block(kind: str, text: str, position: tuple[float, float, float], rng: random.Random) -> dict[str, Any]:
    """Return a LINE or WORD block. `position` is left, top, width."""
    left, top, width = position
    return {
        "BlockType": kind,
        "Confidence": _as_float32(rng.uniform(88, 99.99)),
        "Text": text,
        "Geometry": _geometry((left, top, width, 0.015), rng),
        "Id": _id(rng),
    }


def _geometry(box: tuple[float, float, float, float], rng: random.Random) -> dict[str, Any]:
    left, top, width, height = (_as_float32(value + rng.uniform(0, 0.0005)) for value in box)
    right, bottom = _as_float32(left + width), _as_float32(top + height)
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    return {
        "BoundingBox": {"Width": width, "Height": height, "Left": left, "Top": top},
        "Polygon": [{"X": x, "Y": y} for x, y in corners],
    }


def _id(rng: random.Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def _as_float32(value: float) -> float:
    """Round to a 32-bit float, the precision of Textract's numbers."""
    return float(struct.unpack(">f", struct.pack(">f", value))[0])
