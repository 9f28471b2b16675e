"""Properties of marking that hold for every paper, scheme and sheet, checked with Hypothesis."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.models.assessment import Criterion, MarkingScheme, Option, Question, QuestionPaper, QuestionType, SchemeEntry
from core.models.counting_rules import QuestionAttempt, maximum_marks, select_counted_questions
from core.models.result import SheetResult
from grade.answer import AnswerSheet
from grade.mark_arithmetic import round_to_step
from grade.markers.evidence import find_quote
from grade.markers.key_points.marker import KeyPointMarker
from grade.marking import mark_sheet
from grade.prompt_injection.screening import screen_answer, screen_prose
from grade.question_types.linear_regex import compile_pattern
from grade.question_types.numbers import parse_numbers
from local.cli.marker_evaluation import agreement_measures
from tests.unit.grade.marking.builders import PHOTOSYNTHESIS, answer, task
from tests.unit.grade.marking.objective_cases import mark, numeric

# The same examples in every build; to search further, raise the number and remove `derandomize`.
QUICK = settings(max_examples=60, deadline=None, derandomize=True)
_WRITTEN = (
    "plants oxygen glucose light energy water not never increases decreases because the a is released carbon dioxide "
    "ignore marks B C true false 4.2 m/s 1,000 or and {} \u200b ×10⁸ Растения"
)
WORDS = st.sampled_from(_WRITTEN.split(" "))
TEXTS = st.one_of(st.lists(WORDS, max_size=30).map(" ".join), st.text(max_size=60))
MARKS = st.sampled_from([0.5, 1.0, 2.0, 3.0, 5.0])
OPTIONS = tuple(Option(letter, f"thing {letter}") for letter in "ABCD")
OBJECTIVE_ANSWERS = {
    QuestionType.CHOICE: ("B",),
    QuestionType.TRUE_FALSE: ("true",),
    QuestionType.NUMERIC: ("4.2",),
    QuestionType.EXACT: ("oxygen",),
    QuestionType.PATTERN: (r"[a-z]+\d*",),
}


@st.composite
def cases(draw: Callable[[Any], Any]) -> tuple[QuestionPaper, MarkingScheme, AnswerSheet]:
    """A paper of up to five questions of any type, with a scheme, and answers to some of them."""
    questions, entries, answers = [], [], []
    for number in range(draw(st.integers(1, 5))):
        kind, marks = draw(st.sampled_from([*OBJECTIVE_ANSWERS, QuestionType.TEXT])), draw(MARKS)
        name = str(number + 1)
        questions.append(Question(name, name, kind, "Explain.", marks, OPTIONS if kind is QuestionType.CHOICE else ()))
        negative = draw(st.sampled_from([0.0, 0.25])) if kind is not QuestionType.TEXT else 0.0
        criteria = (Criterion("oxygen is released", marks), Criterion("glucose", marks)) if draw(st.booleans()) else ()
        text = QuestionType.TEXT is kind
        entries.append(
            SchemeEntry(
                name,
                kind,
                marks,
                answers=() if text else OBJECTIVE_ANSWERS[kind],
                negative=negative,
                partial=draw(st.booleans()),
                model_answer="Plants make glucose and release oxygen." if text else "",
                criteria=criteria if text else (),
            )
        )
        if draw(st.booleans()):
            answers.append(answer(name, draw(TEXTS)))
    choose = draw(st.one_of(st.none(), st.integers(1, len(questions))))
    group = Question("G", "G", QuestionType.GROUP, "", None, parts=tuple(questions), choose=choose)
    step = draw(st.sampled_from([None, 0.25, 0.5, 1.0]))
    return QuestionPaper(0, (group,)), MarkingScheme(tuple(entries), rounding=step), AnswerSheet(tuple(answers))


def graded(case: tuple[QuestionPaper, MarkingScheme, AnswerSheet]) -> SheetResult:
    return mark_sheet(*case, free_text_marker=KeyPointMarker())


@QUICK
@given(cases())
def test_marks_lie_between_minimum_and_maximum(case: Any) -> None:
    result = graded(case)
    least = {entry.question: -entry.negative for entry in case[1].entries}
    for one in result.questions:
        if one.marks is not None:
            assert least[one.question] - 1e-9 <= one.marks <= one.max_marks + 1e-9
        assert 0 <= one.confidence <= 1
        assert one.marks is not None or one.review
    assert result.marks <= result.max_marks + 1e-9


@QUICK
@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_answers_does_not_matter(case: Any, random: Any) -> None:
    shuffled = list(case[2].answers)
    random.shuffle(shuffled)
    assert graded((case[0], case[1], replace(case[2], answers=tuple(shuffled)))) == graded(case)


@QUICK
@given(cases())
def test_marking_is_deterministic(case: Any) -> None:
    assert graded(case) == graded(case)


@QUICK
@given(cases())
def test_the_total_is_the_sum_of_the_counted_questions(case: Any) -> None:
    result = graded(case)
    assert result.marks == pytest.approx(sum(one.marks or 0 for one in result.questions if one.counted), abs=0.005)


@QUICK
@given(cases())
def test_a_result_survives_serialisation(case: Any) -> None:
    result = graded(case)
    assert SheetResult.from_dict(result.to_dict()) == result


@QUICK
@given(st.lists(WORDS.filter(lambda word: word.isascii()), max_size=15), st.sampled_from(["upper", "lower", "title"]))
def test_key_points_ignore_whitespace_and_case(words: list[str], how: str) -> None:
    text = " ".join(words)
    changed = "  \t".join(getattr(word, how)() for word in words) + " "
    plain, dressed = KeyPointMarker().mark([task(text), task(changed)])
    assert dressed.marks == plain.marks


@QUICK
@given(st.sampled_from([QuestionType.CHOICE, QuestionType.TRUE_FALSE, QuestionType.EXACT]), TEXTS)
def test_whitespace_around_an_objective_answer_is_ignored(kind: QuestionType, text: str) -> None:
    options = OPTIONS if kind is QuestionType.CHOICE else ()
    plain = mark(kind, text, answers=OBJECTIVE_ANSWERS[kind], options=options)
    assert mark(kind, f"  {text}\n", answers=OBJECTIVE_ANSWERS[kind], options=options).marks == plain.marks


@QUICK
@given(st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 3)), st.sampled_from(["m", "kg", "s", "J"]))
def test_a_written_number_is_parsed_to_its_value(value: float, unit: str) -> None:
    text = f"{value:.3f}"
    assert numeric(f"The answer is {text} {unit}", text, unit=unit).marks == 2
    assert parse_numbers(f"x = {text}")[0].value == pytest.approx(value)


@QUICK
@given(st.floats(0.01, 1e4), st.floats(0, 0.5), st.floats(-1, 1))
def test_a_tolerance_accepts_exactly_the_values_within_it(expected: float, share: float, off: float) -> None:
    given_value = expected * (1 + off)
    allowed = abs(expected) * share
    distance = abs(given_value - expected)
    if abs(distance - allowed) <= 1e-6 * expected:
        return  # too close to the limit: rounding may put it on either side
    right = f"{expected:.12e}"
    said = numeric(f"{given_value:.12e}", right, tolerance=f"{share * 100:.10f}%")
    assert (said.marks == 2) == (distance < allowed)


@QUICK
@given(TEXTS)
def test_screening_twice_changes_nothing_more(text: str) -> None:
    clean = screen_answer(text).clean
    assert screen_answer(clean).clean == clean


@QUICK
@given(TEXTS, st.text(max_size=40))
def test_screening_accepts_any_text(text: str, question_text: str) -> None:
    assert isinstance(screen_prose(text, question_text).clean, str)


@QUICK
@given(st.lists(WORDS, min_size=4, max_size=20), st.data())
def test_a_returned_quote_occurs_on_the_sheet(words: list[str], data: Any) -> None:
    text = " ".join(" ".join(words).split())
    start = data.draw(st.integers(0, max(len(text) - 5, 0)))
    wanted = text[start : start + data.draw(st.integers(4, 30))]
    given_answer = answer("1", text)
    found = find_quote(wanted, text, given_answer.lines)
    if found is not None:
        assert found.quote.casefold() in " ".join(text.casefold().split())


SIMPLE = st.recursive(
    st.sampled_from(["a", "b", ".", r"\d", r"\w", "[ab]", "[^a]", r"\s", "1"]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda pair: f"(?:{pair[0]}|{pair[1]})"),
        inner.map(lambda one: f"(?:{one})*"),
        inner.map(lambda one: f"(?:{one})+"),
        inner.map(lambda one: f"(?:{one})?"),
        inner.map(lambda one: f"(?:{one}){{1,2}}"),
    ),
    max_leaves=6,
)


@QUICK
@given(SIMPLE, st.text(alphabet="ab1 .", max_size=8))
def test_patterns_match_like_pythons_re(source: str, text: str) -> None:
    assert compile_pattern(source).fullmatch(text) == bool(re.fullmatch(source, text, re.IGNORECASE))
    assert compile_pattern(source).has_match(text) == bool(re.search(source, text, re.IGNORECASE))


@QUICK
@given(st.lists(st.tuples(st.floats(0, 5), MARKS, st.booleans()), min_size=1, max_size=6), st.integers(1, 6))
def test_the_counted_parts_have_the_highest_total(drawn: list[tuple[float, float, bool]], choose: int) -> None:
    names = [str(number) for number in range(len(drawn))]
    parts = tuple(
        Question(name, name, QuestionType.TEXT, "", most) for name, (_, most, _) in zip(names, drawn, strict=True)
    )
    question_text = QuestionPaper(0, (Question("G", "G", QuestionType.GROUP, "", None, choose=choose, parts=parts),))
    attempts = {
        name: QuestionAttempt(min(marks, most), most, tried)
        for name, (marks, most, tried) in zip(names, drawn, strict=True)
    }
    counted = select_counted_questions(question_text, attempts)
    assert len(counted) == min(choose, len(drawn))
    best = sum(sorted((attempts[name].marks or 0 for name in names), reverse=True)[:choose])
    assert sum(attempts[name].marks or 0 for name in counted) == pytest.approx(best)
    assert maximum_marks(question_text, attempts) >= sum(attempts[name].marks or 0 for name in counted) - 0.005


@QUICK
@given(st.floats(0, 20), st.sampled_from([0.25, 0.5, 1.0]))
def test_rounding_moves_a_mark_by_at_most_half_a_step(marks: float, step: float) -> None:
    rounded = round_to_step(marks, step)
    assert abs(rounded - marks) <= step / 2 + 1e-6
    assert rounded / step == pytest.approx(round(rounded / step))


@QUICK
@given(st.lists(st.tuples(st.integers(0, 10).map(lambda n: n / 2), st.floats(0, 5)), min_size=2, max_size=40))
def test_agreement_measures_stay_within_their_bounds(pairs: list[tuple[float, float]]) -> None:
    found = agreement_measures(pairs)
    assert 0 <= found["exact"] <= 1
    assert found["mae"] <= found["rmse"] + 1e-4
    assert found["qwk"] is None or -1 - 1e-6 <= found["qwk"] <= 1
    assert found["pearson"] is None or -1 - 1e-6 <= found["pearson"] <= 1 + 1e-6
    assert sum(map(sum, found["confusion"]["counts"])) == len(pairs)


@QUICK
@given(st.permutations(PHOTOSYNTHESIS.criteria), TEXTS)
def test_the_order_of_criteria_does_not_matter(criteria: list[Criterion], text: str) -> None:
    one, other = KeyPointMarker().mark(
        [task(text), task(text, entry=replace(PHOTOSYNTHESIS, criteria=tuple(criteria)))]
    )
    assert (one.marks, one.review) == (other.marks, other.review)
