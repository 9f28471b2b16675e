"""The documents bucket as grading sees it: transcripts and results, and what stands on an assessment's shelf."""

import json
from dataclasses import dataclass, field
from typing import Any

from core import errors
from core.assessment import MarkingScheme, QuestionPaper
from core.shelf import Shelf
from core.text import well_formed


@dataclass(slots=True)
class Library:
    """Papers and schemes never change once written: they are kept by key."""

    s3: Any
    bucket: str
    _kept: dict[str, Any] = field(default_factory=dict)

    def read(self, key: str) -> Any:
        return json.loads(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read())

    def read_kept(self, key: str | None) -> Any:
        if key is not None and key not in self._kept:
            self._kept[key] = self.read(key)
        return self._kept[key] if key else None

    def write(self, key: str, document: dict[str, Any]) -> None:
        # A half character, wherever it came from, must not cost a whole sheet its result.
        body = well_formed(json.dumps(document, ensure_ascii=False, separators=(",", ":"))).encode()
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType="application/json")


def scheme_and_paper(current: Shelf, library: Library) -> tuple[QuestionPaper, MarkingScheme]:
    """The paper and the scheme that count now, joined.

    Raises
    ------
    PaperNotReady
        The assessment's paper is not there yet.
    """
    from grade.scheme.joining import join

    if current.paper is None:
        raise errors.PaperNotReady("The question paper of this assessment has not been read yet.")
    paper = QuestionPaper.from_dict(library.read_kept(current.paper))
    documents = (library.read_kept(current.key_document), library.read_kept(current.scheme))
    return join(paper, *(MarkingScheme.from_dict(document) for document in documents if document))
