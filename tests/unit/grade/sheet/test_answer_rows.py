"""Answers of one letter, several on a line or in a grid."""

import pytest

from core.models.result import ReviewReason
from grade.paper.paper_parser import parse_paper
from grade.sheet.answers import split_into_answers
from tests.papers.transcript_factory import one_page_transcript

ASKED = [line for n in range(1, 13) for line in (f"{n}. Topic {n} is about", "   a) one   b) two   c) three   d) four")]
PAPER = parse_paper(one_page_transcript("Choose the correct answer. Each question carries 1 mark.", *ASKED))

ROWS: dict[str, tuple[list[str], str]] = {
    "pairs": (["1 B 2 C 3 D 4 A"], "BCDA"),
    "pairs with dashes": (["1-B, 2-C, 3-D, 4-A"], "BCDA"),
    "pairs without a space": (["1B 2C 3D 4A"], "BCDA"),
    "arrows": (["1→B 2→C 3→D"], "BCD"),
    "a line each": (["1 b", "2 c", "3 a"], "bca"),
    "brackets": (["(1) B (2) C (3) D"], "BCD"),
    "wide apart": (["1) B        2) C        3) A", "4) D        5) B        6) C"], "BCADBC"),
    "ranges": (["1-5 BCDAB", "6-10 DDCAB"], "BCDABDDCAB"),
    "a grid": (["Q.No  1  2  3  4  5", "Ans   B  C  A  D  A"], "BCADA"),
    "ruled cells": (["1 | B", "2 | C", "3 | A"], "BCA"),
}


@pytest.mark.parametrize("name", ROWS)
def test_rows_of_letters_answer_their_questions(name: str) -> None:
    lines, letters = ROWS[name]
    sheet = split_into_answers(one_page_transcript("Name: Asha Example", *lines, handwriting=True), PAPER)
    assert "".join(answer.text for answer in sheet.answers) == letters
    assert [answer.question for answer in sheet.answers] == [str(n) for n in range(1, len(letters) + 1)]
    assert sheet.review == ()


def test_several_letters_stay_one_answer() -> None:
    sheet = split_into_answers(one_page_transcript("1. a and c", "2. A, B", "3. A or B", handwriting=True), PAPER)
    assert [(answer.question, answer.text) for answer in sheet.answers] == [
        ("1", "a and c"),
        ("2", "A, B"),
        ("3", "A or B"),
    ]


def test_letters_without_numbers_get_no_guessed_questions() -> None:
    sheet = split_into_answers(one_page_transcript("B", "C", "A", "D", handwriting=True), PAPER)
    assert sheet.answers == ()
    assert ReviewReason.UNLABELLED in sheet.review


def test_each_answer_keeps_its_position_on_the_line() -> None:
    first, second = split_into_answers(one_page_transcript("1) B        2) C", handwriting=True), PAPER).answers
    assert first.places[0].box[0] < second.places[0].box[0]
    assert second.lines[0].line.text.startswith("2)")
