"""Client of the documents bucket for grading: transcripts, results, and an assessment's paper and schemes."""

import json
from dataclasses import dataclass, field
from typing import Any

from core.models import errors
from core.models.assessment import MarkingScheme, QuestionPaper
from core.platform.sanitize import sanitize_text
from core.storage.assessment_repository import AssessmentRecord


@dataclass(slots=True)
class DocumentStore:
    """Reads and writes JSON documents in S3. Papers and schemes never change once written, so they are cached by
    key."""

    s3: Any
    bucket: str
    _cache: dict[str, Any] = field(default_factory=dict)

    def read(self, key: str) -> Any:
        return json.loads(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read())

    def read_cached(self, key: str | None) -> Any:
        if key is not None and key not in self._cache:
            self._cache[key] = self.read(key)
        return self._cache[key] if key else None

    def write(self, key: str, document: dict[str, Any]) -> None:
        # A lone surrogate, wherever it came from, must not cost a whole sheet its result.
        body = sanitize_text(json.dumps(document, ensure_ascii=False, separators=(",", ":"))).encode()
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType="application/json")


def load_paper_and_scheme(
    current: AssessmentRecord, document_store: DocumentStore
) -> tuple[QuestionPaper, MarkingScheme]:
    """The assessment's current paper and scheme, merged.

    Raises
    ------
    PaperNotReady
        The assessment's paper has not been read yet.
    """
    from grade.scheme.scheme_entries import apply_schemes

    if current.paper is None:
        raise errors.PaperNotReady("The question paper of this assessment has not been read yet.")
    paper = QuestionPaper.from_dict(document_store.read_cached(current.paper))
    documents = (document_store.read_cached(current.key_document), document_store.read_cached(current.scheme))
    return apply_schemes(paper, *(MarkingScheme.from_dict(document) for document in documents if document))
