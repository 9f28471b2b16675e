"""The documents of grading are decoded when they are read, and fetched no more often than needed."""

import io
from typing import Any

import pytest

from core.models.assessment import MarkingScheme, Question, QuestionPaper, QuestionType, SchemeEntry
from core.models.roster import Roster, Student
from core.models.transcript import Line, Page, Transcript, Word
from grade.document_store import DocumentStore

BOX = (0.1, 0.2, 0.3, 0.4)
PAPER = QuestionPaper(2.0, (Question("1", "1", QuestionType.TEXT, "Why?", 2.0),), title="Biology")
SCHEME = MarkingScheme((SchemeEntry("1", model_answer="Because."),))


class FakeS3:
    """A bucket in memory, which counts the reads of each key."""

    def __init__(self) -> None:
        self.bodies: dict[str, bytes] = {}
        self.reads: list[str] = []

    def put_object(self, **request: Any) -> None:
        self.bodies[request["Key"]] = request["Body"]

    def get_object(self, **request: Any) -> dict[str, Any]:
        self.reads.append(request["Key"])
        return {"Body": io.BytesIO(self.bodies[request["Key"]])}


@pytest.fixture
def s3() -> FakeS3:
    return FakeS3()


@pytest.fixture
def document_store(s3: FakeS3) -> DocumentStore:
    return DocumentStore(s3, "documents")


def test_a_paper_and_a_scheme_are_fetched_once(document_store: DocumentStore, s3: FakeS3) -> None:
    document_store.write("paper.json", PAPER.to_dict())
    document_store.write("scheme.json", SCHEME.to_dict())
    for _ in range(2):
        assert document_store.read_paper("paper.json") == PAPER
        assert document_store.read_scheme("scheme.json") == SCHEME
    assert s3.reads == ["paper.json", "scheme.json"]


def test_a_roster_is_fetched_each_time_because_it_changes(document_store: DocumentStore, s3: FakeS3) -> None:
    roster = Roster((Student("Ada", "Ada", "7"),))
    document_store.write("roster.json", roster.to_dict())
    assert document_store.read_roster("roster.json") == document_store.read_roster("roster.json") == roster
    assert len(s3.reads) == 2


def test_a_transcript_is_read_without_its_words(document_store: DocumentStore) -> None:
    line = Line("Why?", 99.0, BOX, words=(Word("Why?", 99.0, BOX),))
    document_store.write("transcript.json", Transcript((Page(1, "textract", (line,)),)).to_dict())
    assert document_store.read_transcript("transcript.json").pages[0].lines == (Line("Why?", 99.0, BOX),)
