"""Checks SQLite's write-ahead log before it is opened: a truncated end is fine, damage before the end is not.

SQLite reads a log up to the first invalid frame and ignores the rest. That is right for the end of a log that a crash
cut off, but a damaged frame further ahead would silently discard everything after it. Each transaction is synced before
the next one is written, so at most one, the last, can be incomplete: two committed transactions after an invalid frame
mean damage. https://www.sqlite.org/fileformat2.html#walformat
"""

import struct
from dataclasses import dataclass
from pathlib import Path

_HEADER_BYTES = 32
_FRAME_HEADER_BYTES = 24
_BYTE_ORDERS = {0x377F0682: "<", 0x377F0683: ">"}


class WalDamagedError(Exception):
    """A frame in the middle of the log is not what was written."""


@dataclass(frozen=True)
class _WalFrame:
    """`is_commit`: the last frame of a transaction; `is_valid`: its checksum follows from all frames before it."""

    is_commit: bool
    is_valid: bool


def check_wal(database: Path) -> None:
    """Checks the write-ahead log of a database.

    Raises
    ------
    WalDamagedError
        Transactions that were synced can no longer be read.
    """
    log = database.with_name(f"{database.name}-wal")
    data = log.read_bytes() if log.exists() else b""
    unreachable = 0
    first_invalid = None
    for number, frame in enumerate(_read_frames(data)):
        if first_invalid is None and not frame.is_valid:
            first_invalid = number
        unreachable += first_invalid is not None and frame.is_commit
    if unreachable > 1:
        raise WalDamagedError(f"frame {first_invalid} of {log.name}, with {unreachable} transactions from there on")


def _read_frames(data: bytes) -> list[_WalFrame]:
    """Reads the frames of the log's current generation; frames left over from an earlier one have another salt."""
    if len(data) <= _HEADER_BYTES:
        return []
    magic, _, page_size, _, salt_1, salt_2, *expected_checksum = struct.unpack(">8I", data[:_HEADER_BYTES])
    order = _BYTE_ORDERS.get(magic, ">")
    checksum = _update_checksum(order, data[: _HEADER_BYTES - 8], (0, 0))
    # The header is synced before any frame is written.
    if magic not in _BYTE_ORDERS or list(checksum) != expected_checksum:
        raise WalDamagedError("the header of the log")
    size = _FRAME_HEADER_BYTES + page_size
    frames: list[_WalFrame] = []
    is_valid = True
    for start in range(_HEADER_BYTES, len(data) - size + 1, size):
        _, database_pages, *salt = struct.unpack(">4I", data[start : start + 16])
        if salt != [salt_1, salt_2]:
            # A damaged salt is damage as well if the log continues after it.
            is_valid = False
            continue
        if is_valid:
            checksum = _update_checksum(order, data[start : start + 8], checksum)
            checksum = _update_checksum(order, data[start + _FRAME_HEADER_BYTES : start + size], checksum)
            is_valid = checksum == struct.unpack(">2I", data[start + 16 : start + _FRAME_HEADER_BYTES])
        frames.append(_WalFrame(is_commit=database_pages > 0, is_valid=is_valid))
    return frames


def _update_checksum(order: str, data: bytes, checksum: tuple[int, int]) -> tuple[int, int]:
    """Updates SQLite's checksum, which works on words of 32 bits."""
    first, second = checksum
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for index in range(0, len(words), 2):
        first = (first + words[index] + second) & 0xFFFFFFFF
        second = (second + words[index + 1] + first) & 0xFFFFFFFF
    return first, second
