"""Objective answers in another language or alphabet go to review unless they are accepted."""

import pytest

from core.models.assessment import QuestionType
from core.models.result import ReviewReason
from tests.unit.grade.marking.language_cases import (
    marked,
    marked_objectively,
)

FOREIGN_WORDS = [
    "二酸化炭素",
    "углекислый газ",
    "земля",
    "Земля",
    "сера",
    "地球",
    "水",
    "يد",
    "מים",
    "원",
    "पानी",
    "νερό",
]


@pytest.mark.parametrize("text", FOREIGN_WORDS)
def test_a_word_in_another_alphabet_goes_to_review_with_every_marker(text: str) -> None:
    for found in (
        marked(text),
        marked_objectively(text, QuestionType.EXACT, "Earth"),
        marked_objectively(text, QuestionType.PATTERN, "E.+"),
    ):
        assert found.review == (ReviewReason.UNKNOWN_LANGUAGE,)
        assert "not in English" in found.reason
    assert marked_objectively(text, QuestionType.EXACT, "Earth").confidence <= 0.5


@pytest.mark.parametrize(
    "text", ["les mammifères sont la classe des baleines", "c'est la Terre, notre planète", "die Erde ist unser Planet"]
)
def test_an_unaccepted_foreign_sentence_goes_to_review(text: str) -> None:
    for kind, right in ((QuestionType.EXACT, "mammals"), (QuestionType.PATTERN, "mammals?")):
        found = marked_objectively(text, kind, right)
        assert (found.marks, found.review) == (0, (ReviewReason.UNKNOWN_LANGUAGE,))


@pytest.mark.parametrize(
    ("text", "kind", "right"),
    [
        ("двенадцать", QuestionType.NUMERIC, "12"),
        ("三", QuestionType.NUMERIC, "3"),
        ("ответ Б", QuestionType.CHOICE, "B"),
        ("да", QuestionType.TRUE_FALSE, "true"),
    ],
)
def test_a_wrong_choice_or_value_in_another_alphabet_goes_to_review(text: str, kind: QuestionType, right: str) -> None:
    assert ReviewReason.UNKNOWN_LANGUAGE in marked_objectively(text, kind, right).review


def test_an_accepted_foreign_answer_needs_no_review() -> None:
    assert marked_objectively("Земля", QuestionType.EXACT, "Earth", "Земля").review == ()
    assert marked_objectively("地球", QuestionType.PATTERN, "地球|Earth").review == ()
    assert (
        marked_objectively("la Terre est notre planète", QuestionType.EXACT, "la Terre est notre planète").review == ()
    )


@pytest.mark.parametrize(
    "text", ["π", "λ", "2πr", "Ω", "5 μm", "30 kΩ", "ΔE = hν", "c = λν", "αβ", "x̄ = Σx/n", "𝑥 = 𝑣𝑡", "ℓ"]
)
def test_greek_symbols_and_formulae_are_not_another_language(text: str) -> None:
    for kind, right in ((QuestionType.EXACT, "mass"), (QuestionType.NUMERIC, "7"), (QuestionType.PATTERN, "m.*")):
        assert ReviewReason.UNKNOWN_LANGUAGE not in marked_objectively(text, kind, right).review
    assert ReviewReason.UNKNOWN_LANGUAGE not in marked(f"The wave obeys {text} as we saw.").review


@pytest.mark.parametrize(
    "text", ["mitosis", "the moon is our planet", "Leonardo da Vinci", "NaCl", "B2", "fotosynthesis"]
)
def test_a_wrong_english_answer_is_not_flagged_as_foreign(text: str) -> None:
    assert ReviewReason.UNKNOWN_LANGUAGE not in marked_objectively(text, QuestionType.EXACT, "Jupiter").review


def test_a_formula_in_cyrillic_look_alikes_is_read_as_latin() -> None:
    found = marked_objectively("СО2", QuestionType.EXACT, "CO2")
    assert found.marks == 1
    assert ReviewReason.PROMPT_INJECTION in found.review
