"""Labels in the styles that students write and with the errors that OCR makes."""

import pytest

from core.models.result import ReviewReason
from grade.paper.paper_parser import parse_paper
from grade.sheet.answers import split_into_answers
from tests.papers.transcript_factory import one_page_transcript

PAPER = parse_paper(
    one_page_transcript(
        "1. Which gas do plants take in? [1]",
        "    A) oxygen",
        "    B) carbon dioxide",
        "    C) nitrogen",
        "2. Write true or false. (2 marks)",
        "    (a) Sound needs a medium.",
        "    (b) Light needs a medium.",
        "3. A car travels 100 m in 5 s. Calculate its speed. [2]",
        "4. Explain how a plant makes its food. [5]",
        "5. The diagram shows a cell.",
        "    (a) Name part X. [1]",
        "    (b) Describe what part X does. [3]",
        "        (i) Explain how it makes energy. [2]",
        "        (ii) Name the gas it needs. [1]",
        "    (c) Explain why a root cell has no chloroplast. [2]",
        "6. Describe how the heart pumps blood. [5]",
    )
)
SECTIONS = parse_paper(
    one_page_transcript(
        "SECTION A",
        "1. Define force. [2]",
        "2. Define work. [2]",
        "SECTION B",
        "1. Explain friction. [5]",
        "2. Explain inertia. [5]",
    )
)

SHEETS: dict[str, tuple[list[str], dict[str, str]]] = {
    "brackets, words and dots": (
        ["Q.1 - B", "Ans. 2 (a): true", "2.b. false", "Question 3: 20 m/s", "No 4) Plants use light."],
        {"1": "B", "2.a": "true", "2.b": "false", "3": "20 m/s", "4": "Plants use light."},
    ),
    "letters read for numbers": (
        ["Q l) B", "Q2 (o) true", "(6) false", "Q3) 20 m/s", "S(a) mitochondrion", "Q6) The heart pumps blood."],
        {
            "1": "B",
            "2.a": "true",
            "2.b": "false",
            "3": "20 m/s",
            "5.a": "mitochondrion",
            "6": "The heart pumps blood.",
        },
    ),
    "prose whose lines start like labels": (
        [
            "1. B",
            "2. a) true",
            "b) false",
            "3. It goes 100 m in 5 s and the",
            "answer is 20 m/s",
            "4. Plants need light, so the",
            "answer is because they take it in, and the",
            "answer so far is sugar. They do not burn it:",
            "no oil is needed, and",
            "no I do not mean water",
            "6. The heart pumps blood.",
        ],
        {
            "1": "B",
            "2.a": "true",
            "2.b": "false",
            "3": "It goes 100 m in 5 s and the\nanswer is 20 m/s",
            "4": "Plants need light, so the\nanswer is because they take it in, and the\n"
            "answer so far is sugar. They do not burn it:\nno oil is needed, and\nno I do not mean water",
            "6": "The heart pumps blood.",
        },
    ),
    "a capital I for the first question": (
        ["I. B", "2. a) true", "b) false"],
        {"1": "B", "2.a": "true", "2.b": "false"},
    ),
    "labels without a space before the text": (
        ["1.B", "2a)true", "2b)false", "3)20 m/s", "4)Plants use light"],
        {"1": "B", "2.a": "true", "2.b": "false", "3": "20 m/s", "4": "Plants use light"},
    ),
    "full-width brackets": (["１）B", "２（ａ）true", "（ｂ）false"], {"1": "B", "2.a": "true", "2.b": "false"}),
    "out of order": (
        ["4) Plants use light.", "1) B", "6) The heart has four chambers.", "3) 20 m/s"],
        {"4": "Plants use light.", "1": "B", "6": "The heart has four chambers.", "3": "20 m/s"},
    ),
    "parts under their question": (
        ["5) a) mitochondrion", "b) i) It burns sugar.", "ii) oxygen", "c) It gets no light."],
        {"5.a": "mitochondrion", "5.b.i": "It burns sugar.", "5.b.ii": "oxygen", "5.c": "It gets no light."},
    ),
    "the question alone on its line": (
        ["Question 5", "(a) mitochondrion", "(c) It gets no light.", "Question 6", "It has valves."],
        {"5.a": "mitochondrion", "5.c": "It gets no light.", "6": "It has valves."},
    ),
    "short answers on one line": (
        ["1) B   2) a) true  b) false   3) 20 m/s", "4) Plants use light."],
        {"1": "B", "2.a": "true", "2.b": "false", "3": "20 m/s", "4": "Plants use light."},
    ),
    "numbers in working": (
        ["Q3) speed = distance / time", "= 100 / 5", "3 x 4 = 12", "2. 5 m each", "= 20 m/s", "Q4) Plants use light."],
        {"3": "speed = distance / time\n= 100 / 5\n3 x 4 = 12\n2. 5 m each\n= 20 m/s", "4": "Plants use light."},
    ),
    "a list inside an answer": (
        [
            "Q1) B",
            "Q2) a) true",
            "b) false",
            "Q3) 20 m/s",
            "Q4) It needs",
            "1. light",
            "2. water",
            "3. a gas",
            "Q6) It beats.",
        ],
        {
            "1": "B",
            "2.a": "true",
            "2.b": "false",
            "3": "20 m/s",
            "4": "It needs\n1. light\n2. water\n3. a gas",
            "6": "It beats.",
        },
    ),
    "a lettered list inside an answer": (
        ["Q3) 20 m/s", "Q4) Plants need", "a) light", "b) water", "Q6) It beats."],
        {"3": "20 m/s", "4": "Plants need\na) light\nb) water", "6": "It beats."},
    ),
    "a sentence that continues with a number": (
        ["4) The plant was measured on each of", "3. the days and it grew by", "5 cm in all.", "6) It beats."],
        {"4": "The plant was measured on each of\n3. the days and it grew by\n5 cm in all.", "6": "It beats."},
    ),
}


