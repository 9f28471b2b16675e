"""Readings that a teacher corrected: their words take the place of what was read, for one answer or a whole run."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

from core import errors, shelf, totals
from core.corrections import document_key
from core.record import submission_of
from core.result import QuestionMark, SheetResult
from core.table import RECORD, Table, submission_pk
from core.transcript import Transcript
from grade.answer import Answer, AnswerLine, AnswerSheet
from grade.freetext import FreeTextMarker
from grade.library import Library, scheme_and_paper
from grade.marking import mark_sheet
from grade.remembering import Remembering
from grade.sheet.answers import cut_answers

# Textract's scale: what a person has read needs no second look for its reading's sake.
_CERTAIN = 100.0


def with_corrections(sheet: AnswerSheet, texts: Mapping[str, str]) -> tuple[AnswerSheet, dict[str, str]]:
    """The sheet with the teacher's words for these questions, and what had been read of each.

    The lines stay where they are, so that the page goes on to show the place; several tries at a question become one.
    Where the teacher has spoken, no text without a label is held for the answer any more.
    """
    kept = [answer for answer in sheet.answers if answer.question not in texts]
    shown = {one.question: one.text for one in sheet.unplaced}
    read = {question: shown.get(question, "") for question in texts}
    made = []
    for question, text in texts.items():
        tries = sorted((one for one in sheet.answers if one.question == question), key=lambda one: one.attempt)
        read[question] = "\n\n".join(one.text for one in tries) or read[question]
        places = [at for one in tries for at in one.lines]
        places += [at for one in sheet.unplaced for at in one.lines if one.question == question]
        lines = tuple(AnswerLine(at.page, replace(at.line, confidence=_CERTAIN)) for at in places)
        if text.strip():
            made.append(Answer(question, text, lines))
    unplaced = tuple(one for one in sheet.unplaced if one.question not in texts)
    return replace(sheet, answers=(*kept, *made), unplaced=unplaced), read


def with_readings(result: SheetResult, read: Mapping[str, str]) -> SheetResult:
    """The result with what the machine had read beside what a teacher corrected; nothing where it is the same."""
    return replace(result, questions=tuple(_with_reading(one, read.get(one.question)) for one in result.questions))


def _with_reading(question: QuestionMark, read: str | None) -> QuestionMark:
    return question if read is None or read.strip() == question.answer else replace(question, read_as=read)


def mark_corrected(
    asked: Mapping[str, Any], *, library: Library, table: Table, free_text: FreeTextMarker
) -> dict[str, Any]:
    """Mark one answer in a teacher's words and keep that beside the results; nothing is recorded yet.

    `asked`: `submission`, `question`, `answer`. Returns what the record has to know: `key`, `marks`, `review`,
    `answered`.

    Raises
    ------
    NotFound
        The submission is not there any more, or the paper does not ask this question.
    PaperNotReady
    """
    found = table.get(submission_pk(asked["submission"]), RECORD)
    if found is None or "transcript_key" not in found:
        raise errors.NotFound("There is no submission of this id.")
    submission, question = submission_of(found), asked["question"]
    paper, scheme = scheme_and_paper(shelf.load(table, submission.tenant, submission.assessment), library)
    sheet = cut_answers(Transcript.from_dict(library.read(found["transcript_key"])), paper)
    corrected, read = with_corrections(sheet, {question: asked["answer"]})
    alone = replace(corrected, answers=tuple(one for one in corrected.answers if one.question == question))
    remembering = Remembering(free_text, {})
    result = with_readings(mark_sheet(paper, scheme, alone, free_text=remembering), read)
    made = next((one for one in result.questions if one.question == question), None)
    if made is None:
        raise errors.NotFound(f"The question paper has no question {question}.")
    key = document_key(submission.tenant, submission.id, uuid4().hex)
    library.write(key, {**made.to_dict(), "opinions": remembering.opinions})
    return {
        "key": key,
        "marks": made.marks,
        "review": [reason.value for reason in made.review],
        "answered": totals.is_attempt(made.answer),
    }
