"""The ledger: what clients sent, and what they were told. Accepted is what a 2xx was received for."""

import threading
from dataclasses import dataclass, field

from benchmarks.chaos.documents import ChaosDocument

# Doors. The first three know the bytes when they answer, so a repeat is the same submission.
RAW, FORM, UPLOAD, DROP = "raw", "form", "upload", "drop"


@dataclass
class SentDocument:
    """One document on its way through one door.

    `ids` are the submissions that the API named; `versions` the versions that S3 named for a put into the drop
    folder. `refused` is a 4xx, `gave_up` whether the client never got a word.
    """

    document: ChaosDocument
    channel: str
    ids: set[str] = field(default_factory=set)
    versions: set[str] = field(default_factory=set)
    key: str = ""
    refused: int | None = None
    timed_out: bool = False
    # What a client asked for behind it: an erasure that was answered by a 2xx, and that it was sent once more.
    erased: bool = False
    is_resent: bool = False
    superseded_by: "SentDocument | None" = None

    @property
    def accepted(self) -> bool:
        return bool(self.ids or self.versions)


@dataclass
class SendLog:
    """Everything that was sent, in the order in which it was begun."""

    sent_documents: list[SentDocument] = field(default_factory=list)
    tries: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, sent_document: SentDocument) -> None:
        with self._lock:
            self.sent_documents.append(sent_document)

    def count_attempt(self) -> None:
        with self._lock:
            self.tries += 1

    @property
    def accepted(self) -> list[SentDocument]:
        return [sent_document for sent_document in self.sent_documents if sent_document.accepted]
