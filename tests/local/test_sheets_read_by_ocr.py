"""Sheets drawn as images, read by the real OCR engine and marked: no answer is lost without a review."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from core.models.assessment import MarkingScheme, QuestionType, SchemeEntry
from core.models.result import QuestionMark, ReviewReason, SheetResult
from extract.ocr.response_parser import parse_transcript
from grade.markers.key_points.marker import KeyPointMarker
from grade.marking import mark_sheet
from grade.paper.paper_parser import parse_paper
from grade.scheme.scheme_entries import apply_schemes
from grade.sheet.answers import split_into_answers
from local.cloud.ocr_pool import OcrProcessPool
from local.cloud.textract_blocks import make_blocks
from tests.papers.transcript_factory import one_page_transcript

FONT = Path(__file__).parents[2] / "samples" / "fonts" / "ComicNeue-Regular.otf"
SIZE = (1240, 1754)
ANSWERS = ("carbon dioxide", "the heart", "gravity", "Earth", "iron")
PARSED_PAPER = parse_paper(
    one_page_transcript(
        "1. Name the gas that plants take in. [1]",
        "2. Name the organ that pumps blood. [1]",
        "3. Name the force that pulls things down. [1]",
        "4. Name the planet we live on. [1]",
        "5. Name the metal in a compass needle. [1]",
    )
)
SCHEME = MarkingScheme(
    tuple(
        SchemeEntry(str(number), QuestionType.EXACT, 1.0, answers=(answer,)) for number, answer in enumerate(ANSWERS, 1)
    )
)


@pytest.fixture(scope="module")
def ocr_pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OcrProcessPool]:
    processes = OcrProcessPool(1, tmp_path_factory.mktemp("ocr") / "ocr.log")
    yield processes
    processes.close()


def draw_sheet(labels: tuple[str, ...], last_position: float, footer: str = "") -> bytes:
    """Draws a page of answers with labels in the margin; the last answer is at `last_position` of the page's height."""
    page = Image.new("L", SIZE, 255)
    draw, font = ImageDraw.Draw(page), ImageFont.truetype(FONT, 52)
    for row, (label, answer) in enumerate(zip(labels, ANSWERS, strict=True)):
        top = SIZE[1] * (0.12 + (last_position - 0.12) * row / (len(ANSWERS) - 1))
        draw.text((50, top), label, fill=30, font=font)
        draw.text((210, top), answer, fill=30, font=font)
    draw.text((600, SIZE[1] * 0.955), footer, fill=30, font=font)
    out = io.BytesIO()
    page.save(out, "PNG")
    return out.getvalue()


def mark_image(ocr_pool: OcrProcessPool, image: bytes) -> SheetResult:
    paper, scheme = apply_schemes(PARSED_PAPER, SCHEME)
    transcript = parse_transcript([{"Blocks": list(make_blocks(ocr_pool.read(image)))}])
    return mark_sheet(paper, scheme, split_into_answers(transcript, paper), free_text_marker=KeyPointMarker())


def answers(result: SheetResult) -> tuple[str, ...]:
    return tuple(mark.answer for mark in result.questions)


def in_review(result: SheetResult) -> list[QuestionMark]:
    return [mark for mark in result.questions if mark.review]


@pytest.mark.parametrize("last_position", [0.9, 0.945])
def test_a_label_at_the_foot_of_the_page_starts_its_question(ocr_pool: OcrProcessPool, last_position: float) -> None:
    result = mark_image(ocr_pool, draw_sheet(("1.", "2.", "3.", "4.", "5."), last_position))
    assert answers(result) == ANSWERS
    assert (result.marks, in_review(result)) == (5.0, [])


def test_a_page_number_at_the_foot_is_in_no_answer(ocr_pool: OcrProcessPool) -> None:
    result = mark_image(ocr_pool, draw_sheet(("1.", "2.", "3.", "4.", "5."), 0.8, footer="1"))
    assert (answers(result), result.marks, in_review(result)) == (ANSWERS, 5.0, [])


def test_a_first_answer_without_a_label_goes_to_review_with_its_text(ocr_pool: OcrProcessPool) -> None:
    result = mark_image(ocr_pool, draw_sheet(("", "2.", "3.", "4.", "5."), 0.85))
    assert (answers(result), result.marks) == (ANSWERS, 5.0)
    (first,) = in_review(result)
    assert (first.question, first.review) == ("1", (ReviewReason.UNPLACED_ANSWER,))
    assert first.confidence <= 0.5


def test_a_middle_answer_without_a_label_goes_to_review_with_its_text(ocr_pool: OcrProcessPool) -> None:
    result = mark_image(ocr_pool, draw_sheet(("1.", "2.", "3.", "", "5."), 0.85))
    third, fourth = in_review(result)
    assert (third.question, fourth.question) == ("3", "4")
    assert (fourth.answer, fourth.marks, fourth.review) == ("Earth", None, (ReviewReason.UNPLACED_ANSWER,))
