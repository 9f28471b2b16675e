"""Client of the documents bucket for grading: transcripts, results, and an assessment's paper and schemes."""

import json
from dataclasses import dataclass, field
from typing import Any

from core.models import errors
from core.models.assessment import MarkingScheme, QuestionPaper
from core.models.roster import Roster
from core.models.transcript import Transcript
from core.platform.sanitize import sanitize_text
from core.storage.assessment_repository import AssessmentRecord


@dataclass(slots=True)
class DocumentStore:
    """Reads and writes JSON documents in S3. Papers and schemes never change once written, so they are cached by
    key."""

    s3: Any
    bucket: str
    _papers: dict[str, QuestionPaper] = field(default_factory=dict)
    _schemes: dict[str, MarkingScheme] = field(default_factory=dict)

    def read(self, key: str) -> Any:
        """A document as it was decoded from JSON: a result or a corrected answer, with its cached marks."""
        return json.loads(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read())

    def read_transcript(self, key: str) -> Transcript:
        """A transcript without the words of its lines, which grading does not use."""
        return Transcript.from_dict(self.read(key), with_words=False)

    def read_roster(self, key: str) -> Roster:
        return Roster.from_dict(self.read(key))

    def read_paper(self, key: str) -> QuestionPaper:
        if key not in self._papers:
            self._papers[key] = QuestionPaper.from_dict(self.read(key))
        return self._papers[key]

    def read_scheme(self, key: str) -> MarkingScheme:
        """An answer key or a marking scheme."""
        if key not in self._schemes:
            self._schemes[key] = MarkingScheme.from_dict(self.read(key))
        return self._schemes[key]

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
    paper = document_store.read_paper(current.paper)
    schemes = [document_store.read_scheme(key) for key in (current.key_document, current.scheme) if key]
    return apply_schemes(paper, *schemes)
