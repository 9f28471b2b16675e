"""Sheets drawn as pictures, read by the real engine and marked: no answer on the page is a silent nothing."""

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
SAID = ("carbon dioxide", "the heart", "gravity", "Earth", "iron")
READ = parse_paper(
    one_page_transcript(
        "1. Name the gas that plants take in. [1]",
        "2. Name the organ that pumps blood. [1]",
        "3. Name the force that pulls things down. [1]",
        "4. Name the planet we live on. [1]",
        "5. Name the metal in a compass needle. [1]",
    )
)
SCHEME = MarkingScheme(
    tuple(SchemeEntry(str(number), QuestionType.EXACT, 1.0, answers=(said,)) for number, said in enumerate(SAID, 1))
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OcrProcessPool]:
    processes = OcrProcessPool(1, tmp_path_factory.mktemp("ocr") / "ocr.log")
    yield processes
    processes.close()


def drawn(labels: tuple[str, ...], last: float, foot: str = "") -> bytes:
    """A page of answers, the labels in the margin, the last answer at `last` of its height."""
    page = Image.new("L", SIZE, 255)
    draw, font = ImageDraw.Draw(page), ImageFont.truetype(FONT, 52)
    for place, (label, said) in enumerate(zip(labels, SAID, strict=True)):
        top = SIZE[1] * (0.12 + (last - 0.12) * place / (len(SAID) - 1))
        draw.text((50, top), label, fill=30, font=font)
        draw.text((210, top), said, fill=30, font=font)
    draw.text((600, SIZE[1] * 0.955), foot, fill=30, font=font)
    out = io.BytesIO()
    page.save(out, "PNG")
    return out.getvalue()


def marked(engine: OcrProcessPool, picture: bytes) -> SheetResult:
    paper, scheme = apply_schemes(READ, SCHEME)
    transcript = parse_transcript([{"Blocks": list(make_blocks(engine.read(picture)))}])
    return mark_sheet(paper, scheme, split_into_answers(transcript, paper), free_text_marker=KeyPointMarker())


def answers(result: SheetResult) -> tuple[str, ...]:
    return tuple(mark.answer for mark in result.questions)


def in_review(result: SheetResult) -> list[QuestionMark]:
    return [mark for mark in result.questions if mark.review]


@pytest.mark.parametrize("last", [0.9, 0.945])
def test_a_label_alone_at_the_foot_opens_its_question(engine: OcrProcessPool, last: float) -> None:
    result = marked(engine, drawn(("1.", "2.", "3.", "4.", "5."), last))
    assert answers(result) == SAID
    assert (result.marks, in_review(result)) == (5.0, [])


def test_a_page_number_at_the_foot_is_in_no_answer(engine: OcrProcessPool) -> None:
    result = marked(engine, drawn(("1.", "2.", "3.", "4.", "5."), 0.8, foot="1"))
    assert (answers(result), result.marks, in_review(result)) == (SAID, 5.0, [])


def test_a_first_answer_without_a_label_goes_to_a_person_with_its_text(engine: OcrProcessPool) -> None:
    result = marked(engine, drawn(("", "2.", "3.", "4.", "5."), 0.85))
    assert (answers(result), result.marks) == (SAID, 5.0)
    (first,) = in_review(result)
    assert (first.question, first.review) == ("1", (ReviewReason.UNPLACED_ANSWER,))
    assert first.confidence <= 0.5


def test_an_answer_without_a_label_in_the_middle_goes_to_a_person_with_its_text(engine: OcrProcessPool) -> None:
    result = marked(engine, drawn(("1.", "2.", "3.", "", "5."), 0.85))
    third, fourth = in_review(result)
    assert (third.question, fourth.question) == ("3", "4")
    assert (fourth.answer, fourth.marks, fourth.review) == ("Earth", None, (ReviewReason.UNPLACED_ANSWER,))
