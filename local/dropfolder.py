"""A plain folder on this machine as the drop folder: what is put there goes into the temp bucket once it is whole."""

import errno
import os
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from core import filetypes
from local.deliveries import is_clutter
from local.dropledger import Ledger, Signature
from local.regular_files import UnusableFile, read_regular, stat_regular

NOTE = ".refused.txt"
_README = "README.txt"
_UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".tmp", ".swp")
# A file whose size and time have not changed for so long is whole; an empty one may only have been begun.
_SETTLED_SECONDS = 2.0
_EMPTY_SECONDS = 10.0
_NO_TEXT = "has a name that is no UTF-8 text"

_HOW = """Put files here and they are read and marked.

  {assessment}/question-paper.pdf         the question paper
  {assessment}/marking-scheme.yaml        the marking scheme (or .json)
  {assessment}/answer-key.pdf             the model answers instead, if they are a document
  {assessment}/answers/{student}.pdf      one file for each answer sheet

{assessment} is a name of your own in letters, digits, dots, dashes and underscores; {student} is a name or number.
PDF, JPEG, PNG and TIFF are read. A file that is changed is read again. If a file is refused, a text file beside it
says why.
"""


@dataclass(slots=True)
class _Seen:
    signature: Signature
    since: float
    sent: bool = False


@dataclass(frozen=True, slots=True)
class WholeFile:
    """A file that is whole, with the key it has in the drop folder of the bucket."""

    path: Path
    key: str
    body: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class PassedOver:
    """What is not sent: its name inside the folder and why, in the words after that name. `is_file`: it is a regular
    file, which cannot be read or is too large."""

    path: Path
    inside: str
    why: str
    is_file: bool


@dataclass
class DropFolder:
    """Watches `folder`; `clock` counts seconds; `ledger` knows what was sent, by an earlier service as well."""

    folder: Path
    clock: Callable[[], float]
    ledger: Ledger
    _seen: dict[Path, _Seen] = field(default_factory=dict)
    _unusable: dict[Path, str] = field(default_factory=dict)
    _told: dict[Path, str] = field(default_factory=dict)

    def prepare(self) -> None:
        """Make the folder, with a text that says how it is used."""
        self.folder.mkdir(parents=True, exist_ok=True)
        readme = self.folder / _README
        if not readme.exists():
            readme.write_text(_HOW, encoding="utf-8")

    def scan(self) -> Iterator[WholeFile]:
        """Look once; every file that is whole comes once, and again when it has changed. One that vanishes or
        cannot be opened yet is left for a later look."""
        now = self.clock()
        present: set[Path] = set()
        self._unusable = {}
        for path, signature in list(self._files()):
            present.add(path)
            seen = self._seen.get(path)
            if seen is None or seen.signature != signature:
                self._seen[path] = _Seen(signature, now, sent=self.ledger.holds(path, signature))
            elif not seen.sent and now - seen.since >= (_SETTLED_SECONDS if signature[0] else _EMPTY_SECONDS):
                whole = self._read(path, signature)
                if whole:
                    seen.sent = True
                    yield whole
        for path in self._seen.keys() - present:
            del self._seen[path]

    def passed_over(self) -> Iterator[PassedOver]:
        """What the last look has found to be no file that can be read, and why, each once."""
        told, self._told = self._told, dict(self._unusable)
        for path, why in sorted(self._unusable.items()):
            if told.get(path) != why:
                inside = printable(path.relative_to(self.folder).as_posix())
                yield PassedOver(path, inside, why, is_file=path in self._seen)

    def sent_before(self) -> Iterator[tuple[Path, str]]:
        """The files that an earlier service sent as they are now, with their keys."""
        for path, signature in self._files():
            if self.ledger.holds(path, signature):
                yield path, self._key(path)

    def taken(self, path: Path) -> None:
        """The file was taken in: it is not offered again, also by a later service."""
        if path in self._seen:
            self.ledger.note(path, self._seen[path].signature)

    def again(self, path: Path) -> None:
        """Offer this file once more: it could not be taken this time."""
        if path in self._seen:
            self._seen[path].sent = False

    def note(self, path: Path, sentence: str | None) -> None:
        """Leave a text beside a file that says why it was refused; None takes it away."""
        beside = path.with_name(path.name + NOTE)
        try:
            # Whatever stands there goes first: nothing that somebody has put there is written through.
            beside.unlink(missing_ok=True)
            if sentence is not None:
                with beside.open("x", encoding="utf-8") as out:
                    out.write(f"{sentence}\n")
        except OSError as error:
            # Beside a name of this length there is no room for a note; its sentence is told on the terminal.
            # Where the folder is gone there is nothing to leave a note beside.
            if error.errno not in (errno.ENAMETOOLONG, errno.ENOENT, errno.ENOTDIR):
                raise

    def _read(self, path: Path, signature: Signature) -> WholeFile | None:
        try:
            body = read_regular(path, within=self.folder)
        except UnusableFile as error:
            self._pass_over(path, error)
            return None
        # It grew while it was read: the next look sees it changed.
        if len(body) != signature[0]:
            return None
        return WholeFile(path, self._key(path), body, filetypes.by_name(path.name) or "application/octet-stream")

    def _key(self, path: Path) -> str:
        # Some file systems take letters and accents apart; a student is one student on all of them.
        return f"drop/{unicodedata.normalize('NFC', path.relative_to(self.folder).as_posix())}"

    def _files(self) -> Iterator[tuple[Path, Signature]]:
        for parent, folders, names in os.walk(self.folder, onerror=self._cannot_list):
            folders[:] = [name for name in folders if not name.startswith(".") and self._is_folder(Path(parent, name))]
            for name in names:
                path = Path(parent, name)
                if is_clutter(path) or name.endswith(NOTE) or path.suffix.lower() in _UNFINISHED:
                    continue
                if path.parent == self.folder and name == _README:
                    continue
                if not is_text(path):
                    self._unusable[path] = _NO_TEXT
                    continue
                try:
                    stat = stat_regular(path, within=self.folder)
                except UnusableFile as error:
                    self._pass_over(path, error)
                    continue
                yield path, (stat.st_size, stat.st_mtime_ns)

    def _is_folder(self, path: Path) -> bool:
        """False for a folder that has no name of one: inside an assessment, what is called x.pdf is to be a file."""
        if not is_text(path):
            self._unusable[path] = _NO_TEXT
        elif path.parent != self.folder and filetypes.by_name(path.name):
            self._unusable[path] = "is a folder, not a file"
        return path not in self._unusable

    def _pass_over(self, path: Path, error: UnusableFile) -> None:
        # What has gone again meanwhile is nobody's concern.
        if not error.gone:
            self._unusable[path] = error.why

    def _cannot_list(self, error: OSError) -> None:
        if not isinstance(error, FileNotFoundError) and error.filename:
            self._unusable[Path(error.filename)] = f"cannot be opened ({error.strerror})"


def is_text(path: Path) -> bool:
    """Whether a path is Unicode: a name of other bytes can be no key, no label and no line on a screen."""
    return printable(str(path)) == str(path)


def printable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
