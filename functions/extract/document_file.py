"""A received file before anything has parsed it: what it is by its content, and whether it may be opened."""

from dataclasses import dataclass

from core.models import errors, media_types
from extract.limits import DocumentLimits

# Enough for a picture's size and orientation, which stand behind a thumbnail at worst.
HEAD_BYTES = 262_144


@dataclass(frozen=True, slots=True)
class OpenFile:
    """An open, readable file and what its first bytes say it is."""

    descriptor: int
    size: int
    media_type: str
    head: bytes


def check_type(head: bytes, size: int, *, name: str | None, header: str | None, limits: DocumentLimits) -> str:
    """The media type of a file by its content.

    Raises
    ------
    EmptyFile, FileTooLarge, UnsupportedFileType, FileTypeMismatch
        By their names; a name or a header that says nothing is no mismatch.
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
    """Raise FileTypeMismatch where a name or a header says another type than the content is."""
    by_name = media_types.media_type_from_name(name) if name else None
    for claimed, what in ((by_name, "name"), (media_types.parse_content_type(header), "upload")):
        if claimed is not None and claimed != media_type:
            raise errors.FileTypeMismatch(
                f"The file's {what} says {_get_short_name(claimed)}, but its content is {_get_short_name(media_type)}."
            )


def check_size(size: int, limits: DocumentLimits) -> None:
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
