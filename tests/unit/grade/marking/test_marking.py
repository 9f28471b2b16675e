"""A whole sheet: every question gets its mark or its person, and the sum is made in code."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from core.models import counting_rules
from core.models.assessment import Criterion, Option, Question, QuestionPaper, QuestionType, SchemeEntry
from core.models.result import QuestionMark, ReviewReason, SheetResult, Usage
from core.models.transcript import Line
from core.platform.limits import MAX_ANSWER_CHARACTERS
from grade.answer import Answer, AnswerLine, AnswerSheet, UnplacedText
from grade.markers.free_text import FreeTextMark, FreeTextTask
from grade.markers.key_points.marker import KeyPointMarker
from grade.marking import mark_sheet
from tests.unit.grade.marking.builders import GOOD_ANSWER, PHOTOSYNTHESIS, answer, paper, scheme, sheet, text_question


class Generous:
    """A marker that gives every answer as many marks as it has words, and remembers what it was asked."""

    name = "generous"

    def __init__(self) -> None:
        self.batches: list[Sequence[FreeTextTask]] = []

    def mark(self, tasks: Sequence[FreeTextTask]) -> list[FreeTextMark]:
        self.batches.append(tasks)
        return [
            FreeTextMark(
                min(float(len(task.answer.text.split())), task.max_marks),
                0.9,
                self.name,
                "Words.",
                usage=Usage(1, 10, 5, 0.5),
            )
            for task in tasks
        ]


def choice(name: str = "1", marks: float = 1.0) -> Question:
    return Question(name, name, QuestionType.CHOICE, "Which?", marks, (Option("A", "x"), Option("B", "y")))


def group(name: str, *parts: Question, choose: int | None = None, text: str = "") -> Question:
    return Question(name, name, QuestionType.GROUP, text, None, parts=parts, choose=choose)


def marked(result: SheetResult, name: str) -> QuestionMark:
    return next(mark for mark in result.questions if mark.question == name)


def model_answer(name: str, text: str = "Water moves through a membrane.") -> SchemeEntry:
    return SchemeEntry(name, model_answer=text)


def test_every_answerable_question_gets_a_mark_in_printed_order() -> None:
    asked = paper(choice("1"), group("2", text_question("2.a"), text_question("2.b")), choice("3"))
    result = mark_sheet(asked, scheme(), sheet(), free_text_marker=Generous())
    assert [mark.question for mark in result.questions] == ["1", "2.a", "2.b", "3"]


def test_an_unanswered_question_has_no_marks_and_needs_nobody() -> None:
    result = mark_sheet(paper(choice()), scheme(SchemeEntry("1", answers=("B",))), sheet(), free_text_marker=Generous())
    mark = result.questions[0]
    assert (mark.marks, mark.marker, mark.reason, mark.review) == (0, "none", "Not answered.", ())
    assert not result.needs_review


def test_the_sum_is_made_of_what_counts() -> None:
    result = mark_sheet(
        paper(choice("1"), text_question("2", 3)),
        scheme(SchemeEntry("1", answers=("B",)), model_answer("2")),
        sheet(answer("1", "B"), answer("2", "two words")),
        free_text_marker=Generous(),
    )
    assert (result.marks, result.max_marks) == (3, 4)


def test_all_free_text_goes_to_its_marker_at_once_with_what_stands_above_it() -> None:
    marker = Generous()
    asked = paper(group("1", text_question("1.a"), text_question("1.b"), text="A plant stands in the dark."))
    given = sheet(answer("1.a", "one"), answer("1.b", "two"))
    result = mark_sheet(asked, scheme(model_answer("1.a"), model_answer("1.b")), given, free_text_marker=marker)
    assert [len(batch) for batch in marker.batches] == [2]
    assert marker.batches[0][0].question_text.startswith("A plant stands in the dark.")
    assert result.usage == Usage(2, 20, 10, 1.0)


def test_no_marker_is_asked_where_there_is_no_free_text() -> None:
    marker = Generous()
    mark_sheet(
        paper(choice()), scheme(SchemeEntry("1", answers=("B",))), sheet(answer("1", "B")), free_text_marker=marker
    )
    assert marker.batches == []


def test_answer_any_two_counts_the_best_two_and_says_so() -> None:
    parts = [text_question(f"5.{letter}", 4) for letter in "abc"]
    asked = paper(group("5", *parts, choose=2))
    given = sheet(answer("5.a", "one"), answer("5.b", "one two three four"), answer("5.c", "one two"))
    result = mark_sheet(asked, scheme(*(model_answer(part.id) for part in parts)), given, free_text_marker=Generous())
    assert (result.marks, result.max_marks) == (6, 8)
    assert [mark.counted for mark in result.questions] == [False, True, True]
    assert "better ones count" in marked(result, "5.a").reason


def test_of_groups_to_choose_from_the_better_group_counts_whole() -> None:
    first = group("A", text_question("A.1", 4), text_question("A.2", 4))
    second = group("B", text_question("B.1", 4), text_question("B.2", 4))
    asked = paper(group("S", first, second, choose=1))
    given = sheet(answer("A.1", "one two three four"), answer("B.1", "one two three"), answer("B.2", "one two three"))
    entries = [model_answer(name) for name in ("A.1", "A.2", "B.1", "B.2")]
    result = mark_sheet(asked, scheme(*entries), given, free_text_marker=Generous())
    assert (result.marks, result.max_marks) == (6, 8)
    assert {mark.question for mark in result.questions if mark.counted} == {"B.1", "B.2"}


def test_an_objective_question_without_a_scheme_gets_a_person_and_no_marks() -> None:
    result = mark_sheet(paper(choice()), scheme(), sheet(answer("1", "B")), free_text_marker=Generous())
    assert (result.questions[0].marks, result.questions[0].review) == (None, (ReviewReason.NO_SCHEME,))
    assert (result.marks, result.needs_review) == (0, True)


def test_free_text_without_a_scheme_is_marked_against_the_question_and_looked_at() -> None:
    result = mark_sheet(paper(text_question()), scheme(), sheet(answer("1", "a b")), free_text_marker=Generous())
    assert result.questions[0].marks == 2
    assert ReviewReason.NO_SCHEME in result.questions[0].review


def test_key_points_say_nothing_of_marks_without_a_scheme() -> None:
    result = mark_sheet(paper(text_question()), scheme(), sheet(answer("1", "a b")), free_text_marker=KeyPointMarker())
    assert result.questions[0].marks is None


@pytest.mark.parametrize(("step", "marks"), [(None, 0.75), (0.5, 1.0), (1.0, 1.0), (0.25, 0.75)])
def test_marks_are_rounded_to_the_schemes_step_halves_upwards(step: float | None, marks: float) -> None:
    entry = SchemeEntry("1", answers=("A", "B", "C", "D"), partial=True)
    asked = replace(choice(marks=1.0), options=tuple(Option(letter, letter) for letter in "ABCDE"))
    result = mark_sheet(
        paper(asked), scheme(entry, rounding=step), sheet(answer("1", "A,B,C")), free_text_marker=Generous()
    )
    assert result.questions[0].marks == marks


def test_rounding_never_passes_the_maximum() -> None:
    entry = SchemeEntry("1", criteria=(Criterion("glucose", 0.5),))
    given = sheet(answer("1", "glucose"))
    result = mark_sheet(
        paper(text_question(marks=0.5)), scheme(entry, rounding=1.0), given, free_text_marker=KeyPointMarker()
    )
    assert result.questions[0].marks == 0.5


def test_negative_marks_lower_the_sum() -> None:
    entries = scheme(SchemeEntry("1", answers=("B",), negative=0.25), SchemeEntry("2", answers=("B",)))
    given = sheet(answer("1", "A"), answer("2", "B"))
    result = mark_sheet(paper(choice("1"), choice("2")), entries, given, free_text_marker=Generous())
    assert [mark.marks for mark in result.questions] == [-0.25, 1]
    assert result.marks == 0.75


def test_a_weak_reading_asks_for_a_person() -> None:
    entry = scheme(SchemeEntry("1", answers=("B",)))
    result = mark_sheet(paper(choice()), entry, sheet(answer("1", "B", confidence=55)), free_text_marker=Generous())
    assert result.questions[0].marks == 1
    assert result.questions[0].review == (ReviewReason.LOW_OCR_CONFIDENCE,)


def test_what_the_cutting_doubts_stays_with_the_question() -> None:
    doubted = Answer("1", "B", (), review=(ReviewReason.UNLABELLED,))
    result = mark_sheet(
        paper(choice()), scheme(SchemeEntry("1", answers=("B",))), sheet(doubted), free_text_marker=Generous()
    )
    assert result.questions[0].review == (ReviewReason.UNLABELLED,)


def test_a_crossed_out_answer_is_no_mark_but_a_person() -> None:
    doubted = Answer("1", "", (), review=(ReviewReason.CROSSED_OUT,))
    result = mark_sheet(
        paper(choice()), scheme(SchemeEntry("1", answers=("B",))), sheet(doubted), free_text_marker=Generous()
    )
    assert (result.questions[0].marks, result.questions[0].review) == (0, (ReviewReason.CROSSED_OUT,))


def test_a_text_written_twice_keeps_its_best_attempt_and_a_person_looks() -> None:
    given = sheet(answer("1", "one", attempt=1), answer("1", "one two three", attempt=2))
    result = mark_sheet(paper(text_question()), scheme(model_answer("1")), given, free_text_marker=Generous())
    mark = result.questions[0]
    assert mark.marks == 3
    assert ReviewReason.EXTRA_ANSWERS in mark.review
    assert len(mark.places) == 2
    assert "1, 3" in mark.reason


def test_several_tries_at_a_choice_keep_the_worst() -> None:
    given = sheet(answer("1", "B", attempt=1), answer("1", "A", attempt=2))
    result = mark_sheet(paper(choice()), scheme(SchemeEntry("1", answers=("B",))), given, free_text_marker=Generous())
    assert result.questions[0].marks == 0
    assert ReviewReason.EXTRA_ANSWERS in result.questions[0].review


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Растения поглощают солнечный свет и выделяют кислород.", ReviewReason.UNKNOWN_LANGUAGE),
        ("Die Pflanzen nehmen das Licht der Sonne auf und geben Sauerstoff ab.", ReviewReason.UNKNOWN_LANGUAGE),
        ("Las plantas absorben la luz del sol y liberan el oxígeno.", ReviewReason.UNKNOWN_LANGUAGE),
        ("6CO₂ + 6H₂O → C₆H₁₂O₆ + 6O₂", ReviewReason.FORMULA_OR_DRAWING),
        ("∫ x² dx = x³/3 + C", ReviewReason.FORMULA_OR_DRAWING),
        ("—", ReviewReason.UNREADABLE),
    ],
)
def test_what_the_reader_does_not_know_goes_to_a_person(text: str, reason: ReviewReason) -> None:
    result = mark_sheet(
        paper(text_question()), scheme(PHOTOSYNTHESIS), sheet(answer("1", text)), free_text_marker=KeyPointMarker()
    )
    assert reason in result.questions[0].review


@pytest.mark.parametrize(
    "text", [GOOD_ANSWER, "Energy = mass × speed of light, so a lot of energy is set free.", "CO2 and H2O"]
)
def test_english_with_a_few_signs_is_read(text: str) -> None:
    result = mark_sheet(
        paper(text_question()), scheme(PHOTOSYNTHESIS), sheet(answer("1", text)), free_text_marker=KeyPointMarker()
    )
    review = result.questions[0].review
    assert not {ReviewReason.UNKNOWN_LANGUAGE, ReviewReason.FORMULA_OR_DRAWING, ReviewReason.UNREADABLE} & set(review)


def test_an_answer_to_a_question_that_is_not_asked_is_said_of_the_sheet() -> None:
    result = mark_sheet(paper(choice()), scheme(), sheet(answer("9", "B")), free_text_marker=Generous())
    assert ReviewReason.UNKNOWN_QUESTION in result.review


def test_what_no_question_claimed_is_kept() -> None:
    left = AnswerLine(1, Line("see the back", 90, (0.1, 0.9, 0.3, 0.02)))
    result = mark_sheet(paper(choice()), scheme(), AnswerSheet((), (left,)), free_text_marker=Generous())
    assert result.leftover == "see the back"


def test_a_question_whose_worth_nobody_says_is_marked_out_of_one_with_a_warning() -> None:
    asked = QuestionPaper(0, (replace(choice(), marks=None),))
    entry = scheme(SchemeEntry("1", answers=("B",)))
    result = mark_sheet(asked, entry, sheet(answer("1", "B")), free_text_marker=Generous())
    assert (result.marks, result.max_marks) == (1, 1)
    assert "1" in result.warnings[0]


def test_a_question_is_worth_its_criteria_where_nothing_else_says_so() -> None:
    asked = QuestionPaper(0, (replace(text_question(), marks=None),))
    entry = SchemeEntry("1", criteria=(Criterion("Oxygen", 1), Criterion("Glucose", 2)))
    result = mark_sheet(asked, scheme(entry), sheet(answer("1", "oxygen, glucose")), free_text_marker=KeyPointMarker())
    assert (result.marks, result.max_marks) == (3, 3)


def test_the_result_survives_its_own_serialisation() -> None:
    result = mark_sheet(
        paper(text_question()),
        scheme(PHOTOSYNTHESIS),
        sheet(answer("1", GOOD_ANSWER)),
        free_text_marker=KeyPointMarker(),
    )
    assert SheetResult.from_dict(result.to_dict()) == result


def test_text_in_an_answers_place_is_marked_for_now_and_nobody_is_sure_of_it() -> None:
    for_now = replace(answer("1", "B"), review=(ReviewReason.UNPLACED_ANSWER,))
    given = mark_sheet(
        paper(choice()), scheme(SchemeEntry("1", answers=("B",))), sheet(for_now), free_text_marker=KeyPointMarker()
    )
    mark = marked(given, "1")
    assert (mark.marks, mark.answer, mark.review) == (1.0, "B", (ReviewReason.UNPLACED_ANSWER,))
    assert mark.confidence <= 0.5
    assert given.needs_review


def test_text_that_may_be_an_answer_or_anothers_has_no_mark_and_is_shown() -> None:
    lines = answer("1", "carbon dioxide").lines
    unplaced = tuple(UnplacedText(question, "carbon dioxide", lines) for question in ("1", "2"))
    given = mark_sheet(
        paper(text_question("1"), text_question("2"), text_question("3")),
        scheme(model_answer("1"), model_answer("2"), model_answer("3")),
        AnswerSheet((), unplaced=unplaced),
        free_text_marker=KeyPointMarker(),
    )
    for name in ("1", "2"):
        mark = marked(given, name)
        assert (mark.marks, mark.answer, mark.review) == (None, "carbon dioxide", (ReviewReason.UNPLACED_ANSWER,))
        assert mark.places == unplaced[0].places
    assert (marked(given, "3").marks, marked(given, "3").review) == (0.0, ())


def test_of_parts_to_choose_from_text_that_may_be_an_answer_stands_before_a_blank() -> None:
    asked = paper(group("1", text_question("1.a"), text_question("1.b"), choose=1))
    unplaced = (UnplacedText("1.b", "by osmosis", answer("1.b", "by osmosis").lines),)
    given = mark_sheet(
        asked, scheme(model_answer("1.b")), AnswerSheet((), unplaced=unplaced), free_text_marker=KeyPointMarker()
    )
    assert [mark.question for mark in given.questions if mark.counted] == ["1.b"]


def test_text_beyond_what_counts_is_an_extra_attempt_whether_marked_or_not() -> None:
    """What is too long for the machine, or may be an answer, has no marker and is an attempt."""
    asked = paper(group("1", *(text_question(f"1.{part}") for part in "abcd"), choose=1))
    unplaced = (UnplacedText("1.b", "by osmosis", answer("1.b", "by osmosis").lines),)
    given = mark_sheet(
        asked,
        scheme(*(model_answer(f"1.{part}") for part in "abcd")),
        replace(
            sheet(answer("1.a", "Water moves through a membrane."), answer("1.c", "water " * MAX_ANSWER_CHARACTERS)),
            unplaced=unplaced,
        ),
        free_text_marker=KeyPointMarker(),
    )
    assert [mark.question for mark in given.questions if mark.counted] == ["1.a"]
    extra, blank = counting_rules.not_counted_reason(answered=True), counting_rules.not_counted_reason(answered=False)
    assert all(marked(given, name).reason.endswith(extra) for name in ("1.b", "1.c"))
    assert marked(given, "1.d").reason.endswith(blank)
