"""Credit by a model needs the student's own words: without them there is none, and a person is asked."""

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
SHOWN = ("Plants absorb sunlight", "glucose from carbon dioxide", "Oxygen is given off")


def quoting(*replies: tuple[str | None, ...], verdict: str = "met") -> RespondFunction:
    """Replies one after the other, each with a quote for each criterion; None is a criterion that is not met."""

    def behaviour(request: ChatRequest, number: int) -> FakeReply:
        quotes = replies[min(number, len(replies)) - 1]
        asked = question_document_of(request)["criteria"]
        criteria = [
            {
                "criterion": at,
                "evidence": quote or "",
                "verdict": verdict if quote is not None else "not",
                "confidence": 0.95,
            }
            for at, quote in enumerate(quotes[: len(asked)], 1)
        ]
        return FakeReply(completion_body(json.dumps(verdicts(request, criteria=criteria))))

    return behaviour


NOTHING = {
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


@pytest.mark.parametrize("name", NOTHING)
def test_a_quote_that_shows_nothing_earns_nothing_and_asks_a_person(name: str) -> None:
    mark = mark_one(quoting((NOTHING[name],) * 3), task(TEXT))
    assert mark.marks == 0
    assert ReviewReason.EVIDENCE_NOT_FOUND in mark.review
    assert mark.usage.calls == 2
    assert {(one.verdict, one.marks, one.quote, one.place) for one in mark.criteria} == {("not", 0.0, "", None)}
    assert all("“met”" in one.note for one in mark.criteria)
    assert "0 of 3 criteria met" in mark.reason


@pytest.mark.parametrize("verdict", ["met", "mostly", "partly", "slightly"])
def test_the_same_holds_for_a_model_answer_alone(verdict: str) -> None:
    mark = mark_one(quoting(("",), verdict=verdict), task(TEXT, entry=BY_MODEL_ANSWER))
    assert mark.marks == 0
    assert ReviewReason.EVIDENCE_NOT_FOUND in mark.review
    assert f"“{verdict}”" in mark.criteria[0].note


def test_only_the_criterion_without_a_quote_loses_its_credit() -> None:
    mark = mark_one(quoting((SHOWN[0], "", SHOWN[2])))
    assert mark.marks == 2
    assert [one.verdict for one in mark.criteria] == ["met", "not", "met"]
    assert [bool(one.note) for one in mark.criteria] == [False, True, False]
    assert ReviewReason.EVIDENCE_NOT_FOUND in mark.review


def test_what_the_model_quoted_is_said_in_the_note_in_short() -> None:
    mark = mark_one(quoting((SHOWN[0], "the thylakoid membrane " * 50, SHOWN[2])))
    assert "the thylakoid membrane" in mark.criteria[1].note
    assert len(mark.criteria[1].note) < 300


def test_a_second_opinion_that_shows_it_gives_the_credit_back() -> None:
    mark = mark_one(quoting((SHOWN[0], "", SHOWN[2]), SHOWN))
    assert (mark.marks, mark.review) == (3, ())
    assert mark.criteria[1].quote
    assert not any(one.note for one in mark.criteria)


def test_each_opinion_may_show_what_the_other_one_did_not() -> None:
    mark = mark_one(quoting((SHOWN[0], "", SHOWN[2]), ("", SHOWN[1], SHOWN[2])))
    assert (mark.marks, mark.review) == (3, ())


def test_a_second_opinion_that_sees_nothing_there_is_another_opinion() -> None:
    mark = mark_one(quoting((SHOWN[0], "", SHOWN[2]), (SHOWN[0], None, SHOWN[2])))
    assert mark.marks == 2
    assert ReviewReason.DISAGREEMENT in mark.review
    assert "3 and 2" in mark.reason


def test_a_claim_of_the_second_opinion_alone_is_never_passed_over() -> None:
    def behaviour(request: ChatRequest, number: int) -> FakeReply:
        first = [(SHOWN[0], "met", 0.6), (SHOWN[1], "met", 0.6), ("", "not", 0.6)]
        second = [(SHOWN[0], "met", 0.6), (SHOWN[1], "met", 0.6), ("", "slightly", 0.6)]
        criteria = [
            {"criterion": at, "evidence": quote, "verdict": verdict, "confidence": sure}
            for at, (quote, verdict, sure) in enumerate(first if number == 1 else second, 1)
        ]
        return FakeReply(completion_body(json.dumps(verdicts(request, criteria=criteria))))

    mark = mark_one(behaviour)
    assert mark.marks == 2
    assert mark.review == (ReviewReason.EVIDENCE_NOT_FOUND,)


def test_no_credit_needs_no_quote() -> None:
    mark = mark_one(quoting((None, None, None)))
    assert (mark.marks, mark.review, mark.usage.calls) == (0, (), 1)


def _short(text: str, quote: str) -> FreeTextMark:
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
def test_short_honest_answers_and_quotes_keep_their_credit(text: str, quote: str) -> None:
    found = find_evidence(quote, text, ())
    assert found is not None
    assert found.quote in text
    mark = _short(text, quote)
    assert (mark.marks, mark.review) == (3, ())


@pytest.mark.parametrize(
    ("text", "quote"), [("B because metal conducts.", "B"), ("The mass is 5 kg.", "5"), ("It is the one.", "it is")]
)
def test_a_part_of_an_answer_has_to_say_something(text: str, quote: str) -> None:
    assert find_evidence(quote, text, ()) is None
    assert ReviewReason.EVIDENCE_NOT_FOUND in _short(text, quote).review
