"""Renders one page as a JPEG for people to look at. Runs in the sandbox child."""

import io
import mmap
import os
from collections.abc import Callable
from typing import Any

from core.models import errors
from core.models.media_types import PDF
from extract.limits import DocumentLimits

_QUALITY = 80
# A Lambda response may have 6 MB, and carries bytes as base64.
_MAX_BYTES = 4_400_000
# Pillow rotates counter-clockwise.
_PILLOW_ROTATIONS = {90: 270, 180: 180, 270: 90}


def render_page_image(task: dict[str, Any], file: int, limits: DocumentLimits, send_frame: Callable[..., None]) -> None:
    """Send page `show` (from 1) as a JPEG, with `longest` pixels on its longer side (fewer if it would not fit into a
    response), rotated by `turn` degrees clockwise.

    Raises
    ------
    NoPages
        The document has no such page.
    """
    image = _render(task, file, limits)
    image.thumbnail((task["longest"], task["longest"]))
    if task["turn"] in _PILLOW_ROTATIONS:
        image = image.rotate(_PILLOW_ROTATIONS[task["turn"]], expand=True)
    image = image.convert("L" if image.mode in ("1", "L") else "RGB")
    encoded = _encode_jpeg(image)
    while len(encoded) > _MAX_BYTES:
        image.thumbnail((image.width * 3 // 4, image.height * 3 // 4))
        encoded = _encode_jpeg(image)
    send_frame({"type": "picture", "width": image.width, "height": image.height}, encoded)


def _encode_jpeg(image: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


def _render(task: dict[str, Any], file: int, limits: DocumentLimits) -> Any:
    number, longest = int(task["show"]), int(task["longest"])
    if task["media_type"] == PDF:
        from extract.pdf.pdf_file import PdfFile

        document = PdfFile(mmap.mmap(file, 0, access=mmap.ACCESS_COPY), limits)
        _check_page_number(number, document.pages)
        return document.render(number - 1, longest / max(*document.get_page_size(number - 1), 1.0))
    from extract import images

    with os.fdopen(os.dup(file), "rb") as stream:
        stream.seek(0)
        image, numbers = images.open_image(task["media_type"], stream, limits)
        _check_page_number(number, len(numbers))
        frame_image = images.load_frame(image, numbers[number - 1], task["media_type"], limits, longest)
        return frame_image.convert("L") if frame_image.mode == "1" else frame_image.copy()


def _check_page_number(number: int, pages: int) -> None:
    if not 1 <= number <= pages:
        raise errors.NoPages(f"The document has {pages} pages and no page {number}.")
