"""Feedback as PDF: everything that is handed out is on it as text, whatever a student may have written."""

import io
from dataclasses import replace

import pytest
from pypdf import PdfReader

from results.exports.feedback import FeedbackAnswer, FeedbackCriterion, FeedbackSheet
from results.exports.feedback_pdf import draw_pdf

POINTS = (
    FeedbackCriterion("Metal is a better conductor than wood", "met", 1.0, 1.0, "metal conducts better"),
    FeedbackCriterion("Heat leaves the hand faster", "partly", 0.5, 1.0, ""),
    FeedbackCriterion("The hand feels the loss", "not", 0.0, 1.0, ""),
)
ANSWER = FeedbackAnswer(
    "4(b)", "Why does metal feel cold?", "Because metal conducts better.", 1.5, 3.0, True, "Well begun.", POINTS
)
SHEET = FeedbackSheet("Science test", "Mina Okafor", 7.5, 12.0, (ANSWER,), draft=False)


def pages(body: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(body)).pages]


def text(sheet: FeedbackSheet) -> str:
    """All words, however they are broken into lines."""
    return " ".join(" ".join(pages(draw_pdf([sheet]))).split())


def test_a_sheet_says_what_was_earned_and_why() -> None:
    said = text(SHEET)
    for words in (
        "Science test",
        "Mina Okafor",
        "7.5 / 12",
        "63 %",
        "4(b)",
        "1.5 / 3",
        "Why does metal feel cold?",
        "Because metal conducts better.",
        "Metal is a better conductor than wood (met, 1 / 1)",
        "“metal conducts better”",
        "(partly met, 0.5 / 1)",
        "(not met, 0 / 1)",
        "Well begun.",
        "Mina Okafor · page 1",
    ):
        assert words in said
    assert "Draft" not in said


def test_the_file_has_a_title_a_language_and_a_place_for_each_student() -> None:
    reader = PdfReader(io.BytesIO(draw_pdf([SHEET, replace(SHEET, student="Jonas Weber")])))
    assert reader.metadata is not None
    assert reader.metadata.title == "Feedback: Science test"
    assert reader.root_object["/Lang"] == "en"
    assert [entry.title for entry in reader.outline] == ["Mina Okafor", "Jonas Weber"]  # type: ignore[union-attr]


def test_each_student_begins_on_a_page_of_their_own_and_counts_its_own_pages() -> None:
    long = replace(SHEET, answers=(ANSWER,) * 12)
    found = pages(draw_pdf([long, replace(SHEET, student="Jonas Weber")]))
    assert len(found) > 2
    assert "Mina Okafor · page 2" in found[1]
    assert "Jonas Weber · page 1" in found[-1]
    assert "Mina" not in found[-1]


def test_a_draft_says_so_on_every_page() -> None:
    found = pages(draw_pdf([replace(SHEET, draft=True, answers=(ANSWER,) * 12)]))
    assert "not published" in found[0]
    assert all("Draft · Mina Okafor" in page for page in found)


def test_the_same_feedback_is_the_same_file() -> None:
    assert draw_pdf([SHEET]) == draw_pdf([SHEET])


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
        ("**bold** __x__ --y--", "**bold** __x__ --y--"),
        ("Ελλάδα Москва é ñ ü ß ⇌ √2 ≤ π", "Ελλάδα Москва é ñ ü ß ⇌ √2 ≤ π"),
        ("a\x00b\x1b[31mc\ud800d", "ab[31mcd"),
        ("", "No answer was found."),
        ("李 and 王", "□ and □"),
        ("שלום", "□□□□"),
    ],
)
def test_what_a_student_wrote_is_text(written: str, shown: str) -> None:
    sheet = replace(SHEET, student=written or None, answers=(replace(ANSWER, answer=written, points=()),))
    said = text(sheet)
    assert shown in said
    assert ("this sheet cannot show" in said) == ("□" in shown)


def test_an_answer_without_end_runs_over_pages_and_is_cut_in_the_end() -> None:
    found = pages(draw_pdf([replace(SHEET, answers=(replace(ANSWER, answer="word " * 10_000, points=()),))]))
    assert 3 < len(found) < 20
    assert "…" in found[-1]
    assert len(pages(draw_pdf([replace(SHEET, answers=(replace(ANSWER, answer="w" * 30_000, points=()),))]))) < 20


def test_marks_that_are_open_and_answers_that_do_not_count_say_so() -> None:
    opened = replace(ANSWER, marks=None, points=())
    extra = replace(ANSWER, counted=False, points=())
    said = text(replace(SHEET, answers=(opened, extra)))
    assert "– / 3" in said
    assert "not counted: 1.5 / 3" in said
