"""Log of what clients sent and which responses they got. A document is accepted if a 2xx was received for it."""

import threading
from dataclasses import dataclass, field

from benchmarks.chaos.documents import ChaosDocument

# Channels. The first three know the bytes when they respond, so a repeat is the same submission.
RAW, FORM, UPLOAD, DROP = "raw", "form", "upload", "drop"


@dataclass
class SentDocument:
    """One document sent through one channel.

    `ids` are the submissions that the API returned; `versions` the S3 versions of puts into the drop folder.
    `refused` is a 4xx status; `timed_out` means that the client never got a response.
    """

    document: ChaosDocument
    channel: str
    ids: set[str] = field(default_factory=set)
    versions: set[str] = field(default_factory=set)
    key: str = ""
    refused: int | None = None
    timed_out: bool = False
    # Later requests of the client: an erasure that got a 2xx, and sending the document once more.
    erased: bool = False
    is_resent: bool = False
    superseded_by: "SentDocument | None" = None

    @property
    def accepted(self) -> bool:
        return bool(self.ids or self.versions)


@dataclass
class SendLog:
    """Everything that was sent, in the order in which sending started."""

    sent_documents: list[SentDocument] = field(default_factory=list)
    attempts: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, sent_document: SentDocument) -> None:
        with self._lock:
            self.sent_documents.append(sent_document)

    def count_attempt(self) -> None:
        with self._lock:
            self.attempts += 1

    @property
    def accepted(self) -> list[SentDocument]:
        return [sent_document for sent_document in self.sent_documents if sent_document.accepted]
