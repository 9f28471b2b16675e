"""The reader behind the stand-in for Textract: no engine, it knows what stands on the harness's own pages."""

import io

from PIL import Image
from pypdf import PdfReader

from local.cloud.ocr import Line, Page, Word

LINES = "lines"


class KnownPages:
    """Pictures carry their text as metadata; a page of a PDF has a text layer."""

    def read(self, content: bytes, page: int | None = None) -> Page:
        lines = _of_pdf(content, page or 1) if content.startswith(b"%PDF") else _of_picture(content)
        return Page(1000, 1400, 0, tuple(_line(number, text) for number, text in enumerate(lines)))

    def count(self, content: bytes) -> int:
        return len(PdfReader(io.BytesIO(content)).pages) if content.startswith(b"%PDF") else 1

    def close(self) -> None:
        """Nothing to end."""


def _of_pdf(content: bytes, page: int) -> list[str]:
    text = PdfReader(io.BytesIO(content)).pages[page - 1].extract_text()
    return [line.strip() for line in text.splitlines() if line.strip()]


def _of_picture(content: bytes) -> list[str]:
    with Image.open(io.BytesIO(content)) as image:
        return str(image.info.get(LINES, "")).splitlines()


def _line(number: int, text: str) -> Line:
    top = 0.06 + 0.03 * number
    words, left = [], 0.1
    for word in text.split():
        right = left + 0.009 * len(word)
        words.append(Word(word, 0.99, ((left, top), (right, top), (right, top + 0.02), (left, top + 0.02))))
        left = right + 0.009
    right = left - 0.009
    return Line(text, 0.99, ((0.1, top), (right, top), (right, top + 0.02), (0.1, top + 0.02)), tuple(words))
