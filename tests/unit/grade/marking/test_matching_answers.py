"""Matching: pairs in every form that students write, their marks, and the doubts that go to a person."""

import pytest

from core.models.assessment import MarkingScheme, Option, Question, QuestionPaper, QuestionType, SchemeEntry
from core.models.errors import InvalidMarkingScheme
from core.models.result import ReviewReason
from core.models.scheme.scheme_parser import parse_scheme
from grade.mark_arithmetic import RuleMark
from grade.paper.question_type_detection import guess_type
from grade.scheme.scheme_entries import apply_schemes
from tests.unit.grade.marking.objective_cases import mark

RIGHT = ("A-3", "B-1", "C-4", "D-2")


def matching(answer: str, *right: str, partial: bool = False) -> RuleMark:
    return mark(QuestionType.MATCHING, answer, marks=4, answers=right or RIGHT, partial=partial)


@pytest.mark.parametrize(
    "answer",
    [
        "A-3, B-1, C-4, D-2",
        "A-3 B-1 C-4 D-2",
        "A → 3\nB → 1\nC → 4\nD → 2",
        "A) 3\nB) 1\nC) 4\nD) 2",
        "(a) - (3); (b) - (1); (c) - (4); (d) - (2)",
        "a 3, b 1, c 4, d 2",
        "A3 B1 C4 D2",
        "D = 2, C = 4, B = 1, A = 3",
        "3-A, 1-B, 4-C, 2-D",
        "A B C D\n3 1 4 2",
        "A B C D / 3 1 4 2",
        "1 2 3 4\nB D A C",
        "A goes with 3, B with 1, C with 4 and D with 2.",
    ],
)
def test_pairs_are_read_in_every_common_form(answer: str) -> None:
    found = matching(answer)
    assert (found.marks, found.review) == (4, ()), found.reason


@pytest.mark.parametrize(
    ("answer", "whole", "shared"),
    [
        ("A-3, B-1, C-2, D-4", 0, 2),
        ("A-3", 0, 1),
        ("A-1, B-3, C-2, D-4", 0, 0),
        ("A-3, B-1, C-4, D-2", 4, 4),
    ],
)
def test_wrong_and_missing_pairs_earn_nothing(answer: str, whole: float, shared: float) -> None:
    assert matching(answer).marks == whole
    assert matching(answer, partial=True).marks == shared
    assert not matching(answer).review


def test_an_item_with_two_partners_is_not_right_and_goes_to_a_person() -> None:
    found = matching("A-3, A-2, B-1, C-4, D-2", partial=True)
    assert (found.marks, found.review) == (3, (ReviewReason.EXTRA_ANSWERS,))


def test_a_partner_that_the_scheme_does_not_use_is_a_wrong_pair_for_a_person() -> None:
    for partial, marks in ((False, 0), (True, 3)):
        found = matching("A-3, B-1, C-4, D-5", partial=partial)
        assert (found.marks, found.review) == (marks, (ReviewReason.UNCLEAR_ANSWER,))


@pytest.mark.parametrize(
    "answer",
    [
        "A-3, B-1, C-4, D-2, E-5",
        "A, B, C",
        "A-3 or A-2",
        "A-3/2, B-1/4",
        "mitochondria make energy",
        "A-3 B C-4 D-2",
        "A-3, 1, B",
    ],
)
def test_what_is_no_clear_list_of_pairs_goes_to_a_person(answer: str) -> None:
    found = matching(answer, partial=True)
    assert found.marks is None
    assert found.review == (ReviewReason.UNCLEAR_ANSWER,)


@pytest.mark.parametrize("answer", ["A-3 8-1 C-4 D-2", "A-3, B-l, C-4, D-2", "A-3 Bl C4 DZ"])
def test_look_alike_characters_go_to_a_person(answer: str) -> None:
    found = matching(answer)
    assert (found.marks, found.review) == (4, (ReviewReason.LOOK_ALIKE,)), found.reason


def test_labels_of_the_same_kind_need_a_sign_between_them() -> None:
    right = ("1-2", "2-3", "3-1")
    assert matching("1-2, 2-3, 3-1", *right).marks == 4
    assert matching("2-1, 3-2, 1-3", *right).marks == 0
    assert matching("1 2 2 3 3 1", *right).marks is None


@pytest.mark.parametrize("answer", ["{A: 3, B: 1}", "[A-3, B-1]", '"A-3, B-1"', '"A → 3; B → 1"'])
def test_a_scheme_lists_the_pairs_or_maps_them(answer: str) -> None:
    [entry] = parse_scheme(f"questions:\n  - {{question: 9, type: matching, answer: {answer}}}").entries
    assert mark(QuestionType.MATCHING, "B1 A3", marks=4, answers=entry.answers).marks == 4


def test_a_mapping_needs_no_type() -> None:
    [entry] = parse_scheme("questions:\n  - {question: 9, answer: {A: 3, B: 1}}").entries
    assert entry.type is QuestionType.MATCHING


@pytest.mark.parametrize(
    "answer", ["{A: three of them}", "B", "{}", "[A-3, maybe]", "{A: 3, a: 1}", "[A-3, A-1]", '"A-3, A-1"']
)
def test_a_scheme_without_pairs_is_refused(answer: str) -> None:
    with pytest.raises(InvalidMarkingScheme, match="question 9, field answer"):
        parse_scheme(f"questions:\n  - {{question: 9, type: matching, answer: {answer}}}")


def test_the_answer_of_a_key_becomes_pairs() -> None:
    question = Question("9", "9", QuestionType.MATCHING, "Match A–D with 1–4.", 4)
    paper = QuestionPaper(4, (question,))
    _, scheme = apply_schemes(paper, MarkingScheme((SchemeEntry("9", model_answer="A-3, B-1, C-4, D-2"),)))
    assert (scheme.entries[0].type, scheme.entries[0].answers) == (QuestionType.MATCHING, ("A-3, B-1, C-4, D-2",))


@pytest.mark.parametrize(
    "wording",
    [
        "Match the following.",
        "Match each organ to its function.",
        "Match A–D with 1–4.",
        "Match items in column A",
        "Study the table and match each organ to its function.",
        "Here are four acids. Please match the names to the formulas.",
    ],
)
def test_the_wording_of_a_matching_question_is_recognised(wording: str) -> None:
    assert guess_type(wording, ()) is QuestionType.MATCHING


def test_a_choice_of_codes_and_a_football_match_are_no_matching() -> None:
    codes = (Option("A", "a-1, b-2"), Option("B", "a-2, b-1"))
    assert guess_type("Match list I with list II and choose the code.", codes) is QuestionType.CHOICE
    assert guess_type("Describe a match that you have watched.", ()) is QuestionType.TEXT


@pytest.mark.parametrize(
    "wording",
    [
        "Does the data match the prediction?",
        "The colour of a moth helps it to match the background. What is this called?",
        "Match the graphs to the journeys, and explain your choice.",
    ],
)
def test_other_uses_of_match_and_matching_with_reasons_are_written_answers(wording: str) -> None:
    assert guess_type(wording, ()) is QuestionType.TEXT
