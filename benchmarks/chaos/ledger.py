"""The ledger: what clients sent, and what they were told. Accepted is what a 2xx was received for."""

import threading
from dataclasses import dataclass, field

from benchmarks.chaos.documents import Document

# Doors. The first three know the bytes when they answer, so a repeat is the same submission.
RAW, FORM, UPLOAD, DROP = "raw", "form", "upload", "drop"


@dataclass
class Sending:
    """One document on its way through one door.

    `ids` are the submissions that the API named; `versions` the versions that S3 named for a put into the drop
    folder. `refused` is a 4xx, `gave_up` whether the client never got a word.
    """

    document: Document
    door: str
    ids: set[str] = field(default_factory=set)
    versions: set[str] = field(default_factory=set)
    key: str = ""
    refused: int | None = None
    gave_up: bool = False
    # What a client asked for behind it: an erasure that was answered by a 2xx, and that it was sent once more.
    erased: bool = False
    sent_again: bool = False
    superseded_by: "Sending | None" = None

    @property
    def accepted(self) -> bool:
        return bool(self.ids or self.versions)


@dataclass
class Ledger:
    """Everything that was sent, in the order in which it was begun."""

    sendings: list[Sending] = field(default_factory=list)
    tries: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def enter(self, sending: Sending) -> None:
        with self._lock:
            self.sendings.append(sending)

    def count_try(self) -> None:
        with self._lock:
            self.tries += 1

    @property
    def accepted(self) -> list[Sending]:
        return [sending for sending in self.sendings if sending.accepted]
