"""A paper or an answer key becomes what sheets are graded against, and takes its place on the shelf."""

from typing import Any

from core import record, shelf
from core.assessment import QuestionPaper
from core.clock import now
from core.submission import Kind, State, Submission
from core.table import RECORD, Table, submission_pk
from core.transcript import Transcript
from grade.library import Library
from grade.sheets import Graded, timeline


def prepare(state: dict[str, Any], *, library: Library, table: Table) -> Graded:
    """Read the question tree (or the key's answers) out of a transcript and put it on the shelf.

    A paper in which no question is found does not replace one that stands: it ends as NEEDS_REVIEW.
    """
    joined_at = now()
    submission = Submission.from_state(state)
    transcript_key = state["outcome"]["reading"]["value"]["transcript"]["key"]
    transcript = Transcript.from_dict(library.read(transcript_key))
    document, usable = _parse(submission, transcript, library, table)
    slot: shelf.Slot = "paper" if submission.kind is Kind.QUESTION_PAPER else "key_document"
    key = shelf.document_key(submission.tenant, submission.assessment, slot, f"{submission.id}-{submission.run}")
    library.write(key, document)
    if usable:
        shelf.place(table, submission.tenant, submission.assessment, slot, key=key, received_at=submission.received_at)
    ending = State.READY if usable else State.NEEDS_REVIEW
    moments = timeline(state, joined_at)
    attributes = {"paper_key": key, "transcript_key": transcript_key, "timeline": moments}
    standing = record.end(table, submission, ending, attributes)
    if usable:
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
) -> tuple[dict[str, Any], bool]:
    """The document to keep, and whether anything was found in it."""
    from grade.paper.parsing import parse_paper
    from grade.scheme.key import parse_key

    if submission.kind is Kind.QUESTION_PAPER:
        paper = parse_paper(transcript)
        return paper.to_dict(), bool(paper.questions)
    current = shelf.load(table, submission.tenant, submission.assessment)
    standing = library.read_kept(current.paper)
    scheme = parse_key(transcript, QuestionPaper.from_dict(standing) if standing else None)
    return scheme.to_dict(), bool(scheme.entries)
