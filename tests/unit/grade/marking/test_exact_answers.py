"""Exact answers and patterns: what a scheme's wording or regular expression accepts."""

import time

import pytest

from core.models.assessment import QuestionType
from core.models.result import ReviewReason
from grade.mark_arithmetic import RuleMark
from tests.unit.grade.marking.objective_cases import mark


def exact(answer: str, *right: str) -> RuleMark:
    return mark(QuestionType.EXACT, answer, answers=right or ("Paris",))


def pattern(answer: str, *right: str) -> RuleMark:
    return mark(QuestionType.PATTERN, answer, answers=right)


@pytest.mark.parametrize(
    "answer", ["Paris", "paris", " PARIS. ", "“Paris”", "The answer is Paris", "It is Paris, the capital", "It's Paris"]
)
def test_case_whitespace_and_surrounding_sentence_do_not_matter(answer: str) -> None:
    decision = exact(answer)
    assert (decision.marks, decision.review) == (2, ())


@pytest.mark.parametrize("answer", ["Paris or London", "Not Paris", "Paris / Rome", "maybe Paris"])
def test_a_hedge_or_a_denial_earns_nothing_and_goes_to_review(answer: str) -> None:
    assert exact(answer).marks == 0
    assert exact(answer).review == (ReviewReason.UNCLEAR_ANSWER,)


def test_any_of_the_accepted_answers_earns_full_marks() -> None:
    assert exact("O2", "oxygen", "oxygen gas", "O2").marks == 2


@pytest.mark.parametrize(
    ("answer", "right"), [("Parls", "Paris"), ("S0IL", "soil"), ("NaC1", "NaCl"), ("rnodern", "modern"), ("H20", "H2O")]
)
def test_look_alikes_go_to_review(answer: str, right: str) -> None:
    decision = exact(answer, right)
    assert (decision.marks, decision.review) == (2, (ReviewReason.LOOK_ALIKE,))


def test_a_misspelling_goes_to_review() -> None:
    assert exact("Parris") == RuleMark(0.0, exact("Parris").reason, 0.5, (ReviewReason.UNCLEAR_ANSWER,))


def test_another_word_is_wrong() -> None:
    assert (exact("London").marks, exact("London").review) == (0, ())


@pytest.mark.parametrize("answer", ["AB123", "ab123", "AB123.", "The code is AB123"])
def test_a_pattern_must_match_the_whole_answer(answer: str) -> None:
    assert pattern(answer, r"[A-Z]{2}\d{3}").marks == 2
    assert pattern(answer, r"[A-Z]{2}\d{3}").review == ()


@pytest.mark.parametrize("answer", ["AB123 or AB124", "xAB1234"])
def test_a_partial_match_of_a_pattern_goes_to_review(answer: str) -> None:
    assert pattern(answer, r"[A-Z]{2}\d{3}").marks == 0
    assert pattern(answer, r"[A-Z]{2}\d{3}").review == (ReviewReason.UNCLEAR_ANSWER,)


def test_a_look_alike_match_of_a_pattern_goes_to_review() -> None:
    assert pattern("ABl23", r"[A-Z]{2}\d{3}").review == (ReviewReason.LOOK_ALIKE,)


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        (r"(a+)+$", "a" * 3000 + "b"),
        (r"(a*)*(a|aa)+c", "a" * 3000),
        (r"(.*)*x", "y" * 3000),
        (r"(\w+\s?)*!", "word " * 600),
    ],
)
def test_matching_takes_bounded_time_for_any_pattern(source: str, answer: str) -> None:
    start = time.process_time()
    pattern(answer, source)
    assert time.process_time() - start < 5


@pytest.mark.parametrize("source", [r"(a)\1", r"a(?=b)", "(", "a{1,999}{1,999}", "x" * 501, r"(?P<n>a)(?P=n)"])
def test_an_unusable_pattern_sends_the_answer_to_review(source: str) -> None:
    decision = pattern("a", source)
    assert decision.marks is None
    assert decision.review == (ReviewReason.NO_SCHEME,)
