"""Opens local files so that only regular files are read and no open ever blocks.

A named pipe blocks whoever opens it, a device may never end, and a link may lead to a file that nobody meant to send.
The checks apply to what is opened: they use the file descriptor, and inside a folder each path component is opened
without following links.
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
    """A path cannot be read.

    `detail` is the reason as a predicate to follow the file's name ("is a folder, not a file"); `is_missing` is True
    if nothing exists at the path.
    """

    def __init__(self, path: Path, detail: str, *, is_missing: bool = False) -> None:
        super().__init__(f"{path} {detail}.")
        self.detail, self.is_missing = detail, is_missing


def stat_regular(path: Path, *, within: Path | None = None) -> os.stat_result:
    """Return the stat of a regular file without opening it. Raises as `open_regular` does."""
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
    """Return a descriptor of a regular file.

    Links are followed unless they lead out of the folder `within`. With None the file may be anywhere, for paths that
    a person has named.

    Raises
    ------
    UnusableFile
        The path is not a regular file, leads outside the folder, cannot be opened or does not exist.
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
    """Return the bytes of a regular file of at most `max_bytes` bytes (None: of any size).

    The size is checked before reading and again while reading, because the file may grow.

    Raises
    ------
    UnusableFile
        As `open_regular`; or the file is too large, or reading it fails.
    """
    with _open_checked(path, within, max_bytes) as (file, size):
        body = _read_bytes(file, size + 1)
        if len(body) > size:
            body += _read_bytes(file, -1 if max_bytes is None else max_bytes + 1 - len(body))
        if max_bytes is not None and len(body) > max_bytes:
            raise UnusableFile(path, f"grows while it is read; at most {max_bytes} bytes can be read")
        return body


def check_regular(path: Path, *, within: Path | None = None, max_bytes: int | None = Settings.max_file_bytes) -> None:
    """Raise what `read_regular` would raise, judged by the file's size and first byte."""
    with _open_checked(path, within, max_bytes) as (file, _):
        _read_bytes(file, 1)


@contextmanager
def _open_checked(path: Path, within: Path | None, max_bytes: int | None) -> Iterator[tuple[BinaryIO, int]]:
    """Open a file and yield it with its size; any failure inside becomes an `UnusableFile`."""
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
    """Open a file from the folder down, component by component.

    A link that replaces a component after the check is not followed.
    """
    root = os.path.realpath(within)
    target = os.path.realpath(path)
    if target == root or os.path.commonpath([root, target]) != root:
        raise UnusableFile(path, _OUTSIDE_FOLDER)
    *folders, name = Path(target).relative_to(root).parts
    parent_fd = os.open(root, _OPEN_FLAGS | os.O_DIRECTORY)
    try:
        for folder in folders:
            child_fd = os.open(folder, _OPEN_FLAGS | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=parent_fd)
            os.close(parent_fd)
            parent_fd = child_fd
        return os.open(name, _OPEN_FLAGS | os.O_NOFOLLOW, dir_fd=parent_fd)
    finally:
        os.close(parent_fd)


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
