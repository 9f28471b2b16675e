"""Media types of the files that are accepted, detected from their first bytes and not from their names."""

from typing import Final

PDF: Final = "application/pdf"
JPEG: Final = "image/jpeg"
PNG: Final = "image/png"
TIFF: Final = "image/tiff"

BY_EXTENSION: Final = {"pdf": PDF, "jpg": JPEG, "jpeg": JPEG, "png": PNG, "tif": TIFF, "tiff": TIFF}
_SIGNATURES: Final = ((b"\xff\xd8\xff", JPEG), (b"\x89PNG\r\n\x1a\n", PNG), (b"II*\0", TIFF), (b"MM\0*", TIFF))
# Readers accept a PDF whose header is within the first kilobyte.
_PDF_HEADER_BYTES = 1024
SUPPORTED_TYPES_TEXT: Final = "a PDF, JPEG, PNG or TIFF"


def detect_media_type(head: bytes) -> str | None:
    """Return the media type of a file from its first kilobyte, None for one that is not supported."""
    for signature, media_type in _SIGNATURES:
        if head.startswith(signature):
            return media_type
    return PDF if b"%PDF-" in head[:_PDF_HEADER_BYTES] else None


def parse_content_type(header: str | None) -> str | None:
    """Return the media type of a Content-Type header in lower case, without parameters; None if it states no type."""
    media_type = (header or "").split(";")[0].strip().lower()
    if media_type in ("", "application/octet-stream", "binary/octet-stream"):
        return None
    return {"image/jpg": JPEG, "image/tif": TIFF, "application/x-pdf": PDF}.get(media_type, media_type)


def media_type_from_name(name: str) -> str | None:
    """Return the media type that a file's extension declares, None for an unknown extension."""
    stem, dot, extension = name.rpartition(".")
    return BY_EXTENSION.get(extension.lower()) if dot and stem else None
