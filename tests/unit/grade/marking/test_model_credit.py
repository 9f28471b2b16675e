"""A model's credit needs evidence in the student's own words; without it there is no credit, and a review."""

import json

import pytest

from core.models.assessment import SchemeEntry
from core.models.result import ReviewReason
from grade.markers.evidence import find_evidence
from grade.markers.free_text import FreeTextMark
from tests.fake_model_server import (
    ChatRequest,
    FakeReply,
    RespondFunction,
    completion_body,
    question_document_of,
    verdicts,
)
from tests.unit.grade.marking.builders import GOOD_ANSWER, PHOTOSYNTHESIS, task
from tests.unit.grade.marking.model_markers import mark_one

BY_MODEL_ANSWER = SchemeEntry("1", model_answer=PHOTOSYNTHESIS.model_answer)
QUOTES = ("Plants absorb sunlight", "glucose from carbon dioxide", "Oxygen is given off")


def quoting(*replies: tuple[str | None, ...], verdict: str = "met") -> RespondFunction:
    """Responds with these replies in turn, each with a quote per criterion; None is a criterion that is not met."""

    def respond(request: ChatRequest, number: int) -> FakeReply:
        quotes = replies[min(number, len(replies)) - 1]
        criteria_asked = question_document_of(request)["criteria"]
        criteria = [
            {
                "criterion": at,
                "evidence": quote or "",
                "verdict": verdict if quote is not None else "not",
                "confidence": 0.95,
            }
            for at, quote in enumerate(quotes[: len(criteria_asked)], 1)
        ]
        return FakeReply(completion_body(json.dumps(verdicts(request, criteria=criteria))))

    return respond


INCONCLUSIVE_QUOTES = {
    "no quote": "",
    "spaces": "  ",
    "a quote that is not on the sheet": "chlorophyll splits water molecules in the thylakoid",
    "one letter": "a",
    "one letter of a word": "P",
    "a full stop": ".",
    "signs": "… — ?!",
    "an article": "the",
    "function words": "and it is",
}
TEXT = f"{GOOD_ANSWER} So the point P is a good one, and it is … — ?!"


@pytest.mark.parametrize("name", INCONCLUSIVE_QUOTES)
def test_an_inconclusive_quote_earns_nothing_and_goes_to_review(name: str) -> None:
    mark = mark_one(quoting((INCONCLUSIVE_QUOTES[name],) * 3), task(TEXT))
    assert mark.marks == 0
    assert ReviewReason.EVIDENCE_NOT_FOUND in mark.review
    assert mark.usage.calls == 2
    assert {(one.verdict, one.marks, one.quote, one.place) for one in mark.criteria} == {("not", 0.0, "", None)}
    assert all("“met”" in one.note for one in mark.criteria)
    assert "0 of 3 criteria met" in mark.reason


@pytest.mark.parametrize("verdict", ["met", "mostly", "partly", "slightly"])
def test_the_same_holds_without_criteria(verdict: str) -> None:
    mark = mark_one(quoting(("",), verdict=verdict), task(TEXT, entry=BY_MODEL_ANSWER))
    assert mark.marks == 0
    assert ReviewReason.EVIDENCE_NOT_FOUND in mark.review
    assert f"“{verdict}”" in mark.criteria[0].note


def test_only_the_criterion_without_a_quote_loses_credit() -> None:
    mark = mark_one(quoting((QUOTES[0], "", QUOTES[2])))
    assert mark.marks == 2
    assert [one.verdict for one in mark.criteria] == ["met", "not", "met"]
    assert [bool(one.note) for one in mark.criteria] == [False, True, False]
    assert ReviewReason.EVIDENCE_NOT_FOUND in mark.review


def test_the_note_repeats_the_models_quote_shortened() -> None:
    mark = mark_one(quoting((QUOTES[0], "the thylakoid membrane " * 50, QUOTES[2])))
    assert "the thylakoid membrane" in mark.criteria[1].note
    assert len(mark.criteria[1].note) < 300


def test_evidence_of_a_second_opinion_restores_the_credit() -> None:
    mark = mark_one(quoting((QUOTES[0], "", QUOTES[2]), QUOTES))
    assert (mark.marks, mark.review) == (3, ())
    assert mark.criteria[1].quote
    assert not any(one.note for one in mark.criteria)


def test_evidence_of_both_opinions_is_combined() -> None:
    mark = mark_one(quoting((QUOTES[0], "", QUOTES[2]), ("", QUOTES[1], QUOTES[2])))
    assert (mark.marks, mark.review) == (3, ())


def test_a_second_opinion_without_the_credit_is_a_disagreement() -> None:
    mark = mark_one(quoting((QUOTES[0], "", QUOTES[2]), (QUOTES[0], None, QUOTES[2])))
    assert mark.marks == 2
    assert ReviewReason.DISAGREEMENT in mark.review
    assert "3 and 2" in mark.reason


def test_a_claim_of_only_the_second_opinion_goes_to_review() -> None:
    def respond(request: ChatRequest, number: int) -> FakeReply:
        first = [(QUOTES[0], "met", 0.6), (QUOTES[1], "met", 0.6), ("", "not", 0.6)]
        second = [(QUOTES[0], "met", 0.6), (QUOTES[1], "met", 0.6), ("", "slightly", 0.6)]
        criteria = [
            {"criterion": at, "evidence": quote, "verdict": verdict, "confidence": confidence}
            for at, (quote, verdict, confidence) in enumerate(first if number == 1 else second, 1)
        ]
        return FakeReply(completion_body(json.dumps(verdicts(request, criteria=criteria))))

    mark = mark_one(respond)
    assert mark.marks == 2
    assert mark.review == (ReviewReason.EVIDENCE_NOT_FOUND,)


def test_no_credit_needs_no_quote() -> None:
    mark = mark_one(quoting((None, None, None)))
    assert (mark.marks, mark.review, mark.usage.calls) == (0, (), 1)


def _mark_quoting(text: str, quote: str) -> FreeTextMark:
    return mark_one(quoting((quote,)), task(text, entry=BY_MODEL_ANSWER))


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("B", "B"),
        ("B.", "b"),
        ("(B)", "B"),
        ("B", "“B”"),
        ("x", "x"),
        ("7", "7"),
        ("CO2", "CO2"),
        ("5 N", "5 N"),
        ("√2", "√2"),
        ("it is", "it is"),
        ("It is 5 N because of the weight.", "5 N"),
        ("It goes up.", "goes up"),
        ("V = I R", "V = I R"),
        ("No, it does not.", "No"),
        ("光合作用需要光", "光合作用"),
    ],
)
def test_short_conclusive_quotes_keep_their_credit(text: str, quote: str) -> None:
    found = find_evidence(quote, text, ())
    assert found is not None
    assert found.quote in text
    mark = _mark_quoting(text, quote)
    assert (mark.marks, mark.review) == (3, ())


@pytest.mark.parametrize(
    ("text", "quote"), [("B because metal conducts.", "B"), ("The mass is 5 kg.", "5"), ("It is the one.", "it is")]
)
def test_a_quote_of_a_part_must_be_conclusive(text: str, quote: str) -> None:
    assert find_evidence(quote, text, ()) is None
    assert ReviewReason.EVIDENCE_NOT_FOUND in _mark_quoting(text, quote).review
