"""Small documents for tests: typed, scanned, encrypted and empty ones. Each test passes its own text."""

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo
from pypdf import PdfReader, PdfWriter
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from benchmarks.chaos.metadata_ocr import LINES


def typed_pdf(*pages: Sequence[str]) -> bytes:
    """Return a PDF with a text layer, one sequence of lines per page."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1)
    for lines in pages:
        canvas.setFont("Helvetica", 12)
        for number, line in enumerate(lines):
            canvas.drawString(60, 780 - 22 * number, line)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def picture(lines: Sequence[str]) -> bytes:
    """Return a clean PNG of printed lines, about 100 dpi. It carries its text for `tests.ocr_engine`."""
    out = io.BytesIO()
    text = PngInfo()
    text.add_text(LINES, "\n".join(lines))
    _drawn(lines).save(out, "PNG", pnginfo=text)
    return out.getvalue()


def photo(lines: Sequence[str]) -> bytes:
    """Return the same image as a JPEG, which only the real OCR engine can read."""
    out = io.BytesIO()
    _drawn(lines).save(out, "JPEG")
    return out.getvalue()


def _drawn(lines: Sequence[str]) -> Image.Image:
    image = Image.new("RGB", (830, 80 + 56 * len(lines)), "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(26)
    for number, line in enumerate(lines):
        draw.text((50, 40 + 56 * number), line, fill="black", font=font)
    return image


def scanned_pdf(*pages: Sequence[str]) -> bytes:
    """Return a PDF of page images without a text layer."""
    images = [_drawn(lines) for lines in pages]
    out = io.BytesIO()
    images[0].save(out, "PDF", save_all=True, append_images=images[1:], resolution=100)
    return out.getvalue()


def encrypted_pdf(lines: Sequence[str] = ("a page",)) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(typed_pdf(lines))))
    writer.encrypt("a password", algorithm="AES-256")
    return _to_bytes(writer)


def pdf_without_pages() -> bytes:
    return _to_bytes(PdfWriter())


def _to_bytes(writer: PdfWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
