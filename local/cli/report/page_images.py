"""Renders pages as images to embed in the report: upright, scaled down and compressed to fit a byte budget."""

import base64
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
from PIL import Image, ImageOps, ImageSequence

from core.models import media_types
from local.cli.regular_files import read_regular

# (longest side in pixels, WebP quality), from as readable as paper down to barely readable.
_QUALITY_STEPS = ((1500, 70), (1300, 60), (1100, 50), (900, 42), (740, 35), (600, 28))
# If the share of a page is below this, no page is rendered.
_MIN_PAGE_BYTES = 9_000
# Far above any scan. Pillow refuses to open an image of more than twice this many pixels.
Image.MAX_IMAGE_PIXELS = 200_000_000


@dataclass(frozen=True, slots=True)
class PageImage:
    """One page. `source` is WebP in base64, or None if the page could not be rendered or did not fit the budget."""

    page: int
    width: int
    height: int
    source: str | None


class PageImageRenderer:
    """Renders `pages` pages in at most `byte_budget` bytes in total; each page gets an equal share of what is left."""

    def __init__(self, *, byte_budget: int, pages: int) -> None:
        self._byte_budget = byte_budget
        self._pages = pages
        # Pages of one class are alike, so the next page starts near the step that fitted the last one.
        self._step = 0

    def draw(self, path: Path, *, rotations: Mapping[int, int], pages: int) -> list[PageImage]:
        """Render the first `pages` pages of a PDF or image file, in order.

        `rotations` maps a page number to the clockwise degrees by which the reader turned it upright. A page that
        cannot be rendered has no source; the report then shows only the text that was read.
        """
        drawn = [PageImage(number, 1000, 1414, None) for number in range(1, pages + 1)]
        left = self._pages - pages
        try:
            if self._byte_budget // max(self._pages, 1) >= _MIN_PAGE_BYTES:
                for number, image in _open_pages(path, pages, _QUALITY_STEPS[self._step][0]):
                    drawn[number - 1] = self._encode_page(number, _rotate(image, rotations.get(number, 0)))
        except (OSError, ValueError, RuntimeError, Image.DecompressionBombError, pypdfium2.PdfiumError):
            # The sheet was readable enough to be marked: the report shows its text without the image.
            pass
        self._pages = left
        return drawn

    def _encode_page(self, number: int, image: Image.Image) -> PageImage:
        """Encode a page at the best quality step that fits its share of the budget."""
        share = self._byte_budget // max(self._pages, 1)
        self._pages -= 1
        for step in range(self._step, len(_QUALITY_STEPS)):
            longest, quality = _QUALITY_STEPS[step]
            scaled = image.convert("RGB")
            scaled.thumbnail((longest, longest), Image.Resampling.BICUBIC, reducing_gap=2.0)
            body = io.BytesIO()
            scaled.save(body, "WEBP", quality=quality, method=2)
            if body.tell() <= share:
                # Well below its share, so the next page may try a better step.
                self._step = max(step - 1, 0) if body.tell() < share / 2 else step
                self._byte_budget -= body.tell()
                source = base64.b64encode(body.getvalue()).decode()
                return PageImage(number, scaled.width, scaled.height, source)
        return PageImage(number, image.width, image.height, None)


def _open_pages(path: Path, pages: int, longest: int) -> Iterator[tuple[int, Image.Image]]:
    body = read_regular(path)
    if media_types.detect_media_type(body[:1024]) == media_types.PDF:
        return _pdf_pages(body, pages, longest)
    return _frames(body, pages, longest)


def _pdf_pages(body: bytes, pages: int, longest: int) -> Iterator[tuple[int, Image.Image]]:
    document = pypdfium2.PdfDocument(body)
    try:
        for index in range(min(pages, len(document))):
            page = document[index]
            scale = longest / max(page.get_width(), page.get_height(), 1)
            yield index + 1, page.render(scale=scale).to_pil()
            page.close()
    finally:
        document.close()


def _frames(body: bytes, pages: int, longest: int) -> Iterator[tuple[int, Image.Image]]:
    with Image.open(io.BytesIO(body)) as image:
        if image.format == "JPEG":
            # Let the decoder scale a large photo down: a quarter of the time and memory.
            image.draft("RGB", (longest, longest))
        for index, frame in enumerate(ImageSequence.Iterator(image)):
            if index == pages:
                return
            yield index + 1, ImageOps.exif_transpose(frame).convert("RGB")


def _rotate(image: Image.Image, clockwise: int) -> Image.Image:
    turns = {90: Image.Transpose.ROTATE_270, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_90}
    return image.transpose(turns[clockwise]) if clockwise in turns else image
