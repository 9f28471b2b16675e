"""A sheet becomes marks: its transcript, the paper and the scheme together, and one durable result."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from core import record, shelf, totals
from core.clock import now
from core.corrections import corrections_of
from core.result import ReviewReason, Usage
from core.roster import Roster
from core.seal import Seal
from core.submission import State, Submission
from core.table import RECORD, Item, Table, submission_pk
from core.transcript import Transcript
from grade.freetext import FreeTextMarker
from grade.library import Library, scheme_and_paper
from grade.marking import mark_sheet
from grade.remembering import Remembering


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


def grade_sheet(
    state: dict[str, Any], *, library: Library, table: Table, seal: Seal, free_text: FreeTextMarker
) -> Graded:
    """Grade one sheet and record its ending, once.

    When this returns, the result is durable and the record points to it.

    Raises
    ------
    PaperNotReady
        The assessment's paper is not there yet; nothing was written.
    SubmissionErased
        It was erased meanwhile.
    """
    from grade.correcting import with_corrections, with_readings
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
        found_there = pool.submit(table.get, submission_pk(submission.id), RECORD)
        current = shelf.load(table, submission.tenant, submission.assessment)
        paper, scheme = scheme_and_paper(current, library)
        roster = Roster.from_dict(library.read(current.roster)) if current.roster else None
        found = found_there.result()
        standing = record.done_with(found, submission)
        if standing is not None:
            return Graded(standing, timeline(state, joined_at))
        transcript = Transcript.from_dict(transcript_there.result())
    earlier = _earlier(found or {}, library)
    remembering = Remembering(free_text, earlier.opinions)
    asked = {leaf.id for leaf in paper.leaves()}
    # What was corrected for a question that the paper does not ask any more concerns nothing now.
    corrected = {question: text for question, text in earlier.corrected.items() if question in asked}
    sheet, read = with_corrections(cut_answers(transcript, paper), corrected)
    result = mark_sheet(paper, scheme, sheet, free_text=remembering)
    owner = whose(declared, sheet.student, roster)
    review = (*result.review, *(() if owner.sure else (ReviewReason.UNKNOWN_STUDENT,)))
    result = replace(with_readings(result, read), review=tuple(dict.fromkeys(review)), name_on_sheet=sheet.student)
    key = f"results/{submission.tenant}/{submission.id}/{submission.run}.json"
    library.write(key, {**result.to_dict(), "opinions": remembering.opinions})
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


@dataclass(frozen=True, slots=True)
class _Earlier:
    """What an earlier run and a teacher have left: a model's opinions, and corrected readings by question."""

    opinions: dict[str, Any]
    corrected: dict[str, str]


def _earlier(found: Item, library: Library) -> _Earlier:
    """Looked up by a later run alone: the first one finds neither in its record."""
    corrections = corrections_of(found)
    keys = [found["result_key"]] if "result_key" in found else []
    if not keys and not corrections:
        return _Earlier({}, {})
    with ThreadPoolExecutor(8) as pool:
        documents = list(pool.map(library.read, [*keys, *(one.key for one in corrections.values())]))
    opinions = {key: said for document in documents for key, said in document.get("opinions", {}).items()}
    corrected = documents[len(keys) :]
    return _Earlier(opinions, {name: one["answer"] for name, one in zip(corrections, corrected, strict=True)})


def timeline(state: dict[str, Any], joined_at: str) -> dict[str, Any]:
    """The moments that only the joined state knows; the lanes' own stand in their items."""
    reading = state["outcome"]["reading"]["value"]
    return {"first_ocr_at": reading.get("first_ocr_at"), "joined_at": joined_at, "graded_at": now()}


def _summary(question: dict[str, Any]) -> dict[str, Any]:
    """What a table of marks needs of a question; the rest lies in the result document."""
    kept = {name: question[name] for name in ("question", "label", "marks", "max_marks", "review", "counted")}
    return {**kept, "answered": totals.is_attempt(question["answer"])}
