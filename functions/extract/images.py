"""Converts images that cannot be sent unmodified: several in one TIFF, too large, mirrored, or in an odd format.

Runs in the sandbox child. Each image is turned upright (by its EXIF orientation) and made to fit into one OCR
call, as a PNG if it is black and white and as a JPEG otherwise.
"""

import io
from collections.abc import Callable
from typing import IO, Any

from PIL import Image, ImageOps

from core.models import errors
from core.models.media_types import JPEG, TIFF
from extract.limits import MAX_CALL_BYTES, MAX_CALL_PIXELS_PER_SIDE, DocumentLimits

_QUALITIES = (92, 85, 75)
_DAMAGED = "This picture is damaged and cannot be opened. Take or scan it again and resend it."
_RESOLUTION_TAGS = (282, 283)
_ORIENTATION_TAG = 274
_SUBFILE_TYPE_TAG = 254


def read_images(
    task: dict[str, Any], stream: IO[bytes], limits: DocumentLimits, send_frame: Callable[..., None]
) -> None:
    """Send a frame with the number of images, then one frame for each of them, ready for OCR.

    If `task` has a `job` that has read this file, its pages are sent without bytes, except those that are stored
    rotated or with pixels that are not square: these are corrected first.
    """
    media_type = task["media_type"]
    image, numbers = open_image(media_type, stream, limits)
    send_frame({"type": "document", "pages": len(numbers)})
    job = task.get("job") or {}
    # If the job counted previews as pages, its page numbers are not the same as these.
    read_by_job = frozenset(job["read"] if job.get("pages") == len(numbers) == getattr(image, "n_frames", 1) else ())
    for page, number in enumerate(numbers, start=1):
        head = {"type": "page", "page": page, "route": "ocr", "reason": "picture"}
        try:
            if page in read_by_job and (aspect := _get_upright_aspect(image, number)):
                send_frame(head | {"aspect": aspect, "read_by_job": True})
                continue
            body, aspect = _encode_frame(image, number, media_type, limits)
        except (MemoryError, errors.DocumentRejected):
            raise
        except Exception as error:
            location = f"Picture {page} in this file" if len(numbers) > 1 else "This picture"
            raise errors.DamagedDocument(f"{location} is damaged and cannot be read. Scan it again.") from error
        send_frame(head | {"aspect": aspect}, body)


def open_image(media_type: str, stream: IO[bytes], limits: DocumentLimits) -> tuple[Any, list[int]]:
    """Open the file as a Pillow image, not decoded yet. Returns it and the numbers of the frames that are pages."""
    Image.MAX_IMAGE_PIXELS = None  # our own limit is checked before anything is decoded
    try:
        image = Image.open(stream, formats=[media_type.removeprefix("image/")])
        numbers = _find_page_frames(image, limits) if media_type == TIFF else [0]
    except (MemoryError, errors.DocumentRejected):
        raise
    except Exception as error:
        raise errors.DamagedDocument(_DAMAGED) from error
    if not numbers:
        raise errors.NoPages("This TIFF has no pages.")
    return image, numbers


def _find_page_frames(image: Any, limits: DocumentLimits) -> list[int]:
    """The frames that are pages; previews of another frame are left out."""
    numbers: list[int] = []
    for number in range(2 * limits.max_pages):
        try:
            image.seek(number)
        except EOFError:
            break
        if not int(image.tag_v2.get(_SUBFILE_TYPE_TAG, 0)) & 1:
            numbers.append(number)
    if len(numbers) > limits.max_pages:
        raise errors.TooManyPages(f"This TIFF has more than {limits.max_pages} pages. Send it in parts.")
    return numbers


def _get_upright_aspect(image: Any, number: int) -> float | None:
    """Width ÷ height of frame `number`; None if it is stored rotated or its pixels are not square."""
    image.seek(number)
    if image.getexif().get(_ORIENTATION_TAG, 1) != 1 or _get_pixel_aspect(image) != 1.0:
        return None
    width, height = image.size
    return float(width / height) if width and height else None


