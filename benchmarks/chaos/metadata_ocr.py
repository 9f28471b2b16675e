"""OCR engine for the fake Textract: it reads the text of the harness's own pages from their metadata."""

import io

from PIL import Image
from pypdf import PdfReader

from local.cloud.ocr_pool import OcrLine, OcrPage, OcrWord

LINES = "lines"


class MetadataOcr:
    """Images carry their text as metadata; PDF pages have a text layer."""

    def read(self, content: bytes, page: int | None = None) -> OcrPage:
        lines = _lines_of_pdf(content, page or 1) if content.startswith(b"%PDF") else _lines_of_image(content)
        return OcrPage(1000, 1400, 0, tuple(_line(number, text) for number, text in enumerate(lines)))

    def count(self, content: bytes) -> int:
        return len(PdfReader(io.BytesIO(content)).pages) if content.startswith(b"%PDF") else 1

    def close(self) -> None:
        """Nothing to close."""


def _lines_of_pdf(content: bytes, page: int) -> list[str]:
    text = PdfReader(io.BytesIO(content)).pages[page - 1].extract_text()
    return [line.strip() for line in text.splitlines() if line.strip()]


def _lines_of_image(content: bytes) -> list[str]:
    with Image.open(io.BytesIO(content)) as image:
        return str(image.info.get(LINES, "")).splitlines()


def _line(number: int, text: str) -> OcrLine:
    top = 0.06 + 0.03 * number
    words, left = [], 0.1
    for word in text.split():
        right = left + 0.009 * len(word)
        words.append(OcrWord(word, 0.99, ((left, top), (right, top), (right, top + 0.02), (left, top + 0.02))))
        left = right + 0.009
    right = left - 0.009
    return OcrLine(text, 0.99, ((0.1, top), (right, top), (right, top + 0.02), (0.1, top + 0.02)), tuple(words))
