"""Feedback as PDF: all feedback is on it as text, whatever a student has written."""

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
    """All words of the rendered sheet, joined across lines."""
    return " ".join(" ".join(pages(draw_pdf([sheet]))).split())


def test_a_sheet_shows_the_marks_and_their_reasons() -> None:
    content = text(SHEET)
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
        assert words in content
    assert "Draft" not in content


def test_the_file_has_a_title_a_language_and_a_bookmark_per_student() -> None:
    reader = PdfReader(io.BytesIO(draw_pdf([SHEET, replace(SHEET, student="Jonas Weber")])))
    assert reader.metadata is not None
    assert reader.metadata.title == "Feedback: Science test"
    assert reader.root_object["/Lang"] == "en"
    assert [entry.title for entry in reader.outline] == ["Mina Okafor", "Jonas Weber"]  # type: ignore[union-attr]


def test_each_student_starts_on_a_new_page_one() -> None:
    long = replace(SHEET, answers=(ANSWER,) * 12)
    found = pages(draw_pdf([long, replace(SHEET, student="Jonas Weber")]))
    assert len(found) > 2
    assert "Mina Okafor · page 2" in found[1]
    assert "Jonas Weber · page 1" in found[-1]
    assert "Mina" not in found[-1]


def test_a_draft_is_marked_on_every_page() -> None:
    found = pages(draw_pdf([replace(SHEET, draft=True, answers=(ANSWER,) * 12)]))
    assert "not published" in found[0]
    assert all("Draft · Mina Okafor" in page for page in found)


def test_the_same_feedback_gives_the_same_bytes() -> None:
    assert draw_pdf([SHEET]) == draw_pdf([SHEET])


@pytest.mark.parametrize(
    ("answer", "expected"),
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
def test_a_students_text_is_never_markup(answer: str, expected: str) -> None:
    sheet = replace(SHEET, student=answer or None, answers=(replace(ANSWER, answer=answer, points=()),))
    content = text(sheet)
    assert expected in content
    assert ("this sheet cannot show" in content) == ("□" in expected)


def test_a_very_long_answer_spans_pages_and_is_truncated() -> None:
    found = pages(draw_pdf([replace(SHEET, answers=(replace(ANSWER, answer="word " * 10_000, points=()),))]))
    assert 3 < len(found) < 20
    assert "…" in found[-1]
    assert len(pages(draw_pdf([replace(SHEET, answers=(replace(ANSWER, answer="w" * 30_000, points=()),))]))) < 20


def test_unmarked_and_uncounted_answers_are_labelled() -> None:
    opened = replace(ANSWER, marks=None, points=())
    extra = replace(ANSWER, counted=False, points=())
    content = text(replace(SHEET, answers=(opened, extra)))
    assert "– / 3" in content
    assert "not counted: 1.5 / 3" in content
