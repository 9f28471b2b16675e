"""Pictures that cannot be sent as they came: several in one TIFF, too large, mirrored, or in an odd format.

Runs in the child. Each picture comes out upright (by its EXIF orientation), at most as large as one call takes,
as a PNG where it is black and white and as a JPEG otherwise.
"""

import io
from collections.abc import Callable
from typing import IO, Any

from PIL import Image, ImageOps

from core import errors
from core.filetypes import JPEG, TIFF
from extract.limits import CALL_BYTES, CALL_PIXELS_A_SIDE, Limits

_QUALITIES = (92, 85, 75)
_DAMAGED = "This picture is damaged and cannot be opened. Take or scan it again and resend it."
_RESOLUTIONS = (282, 283)
_ORIENTATION = 274
_THUMBNAIL = 254


def read(task: dict[str, Any], stream: IO[bytes], limits: Limits, say: Callable[..., None]) -> None:
    """Say how many pictures there are, then each of them, ready to be sent.

    Where `task` tells of a `job` that has read this file as it lies, its pages need no bytes; but for those that
    are stored lying or squeezed, which are put right first.
    """
    media_type = task["media_type"]
    picture, numbers = opened(media_type, stream, limits)
    say({"type": "document", "pages": len(numbers)})
    job = task.get("job") or {}
    # Who counts previews as pages does not mean the same page.
    read_by_job = frozenset(job["read"] if job.get("pages") == len(numbers) == getattr(picture, "n_frames", 1) else ())
    for page, number in enumerate(numbers, start=1):
        head = {"type": "page", "page": page, "route": "ocr", "reason": "picture"}
        try:
            if page in read_by_job and (aspect := _stands(picture, number)):
                say(head | {"aspect": aspect, "read_by_job": True})
                continue
            body, aspect = _ready(picture, number, media_type, limits)
        except (MemoryError, errors.DocumentRejected):
            raise
        except Exception as error:
            where = f"Picture {page} in this file" if len(numbers) > 1 else "This picture"
            raise errors.DamagedDocument(f"{where} is damaged and cannot be read. Scan it again.") from error
        say(head | {"aspect": aspect}, body)


def opened(media_type: str, stream: IO[bytes], limits: Limits) -> tuple[Any, list[int]]:
    """The file as a Pillow image, not decoded yet, and the frames in it that are pages."""
    Image.MAX_IMAGE_PIXELS = None  # the house's own limit is looked at before anything is decoded
    try:
        picture = Image.open(stream, formats=[media_type.removeprefix("image/")])
        numbers = _pages(picture, limits) if media_type == TIFF else [0]
    except (MemoryError, errors.DocumentRejected):
        raise
    except Exception as error:
        raise errors.DamagedDocument(_DAMAGED) from error
    if not numbers:
        raise errors.NoPages("This TIFF has no pages.")
    return picture, numbers


def _pages(picture: Any, limits: Limits) -> list[int]:
    """The frames that are pages: previews of another frame are left out."""
    numbers: list[int] = []
    for number in range(2 * limits.max_pages):
        try:
            picture.seek(number)
        except EOFError:
            break
        if not int(picture.tag_v2.get(_THUMBNAIL, 0)) & 1:
            numbers.append(number)
    if len(numbers) > limits.max_pages:
        raise errors.TooManyPages(f"This TIFF has more than {limits.max_pages} pages. Send it in parts.")
    return numbers


def _stands(picture: Any, number: int) -> float | None:
    """Width ÷ height of frame `number` where it is stored as it is seen, None where it is not."""
    picture.seek(number)
    if picture.getexif().get(_ORIENTATION, 1) != 1 or _squeezed(picture) != 1.0:
        return None
    width, height = picture.size
    return float(width / height) if width and height else None


def _ready(picture: Any, number: int, media_type: str, limits: Limits) -> tuple[bytes, float]:
    """Frame `number` as bytes to send, and its width ÷ height."""
    upright = _fitting(frame(picture, number, media_type, limits, CALL_PIXELS_A_SIDE))
    aspect = upright.width / upright.height
    if upright.mode == "1":
        out = io.BytesIO()
        upright.save(out, "PNG")
        if out.tell() <= CALL_BYTES:
            return out.getvalue(), aspect
        upright = upright.convert("L")
    return as_jpeg(upright, CALL_BYTES), aspect


def frame(picture: Any, number: int, media_type: str, limits: Limits, longest: int) -> Any:
    """Frame `number`, upright and plain; a JPEG is decoded no larger than it takes for `longest` pixels a side."""
    picture.seek(number)
    width, height = picture.size
    if width * height > limits.max_pixels:
        raise errors.PageTooLarge(too_large(width, height, limits))
    if media_type == JPEG and max(width, height) > longest:
        # The decoder itself can halve a JPEG, which spares the memory of the whole.
        picture.draft(None, (longest // 2 + 1, longest // 2 + 1))
    if picture.size[0] * picture.size[1] * len(picture.getbands()) > 0.75 * limits.memory_bytes:
        raise errors.PageTooLarge(too_large(width, height, limits))
    squeezed = _squeezed(picture)
    upright = _plain(ImageOps.exif_transpose(picture))
    if squeezed != 1.0:
        upright = upright.resize((upright.width, max(1, round(upright.height * squeezed))))
    return upright


def _squeezed(picture: Any) -> float:
    """Fax pages have pixels that are not square: by how much their height is to be stretched."""
    if picture.format != "TIFF" or picture.tag_v2.get(_ORIENTATION, 1) > 4:
        return 1.0
    across, down = (float(picture.tag_v2.get(tag, 0) or 0) for tag in _RESOLUTIONS)
    if across <= 0 or down <= 0 or not 1.2 < across / down < 4:
        return 1.0
    return across / down


def _plain(picture: Any) -> Any:
    """As black and white, grey or colour on white paper: what JPEG and PNG can both hold."""
    if picture.mode in ("1", "L", "RGB"):
        return picture
    if picture.mode.startswith("I") or picture.mode == "F":
        low, high = picture.getextrema()
        return picture.point(lambda level: (level - low) * (255.0 / ((high - low) or 1))).convert("L")
    if "transparency" in picture.info or picture.mode in ("RGBA", "LA", "PA", "RGBa", "La"):
        seen = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen).convert("RGB")
    return picture.convert("RGB")


def _fitting(picture: Any) -> Any:
    longest = max(picture.size)
    if longest <= CALL_PIXELS_A_SIDE:
        return picture
    scale = CALL_PIXELS_A_SIDE / longest
    if picture.mode == "1":
        picture = picture.convert("L")
    return picture.resize(tuple(max(1, int(side * scale)) for side in picture.size))


def as_jpeg(picture: Any, most: int) -> bytes:
    """A JPEG of at most so many bytes: of less quality first, then smaller."""
    while True:
        for quality in _QUALITIES:
            out = io.BytesIO()
            picture.save(out, "JPEG", quality=quality)
            if out.tell() <= most:
                return out.getvalue()
        picture = picture.resize((max(1, int(picture.width * 0.8)), max(1, int(picture.height * 0.8))))


def too_large(width: int, height: int, limits: Limits) -> str:
    return (
        f"This picture has {width} × {height} pixels; at most {limits.max_pixels // 1_000_000} million can be read. "
        "Scan it again at 300 dpi and resend it."
    )
