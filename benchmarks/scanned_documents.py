"""Generates documents to measure with: scans whose pages are identifiable from their images, and a typed paper.

Each image carries its page's label in a JPEG comment. A server that receives a page can therefore tell which page it
is, and whether the image was passed through or re-encoded. Generated from seeds; the same arguments give the same
bytes.
"""

import io
import random
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from benchmarks.textract_responses import page_label

_LABEL_MARK = b"gradeline-page:"
_LABEL = re.compile(rb"gradeline-page:(\d\d-\d{4})")
_PAGE = re.compile(rb"/Type\s*/Page(?![A-Za-z])")
# A4 at 200 dpi, greyscale: what a school's copier produces.
_SIZE = (1654, 2339)
_POINTS = (595, 842)
# Share of paper grain blended into a scan. It makes a page about 300 KB or 800 KB large.
GRAIN, COARSE_GRAIN = 0.02, 0.145
_SENTENCES = (
    "1. State Newton's first law of motion.", "A body stays at rest or moves on in a straight line",
    "unless a force acts on it from outside.", "2. Work out the speed of a cyclist who covers 420 m in 60 s.",
    "speed = distance / time = 420 / 60 = 7 m/s", "3. Why does iron rust sooner in damp air?",
    "Water and oxygen both have to reach the metal.",
)  # fmt: skip


def find_labels(document: bytes) -> tuple[str, ...]:
    """Return the labels of all images in a document, in byte order."""
    return tuple(found.decode() for found in _LABEL.findall(document))


def count_pdf_pages(document: bytes) -> int:
    """Return the number of pages of a PDF, or -1 where it cannot be determined."""
    uncompressed_pages = len(_PAGE.findall(document))
    if uncompressed_pages == 1:
        return 1
    from pypdf import PdfReader  # only for PDFs with compressed page objects or several pages
    from pypdf.errors import PyPdfError

    try:
        return len(PdfReader(io.BytesIO(document)).pages)
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError):
        return -1


@cache
def make_page_images(grain: float = GRAIN, seed: int = 1, count: int = 4) -> tuple[bytes, ...]:
    """Generate a few scanned pages as JPEG, without labels."""
    font = ImageFont.load_default(34)
    images = []
    for number in range(count):
        page = Image.new("L", _SIZE, 250)
        draw = ImageDraw.Draw(page)
        rng = random.Random(f"page:{seed}:{number}")
        for row in range(40):
            draw.text((150 + rng.randint(-6, 6), 130 + 54 * row), rng.choice(_SENTENCES), fill=40, font=font)
        noise = Image.frombytes("L", _SIZE, rng.randbytes(_SIZE[0] * _SIZE[1]))
        buffer = io.BytesIO()
        Image.blend(page, noise, grain).save(buffer, "JPEG", quality=70)
        images.append(buffer.getvalue())
    return tuple(images)


def with_label(picture: bytes, document: int, page: int) -> bytes:
    """Return the JPEG with its page's label as a comment, directly after its first marker."""
    text = _LABEL_MARK + page_label(document, page).encode()
    return picture[:2] + b"\xff\xfe" + (len(text) + 2).to_bytes(2, "big") + text + picture[2:]


def write_scan(path: Path, pages: int, *, document: int = 1, grain: float = GRAIN, shared: bool = False) -> Path:
    """Write a PDF of `pages` scans. `shared`: all pages refer to one resource dictionary with every image."""
    base = make_page_images(grain)
    scans = (with_label(base[number % len(base)], document, number + 1) for number in range(pages))
    with path.open("wb") as buffer:
        _write_pdf(buffer, _pdf_objects(list(scans), shared=shared))
    return path


def _pdf_objects(scans: list[bytes], *, shared: bool) -> Iterator[bytes]:
    """Yield the objects: 1 is the catalogue, 2 the page tree, 3 the shared resources; then page, content and image of
    each page."""
    width, height = _POINTS
    kids = b" ".join(b"%d 0 R" % (4 + 3 * number) for number in range(len(scans)))
    names = [b"/Im%d %d 0 R" % (number, 6 + 3 * number) for number in range(len(scans))]
    yield b"<< /Type /Catalog /Pages 2 0 R >>"
    yield b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(scans), kids)
    yield b"<< /XObject << %s >> >>" % b" ".join(names) if shared else b"<< >>"
    for number, scan in enumerate(scans):
        resources = b"3 0 R" if shared else b"<< /XObject << %s >> >>" % names[number]
        yield (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Resources %s /Contents %d 0 R >>"
            % (width, height, resources, 5 + 3 * number)
        )
        yield _pdf_stream(b"", b"q %d 0 0 %d 0 0 cm /Im%d Do Q" % (width, height, number))
        head = b"/Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 8" % _SIZE
        yield _pdf_stream(head + b" /ColorSpace /DeviceGray /Filter /DCTDecode ", scan)


def _pdf_stream(head: bytes, body: bytes) -> bytes:
    return b"<< %s/Length %d >>\nstream\n%s\nendstream" % (head, len(body), body)


def _write_pdf(buffer: io.BufferedWriter, objects: Iterable[bytes]) -> None:
    buffer.write(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(buffer.tell())
        buffer.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = buffer.tell()
    buffer.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(offsets) + 1))
    buffer.writelines(b"%010d 00000 n \n" % offset for offset in offsets)
    buffer.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(offsets) + 1, start))


def write_typed(path: Path, pages: int) -> Path:
    """Write a paper with a text layer: two fonts, about 40 lines per page."""
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(path), pagesize=A4, invariant=1)
    rng = random.Random("typed")
    for number in range(pages):
        canvas.setFont("Times-Bold", 14)
        canvas.drawString(60, 800, f"Sheet {page_label(0, number + 1)}")
        canvas.setFont("Times-Roman", 11)
        for row in range(40):
            canvas.drawString(60, 770 - 18 * row, f"{rng.choice(_SENTENCES)} {rng.choice(_SENTENCES)}"[:95])
        canvas.showPage()
    canvas.save()
    return path
