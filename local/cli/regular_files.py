"""Files of this machine's folders, opened so that nothing but a regular file is ever read and none is waited for.

A named pipe would hold up whoever opens it, a device may never end, a link may lead to a file that nobody meant to
send. What is checked is what is opened: by its descriptor, and inside a folder step by step without following links.
"""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from core.platform.settings import Settings

_OPEN_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_SPECIAL_FILE_TYPES: tuple[tuple[Callable[[int], bool], str], ...] = (
    (stat.S_ISDIR, "is a folder, not a file"),
    (stat.S_ISFIFO, "is a named pipe, not a file"),
    (stat.S_ISSOCK, "is a socket, not a file"),
    (stat.S_ISCHR, "is a device, not a file"),
    (stat.S_ISBLK, "is a device, not a file"),
)
_BROKEN_LINK, _OUTSIDE_FOLDER = "is a link that leads nowhere", "is a link that leads out of its folder"


class UnusableFile(OSError):
    """What stands at a path is not read. `why` says it in the words after the file's name; `gone`: nothing is there."""

    def __init__(self, path: Path, detail: str, *, is_missing: bool = False) -> None:
        super().__init__(f"{path} {detail}.")
        self.detail, self.is_missing = detail, is_missing


def stat_regular(path: Path, *, within: Path | None = None) -> os.stat_result:
    """The stat of a regular file, without opening it; see `open_regular`."""
    try:
        found = os.lstat(path)
    except OSError as error:
        raise _unusable_file(path, error) from error
    if stat.S_ISLNK(found.st_mode):
        if within is not None and not _is_inside(path, within):
            raise UnusableFile(path, _OUTSIDE_FOLDER)
        try:
            found = path.stat()
        except OSError as error:
            raise UnusableFile(path, _BROKEN_LINK) from error
    _reject_special_files(path, found)
    return found


def open_regular(path: Path, *, within: Path | None = None) -> int:
    """A descriptor of a regular file. Links are followed, but out of the folder `within` (None: a file that a person
    has named may lie anywhere).

    Raises
    ------
    UnusableFile
        It is no regular file, lies outside, cannot be opened or is gone.
    """
    stat_regular(path, within=within)
    try:
        descriptor = os.open(path, _OPEN_FLAGS) if within is None else _open_inside(path, within)
    except UnusableFile:
        raise
    except OSError as error:
        raise _unusable_file(path, error) from error
    try:
        _reject_special_files(path, os.fstat(descriptor))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def read_regular(path: Path, *, within: Path | None = None, max_bytes: int | None = Settings.max_file_bytes) -> bytes:
    """The bytes of a regular file of at most so many bytes (None: of any size).

    The size is checked before a byte is read, and again while the file is read, as it may grow meanwhile.

    Raises
    ------
    UnusableFile
        As `open_regular`; or it is too large, or reading it fails.
    """
    with _open_checked(path, within, max_bytes) as (file, size):
        body = _read_bytes(file, size + 1)
        if len(body) > size:
            body += _read_bytes(file, -1 if max_bytes is None else max_bytes + 1 - len(body))
        if max_bytes is not None and len(body) > max_bytes:
            raise UnusableFile(path, f"grows while it is read; at most {max_bytes} bytes can be read")
        return body


def check_regular(path: Path, *, within: Path | None = None, max_bytes: int | None = Settings.max_file_bytes) -> None:
    """Raises what `read_regular` would raise, as far as the file's size and its first byte tell."""
    with _open_checked(path, within, max_bytes) as (file, _):
        _read_bytes(file, 1)


@contextmanager
def _open_checked(path: Path, within: Path | None, max_bytes: int | None) -> Iterator[tuple[BinaryIO, int]]:
    """An open file with its size; whatever fails inside is an `UnusableFile`."""
    try:
        with os.fdopen(open_regular(path, within=within), "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if max_bytes is not None and size > max_bytes:
                raise UnusableFile(path, f"has {size} bytes; at most {max_bytes} can be read")
            yield file, size
    except UnusableFile:
        raise
    except OSError as error:
        raise UnusableFile(path, f"cannot be read ({error.strerror or error})") from error
    except MemoryError as error:
        raise UnusableFile(path, "is larger than the memory that is free") from error


def _read_bytes(file: BinaryIO, number: int) -> bytes:
    return file.read(number)


def _open_inside(path: Path, within: Path) -> int:
    """From the folder down, folder by folder: a link that is put into the way meanwhile is not followed."""
    root = os.path.realpath(within)
    target = os.path.realpath(path)
    if target == root or os.path.commonpath([root, target]) != root:
        raise UnusableFile(path, _OUTSIDE_FOLDER)
    *folders, name = Path(target).relative_to(root).parts
    at = os.open(root, _OPEN_FLAGS | os.O_DIRECTORY)
    try:
        for folder in folders:
            below = os.open(folder, _OPEN_FLAGS | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
            os.close(at)
            at = below
        return os.open(name, _OPEN_FLAGS | os.O_NOFOLLOW, dir_fd=at)
    finally:
        os.close(at)


def _is_inside(path: Path, within: Path) -> bool:
    root = os.path.realpath(within)
    return os.path.commonpath([root, os.path.realpath(path)]) == root


def _reject_special_files(path: Path, found: os.stat_result) -> None:
    for is_kind, detail in _SPECIAL_FILE_TYPES:
        if is_kind(found.st_mode):
            raise UnusableFile(path, detail)
    if not stat.S_ISREG(found.st_mode):
        raise UnusableFile(path, "is not a file")


def _unusable_file(path: Path, error: OSError) -> UnusableFile:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return UnusableFile(path, "is not there", is_missing=True)
    return UnusableFile(path, f"cannot be opened ({error.strerror})")