@pytest.mark.parametrize("name", SHEETS)
def test_labels_of_this_style_open_their_questions(name: str) -> None:
    lines, expected = SHEETS[name]
    sheet = split_into_answers(one_page_transcript("Name: Asha Example", *lines, handwriting=True), PAPER)
    assert {answer.question: answer.text for answer in sheet.answers} == expected
    assert sheet.review == ()


def test_a_margin_label_belongs_to_the_text_on_its_row() -> None:
    sheet = one_page_transcript(
        "Name: Asha Example", "1", "    B", "3", "    20 m/s", "4", "    Plants use light.", handwriting=True
    )
    assert {a.question: a.text for a in split_into_answers(sheet, PAPER).answers} == {
        "1": "B",
        "3": "20 m/s",
        "4": "Plants use light.",
    }


@pytest.mark.parametrize(
    "lines",
    [
        ["Section A", "1) a push", "2) force times distance", "Section B", "1) It slows things.", "2) It keeps going."],
        ["A1) a push", "A2) force times distance", "B1) It slows things.", "B2) It keeps going."],
        ["1) a push", "2) force times distance", "1) It slows things.", "2) It keeps going."],
    ],
    ids=["headings", "letters", "order alone"],
)
def test_sections_that_each_start_at_one_are_told_apart(lines: list[str]) -> None:
    sheet = split_into_answers(one_page_transcript(*lines, handwriting=True), SECTIONS)
    assert {answer.question: answer.text for answer in sheet.answers} == {
        "A.1": "a push",
        "A.2": "force times distance",
        "B.1": "It slows things.",
        "B.2": "It keeps going.",
    }


def test_a_section_may_be_answered_first() -> None:
    sheet = split_into_answers(
        one_page_transcript("Section B", "2) It keeps going.", "Section A", "1) a push", handwriting=True), SECTIONS
    )
    assert {answer.question: answer.text for answer in sheet.answers} == {"B.2": "It keeps going.", "A.1": "a push"}


@pytest.mark.parametrize("label", ["Q9)", "Q7.", "5(d)", "Question 14"])
def test_a_label_that_the_paper_lacks_is_not_merged_into_another_answer(label: str) -> None:
    sheet = split_into_answers(
        one_page_transcript("Q1) B", "Q3) 20 m/s", f"{label} Something else", "Q4) Plants use light."), PAPER
    )
    assert ReviewReason.UNKNOWN_QUESTION in sheet.review
    assert {a.question: a.text for a in sheet.answers} == {"1": "B", "3": "20 m/s", "4": "Plants use light."}
    assert "Something else" in " ".join(line.line.text for line in sheet.leftover)
    assert any(label.rstrip(").") in warning for warning in sheet.warnings)
