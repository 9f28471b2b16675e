"""Checks a received file before anything parses it: its type by content, its declared type, its size."""

from dataclasses import dataclass

from core.models import errors, media_types
from extract.limits import DocumentLimits

# Enough for an image's size and orientation, which come after an embedded thumbnail at worst.
HEAD_BYTES = 262_144


@dataclass(frozen=True, slots=True)
class OpenFile:
    """An open, readable file: its descriptor, size in bytes, media type by content, and first bytes."""

    descriptor: int
    size: int
    media_type: str
    head: bytes


def check_type(head: bytes, size: int, *, name: str | None, header: str | None, limits: DocumentLimits) -> str:
    """The media type of a file by its content.

    Raises
    ------
    EmptyFile, FileTooLarge, UnsupportedFileType, FileTypeMismatch
        A name or a header that does not tell the type is no mismatch.
    """
    check_size(size, limits)
    found = media_types.detect_media_type(head[:1024])
    if found is None:
        raise errors.UnsupportedFileType(
            f"This file is not {media_types.SUPPORTED_TYPES_TEXT}. Export it as a PDF and send that."
        )
    check_declared(found, name=name, header=header)
    return found


def check_declared(media_type: str, *, name: str | None, header: str | None) -> None:
    """Raise FileTypeMismatch if the name or the header declares another type than `media_type`."""
    by_name = media_types.media_type_from_name(name) if name else None
    for claimed, what in ((by_name, "name"), (media_types.parse_content_type(header), "upload")):
        if claimed is not None and claimed != media_type:
            raise errors.FileTypeMismatch(
                f"The file's {what} says {_get_short_name(claimed)}, but its content is {_get_short_name(media_type)}."
            )


def check_size(size: int, limits: DocumentLimits) -> None:
    """Raise EmptyFile or FileTooLarge."""
    if size <= 0:
        raise errors.EmptyFile("This file is empty.")
    if size > limits.max_bytes:
        raise errors.FileTooLarge(
            f"This file has {size / 1e6:.0f} MB; at most {limits.max_bytes // 1_000_000} MB can be read."
        )


def _get_short_name(media_type: str) -> str:
    return {media_types.PDF: "PDF", media_types.JPEG: "JPEG", media_types.PNG: "PNG", media_types.TIFF: "TIFF"}.get(
        media_type, media_type
    )
