"""One page drawn for people to look at, as they would hold it. Runs in the child."""

import io
import mmap
import os
from collections.abc import Callable
from typing import Any

from core import errors
from core.filetypes import PDF
from extract.limits import Limits

_QUALITY = 80
# A Lambda's answer has 6 MB, and bytes travel in it as base64.
_MOST_BYTES = 4_400_000
# Pillow turns counter-clockwise.
_TURNS = {90: 270, 180: 180, 270: 90}


def draw(task: dict[str, Any], file: int, limits: Limits, say: Callable[..., None]) -> None:
    """Say page `show` (from 1) as a JPEG, `longest` pixels on its longer side (fewer where an answer would not carry
    it), turned by `turn` degrees clockwise.

    Raises
    ------
    NoPages
        The document has no such page.
    """
    picture = _picture(task, file, limits)
    picture.thumbnail((task["longest"], task["longest"]))
    if task["turn"] in _TURNS:
        picture = picture.rotate(_TURNS[task["turn"]], expand=True)
    picture = picture.convert("L" if picture.mode in ("1", "L") else "RGB")
    written = _jpeg(picture)
    while len(written) > _MOST_BYTES:
        picture.thumbnail((picture.width * 3 // 4, picture.height * 3 // 4))
        written = _jpeg(picture)
    say({"type": "picture", "width": picture.width, "height": picture.height}, written)


def _jpeg(picture: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


def _picture(task: dict[str, Any], file: int, limits: Limits) -> Any:
    number, longest = int(task["show"]), int(task["longest"])
    if task["media_type"] == PDF:
        from extract.pdf_file import PdfFile

        document = PdfFile(mmap.mmap(file, 0, access=mmap.ACCESS_COPY), limits)
        _check(number, document.pages)
        return document.drawn(number - 1, longest / max(*document.size_of_page(number - 1), 1.0))
    from extract import pictures

    with os.fdopen(os.dup(file), "rb") as stream:
        stream.seek(0)
        picture, numbers = pictures.opened(task["media_type"], stream, limits)
        _check(number, len(numbers))
        shown = pictures.frame(picture, numbers[number - 1], task["media_type"], limits, longest)
        return shown.convert("L") if shown.mode == "1" else shown.copy()


def _check(number: int, pages: int) -> None:
    if not 1 <= number <= pages:
        raise errors.NoPages(f"The document has {pages} pages and no page {number}.")
