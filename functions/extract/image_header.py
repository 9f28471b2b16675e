"""Size and orientation of a JPEG or PNG from its first bytes, without decoding it."""

import struct
from dataclasses import dataclass

from core.models.media_types import JPEG, PNG

# Markers without a segment, and the start-of-frame markers, whose segment holds the image's size.
_STANDALONE_MARKERS = frozenset({0x01, *range(0xD0, 0xD9)})
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ORIENTATION_TAG = 0x0112


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """Pixels as stored (0 if unknown), and the EXIF orientation, 1 to 8."""

    width: int
    height: int
    orientation: int = 1

    @property
    def is_mirrored(self) -> bool:
        return self.orientation in (2, 4, 5, 7)

    @property
    def display_rotation(self) -> int:
        """By how many degrees clockwise a viewer rotates the stored pixels to display them."""
        return {3: 180, 4: 180, 5: 90, 6: 90, 7: 270, 8: 270}.get(self.orientation, 0)

    @property
    def aspect(self) -> float:
        """Width ÷ height as displayed; that of A4 if the size is unknown."""
        if self.width <= 0 or self.height <= 0:
            return 0.7071
        aspect = self.width / self.height
        return 1 / aspect if self.display_rotation in (90, 270) else aspect


def read_image_header(media_type: str, head: bytes) -> ImageHeader:
    """Read the header from the first bytes. If they are malformed the size stays unknown, and the OCR engine will
    accept or refuse the image."""
    if media_type == PNG and len(head) >= 24:
        return ImageHeader(*struct.unpack(">II", head[16:24]))
    return _read_jpeg(head) if media_type == JPEG else ImageHeader(0, 0)


def _read_jpeg(head: bytes) -> ImageHeader:
    at, orientation = 2, 1
    while at + 4 <= len(head):
        if head[at] != 0xFF:
            break
        marker = head[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker in _STANDALONE_MARKERS:
            at += 2
            continue
        length = int.from_bytes(head[at + 2 : at + 4], "big")
        body = head[at + 4 : at + 2 + length]
        if marker in _FRAME_MARKERS and len(body) >= 5:
            height, width = struct.unpack(">HH", body[1:5])
            return ImageHeader(width, height, orientation)
        if marker == 0xE1 and body.startswith(b"Exif\0\0"):
            orientation = _read_orientation(body[6:])
        if marker == 0xDA or length < 2:
            break
        at += 2 + length
    return ImageHeader(0, 0, orientation)


def _read_orientation(tiff: bytes) -> int:
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None or len(tiff) < 8:
        return 1
    start = struct.unpack(order + "I", tiff[4:8])[0]
    if start + 2 > len(tiff):
        return 1
    count = struct.unpack(order + "H", tiff[start : start + 2])[0]
    for entry in range(start + 2, min(start + 2 + 12 * count, len(tiff) - 11), 12):
        tag, kind = struct.unpack(order + "HH", tiff[entry : entry + 4])
        if tag == _ORIENTATION_TAG and kind == 3:
            value = struct.unpack(order + "H", tiff[entry + 8 : entry + 10])[0]
            return value if 1 <= value <= 8 else 1
    return 1
