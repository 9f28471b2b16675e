"""A lone number at a page's head or foot: a label where one is missing, else a page number, else answer text."""

import pytest

from core.models.transcript import Transcript
from grade.answer import AnswerSheet
from grade.paper.paper_parser import parse_paper
from grade.sheet.answers import split_into_answers
from tests.papers.transcript_factory import one_page_transcript, transcript_at_positions

PAPER = parse_paper(
    one_page_transcript(
        "1. Name the gas that plants take in. [1]",
        "2. Name the organ that pumps blood. [1]",
        "3. Name the force that pulls things down. [1]",
        "4. Name the planet we live on. [1]",
        "5. Name the metal in a compass needle. [1]",
    )
)
RESPONSES = ("carbon dioxide", "the heart", "gravity", "Earth", "iron")
Row = tuple[float, float, str]


def rows(*numbers: int, first: float = 0.15, last: float = 0.938, label: str = "{}.") -> tuple[Row, ...]:
    """Answers with their labels alone in the margin, spread evenly down a page."""
    step = (last - first) / max(len(numbers) - 1, 1)
    return tuple(
        line
        for row, number in enumerate(numbers)
        for line in (
            (0.04, first + row * step, label.format(number)),
            (0.16, first + row * step + 0.005, RESPONSES[number - 1]),
        )
    )


def split(*pages: tuple[Row, ...]) -> AnswerSheet:
    return split_into_answers(transcript_at_positions(*pages), PAPER)


def answers_of(sheet: AnswerSheet) -> dict[str, str]:
    return {answer.question: answer.text for answer in sheet.answers}


ALL = {str(number): text for number, text in enumerate(RESPONSES, 1)}


@pytest.mark.parametrize("label", ["{}.", "{})", "({})", "{}", "Q{}"])
def test_a_lone_label_at_a_pages_head_or_foot_opens_its_question(label: str) -> None:
    sheet = split(rows(1, 2, 3, 4, 5, first=0.01, label=label))
    assert answers_of(sheet) == ALL
    assert sheet.leftover == ()


@pytest.mark.parametrize(
    ("form", "left"), [("2", 0.49), ("2.", 0.5), ("- 2 -", 0.47), ("2", 0.9), ("Page 2 of 3", 0.45), ("2/3", 0.9)]
)
@pytest.mark.parametrize("top", [0.02, 0.95])
def test_page_numbers_are_no_labels_and_no_answers(form: str, left: float, top: float) -> None:
    def numbered(page: tuple[Row, ...], number: int) -> tuple[Row, ...]:
        page_number_line = (left, top, form.replace("2", str(number), 1))
        return (page_number_line, *page) if top < 0.5 else (*page, page_number_line)

    pages = (rows(1, 2, last=0.6), rows(3, last=0.6), rows(4, 5, last=0.6))
    sheet = split(*(numbered(page, number) for number, page in enumerate(pages, 1)))
    assert answers_of(sheet) == ALL
    assert not any(answer.review for answer in sheet.answers)
    assert len(sheet.leftover) == 3
    assert sheet.unplaced == ()


@pytest.mark.parametrize("left", [0.04, 0.49, 0.9])
@pytest.mark.parametrize("form", ["2", "2."])
def test_a_page_number_takes_no_answer_from_its_namesake_label(form: str, left: float) -> None:
    foot = (left, 0.95, form)
    sheet = split(rows(1, 2, 3, last=0.7), (*rows(4, 5, last=0.6), foot))
    assert answers_of(sheet) == ALL
    assert not any(answer.review for answer in sheet.answers)


def test_page_numbers_do_not_open_a_skipped_question() -> None:
    """Question 2 is left out, and page 2 has the number 2, but all pages have their number at that position."""
    pages = (rows(1, last=0.6), rows(3, last=0.6), rows(4, 5, last=0.6))
    sheet = split(*((*page, (0.49, 0.95, str(number))) for number, page in enumerate(pages, 1)))
    assert answers_of(sheet) == {number: text for number, text in ALL.items() if number != "2"}
    assert sheet.unplaced == ()
    assert not any(answer.review for answer in sheet.answers)


def test_labels_at_page_heads_open_one_question_a_page() -> None:
    pages = tuple(((0.04, 0.02, f"{number}."), (0.1, 0.09, text)) for number, text in enumerate(RESPONSES, 1))
    assert answers_of(split(*pages)) == ALL


def test_a_number_next_to_its_label_at_the_foot_is_the_answer() -> None:
    sheet = split((*rows(1, 2, 3, 4, last=0.8), (0.04, 0.94, "5."), (0.16, 0.945, "42")))
    assert answers_of(sheet) == {**ALL, "5": "42"}


def test_the_result_of_a_calculation_at_the_foot_belongs_to_the_answer() -> None:
    sheet = split((*rows(1, 2, 3, 4, last=0.7), (0.04, 0.9, "5."), (0.16, 0.9, "6 x 7 ="), (0.2, 0.95, "42")))
    assert answers_of(sheet)["5"] == "6 x 7 =\n42"


def test_a_centred_number_on_a_single_page_is_its_page_number() -> None:
    sheet = split((*rows(1, 2, 3, 4, 5, last=0.8), (0.5, 0.95, "1")))
    assert answers_of(sheet) == ALL
    assert [line.line.text for line in sheet.leftover] == ["1"]


def test_every_question_keeps_its_answer_wherever_the_page_ends() -> None:
    """The distance between a label and the edge of the page does not matter."""
    for end in range(700, 970, 3):
        whole: Transcript = transcript_at_positions(rows(1, 2, 3, 4, 5, last=end / 1000))
        assert answers_of(split_into_answers(whole, PAPER)) == ALL, end
