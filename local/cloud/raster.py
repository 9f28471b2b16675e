"""Renders a document's page as pixels, or rejects the document as Textract would.

Limits are Textract's: https://docs.aws.amazon.com/textract/latest/dg/limits-document.html
"""

import io
import warnings
from typing import Any

import numpy as np
from PIL import Image, ImageFile

MAX_BYTES = 10_485_760
MAX_SIDE_PIXELS = 10_000
MAX_SIDE_POINTS = 9_000
_DPI = 200
# Larger renderings only take longer: the engine scales its input down further.
_MAX_RENDERED_SIDE = 3_000
_FORMATS = {"JPEG", "PNG", "TIFF"}
_GREYSCALE_16_BIT_MODES = ("I;16", "I;16B", "I;16L", "I")

Pixels = np.ndarray[Any, np.dtype[np.uint8]]


class DocumentRejectedError(Exception):
    """The document cannot be read; `code` is the name of Textract's exception."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def rasterize_document(content: bytes) -> Pixels:
    """Renders a document of one page: height x width x 3 bytes, blue first. EXIF orientation is ignored.

    Raises
    ------
    DocumentRejectedError
        UnsupportedDocumentException, BadDocumentException or DocumentTooLargeException.
    """
    if len(content) > MAX_BYTES:
        raise DocumentRejectedError("DocumentTooLargeException", "The document is larger than 10 MB.")
    if content[:1024].lstrip()[:5] == b"%PDF-":
        return _rasterize_pdf_page(content, 0, single_page_only=True)
    return _rasterize_image(content, 0, single_page_only=True)


def count_pages(content: bytes) -> int:
    """Counts the pages of a PDF or frames of a TIFF; raises as `rasterize_document` does."""
    if content[:1024].lstrip()[:5] == b"%PDF-":
        document = _open_pdf(content)
        try:
            return len(document)
        finally:
            document.close()
    with _open_image(content) as image:
        return int(getattr(image, "n_frames", 1))


def rasterize_page(content: bytes, index: int) -> Pixels:
    """Renders one page (from 0) of a document with any number of pages, for the asynchronous operations."""
    if content[:1024].lstrip()[:5] == b"%PDF-":
        return _rasterize_pdf_page(content, index, single_page_only=False)
    return _rasterize_image(content, index, single_page_only=False)


def _open_pdf(content: bytes) -> Any:
    import pypdfium2

    try:
        return pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise DocumentRejectedError(
                "UnsupportedDocumentException", "The PDF is protected by a password."
            ) from error
        raise DocumentRejectedError("BadDocumentException", "The PDF cannot be read.") from error


def _rasterize_pdf_page(content: bytes, index: int, *, single_page_only: bool) -> Pixels:
    import pypdfium2

    document = _open_pdf(content)
    try:
        if single_page_only and len(document) != 1:
            raise DocumentRejectedError(
                "UnsupportedDocumentException", "Only documents of one page are read synchronously."
            )
        page = document[index]
        longest = max(page.get_size())
        if not 0 < longest <= MAX_SIDE_POINTS:
            raise DocumentRejectedError("BadDocumentException", "The page is larger than 9000 points.")
        scale = min(_DPI / 72, _MAX_RENDERED_SIDE / longest)
        return np.ascontiguousarray(page.render(scale=scale, rev_byteorder=False).to_numpy()[:, :, :3])
    except pypdfium2.PdfiumError as error:
        raise DocumentRejectedError("BadDocumentException", "The page cannot be drawn.") from error
    finally:
        document.close()


def _open_image(content: bytes) -> Image.Image:
    Image.MAX_IMAGE_PIXELS = MAX_SIDE_PIXELS * MAX_SIDE_PIXELS
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(content))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DocumentRejectedError(
            "UnsupportedDocumentException", "The document is no PDF, JPEG, PNG or TIFF."
        ) from error
    if image.format not in _FORMATS:
        raise DocumentRejectedError("UnsupportedDocumentException", "The document is no PDF, JPEG, PNG or TIFF.")
    if max(image.size) > MAX_SIDE_PIXELS:
        raise DocumentRejectedError("BadDocumentException", "The picture has more than 10,000 pixels on a side.")
    return image


def _rasterize_image(content: bytes, index: int, *, single_page_only: bool) -> Pixels:
    image = _open_image(content)
    try:
        if single_page_only and getattr(image, "n_frames", 1) != 1:
            raise DocumentRejectedError(
                "UnsupportedDocumentException", "Only documents of one page are read synchronously."
            )
        image.seek(index)
        rgb = _flatten_on_white(image)
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise DocumentRejectedError("BadDocumentException", "The picture cannot be decoded.") from error
    return np.ascontiguousarray(np.asarray(rgb)[:, :, ::-1])


def _flatten_on_white(image: Image.Image) -> Image.Image:
    if image.mode in _GREYSCALE_16_BIT_MODES:
        return Image.fromarray((np.asarray(image).astype("float32") / 257).clip(0, 255).astype("uint8")).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layer = image.convert("RGBA")
        background = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(background, layer).convert("RGB")
    return image.convert("RGB")
