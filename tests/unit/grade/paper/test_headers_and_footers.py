"""Headers and footers, questions that continue over pages, and bounds on hostile documents."""

import time

from core.models.transcript import Line, Page, Transcript
from grade.paper.paper_parser import parse_paper
from grade.scheme.answer_key_parser import parse_answer_key
from grade.sheet.answers import split_into_answers
from tests.papers.transcript_factory import one_page_transcript, transcript_of_pages


def test_questions_that_start_each_page_alike_are_not_headers() -> None:
    paper = parse_paper(
        transcript_of_pages(
            ("1. Explain topic 1 with an example. [5]", "2. Explain topic 2 with an example. [5]"),
            ("3. Explain topic 3 with an example. [5]", "4. Explain topic 4 with an example. [5]"),
        )
    )
    assert [question.id for question in paper.questions] == ["1", "2", "3", "4"]


def test_headers_and_footers_are_not_part_of_a_question() -> None:
    paper = parse_paper(
        transcript_of_pages(
            ("Physics 101, Spring", "1. Define force. [2]", "2. Describe how a lever lifts a load", "Page 1 of 2"),
            (
                "Physics 101, Spring",
                "that is heavier than the hand that pulls it. [4]",
                "3. Define work. [2]",
                "Page 2 of 2",
            ),
        )
    )
    assert [" ".join(question.text.split()) for question in paper.questions] == [
        "Define force.",
        "Describe how a lever lifts a load that is heavier than the hand that pulls it.",
        "Define work.",
    ]


def test_a_lone_number_at_the_bottom_is_the_page_number() -> None:
    lines = [
        Line("1. Define force. [2]", 99, (0.1, 0.1, 0.4, 0.02)),
        Line("2", 99, (0.49, 0.95, 0.02, 0.02)),
    ]
    second_page_lines = [
        Line("2. Define work. [3]", 99, (0.1, 0.1, 0.4, 0.02)),
        Line("3", 99, (0.49, 0.95, 0.02, 0.02)),
    ]
    paper = parse_paper(
        Transcript((Page(1, "text_layer", tuple(lines)), Page(2, "text_layer", tuple(second_page_lines))))
    )
    assert [(question.id, question.marks) for question in paper.questions] == [("1", 2), ("2", 3)]


def test_a_document_full_of_labels_parses_in_bounded_time() -> None:
    row = "1. a) b) c) d) e) f) g) 2) 3) 4) 5) 6) 7) i. ii. iii."
    document = transcript_of_pages(*[(row,) * 36] * 10)
    started = time.process_time()
    paper = parse_paper(document)
    split_into_answers(
        document,
        parse_paper(one_page_transcript("1. Explain. [2]", "   (a) Why? [1]", "   (b) How? [1]", "2. Name it. [1]")),
    )
    assert paper.warnings
    assert time.process_time() - started < 15


def test_late_margin_marks_belong_to_the_row_at_their_height() -> None:
    lines = (
        Line("1. (a) Show that the width is 5 cm.", 99, (0.1, 0.20, 0.4, 0.015)),
        Line("(b) Work out the area.", 99, (0.12, 0.24, 0.3, 0.015)),
        Line("(3)", 99, (0.88, 0.22, 0.02, 0.015)),
        Line("(2)", 99, (0.88, 0.26, 0.02, 0.015)),
    )
    paper = parse_paper(Transcript((Page(1, "text_layer", lines),)))
    assert [(leaf.id, leaf.marks) for leaf in paper.leaves()] == [("1.a", 3), ("1.b", 2)]


def test_an_endless_line_parses_in_bounded_time() -> None:
    document = one_page_transcript("1. " + "(a) x " * 5000)
    started = time.process_time()
    parse_paper(document)
    parse_answer_key(document)
    split_into_answers(document, parse_paper(one_page_transcript("1. Explain. [2]", "2. Name it. [1]")))
    assert time.process_time() - started < 15
