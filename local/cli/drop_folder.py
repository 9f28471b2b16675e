"""The local drop folder: finds complete files to send and logs what was sent.

The log makes a service that is started again send every file once: none twice, none missed.
"""

import errno
import json
import os
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from core.models import media_types
from core.models.document_kinds import DocumentKind
from local.cli.regular_files import UnusableFile, read_regular, stat_regular
from local.cli.sheet_collection import is_ignored_file
from local.cloud.private_files import write_private

FileSignature = tuple[int, int]
"""Size in bytes and modification time in nanoseconds."""

REFUSAL_NOTE_SUFFIX = ".refused.txt"
_README_NAME = "README.txt"
_PARTIAL_SUFFIXES = (".part", ".partial", ".crdownload", ".download", ".tmp", ".swp")
# A file whose size and time have not changed for so long is complete; an empty one may have been created just now.
_SETTLED_SECONDS = 2.0
_EMPTY_SECONDS = 10.0
_NOT_UTF8 = "has a name that is not UTF-8 text"

_README_FILES = {
    **{f"{kind.rules.drop_folder_stem}.pdf": f"the {kind.rules.title}" for kind in DocumentKind if kind.rules.slot},
    "marking-scheme.yaml": "the marking scheme (or .json), instead of an answer key or in addition to it",
    "answers/{student}.pdf": "one file for each answer sheet",
}
_README_TEXT = f"""Put files here and they are read and marked.

{"".join(f"  {'{assessment}/' + name:<38}  {text}{chr(10)}" for name, text in _README_FILES.items())}
{{assessment}} is a name of your own in letters, digits, dots, dashes and underscores; {{student}} is a name or number.
PDF, JPEG, PNG and TIFF are read. A file that is changed is read again. If a file is refused, a text file next to it
says why.
"""


