"""A paper or an answer key becomes what sheets are graded against, and takes its place on the shelf."""

from typing import Any

from core import errors, record, shelf
from core.assessment import QuestionPaper
from core.clock import now
from core.submission import Kind, State, Submission
from core.table import RECORD, Item, Table, submission_pk
from core.transcript import Transcript
from grade.library import Library
from grade.sheets import Graded, timeline

_NO_QUESTIONS = (
    "No question was found in this file. Is it the question paper? Send another file, or a clearer scan of the paper."
)
_NO_ANSWERS = (
    "No answer was found in this file. Is it the answer key? Send another file, or a marking scheme as YAML or JSON."
)
_NO_ANSWERS_YET = "No answer was found in this file. It is read again when the question paper is there."


def prepare(state: dict[str, Any], *, library: Library, table: Table) -> Graded:
    """Read the question tree (or the key's answers) out of a transcript and put it on the shelf.

    A paper in which no question is found does not replace one that stands: it ends as REJECTED with the reason
    (so does a key without an answer), and its transcript can be looked at. A key that says nothing without its paper
    is noted as `before_paper`: it is read again when the paper is there.
    """
    joined_at = now()
    submission = Submission.from_state(state)
    transcript_key = state["outcome"]["reading"]["value"]["transcript"]["key"]
    transcript = Transcript.from_dict(library.read(transcript_key))
    document, fault = _parse(submission, transcript, library, table)
    slot: shelf.Slot = "paper" if submission.kind is Kind.QUESTION_PAPER else "key_document"
    key = shelf.document_key(submission.tenant, submission.assessment, slot, f"{submission.id}-{submission.run}")
    library.write(key, document)
    if fault is None:
        shelf.place(table, submission.tenant, submission.assessment, slot, key=key, received_at=submission.received_at)
    ending = State.READY if fault is None else State.REJECTED
    moments = timeline(state, joined_at)
    attributes: Item = {"paper_key": key, "transcript_key": transcript_key, "timeline": moments}
    if fault is not None:
        attributes["failure"] = {"type": type(fault).__name__, "message": fault.message}
    if submission.kind is Kind.ANSWER_KEY:
        attributes["before_paper"] = isinstance(fault, errors.NoAnswersFound) and fault.before_paper
    standing = record.end(table, submission, ending, attributes)
    if fault is None:
        _place_again(table, submission, slot, key)
    return Graded(standing, moments)


def _place_again(table: Table, submission: Submission, slot: shelf.Slot, key: str) -> None:
    """Where the same file was received once more while it was prepared, that receipt is the one that counts."""
    found = table.get(submission_pk(submission.id), RECORD) or {}
    at = found.get("counts_from")
    if at and found.get("paper_key") == key:
        shelf.place(table, submission.tenant, submission.assessment, slot, key=key, received_at=at)


def _parse(
    submission: Submission, transcript: Transcript, library: Library, table: Table
) -> tuple[dict[str, Any], errors.NothingFound | None]:
    """The document to keep, and what is wrong with it: nothing was found in it, or None."""
    from grade.paper.parsing import parse_paper
    from grade.scheme.key import parse_key

    if submission.kind is Kind.QUESTION_PAPER:
        paper = parse_paper(transcript)
        return paper.to_dict(), None if paper.questions else errors.NoQuestionsFound(_NO_QUESTIONS)
    current = shelf.load(table, submission.tenant, submission.assessment)
    standing = library.read_kept(current.paper)
    scheme = parse_key(transcript, QuestionPaper.from_dict(standing) if standing else None)
    if scheme.entries:
        return scheme.to_dict(), None
    before = standing is None
    return scheme.to_dict(), errors.NoAnswersFound(_NO_ANSWERS_YET if before else _NO_ANSWERS, before_paper=before)
