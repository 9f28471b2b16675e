"""Transcripts: pages of lines with their positions, in the same form from every OCR engine and text layer.

Boxes are (left, top, width, height) as fractions of the page, origin at the top left, after the page
has been turned upright. Confidence is on Textract's scale, 0 to 100. Lines are in reading order.
"""

import json
from dataclasses import dataclass, field
from typing import Any, Literal, Self

Box = tuple[float, float, float, float]
PageSource = Literal["text_layer", "textract"]


def _parse_box(value: Any) -> Box:
    left, top, width, height = (float(number) for number in value)
    return (left, top, width, height)


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    confidence: float
    box: Box


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text. `handwriting` summarises the classification of the line's words."""

    text: str
    confidence: float
    box: Box
    handwriting: bool = False
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """One page. `number` counts from 1. `rotation` is the clockwise turn, in degrees, that made the page upright
    (0, 90, 180, 270). `aspect` is width ÷ height of the upright page.
    """

    number: int
    source: PageSource
    lines: tuple[Line, ...]
    rotation: int = 0
    aspect: float = 0.7071

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)


@dataclass(frozen=True, slots=True)
class Transcript:
    """The transcript of a document. `warnings` are sentences for a person."""

    pages: tuple[Page, ...]
    warnings: tuple[str, ...] = field(default=())

    @property
    def text(self) -> str:
        return "\n\n".join(page.text for page in self.pages)

    def to_dict(self) -> dict[str, Any]:
        return {
            "pages": [
                {
                    "number": page.number,
                    "source": page.source,
                    "rotation": page.rotation,
                    "aspect": page.aspect,
                    "lines": [
                        {
                            "text": line.text,
                            "confidence": line.confidence,
                            "box": list(line.box),
                            "handwriting": line.handwriting,
                            "words": [[word.text, word.confidence, list(word.box)] for word in line.words],
                        }
                        for line in page.lines
                    ],
                }
                for page in self.pages
            ],
            "text": self.text,
            "warnings": list(self.warnings),
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        return cls(
            pages=tuple(
                Page(
                    number=page["number"],
                    source=page["source"],
                    rotation=page.get("rotation", 0),
                    aspect=page.get("aspect", 0.7071),
                    lines=tuple(
                        Line(
                            text=line["text"],
                            confidence=line["confidence"],
                            box=_parse_box(line["box"]),
                            handwriting=line["handwriting"],
                            words=tuple(Word(text, conf, _parse_box(box)) for text, conf, box in line.get("words", [])),
                        )
                        for line in page["lines"]
                    ),
                )
                for page in data["pages"]
            ),
            warnings=tuple(data.get("warnings", [])),
        )

    def to_json(self) -> bytes:
        return json.dumps(self.to_dict(), ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        return cls.from_dict(json.loads(body))
