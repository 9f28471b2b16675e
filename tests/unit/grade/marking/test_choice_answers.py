"""Choice and true/false answers: the letter, the option's words or both are accepted, but no extra options."""

import pytest

from core.models.assessment import Option, QuestionType
from core.models.result import ReviewReason
from grade.mark_arithmetic import RuleMark
from tests.unit.grade.marking.objective_cases import choice, mark


@pytest.mark.parametrize(
    "answer",
    [
        "B", "b", "(b)", "B)", "[B]", "B.", " B ", "B. Meiosis", "b) meiosis", "Meiosis", "MEIOSIS.", "It is meiosis",
        "The answer is B", "Ans: B", "Option B", "the correct option is (b)", "I think it is (b) meiosis", "B\nMeiosis",
        "B because the cells divide twice", "B - Meiosis",
    ],
)  # fmt: skip
def test_letter_words_or_both_are_accepted(answer: str) -> None:
    decision = choice(answer)
    assert (decision.marks, decision.review) == (2, ()), decision.reason


@pytest.mark.parametrize(
    "answer", ["A", "c", "Mitosis", "C Mitosis and meiosis", "mitosis and meiosis", "None of these"]
)
def test_another_option_is_wrong_without_review(answer: str) -> None:
    decision = choice(answer)
    assert (decision.marks, decision.review) == (0, ())


@pytest.mark.parametrize("answer", ["B or C", "B/C", "A, B, C, D", "ABCD", "A B C D", "B and D", "(a) (b)"])
def test_extra_options_earn_nothing_and_go_to_review(answer: str) -> None:
    decision = choice(answer)
    assert decision.marks == 0
    assert decision.review


def test_a_letter_with_the_words_of_another_option_goes_to_review() -> None:
    decision = choice("B) Mitosis")
    assert decision.marks == 0
    assert ReviewReason.UNCLEAR_ANSWER in decision.review


@pytest.mark.parametrize("answer", ["banana", "A cell divides", "not B", "see over"])
def test_an_answer_without_an_option_goes_to_review_unmarked(answer: str) -> None:
    decision = choice(answer)
    assert decision.marks is None
    assert decision.review == (ReviewReason.UNCLEAR_ANSWER,)


@pytest.mark.parametrize("answer", ["8", "13", "Meiosls", "Mei0sis"])
def test_a_look_alike_of_the_right_option_goes_to_review(answer: str) -> None:
    decision = choice(answer)
    assert decision.marks == 2
    assert decision.review == (ReviewReason.LOOK_ALIKE,)


@pytest.mark.parametrize("answer", ["don't know", "I dont know", "no idea", "?", "idk"])
def test_a_statement_of_no_answer_is_a_certain_zero(answer: str) -> None:
    assert choice(answer) == RuleMark(0.0, "The student says that there is no answer.", 0.97)


@pytest.mark.parametrize(
    ("answer", "marks"),
    [("A,C", 2), ("AC", 2), ("C and A", 2), ("c a", 2), ("A", 1), ("A, B", 0), ("A B C", 1), ("B", 0), ("D, B", 0)],
)
def test_partial_credit_adds_right_options_and_subtracts_wrong_ones(answer: str, marks: float) -> None:
    assert choice(answer, "A", "C", partial=True).marks == marks


@pytest.mark.parametrize(("answer", "marks"), [("A,C", 2), ("A", 0), ("A, B, C", 0)])
def test_without_partial_credit_it_is_all_or_nothing(answer: str, marks: float) -> None:
    assert choice(answer, "A", "C").marks == marks


def test_choosing_all_options_earns_nothing() -> None:
    options = tuple(Option(label, f"thing {label}") for label in "ABCD")
    decision = choice("A, B, C, D", "A", "B", "C", options=options, partial=True)
    assert decision.marks == 0
    assert decision.review == (ReviewReason.EXTRA_ANSWERS,)


@pytest.mark.parametrize(("answer", "marks"), [("B", 2), ("A", -0.5), ("don't know", 0)])
def test_negative_marks_apply_to_wrong_answers_only(answer: str, marks: float) -> None:
    assert choice(answer, negative=0.5).marks == marks


@pytest.mark.parametrize("right", ["B", "b", "(b)", "B.", "Meiosis", "B. Meiosis"])
def test_a_key_may_name_the_option_by_letter_or_words(right: str) -> None:
    assert choice("B", right).marks == 2
    assert choice("A", right).marks == 0


def test_options_may_have_roman_labels() -> None:
    options = tuple(Option(label, text) for label, text in (("i", "Paris"), ("ii", "Rome"), ("iii", "Bonn")))
    assert choice("(ii)", "ii", options=options).marks == 2
    assert choice("iii", "ii", options=options).marks == 0


def test_a_letter_is_accepted_without_printed_options() -> None:
    assert choice("b)", "B", options=()).marks == 2
    assert choice("(c)", "B", options=()).marks == 0


def truth(answer: str, right: str = "true", **entry: float) -> RuleMark:
    return mark(QuestionType.TRUE_FALSE, answer, answers=(right,), **entry)


@pytest.mark.parametrize(
    "answer",
    [
        "T",
        "t",
        "true",
        "True.",
        "TRUE",
        "Yes",
        "It is correct",
        "✓",
        "no, it is true",
        "not false",
        "The statement is true",
    ],
)
def test_synonyms_of_true_are_accepted(answer: str) -> None:
    assert truth(answer).marks == 2
    assert truth(answer, "False").marks == 0


@pytest.mark.parametrize(
    "answer",
    ["F", "false", "FALSE", "No", "not true", "incorrect", "False, because it is not true that", "this is untrue", "x"],
)
def test_synonyms_of_false_are_accepted(answer: str) -> None:
    assert truth(answer).marks == 0
    assert truth(answer, "F").marks == 2


@pytest.mark.parametrize("answer", ["True / False", "T or F", "maybe", "true and false"])
def test_both_or_neither_goes_to_review(answer: str) -> None:
    assert truth(answer).marks is None
    assert truth(answer).review == (ReviewReason.UNCLEAR_ANSWER,)


@pytest.mark.parametrize(("answer", "right"), [("Trve", "true"), ("Fa1se", "false"), ("Falsc", "false")])
def test_a_word_one_letter_off_goes_to_review(answer: str, right: str) -> None:
    assert truth(answer, right).marks == 2
    assert truth(answer, right).review == (ReviewReason.LOOK_ALIKE,)
    assert truth(answer, "false" if right == "true" else "true").marks == 0
