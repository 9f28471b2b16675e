"""Exact wordings and patterns from a scheme."""

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
def test_case_space_and_a_sentence_around_it_do_not_matter(answer: str) -> None:
    decision = exact(answer)
    assert (decision.marks, decision.review) == (2, ())


@pytest.mark.parametrize("answer", ["Paris or London", "Not Paris", "Paris / Rome", "maybe Paris"])
def test_a_hedge_or_a_denial_earns_nothing_and_is_looked_at(answer: str) -> None:
    assert exact(answer).marks == 0
    assert exact(answer).review == (ReviewReason.UNCLEAR_ANSWER,)


def test_any_of_the_accepted_answers_will_do() -> None:
    assert exact("O2", "oxygen", "oxygen gas", "O2").marks == 2


@pytest.mark.parametrize(
    ("answer", "right"), [("Parls", "Paris"), ("S0IL", "soil"), ("NaC1", "NaCl"), ("rnodern", "modern"), ("H20", "H2O")]
)
def test_look_alikes_are_offered_to_a_person(answer: str, right: str) -> None:
    decision = exact(answer, right)
    assert (decision.marks, decision.review) == (2, (ReviewReason.LOOK_ALIKE,))


def test_a_misspelling_is_not_accepted_silently() -> None:
    assert exact("Parris") == RuleMark(0.0, exact("Parris").reason, 0.5, (ReviewReason.UNCLEAR_ANSWER,))


def test_another_word_is_wrong() -> None:
    assert (exact("London").marks, exact("London").review) == (0, ())


@pytest.mark.parametrize("answer", ["AB123", "ab123", "AB123.", "The code is AB123"])
def test_a_pattern_is_met_by_the_whole_answer(answer: str) -> None:
    assert pattern(answer, r"[A-Z]{2}\d{3}").marks == 2
    assert pattern(answer, r"[A-Z]{2}\d{3}").review == ()


@pytest.mark.parametrize("answer", ["AB123 or AB124", "xAB1234"])
def test_a_pattern_met_by_a_part_is_for_a_person(answer: str) -> None:
    assert pattern(answer, r"[A-Z]{2}\d{3}").marks == 0
    assert pattern(answer, r"[A-Z]{2}\d{3}").review == (ReviewReason.UNCLEAR_ANSWER,)


def test_look_alikes_within_a_pattern() -> None:
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
def test_no_pattern_can_hang(source: str, answer: str) -> None:
    start = time.process_time()
    pattern(answer, source)
    assert time.process_time() - start < 5


@pytest.mark.parametrize("source", [r"(a)\1", r"a(?=b)", "(", "a{1,999}{1,999}", "x" * 501, r"(?P<n>a)(?P=n)"])
def test_a_pattern_that_cannot_be_used_is_said_to_a_person(source: str) -> None:
    decision = pattern("a", source)
    assert decision.marks is None
    assert decision.review == (ReviewReason.NO_SCHEME,)
