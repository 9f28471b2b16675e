"""SQLite's write-ahead log, looked at before it is opened: cut off at its end is well, damaged before it is not.

SQLite takes a log up to the first record that is not whole and forgets the rest. That is right for the end
of a log that a crash cut off, but a damaged record further ahead would silently take everything after it along.
Each transaction is synced before the next one is written, so at most one of them, the last, can be incomplete:
two ended transactions behind a broken record mean damage. https://www.sqlite.org/fileformat2.html#walformat
"""

import struct
from dataclasses import dataclass
from pathlib import Path

_HEAD = 32
_FRAME_HEAD = 24
_MAGIC = {0x377F0682: "<", 0x377F0683: ">"}


class LogDamaged(Exception):
    """A record in the middle of the log is not what was written."""


@dataclass(frozen=True)
class _Frame:
    """`ends`: it is the last one of a transaction; `whole`: its sum follows from all before it."""

    ends: bool
    whole: bool


def check(database: Path) -> None:
    """
    Raises
    ------
    LogDamaged
        Transactions that were synced cannot be reached.
    """
    log = database.with_name(f"{database.name}-wal")
    data = log.read_bytes() if log.exists() else b""
    lost = 0
    broken_at = None
    for number, frame in enumerate(_frames(data)):
        if broken_at is None and not frame.whole:
            broken_at = number
        lost += broken_at is not None and frame.ends
    if lost > 1:
        raise LogDamaged(f"record {broken_at} of {log.name}, with {lost} transactions from there on")


def _frames(data: bytes) -> list[_Frame]:
    """The frames of the log's present round; what an earlier round left behind bears another salt."""
    if len(data) <= _HEAD:
        return []
    magic, _, page_size, _, salt_1, salt_2, *sums_given = struct.unpack(">8I", data[:_HEAD])
    order = _MAGIC.get(magic, ">")
    sums = _sum(order, data[: _HEAD - 8], (0, 0))
    # The head is synced before anything follows it.
    if magic not in _MAGIC or list(sums) != sums_given:
        raise LogDamaged("the head of the log")
    size = _FRAME_HEAD + page_size
    frames: list[_Frame] = []
    whole = True
    for start in range(_HEAD, len(data) - size + 1, size):
        _, pages_after, *salt = struct.unpack(">4I", data[start : start + 16])
        if salt != [salt_1, salt_2]:
            # A broken salt is damage as well where the log goes on behind it.
            whole = False
            continue
        if whole:
            sums = _sum(order, data[start : start + 8], sums)
            sums = _sum(order, data[start + _FRAME_HEAD : start + size], sums)
            whole = sums == struct.unpack(">2I", data[start + 16 : start + _FRAME_HEAD])
        frames.append(_Frame(ends=pages_after > 0, whole=whole))
    return frames


def _sum(order: str, data: bytes, sums: tuple[int, int]) -> tuple[int, int]:
    """SQLite's checksum over words of 32 bits."""
    first, second = sums
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for index in range(0, len(words), 2):
        first = (first + words[index] + second) & 0xFFFFFFFF
        second = (second + words[index + 1] + first) & 0xFFFFFFFF
    return first, second
