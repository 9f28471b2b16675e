"""Which files of the drop folder were sent, so that a service started again sends none twice and misses none."""

import json
import os
from pathlib import Path

from local.cloud.private_files import write_private
from local.regular_files import read_regular

Signature = tuple[int, int]


class Ledger:
    """A line for each file that was sent: its path inside the folder, its size and time. The last line counts.

    A line that a crash cut off is no line; the files of the folder that are gone are forgotten when it is opened.
    """

    def __init__(self, path: Path, folder: Path) -> None:
        self._path = path
        self._folder = folder
        self._sent: dict[str, Signature] = {
            inside: signature for inside, signature in _lines(path) if (folder / inside).exists()
        }
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(path, b"".join(map(_line, self._sent.items())))

    def holds(self, file: Path, signature: Signature) -> bool:
        """Whether the file was sent as it is now."""
        return self._sent.get(self._inside(file)) == signature

    def note(self, file: Path, signature: Signature) -> None:
        """The file was sent; durable when it returns."""
        entry = (self._inside(file), signature)
        self._sent[entry[0]] = signature
        with os.fdopen(os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as out:
            out.write(_line(entry))
            out.flush()
            os.fsync(out.fileno())

    def _inside(self, file: Path) -> str:
        return file.relative_to(self._folder).as_posix()


def _line(entry: tuple[str, Signature]) -> bytes:
    return json.dumps([entry[0], *entry[1]]).encode() + b"\n"


def _lines(path: Path) -> list[tuple[str, Signature]]:
    found: list[tuple[str, Signature]] = []
    for line in read_regular(path, at_most=None).split(b"\n") if os.path.lexists(path) else ():
        try:
            inside, size, time_ns = json.loads(line)
        except (ValueError, TypeError):
            continue
        found.append((inside, (size, time_ns)))
    return found
