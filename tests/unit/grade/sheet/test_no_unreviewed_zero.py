"""No question gets 0 marks without review while the sheet has text that may be its answer, whatever its labels."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from core.models.assessment import MarkingScheme, QuestionPaper, QuestionType, SchemeEntry
from core.models.result import ReviewReason, SheetResult
from core.models.transcript import Line, Page, Transcript
from grade.answer import AnswerSheet
from grade.markers.key_points.marker import KeyPointMarker
from grade.marking import mark_sheet
from grade.paper.paper_parser import parse_paper
from grade.sheet.answers import split_into_answers
from tests.papers.examples import examples
from tests.papers.strategies import transcripts
from tests.papers.transcript_factory import one_page_transcript, transcript_at_positions

RESPONSES = ("carbon dioxide", "the heart", "gravity pulls it", "Earth", "iron and steel", "42")
_TYPES = (QuestionType.TEXT, QuestionType.EXACT, QuestionType.TEXT, QuestionType.EXACT, QuestionType.TEXT)
_PARSED = parse_paper(
    one_page_transcript(
        "Science quiz",
        "1. Name the gas that plants take in. [1]",
        "2. Name the organ that pumps blood. [1]",
        "3. Describe why things fall down. [1]",
        "4. Name the planet we live on. [1]",
        "5. Name what a compass needle is made of. [1]",
        "6. How old is the teacher? [1]",
    )
)
PAPER = replace(
    _PARSED,
    questions=tuple(
        replace(question, type=kind)
        for question, kind in zip(_PARSED.questions, (*_TYPES, QuestionType.NUMERIC), strict=True)
    ),
)
SCHEME = MarkingScheme(
    tuple(
        SchemeEntry(question.id, question.type, 1.0, answers=(response,), model_answer=response)
        for question, response in zip(PAPER.questions, RESPONSES, strict=True)
    )
)
ANY_PAPER = parse_paper(
    one_page_transcript(
        "SECTION A",
        "1. Which gas do plants take in? [1]",
        "    A) oxygen",
        "    B) carbon dioxide",
        "2. Calculate the speed. [2]",
        "SECTION B",
        "1. Explain how a plant makes its food. [5]",
        "2. Answer any two of the following.",
        "    (a) Explain why the sky is blue. [5]",
        "    (b) Explain why leaves fall in autumn. [5]",
        "    (c) Explain why ice floats. [5]",
    )
)
FIELD = "Grade: B"
"""A filled form field: as the first line of a sheet it cannot be told from an answer, and counts as the form's."""
AMBIGUOUS_RESPONSES = ("3/4", "-7", "+2", "form water and a salt", "class: gases", "set of even numbers", FIELD, "good")
"""Answers that look like a teacher's mark or like a form field at the head of a sheet."""
LABEL_FATES = ("right", "unread", "unreadable", "unknown", "left out", "left out")
"""What may happen to a question's label: read correctly, not read, read as other characters, or read as a number that
the paper lacks; or the student leaves the question out."""
Row = tuple[float, float, str]


def grade(transcript: Transcript) -> SheetResult:
    return mark_sheet(PAPER, SCHEME, split_into_answers(transcript, PAPER), free_text_marker=KeyPointMarker())


def unreviewed_zeros(result: SheetResult) -> set[str]:
    """The questions that got no marks for want of an answer and are not in review."""
    return {mark.question for mark in result.questions if mark.marker == "none" and not mark.review}


@st.composite
def answer_sheets(draw: Callable[[Any], Any]) -> tuple[Transcript, dict[str, str]]:
    """A sheet with any line spacing and most of its labels read, and the response written to each question."""
    fates = draw(st.permutations(["right"] * 3 + draw(st.lists(st.sampled_from(LABEL_FATES), min_size=3, max_size=3))))
    numbered = draw(st.sampled_from(["", "{}", "- {} -", "Page {}"]))
    step, last = draw(st.floats(0.024, 0.15)), draw(st.floats(0.3, 0.9))
    inline = draw(st.booleans())
    texts = dict(
        zip(
            "123456",
            draw(st.permutations([*RESPONSES, *AMBIGUOUS_RESPONSES]))[:6] if draw(st.booleans()) else RESPONSES,
            strict=True,
        )
    )
    pages: list[list[Row]] = [[]]
    expected: dict[str, str] = {}
    top = 0.12
    for number, fate in zip("123456", fates, strict=True):
        if fate == "left out":
            continue
        if top > last:
            pages.append([])
            top = draw(st.sampled_from([0.04, 0.12]))
        is_head = not expected and fate == "unread" and texts[number] == FIELD
        known = f"{number}."
        label = known if is_head else {"right": known, "unread": "", "unreadable": "H", "unknown": "77."}[fate]
        if inline:
            pages[-1].append((0.08, top, f"{label} {texts[number]}".strip()))
        else:
            pages[-1] += [(0.04, top, label)] if label else []
            pages[-1].append((0.16, top + 0.003, texts[number]))
        expected[number] = texts[number]
        if draw(st.integers(0, 4)) == 0:
            top += step
            pages[-1].append((0.08 if inline else 0.16, top, f"and more of number {number}"))
            expected[number] += f"\nand more of number {number}"
        top += step
    if numbered:
        for number, page in enumerate(pages, 1):
            page.append((0.48, 0.95, numbered.format(number)))
    return transcript_at_positions(*(tuple(page) for page in pages)), expected


