"""A plain folder on this machine as the drop folder: what is put there goes into the temp bucket once it is whole."""

import os
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from core import filetypes
from local.deliveries import is_clutter
from local.dropledger import Ledger, Signature

NOTE = ".refused.txt"
_README = "README.txt"
_UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".tmp", ".swp")
# A file whose size and time have not changed for so long is whole; an empty one may only have been begun.
_SETTLED_SECONDS = 2.0
_EMPTY_SECONDS = 10.0

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


@dataclass
class DropFolder:
    """Watches `folder`; `clock` counts seconds; `ledger` knows what was sent, by an earlier service as well."""

    folder: Path
    clock: Callable[[], float]
    ledger: Ledger
    _seen: dict[Path, _Seen] = field(default_factory=dict)

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
        if sentence is None:
            beside.unlink(missing_ok=True)
        else:
            beside.write_text(f"{sentence}\n", encoding="utf-8")

    def _read(self, path: Path, signature: Signature) -> WholeFile | None:
        try:
            body = path.read_bytes()
        except OSError:
            return None
        # It grew while it was read: the next look sees it changed.
        if len(body) != signature[0]:
            return None
        return WholeFile(path, self._key(path), body, filetypes.by_name(path.name) or "application/octet-stream")

    def _key(self, path: Path) -> str:
        # Some file systems take letters and accents apart; a student is one student on all of them.
        return f"drop/{unicodedata.normalize('NFC', path.relative_to(self.folder).as_posix())}"

    def _files(self) -> Iterator[tuple[Path, Signature]]:
        for parent, folders, names in os.walk(self.folder):
            folders[:] = [name for name in folders if not name.startswith(".")]
            for name in names:
                path = Path(parent, name)
                if is_clutter(path) or name.endswith(NOTE) or path.suffix.lower() in _UNFINISHED:
                    continue
                if path.parent == self.folder and name == _README:
                    continue
                try:
                    stat = path.stat()
                except OSError:
                    continue
                yield path, (stat.st_size, stat.st_mtime_ns)