class SentFileLog:
    """A file with one line per sent file: its path inside the folder, its size and modification time.

    The last line of a path counts. A line that a crash cut off is ignored. Opening the log removes the entries of files
    that no longer exist.
    """

    def __init__(self, path: Path, folder: Path) -> None:
        self._path = path
        self._folder = folder
        self._sent: dict[str, FileSignature] = {
            relative_path: signature
            for relative_path, signature in _read_entries(path)
            if (folder / relative_path).exists()
        }
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(path, b"".join(map(_encode_entry, self._sent.items())))

    def contains(self, file: Path, signature: FileSignature) -> bool:
        """Return True if the file was sent in its current version."""
        return self._sent.get(self._relative_path(file)) == signature

    def record_sent(self, file: Path, signature: FileSignature) -> None:
        """Record that the file was sent. The entry is durable when this returns."""
        entry = (self._relative_path(file), signature)
        self._sent[entry[0]] = signature
        with os.fdopen(os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as out:
            out.write(_encode_entry(entry))
            out.flush()
            os.fsync(out.fileno())

    def _relative_path(self, file: Path) -> str:
        return file.relative_to(self._folder).as_posix()


def _encode_entry(entry: tuple[str, FileSignature]) -> bytes:
    return json.dumps([entry[0], *entry[1]]).encode() + b"\n"


def _read_entries(path: Path) -> list[tuple[str, FileSignature]]:
    found: list[tuple[str, FileSignature]] = []
    for line in read_regular(path, max_bytes=None).split(b"\n") if os.path.lexists(path) else ():
        try:
            relative_path, size, time_ns = json.loads(line)
        except (ValueError, TypeError):
            continue
        found.append((relative_path, (size, time_ns)))
    return found


@dataclass(slots=True)
class _FileState:
    """A file as last seen; `since` is when its signature was first seen, by the folder's clock."""

    signature: FileSignature
    since: float
    sent: bool = False


@dataclass(frozen=True, slots=True)
class CompleteFile:
    """A complete file with its key in the bucket's drop folder."""

    path: Path
    key: str
    body: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class SkippedEntry:
    """An entry that is not sent.

    `relative_path` is its name inside the folder and `detail` the reason as a predicate to follow that name. `is_file`
    is True for a regular file, which cannot be read or is too large.
    """

    path: Path
    relative_path: str
    detail: str
    is_file: bool


@dataclass
class DropFolder:
    """Finds complete files in `folder`.

    `clock` returns seconds; `sent_log` knows what was sent, including by an earlier run of the service.
    """

    folder: Path
    clock: Callable[[], float]
    sent_log: SentFileLog
    _seen: dict[Path, _FileState] = field(default_factory=dict)
    _skipped_reasons: dict[Path, str] = field(default_factory=dict)
    _reported: dict[Path, str] = field(default_factory=dict)

    def prepare(self) -> None:
        """Create the folder with a README that explains its use."""
        self.folder.mkdir(parents=True, exist_ok=True)
        readme = self.folder / _README_NAME
        if not readme.exists():
            readme.write_text(_README_TEXT, encoding="utf-8")

    def scan(self) -> Iterator[CompleteFile]:
        """Scan the folder once and yield complete files: each file once, and again when it has changed.

        A file that vanishes or cannot be opened yet is left for a later scan.
        """
        now = self.clock()
        present: set[Path] = set()
        self._skipped_reasons = {}
        for path, signature in list(self._list_files()):
            present.add(path)
            seen = self._seen.get(path)
            if seen is None or seen.signature != signature:
                self._seen[path] = _FileState(signature, now, sent=self.sent_log.contains(path, signature))
            elif not seen.sent and now - seen.since >= (_SETTLED_SECONDS if signature[0] else _EMPTY_SECONDS):
                complete_file = self._read(path, signature)
                if complete_file:
                    seen.sent = True
                    yield complete_file
        for path in self._seen.keys() - present:
            del self._seen[path]

    def skipped(self) -> Iterator[SkippedEntry]:
        """Yield the entries that the last scan could not read, each once until its reason changes."""
        reported, self._reported = self._reported, dict(self._skipped_reasons)
        for path, detail in sorted(self._skipped_reasons.items()):
            if reported.get(path) != detail:
                relative_path = escape_invalid_utf8(path.relative_to(self.folder).as_posix())
                yield SkippedEntry(path, relative_path, detail, is_file=path in self._seen)

    def previously_sent(self) -> Iterator[tuple[Path, str]]:
        """Yield the files that were already sent in their current version, with their keys."""
        for path, signature in self._list_files():
            if self.sent_log.contains(path, signature):
                yield path, self._key(path)

    def mark_sent(self, path: Path) -> None:
        """Record that the file was accepted: it is not yielded again, nor by a later run of the service."""
        if path in self._seen:
            self.sent_log.record_sent(path, self._seen[path].signature)

    def retry_later(self, path: Path) -> None:
        """Yield this file again at the next scan, because sending it failed."""
        if path in self._seen:
            self._seen[path].sent = False

    def write_refusal_note(self, path: Path, sentence: str | None) -> None:
        """Write a text file next to a refused file with the reason; None removes it."""
        note_path = path.with_name(path.name + REFUSAL_NOTE_SUFFIX)
        try:
            # Remove whatever is there first, so that a link placed there by somebody is never written through.
            note_path.unlink(missing_ok=True)
            if sentence is not None:
                with note_path.open("x", encoding="utf-8") as out:
                    out.write(f"{sentence}\n")
        except OSError as error:
            # If the name is too long for a note, its sentence is still printed on the terminal. If the folder is gone,
            # there is no file to write a note for.
            if error.errno not in (errno.ENAMETOOLONG, errno.ENOENT, errno.ENOTDIR):
                raise

    def _read(self, path: Path, signature: FileSignature) -> CompleteFile | None:
        try:
            body = read_regular(path, within=self.folder)
        except UnusableFile as error:
            self._skip(path, error)
            return None
        # The file grew while it was read: the next scan sees it changed.
        if len(body) != signature[0]:
            return None
        return CompleteFile(
            path, self._key(path), body, media_types.media_type_from_name(path.name) or "application/octet-stream"
        )

    def _key(self, path: Path) -> str:
        # Some file systems decompose letters and accents; NFC gives one student on all of them.
        return f"drop/{unicodedata.normalize('NFC', path.relative_to(self.folder).as_posix())}"

    def _list_files(self) -> Iterator[tuple[Path, FileSignature]]:
        for parent, folders, names in os.walk(self.folder, onerror=self._skip_unlistable):
            folders[:] = [name for name in folders if not name.startswith(".") and self._is_folder(Path(parent, name))]
            for name in names:
                path = Path(parent, name)
                if (
                    is_ignored_file(path)
                    or name.endswith(REFUSAL_NOTE_SUFFIX)
                    or path.suffix.lower() in _PARTIAL_SUFFIXES
                ):
                    continue
                if path.parent == self.folder and name == _README_NAME:
                    continue
                if not is_utf8_path(path):
                    self._skipped_reasons[path] = _NOT_UTF8
                    continue
                try:
                    stat = stat_regular(path, within=self.folder)
                except UnusableFile as error:
                    self._skip(path, error)
                    continue
                yield path, (stat.st_size, stat.st_mtime_ns)

    def _is_folder(self, path: Path) -> bool:
        """Return False for a folder with a file's name: inside an assessment, x.pdf must be a file."""
        if not is_utf8_path(path):
            self._skipped_reasons[path] = _NOT_UTF8
        elif path.parent != self.folder and media_types.media_type_from_name(path.name):
            self._skipped_reasons[path] = "is a folder, not a file"
        return path not in self._skipped_reasons

    def _skip(self, path: Path, error: UnusableFile) -> None:
        # An entry that has vanished needs no message.
        if not error.is_missing:
            self._skipped_reasons[path] = error.detail

    def _skip_unlistable(self, error: OSError) -> None:
        if not isinstance(error, FileNotFoundError) and error.filename:
            self._skipped_reasons[Path(error.filename)] = f"cannot be opened ({error.strerror})"


def is_utf8_path(path: Path) -> bool:
    """Return True if a path is Unicode: a name of other bytes cannot be a key, a label or a line on a screen."""
    return escape_invalid_utf8(str(path)) == str(path)


def escape_invalid_utf8(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
