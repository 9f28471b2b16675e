"""A sheet becomes marks: its transcript, the paper and the scheme together, and one durable result."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from core import errors, record, shelf
from core.assessment import MarkingScheme, QuestionPaper
from core.clock import now
from core.result import ReviewReason, SheetResult, Usage
from core.roster import Roster
from core.seal import Seal
from core.submission import State, Submission
from core.table import Table
from core.transcript import Transcript
from grade.answer import AnswerSheet

Mark = Callable[[QuestionPaper, MarkingScheme, AnswerSheet], SheetResult]


@dataclass(slots=True)
class Library:
    """The documents bucket as grading sees it. Papers and schemes never change once written: kept by key."""

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
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType="application/json")


@dataclass(frozen=True, slots=True)
class Graded:
    """An ending as the state machine carries it on, and what the metrics say of it: the moments that only the joined
    state knows, the questions that want a person, what a model was asked."""

    state: State
    timeline: dict[str, Any]
    marks: float | None = None
    max_marks: float | None = None
    for_review: int = 0
    usage: Usage = field(default_factory=Usage)

    def to_state(self) -> dict[str, Any]:
        return {"state": self.state.value, "marks": self.marks, "max_marks": self.max_marks}


def grade_sheet(state: dict[str, Any], *, library: Library, table: Table, seal: Seal, mark: Mark) -> Graded:
    """Grade one sheet and record its ending, once.

    When this returns, the result is durable and the record points to it.

    Raises
    ------
    PaperNotReady
        The assessment's paper is not there yet; nothing was written.
    SubmissionErased
        It was erased meanwhile.
    """
    from grade.scheme.joining import join
    from grade.sheet.answers import cut_answers
    from grade.sheet.whose import whose

    joined_at = now()
    submission = Submission.from_state(state)
    declared = seal.open(submission.student, bound_to=submission.id) if submission.student else None
    transcript_key = state["outcome"]["reading"]["value"]["transcript"]["key"]
    with ThreadPoolExecutor(2) as pool:
        # The transcript comes over while the shelf is looked at, and so does the word whether this run has ended
        # before (its answer was lost): then nothing is marked, or paid for, twice.
        transcript_there = pool.submit(library.read, transcript_key)
        standing_there = pool.submit(record.done_with, table, submission)
        current = shelf.load(table, submission.tenant, submission.assessment)
        if current.paper is None:
            raise errors.PaperNotReady("The question paper of this assessment has not been read yet.")
        paper = QuestionPaper.from_dict(library.read_kept(current.paper))
        schemes = [
            MarkingScheme.from_dict(document)
            for document in (library.read_kept(current.key_document), library.read_kept(current.scheme))
            if document
        ]
        roster = Roster.from_dict(library.read(current.roster)) if current.roster else None
        standing = standing_there.result()
        if standing is not None:
            return Graded(standing, timeline(state, joined_at))
        transcript = Transcript.from_dict(transcript_there.result())
    paper, scheme = join(paper, *schemes)
    sheet = cut_answers(transcript, paper)
    result = mark(paper, scheme, sheet)
    owner = whose(declared, sheet.student, roster)
    review = (*result.review, *(() if owner.sure else (ReviewReason.UNKNOWN_STUDENT,)))
    result = replace(result, review=tuple(dict.fromkeys(review)), name_on_sheet=sheet.student)
    key = f"results/{submission.tenant}/{submission.id}/{submission.run}.json"
    library.write(key, result.to_dict())
    ending = State.NEEDS_REVIEW if result.needs_review else State.GRADED
    moments = timeline(state, joined_at)
    attributes = {
        "result_key": key,
        "transcript_key": transcript_key,
        "revision": current.revision,
        "marks": result.marks,
        "max_marks": result.max_marks,
        # Found on the sheet itself: sealed like a label that came with the upload.
        **({} if declared or owner.label is None else {"student": seal.close(owner.label, bound_to=submission.id)}),
        "review": [reason.value for reason in result.review],
        "question_marks": [_summary(question.to_dict()) for question in result.questions],
        "timeline": moments,
    }
    return Graded(
        record.end(table, submission, ending, attributes),
        moments,
        result.marks,
        result.max_marks,
        for_review=sum(bool(question.review) for question in result.questions),
        usage=result.usage,
    )


def timeline(state: dict[str, Any], joined_at: str) -> dict[str, Any]:
    """The moments that only the joined state knows; the lanes' own stand in their items."""
    reading = state["outcome"]["reading"]["value"]
    return {"first_ocr_at": reading.get("first_ocr_at"), "joined_at": joined_at, "graded_at": now()}


def _summary(question: dict[str, Any]) -> dict[str, Any]:
    """What a table of marks needs of a question; the rest lies in the result document."""
    kept = {name: question[name] for name in ("question", "label", "marks", "max_marks", "review", "counted")}
    return {**kept, "answered": bool(question["answer"])}