def _encode_frame(image: Any, number: int, media_type: str, limits: DocumentLimits) -> tuple[bytes, float]:
    """Frame `number` as bytes for OCR, and its width ÷ height."""
    upright_image = _fit_to_call(load_frame(image, number, media_type, limits, MAX_CALL_PIXELS_PER_SIDE))
    aspect = upright_image.width / upright_image.height
    if upright_image.mode == "1":
        out = io.BytesIO()
        upright_image.save(out, "PNG")
        if out.tell() <= MAX_CALL_BYTES:
            return out.getvalue(), aspect
        upright_image = upright_image.convert("L")
    return encode_jpeg(upright_image, MAX_CALL_BYTES), aspect


def load_frame(image: Any, number: int, media_type: str, limits: DocumentLimits, longest: int) -> Any:
    """Frame `number`, upright, in mode 1, L or RGB. A JPEG is decoded no larger than `longest` pixels a side need.

    Raises
    ------
    PageTooLarge
        The image has more pixels than the limits allow, or does not fit into the child's memory.
    """
    image.seek(number)
    width, height = image.size
    if width * height > limits.max_pixels:
        raise errors.PageTooLarge(format_too_large(width, height, limits))
    if media_type == JPEG and max(width, height) > longest:
        # The decoder can scale a JPEG down by powers of two, so the full size never needs memory.
        image.draft(None, (longest // 2 + 1, longest // 2 + 1))
    if image.size[0] * image.size[1] * len(image.getbands()) > 0.75 * limits.memory_bytes:
        raise errors.PageTooLarge(format_too_large(width, height, limits))
    pixel_aspect = _get_pixel_aspect(image)
    upright_image = _convert_mode(ImageOps.exif_transpose(image))
    if pixel_aspect != 1.0:
        upright_image = upright_image.resize((upright_image.width, max(1, round(upright_image.height * pixel_aspect))))
    return upright_image


def _get_pixel_aspect(image: Any) -> float:
    """By how much the height must be stretched: fax pages have pixels that are not square."""
    if image.format != "TIFF" or image.tag_v2.get(_ORIENTATION_TAG, 1) > 4:
        return 1.0
    across, down = (float(image.tag_v2.get(tag, 0) or 0) for tag in _RESOLUTION_TAGS)
    if across <= 0 or down <= 0 or not 1.2 < across / down < 4:
        return 1.0
    return across / down


def _convert_mode(image: Any) -> Any:
    """Convert to black and white, grey, or colour on a white background: the modes that both JPEG and PNG support."""
    if image.mode in ("1", "L", "RGB"):
        return image
    if image.mode.startswith("I") or image.mode == "F":
        low, high = image.getextrema()
        return image.point(lambda level: (level - low) * (255.0 / ((high - low) or 1))).convert("L")
    if "transparency" in image.info or image.mode in ("RGBA", "LA", "PA", "RGBa", "La"):
        rgba = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    return image.convert("RGB")


def _fit_to_call(image: Any) -> Any:
    longest = max(image.size)
    if longest <= MAX_CALL_PIXELS_PER_SIDE:
        return image
    scale = MAX_CALL_PIXELS_PER_SIDE / longest
    if image.mode == "1":
        image = image.convert("L")
    return image.resize(tuple(max(1, int(side * scale)) for side in image.size))


def encode_jpeg(image: Any, max_bytes: int) -> bytes:
    """Encode as a JPEG of at most `max_bytes`: by lower quality first, then by fewer pixels."""
    while True:
        for quality in _QUALITIES:
            out = io.BytesIO()
            image.save(out, "JPEG", quality=quality)
            if out.tell() <= max_bytes:
                return out.getvalue()
        image = image.resize((max(1, int(image.width * 0.8)), max(1, int(image.height * 0.8))))


def format_too_large(width: int, height: int, limits: DocumentLimits) -> str:
    return (
        f"This picture has {width} × {height} pixels; at most {limits.max_pixels // 1_000_000} million can be read. "
        "Scan it again at 300 dpi and resend it."
    )
