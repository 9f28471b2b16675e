"""Transcripts: pages of lines with their positions, in the same form from every OCR engine and text layer.

Boxes are (left, top, width, height) as fractions of the page, origin at the top left, after the page
has been turned upright. Confidence is from 0 to 100. Lines are in reading order.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

Box = tuple[float, float, float, float]
# The source of a page that was read without OCR.
TEXT_LAYER = "text_layer"


def _parse_box(value: Any) -> Box:
    left, top, width, height = value
    return (float(left), float(top), float(width), float(height))


class Word(NamedTuple):
    """One word. A named tuple, not a dataclass: a hundred pages have forty thousand words, a tuple is made in half the
    time, and JSON writes it as the array that is stored."""

    text: str
    confidence: float
    box: Box

    @classmethod
    def from_array(cls, array: Sequence[Any]) -> Self:
        text, confidence, box = array
        return cls(text, confidence, _parse_box(box))


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text. `handwriting` summarises the classification of the line's words."""

    text: str
    confidence: float
    box: Box
    handwriting: bool = False
    words: tuple[Word, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "confidence": self.confidence,
            "box": self.box,
            "handwriting": self.handwriting,
            "words": self.words,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any], *, with_words: bool = True) -> Self:
        return cls(
            data["text"],
            data["confidence"],
            _parse_box(data["box"]),
            data["handwriting"],
            tuple([Word.from_array(word) for word in data.get("words", ())]) if with_words else (),
        )


@dataclass(frozen=True, slots=True)
class Page:
    """One page. `number` counts from 1. `source` is "text_layer", or the name of the OCR engine that has read the page.
    `rotation` is the clockwise turn, in degrees, that made the page upright (0, 90, 180, 270). `aspect` is
    width ÷ height of the upright page.
    """

    number: int
    source: str
    lines: tuple[Line, ...]
    rotation: int = 0
    aspect: float = 0.7071

    @property
    def is_read_by_ocr(self) -> bool:
        return self.source != TEXT_LAYER

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)

    def to_dict(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "source": self.source,
            "rotation": self.rotation,
            "aspect": self.aspect,
            "lines": [line.to_dict() for line in self.lines],
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any], *, with_words: bool = True) -> Self:
        return cls(
            number=data["number"],
            source=data["source"],
            lines=tuple(Line.from_dict(line, with_words=with_words) for line in data["lines"]),
            rotation=data.get("rotation", 0),
            aspect=data.get("aspect", 0.7071),
        )


@dataclass(frozen=True, slots=True)
class Transcript:
    """The transcript of a document. `warnings` are sentences for a person.

    `to_dict` gives what JSON is written from: boxes and words are tuples, which JSON writes as arrays.
    """

    pages: tuple[Page, ...]
    warnings: tuple[str, ...] = field(default=())

    @property
    def text(self) -> str:
        return "\n\n".join(page.text for page in self.pages)

    def to_dict(self) -> dict[str, Any]:
        return {
            "pages": [page.to_dict() for page in self.pages],
            "text": self.text,
            "warnings": list(self.warnings),
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any], *, with_words: bool = True) -> Self:
        """Decode a transcript. `with_words` False leaves out each line's words, which take most of the time."""
        return cls(
            pages=tuple(Page.from_dict(page, with_words=with_words) for page in data["pages"]),
            warnings=tuple(data.get("warnings", [])),
        )

    def to_json(self) -> bytes:
        return json.dumps(self.to_dict(), ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        return cls.from_dict(json.loads(body))


@dataclass(frozen=True, slots=True)
class TranscriptPart:
    """Part of a transcript, as one response of the API has it: some of its pages, with all its warnings.

    `next_page` is the number of the page to continue with, None after the last.
    """

    pages: tuple[Page, ...]
    warnings: tuple[str, ...]
    next_page: int | None

    def to_dict(self) -> dict[str, Any]:
        return {**Transcript(self.pages, self.warnings).to_dict(), "next": self.next_page}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        transcript = Transcript.from_dict(data)
        return cls(transcript.pages, transcript.warnings, data.get("next"))
