"""Readings that a teacher corrected: their words take the place of what was read, for one answer or a whole run."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

from core.models import counting_rules, errors
from core.models.result import QuestionMark, SheetResult
from core.models.transcript import Transcript
from core.storage import assessment_repository
from core.storage.corrections import correction_document_key
from core.storage.submission_repository import submission_from_record
from core.storage.table import RECORD_SK, Table, submission_pk
from grade.answer import Answer, AnswerLine, AnswerSheet
from grade.document_store import DocumentStore, load_paper_and_scheme
from grade.markers.free_text import FreeTextMarker
from grade.markers.marker_cache import CachingMarker
from grade.marking import mark_sheet
from grade.sheet.answers import split_into_answers

# Textract's scale: what a person has read needs no second look for its reading's sake.
_FULL_CONFIDENCE = 100.0


def apply_corrections(sheet: AnswerSheet, texts: Mapping[str, str]) -> tuple[AnswerSheet, dict[str, str]]:
    """The sheet with the teacher's words for these questions, and what had been read of each.

    The lines stay where they are, so that the page goes on to show the place; several tries at a question become one.
    Where the teacher has spoken, no text without a label is held for the answer any more.
    """
    unchanged = [answer for answer in sheet.answers if answer.question not in texts]
    unplaced_texts = {one.question: one.text for one in sheet.unplaced}
    read = {question: unplaced_texts.get(question, "") for question in texts}
    made = []
    for question, text in texts.items():
        attempts = sorted((one for one in sheet.answers if one.question == question), key=lambda one: one.attempt)
        read[question] = "\n\n".join(one.text for one in attempts) or read[question]
        places = [at for one in attempts for at in one.lines]
        places += [at for one in sheet.unplaced for at in one.lines if one.question == question]
        lines = tuple(AnswerLine(at.page, replace(at.line, confidence=_FULL_CONFIDENCE)) for at in places)
        if text.strip():
            made.append(Answer(question, text, lines))
    unplaced = tuple(one for one in sheet.unplaced if one.question not in texts)
    return replace(sheet, answers=(*unchanged, *made), unplaced=unplaced), read


def attach_original_readings(result: SheetResult, read: Mapping[str, str]) -> SheetResult:
    """The result with what the machine had read beside what a teacher corrected; nothing where it is the same."""
    return replace(
        result, questions=tuple(_attach_original_reading(one, read.get(one.question)) for one in result.questions)
    )


def _attach_original_reading(question: QuestionMark, read: str | None) -> QuestionMark:
    return question if read is None or read.strip() == question.answer else replace(question, read_as=read)


def mark_corrected_answer(
    request: Mapping[str, Any], *, document_store: DocumentStore, table: Table, free_text_marker: FreeTextMarker
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
    found = table.get(submission_pk(request["submission"]), RECORD_SK)
    if found is None or "transcript_key" not in found:
        raise errors.NotFound("There is no submission of this id.")
    submission, question = submission_from_record(found), request["question"]
    paper, scheme = load_paper_and_scheme(
        assessment_repository.load(table, submission.tenant, submission.assessment), document_store
    )
    sheet = split_into_answers(Transcript.from_dict(document_store.read(found["transcript_key"])), paper)
    corrected, read = apply_corrections(sheet, {question: request["answer"]})
    alone = replace(corrected, answers=tuple(one for one in corrected.answers if one.question == question))
    caching_marker = CachingMarker(free_text_marker, {})
    result = attach_original_readings(mark_sheet(paper, scheme, alone, free_text_marker=caching_marker), read)
    made = next((one for one in result.questions if one.question == question), None)
    if made is None:
        raise errors.NotFound(f"The question paper has no question {question}.")
    key = correction_document_key(submission.tenant, submission.id, uuid4().hex)
    document_store.write(key, {**made.to_dict(), "opinions": caching_marker.cached_marks})
    return {
        "key": key,
        "marks": made.marks,
        "review": [reason.value for reason in made.review],
        "answered": counting_rules.is_attempted(made.answer),
    }
