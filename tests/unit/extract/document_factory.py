"""Builds documents and OCR responses for tests: PDFs by reportlab, images by Pillow, responses as Textract's JSON."""

import copy
import io
import threading
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageDraw, ImageFont
from reportlab import rl_config
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from extract.ocr.engine import DetectedLine
from extract.ocr.response_parser import TEXTRACT, parse_page_lines

# Write binary streams, as scanners do.
rl_config.useA85 = 0

A4 = (595.0, 842.0)
PROSE = [
    "Photosynthesis is the process by which green plants make food.",
    "It takes carbon dioxide from the air and water from the soil,",
    "and with the energy of sunlight it turns them into glucose.",
    "Oxygen is given off and leaves the leaf through its stomata.",
]
DrawFunction = Callable[[Canvas], None]


def pdf(*pages: DrawFunction, size: tuple[float, float] = A4, **options: Any) -> bytes:
    """A PDF with one page for each drawing function."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=size, **options)
    for draw in pages:
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def typed_page(lines: Sequence[str] = PROSE, *, x: float = 72, y: float = 760, pitch: float = 18) -> DrawFunction:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 11)
        for number, line in enumerate(lines):
            canvas.drawString(x, y - number * pitch, line)

    return draw


def scanned_page(image: Image.Image) -> DrawFunction:
    """A page that is one image, as a scanner makes it."""

    def draw(canvas: Canvas) -> None:
        canvas.drawImage(ImageReader(image), 0, 0, *canvas._pagesize)

    return draw


def draw_all(*draws: DrawFunction) -> DrawFunction:
    def draw(canvas: Canvas) -> None:
        for each in draws:
            each(canvas)

    return draw


def picture(lines: Sequence[str] = PROSE, size: tuple[int, int] = (620, 877), mode: str = "L") -> Image.Image:
    image = Image.new(mode, size, "white")
    pen = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=max(8, size[1] // 60))
    for number, line in enumerate(lines):
        pen.text((size[0] // 12, size[1] // 12 + number * size[1] // 30), line, fill="black", font=font)
    return image


def encode_image(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


# ── Textract's JSON ──────────────────────────────────────────────────────────────────────────────────

PlacedLine = tuple[str, float, float, float, float]


def block(kind: str, box: Sequence[float], **more: Any) -> dict[str, Any]:
    left, top, width, height = box
    corners = [(left, top), (left + width, top), (left + width, top + height), (left, top + height)]
    return {
        "BlockType": kind,
        "Id": str(uuid.uuid4()),
        "Geometry": {
            "BoundingBox": {"Left": left, "Top": top, "Width": width, "Height": height},
            "Polygon": [{"X": x, "Y": y} for x, y in corners],
        },
        **more,
    }


def line_blocks(text: str, box: Sequence[float], *, handwritten: bool = False, **more: Any) -> list[dict[str, Any]]:
    """A LINE and its WORDs, each as wide as its share of the line's letters."""
    left, top, width, height = box
    words, at = [], left
    letter_width = width / max(len(text), 1)
    for word in text.split():
        kind = "HANDWRITING" if handwritten else "PRINTED"
        box_of_word = (at, top, letter_width * len(word), height)
        words.append(block("WORD", box_of_word, Text=word, TextType=kind, Confidence=98.5, **more))
        at += letter_width * (len(word) + 1)
    children = [{"Type": "CHILD", "Ids": [word["Id"] for word in words]}]
    return [block("LINE", box, Text=text, Confidence=99.1, Relationships=children, **more), *words]


def page_blocks(lines: Iterable[PlacedLine], **more: Any) -> list[dict[str, Any]]:
    found = [each for text, *box in lines for each in line_blocks(text, box, **more)]
    children = [each["Id"] for each in found if each["BlockType"] == "LINE"]
    page = block("PAGE", (0, 0, 1, 1), Relationships=[{"Type": "CHILD", "Ids": children}], **more)
    return [page, *found]


def detect_text_response(lines: Iterable[PlacedLine]) -> dict[str, Any]:
    """The response of DetectDocumentText for one page."""
    return {
        "DocumentMetadata": {"Pages": 1},
        "Blocks": page_blocks(lines),
        "DetectDocumentTextModelVersion": "1.0",
    }


def rotate_response(response: dict[str, Any], degrees: int) -> dict[str, Any]:
    """The same response for a page rotated clockwise by `degrees`."""

    def turn(x: float, y: float) -> tuple[float, float]:
        return {90: (1 - y, x), 180: (1 - x, 1 - y), 270: (y, 1 - x)}[degrees]

    result = copy.deepcopy(response)
    for each in result["Blocks"]:
        points = [turn(point["X"], point["Y"]) for point in each["Geometry"]["Polygon"]]
        xs, ys = [x for x, _ in points], [y for _, y in points]
        each["Geometry"] = {
            "BoundingBox": {"Left": min(xs), "Top": min(ys), "Width": max(xs) - min(xs), "Height": max(ys) - min(ys)},
            "Polygon": [{"X": x, "Y": y} for x, y in points],
        }
    return result


def stack_lines(lines: Sequence[str]) -> list[PlacedLine]:
    return [(line, 0.12, 0.08 + 0.03 * number, 0.011 * len(line), 0.015) for number, line in enumerate(lines)]


@dataclass
class TextractJson:
    """An OCR engine whose responses `respond` gives, as Textract's JSON."""

    respond: Callable[[bytes], dict[str, Any]]
    name: str = TEXTRACT

    def read_page(self, body: bytes) -> list[DetectedLine]:
        return parse_page_lines(self.respond(body))

    def close(self) -> None: ...


class RecordingOcr:
    """OCR that returns the same lines for every page, and records the bytes that it was sent."""

    name = TEXTRACT

    def __init__(self, lines: Sequence[str] = ("read by OCR",)) -> None:
        self.lines = lines
        self.bodies: list[bytes] = []
        self._lock = threading.Lock()

    def read_page(self, body: bytes) -> list[DetectedLine]:
        with self._lock:
            self.bodies.append(body)
        return parse_page_lines(detect_text_response(stack_lines(self.lines)))

    def close(self) -> None: ...
