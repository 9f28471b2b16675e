"""Answers that a teacher corrected: marks one corrected answer now; applies earlier corrections in a later run.

The teacher's text replaces what OCR read.
"""

from collections.abc import Mapping
from dataclasses import replace
from uuid import uuid4

from core.models import counting_rules, errors
from core.models.function_requests import MarkAnswerReply, MarkAnswerRequest
from core.models.result import QuestionMark, SheetResult
from core.storage import assessment_repository
from core.storage.submission_queries import load_record
from core.storage.submission_record import SubmissionRecord
from core.storage.table import Table
from core.storage.teacher_edits import correction_document_key
from grade.answer import Answer, AnswerLine, AnswerSheet
from grade.document_store import DocumentStore, load_paper_and_scheme
from grade.markers.free_text import FreeTextMarker
from grade.markers.marker_cache import CachingMarker, with_cached_marks
from grade.marking import mark_sheet
from grade.sheet.answers import split_into_answers

# Textract's scale. Text that a teacher has typed is not reviewed for its OCR confidence.
_FULL_CONFIDENCE = 100.0


def apply_corrections(sheet: AnswerSheet, texts: Mapping[str, str]) -> tuple[AnswerSheet, dict[str, str]]:
    """The sheet with the teacher's text for these questions, and the original reading of each, by question.

    The lines keep their boxes, so that the page can still show the region. Several attempts at a question become one.
    A corrected question no longer has unplaced text.
    """
    unchanged = [answer for answer in sheet.answers if answer.question not in texts]
    unplaced_texts = {unplaced.question: unplaced.text for unplaced in sheet.unplaced}
    original_readings = {question: unplaced_texts.get(question, "") for question in texts}
    corrected = []
    for question, text in texts.items():
        attempts = sorted((one for one in sheet.answers if one.question == question), key=lambda one: one.attempt)
        original_readings[question] = "\n\n".join(one.text for one in attempts) or original_readings[question]
        lines = [line for one in attempts for line in one.lines]
        lines += [line for one in sheet.unplaced for line in one.lines if one.question == question]
        if text.strip():
            certain = tuple(AnswerLine(one.page, replace(one.line, confidence=_FULL_CONFIDENCE)) for one in lines)
            corrected.append(Answer(question, text, certain))
    unplaced = tuple(one for one in sheet.unplaced if one.question not in texts)
    return replace(sheet, answers=(*unchanged, *corrected), unplaced=unplaced), original_readings


def attach_original_readings(result: SheetResult, original_readings: Mapping[str, str]) -> SheetResult:
    """The result with the original reading next to each corrected answer, except where the two are equal."""
    return replace(
        result,
        questions=tuple(
            _attach_original_reading(mark, original_readings.get(mark.question)) for mark in result.questions
        ),
    )


def _attach_original_reading(mark: QuestionMark, original: str | None) -> QuestionMark:
    return mark if original is None or original.strip() == mark.answer else replace(mark, read_as=original)


def mark_corrected_answer(
    request: MarkAnswerRequest, *, document_store: DocumentStore, table: Table, free_text_marker: FreeTextMarker
) -> MarkAnswerReply:
    """Mark one answer from a teacher's text and store the mark as a document; the record is not changed.

    Raises
    ------
    NotFound
        The submission no longer exists, or the paper does not have this question.
    PaperNotReady
        The assessment's paper has not been read yet.
    """
    record = load_record(table, request.submission_id)
    if not isinstance(record, SubmissionRecord) or record.transcript_key is None:
        raise errors.NotFound("There is no submission of this id.")
    submission, question = record.submission, request.question
    paper, scheme = load_paper_and_scheme(
        assessment_repository.load(table, submission.tenant, submission.assessment), document_store
    )
    sheet = split_into_answers(document_store.read_transcript(record.transcript_key), paper)
    corrected, original_readings = apply_corrections(sheet, {question: request.answer})
    only_this = replace(corrected, answers=tuple(one for one in corrected.answers if one.question == question))
    caching_marker = CachingMarker(free_text_marker, {})
    result = attach_original_readings(
        mark_sheet(paper, scheme, only_this, free_text_marker=caching_marker), original_readings
    )
    mark = next((one for one in result.questions if one.question == question), None)
    if mark is None:
        raise errors.NotFound(f"The question paper has no question {question}.")
    key = correction_document_key(submission.tenant, submission.id, uuid4().hex)
    document_store.write(key, with_cached_marks(mark.to_dict(), caching_marker.cached_marks))
    return MarkAnswerReply(
        key, mark.marks, tuple(reason.value for reason in mark.review), counting_rules.is_attempted(mark.answer)
    )
