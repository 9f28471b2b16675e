"""Documents are rendered as pixels, or rejected with Textract's error codes."""

import io
from typing import Any

import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from local.cloud.raster import DocumentRejectedError, count_pages, rasterize_document, rasterize_page


def image_bytes(kind: str, mode: str = "RGB", size: tuple[int, int] = (40, 30), **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, **options.pop("new", {})).save(out, kind, **options)
    return out.getvalue()


def pdf_bytes(pages: int, size: tuple[float, float] = (595, 842)) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=size)
    for number in range(pages):
        canvas.drawString(20, 20, f"page {number}")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        image_bytes("JPEG"),
        image_bytes("JPEG", "CMYK"),
        image_bytes("PNG", "RGBA"),
        image_bytes("PNG", "P"),
        image_bytes("PNG", "I;16"),
        image_bytes("TIFF", "1"),
        image_bytes("TIFF", "L"),
    ],
)
def test_images_of_every_kind_become_three_channels(content: bytes) -> None:
    pixels = rasterize_document(content)
    assert pixels.shape == (30, 40, 3)
    assert pixels.dtype == "uint8"


def test_transparent_pixels_become_white() -> None:
    assert rasterize_document(image_bytes("PNG", "RGBA", new={"color": (0, 0, 0, 0)})).min() == 255


def test_a_pdf_page_is_rendered_at_200_dpi() -> None:
    height, width, _ = rasterize_document(pdf_bytes(1)).shape
    assert (width, height) == pytest.approx((595 / 72 * 200, 842 / 72 * 200), abs=2)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"plain text", "UnsupportedDocumentException"),
        (image_bytes("GIF"), "UnsupportedDocumentException"),
        (pdf_bytes(2), "UnsupportedDocumentException"),
        (b"%PDF-1.7 cut off", "BadDocumentException"),
        (image_bytes("PNG", size=(400, 400))[:200], "BadDocumentException"),
        (image_bytes("PNG", "1", size=(10_001, 5)), "BadDocumentException"),
        (pdf_bytes(1, (9_001, 100)), "BadDocumentException"),
        (image_bytes("TIFF", save_all=True, append_images=[Image.new("RGB", (4, 4))]), "UnsupportedDocumentException"),
        (bytes(10_485_761), "DocumentTooLargeException"),
    ],
)
def test_documents_that_textract_rejects_have_its_error_code(content: bytes, code: str) -> None:
    with pytest.raises(DocumentRejectedError) as raised:
        rasterize_document(content)
    assert raised.value.code == code


def test_one_page_of_several_can_be_rendered() -> None:
    document = pdf_bytes(3)
    assert count_pages(document) == 3
    assert rasterize_page(document, 2).shape[2] == 3
    tiff = image_bytes("TIFF", save_all=True, append_images=[Image.new("RGB", (4, 6))])
    assert count_pages(tiff) == 2
    assert rasterize_page(tiff, 1).shape == (6, 4, 3)