@examples(150)
@given(answer_sheets())
def test_every_answer_is_marked_as_its_own_or_sent_to_review(
    sheet: tuple[Transcript, dict[str, str]],
) -> None:
    transcript, expected = sheet
    result = grade(transcript)
    in_review = "\n".join(mark.answer for mark in result.questions if mark.review)
    for mark in result.questions:
        if mark.question in unreviewed_zeros(result) & set(expected):
            assert expected[mark.question] in in_review
        elif not mark.review:
            assert mark.answer == expected.get(mark.question, "")


@examples(80)
@given(transcripts())
@example(one_page_transcript("carbon dioxide", "2. the heart"))
@example(one_page_transcript("1. CO2", "77. the heart", "3. gravity"))
@example(one_page_transcript("carbon dioxide", "the heart"))
def test_unplaced_text_is_shown_at_its_question_without_a_mark(transcript: Transcript) -> None:
    sheet = split_into_answers(transcript, PAPER)
    result = grade(transcript)
    lines = [line for page in transcript.pages for line in page.lines]
    assert {one.question for one in sheet.unplaced}.isdisjoint(answer.question for answer in sheet.answers)
    for one in sheet.unplaced:
        mark = next(mark for mark in result.questions if mark.question == one.question)
        assert (mark.marks, mark.review) == (None, (ReviewReason.UNPLACED_ANSWER,))
        assert mark.confidence < 0.9
        assert mark.answer == one.text
        assert all(any(shown.line.text in line.text for line in lines) for shown in one.lines)


ORDERS = [([*range(first, 7), *range(1, first)], lost) for first in range(1, 7) for lost in range(1, 6)]
"""Orders of answering, from each question to the last and then from the first on, with the index of the lost label."""
ORDERS += [([number for number in range(1, 7) if number != last] + [last], 5) for last in range(1, 6)]
INSERTED_LINE = "a quokka is a small wallaby that lives on two islands near the coast of Australia"


@examples(100)
@given(transcripts(), st.data(), st.sampled_from([PAPER, ANY_PAPER]))
def test_an_inserted_line_is_in_an_answer_or_sent_to_review(
    transcript: Transcript, data: st.DataObject, paper: QuestionPaper
) -> None:
    pages = list(transcript.pages) or [Page(1, "textract", ())]
    index = data.draw(st.integers(0, len(pages) - 1), label="page")
    lines = list(pages[index].lines)
    lines.insert(data.draw(st.integers(0, len(lines)), label="line"), Line(INSERTED_LINE, 99.0, (0.1, 0.5, 0.8, 0.02)))
    pages[index] = replace(pages[index], lines=tuple(lines))
    sheet = split_into_answers(Transcript(tuple(pages)), paper)
    answered = {answer.question for answer in sheet.answers}
    in_answer = any(INSERTED_LINE in answer.text for answer in sheet.answers)
    shown = any(INSERTED_LINE in line.line.text for one in sheet.unplaced for line in one.lines)
    assert in_answer or shown or answered == {leaf.id for leaf in paper.leaves()} or _is_far_down(sheet)


@examples(100)
@given(
    st.sampled_from(ORDERS),
    st.sets(st.integers(1, 6), max_size=2),
    st.floats(0.024, 0.13),
    st.sampled_from([*RESPONSES, *AMBIGUOUS_RESPONSES]),
)
def test_an_answer_moved_by_a_missing_label_is_sent_to_review(
    order_and_lost: tuple[list[int], int], left_out: set[int], step: float, response: str
) -> None:
    """The question itself is in review, or the one that has its text. Text above the first label may be a title."""
    order, lost = order_and_lost
    question = order[lost]
    texts = {number: response if number == question else RESPONSES[number - 1] for number in order}
    kept = [number for number in order if number in (question, order[0]) or number not in left_out]
    rows = [
        (0.08, 0.12 + step * row, texts[number] if number == question else f"{number}. {texts[number]}")
        for row, number in enumerate(kept)
    ]
    result = grade(transcript_at_positions(tuple(rows)))
    own = next(mark for mark in result.questions if mark.question == str(question))
    holders = [mark for mark in result.questions if response in mark.answer and mark is not own]
    assert own.answer == response or own.review or any(holder.review for holder in holders)


def _is_far_down(sheet: AnswerSheet) -> bool:
    """Whether a shown text is cut off: of a long text only the beginning is shown."""
    return any(len(one.lines) >= 20 for one in sheet.unplaced)


@examples(50)
@given(st.permutations(range(1, 7)), st.integers(1, 5))
def test_a_sheet_with_all_labels_read_needs_no_review(order: list[int], count: int) -> None:
    """Questions left out without any unlabelled text are certainly not answered."""
    rows = [
        row
        for position, number in enumerate(order[:count])
        for row in ((0.04, 0.1 + 0.13 * position, f"{number}."), (0.16, 0.1 + 0.13 * position, RESPONSES[number - 1]))
    ]
    sheet = split_into_answers(transcript_at_positions(tuple(rows)), PAPER)
    assert {answer.question: answer.text for answer in sheet.answers} == {
        str(n): RESPONSES[n - 1] for n in order[:count]
    }
    assert sheet.unplaced == ()
