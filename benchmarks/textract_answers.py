"""Textract answers made in advance: full pages in Textract's own JSON, of the size of a written page.

A page has 40 lines and about 300 words (180 KB): what such an answer costs to parse is part of what is
measured. Its first line names the page that was sent, so that a reader can be held to every page in its place.
"""

import json
import random
import struct
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

# How the line that names a page begins.
NAMING = "Sheet "
_LINES = 40
_PLACEHOLDER = "00-0000"
_SENTENCE = (
    "the force acts on a body at rest and energy is kept when charge moves through cells because "
    "plants make sugar from light water carbon dioxide while iron rusts in damp air so mass stays "
    "equal before after reaction speed distance over time gives metres per second therefore answer"
)
_WORDS = _SENTENCE.split()


def label(document: int, page: int) -> str:
    """How a page is named in its picture and in its answer: `03-0007`."""
    return f"{document:02d}-{page:04d}"


def first_line(page: str) -> str:
    return NAMING + page


@dataclass(frozen=True)
class Answer:
    """One answer in two halves, between which the page's label belongs."""

    before: bytes
    after: bytes

    def body(self, page: str) -> bytes:
        return self.before + page.encode() + self.after


def answers(seed: int, count: int = 8) -> list[Answer]:
    """`count` different pages; the same seed gives the same pages."""
    made = []
    for number in range(count):
        chance = random.Random(f"{seed}:{number}")
        lines = [[NAMING.strip(), _PLACEHOLDER], *(sentence(chance) for _ in range(_LINES - 1))]
        # The label stands in the first line's text and once more in its second word, which nobody compares.
        before, _, after = page_answer(lines, chance).before.partition(_PLACEHOLDER.encode())
        made.append(Answer(before, after))
    return made


def sentence(chance: random.Random) -> list[str]:
    """The words of one written line."""
    return chance.choices(_WORDS, k=chance.randint(6, 9))


def page_answer(lines: Sequence[Sequence[str]], chance: random.Random) -> Answer:
    """The answer to a page of these lines, each a list of words; it is the same whatever picture was sent."""
    whole = {
        "Blocks": _blocks(lines, chance),
        "DetectDocumentTextModelVersion": "1.0",
        "DocumentMetadata": {"Pages": 1},
    }
    return Answer(json.dumps(whole, separators=(",", ":")).encode(), b"")


def _blocks(written: Sequence[Sequence[str]], chance: random.Random) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    words: list[dict[str, Any]] = []
    for number, texts in enumerate(written):
        left, top, width = 0.1, 0.06 + 0.022 * number, 0.8 / 9
        inside = [_block("WORD", text, (left + width * at, top, width * 0.9), chance) for at, text in enumerate(texts)]
        for word in inside:
            word["TextType"] = "HANDWRITING" if number % 2 else "PRINTED"
        line = _block("LINE", " ".join(texts), (left, top, width * len(texts)), chance)
        line["Relationships"] = [{"Type": "CHILD", "Ids": [word["Id"] for word in inside]}]
        lines.append(line)
        words += inside
    page = {
        "BlockType": "PAGE",
        "Geometry": _geometry((0.0, 0.0, 1.0, 1.0), chance),
        "Id": _id(chance),
        "Relationships": [{"Type": "CHILD", "Ids": [line["Id"] for line in lines]}],
    }
    return [page, *lines, *words]


def _block(kind: str, text: str, place: tuple[float, float, float], chance: random.Random) -> dict[str, Any]:
    """A line or word; `place` is left, top, width."""
    left, top, width = place
    return {
        "BlockType": kind,
        "Confidence": _single(chance.uniform(88, 99.99)),
        "Text": text,
        "Geometry": _geometry((left, top, width, 0.015), chance),
        "Id": _id(chance),
    }


def _geometry(box: tuple[float, float, float, float], chance: random.Random) -> dict[str, Any]:
    left, top, width, height = (_single(value + chance.uniform(0, 0.0005)) for value in box)
    right, bottom = _single(left + width), _single(top + height)
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    return {
        "BoundingBox": {"Width": width, "Height": height, "Left": left, "Top": top},
        "Polygon": [{"X": x, "Y": y} for x, y in corners],
    }


def _id(chance: random.Random) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


def _single(value: float) -> float:
    """As a float of 32 bits: Textract's numbers have that many digits."""
    return float(struct.unpack(">f", struct.pack(">f", value))[0])
