"""The key point marker: marks by criteria and by model answer, its certainty and its limits."""

import time
from dataclasses import replace

import pytest

from core.models.assessment import Criterion, Question, QuestionType, SchemeEntry
from core.models.result import ReviewReason
from grade.language.text_analysis import analyze_text
from grade.language.tokenizer import is_non_answer, split_sentences, stem, tokenize
from grade.markers.free_text import FreeTextMark, FreeTextTask
from grade.markers.key_points.alignment import align
from grade.markers.key_points.calibration import FEATURES, compute_features, load_calibration
from grade.markers.key_points.marker import KeyPointMarker
from tests.unit.grade.marking.builders import GOOD_ANSWER, PHOTOSYNTHESIS, answer, task

OSMOSIS = (
    "Osmosis is the movement of water through a partially permeable membrane from a dilute to a concentrated solution."
)


def mark_by_model_answer(
    text: str, model: str = OSMOSIS, question_text: str = "What is osmosis?", marks: float = 5.0
) -> FreeTextMark:
    question = Question("1", "1", QuestionType.TEXT, question_text, marks)
    entry = SchemeEntry("1", model_answer=model)
    return KeyPointMarker().mark([FreeTextTask(question, "", entry, answer("1", text), marks)])[0]


def mark_by_criteria(text: str, *criteria: Criterion, question_text: str = "Explain.") -> FreeTextMark:
    max_marks = sum(criterion.marks for criterion in criteria)
    question = Question("1", "1", QuestionType.TEXT, question_text, max_marks)
    entry = SchemeEntry("1", criteria=criteria)
    return KeyPointMarker().mark([FreeTextTask(question, "", entry, answer("1", text), max_marks)])[0]


# ── by criteria ─────────────────────────────────────────────────────────────────────────────────────


def test_a_full_answer_gets_full_marks_with_quotes() -> None:
    mark = KeyPointMarker().mark([task(GOOD_ANSWER)])[0]
    assert (mark.marks, mark.review) == (3, ())
    assert all(criterion.quote and criterion.quote in GOOD_ANSWER for criterion in mark.criteria)
    assert all(criterion.place is not None for criterion in mark.criteria)


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("Oxygen is given off.", 1),
        ("The plant takes in sunlight, and gives off oxygen.", 2),
        ("Photosynthesis makes sugar from CO2 and water.", 1),
        ("Plants are green and live in gardens.", 0),
    ],
)
def test_each_criterion_earns_its_own_marks(text: str, marks: float) -> None:
    mark = KeyPointMarker().mark([task(text)])[0]
    assert mark.marks is not None
    assert abs(mark.marks - marks) <= 0.5


@pytest.mark.parametrize(
    "text",
    [
        "oxigen is relesed",
        "OXYGEN IS RELEASED!!",
        "releases oxygen",
        "it lets out O2",
        "The gas oxygen is being released.",
    ],
)
def test_misspellings_word_forms_and_synonyms_are_recognised(text: str) -> None:
    assert mark_by_criteria(text, Criterion("Oxygen is released", 1)).marks == 1


@pytest.mark.parametrize(
    "text", ["Oxygen is not released.", "Oxygen isn't released by the plant.", "No oxygen is released."]
)
def test_a_negated_point_earns_nothing(text: str) -> None:
    assert mark_by_criteria(text, Criterion("Oxygen is released", 1)).marks == 0


def test_a_point_may_itself_be_negated() -> None:
    point = Criterion("The bulb is not connected to the battery", 1)
    question_text = "Why is the bulb dark?"
    assert mark_by_criteria("It isn't connected to the battery.", point, question_text=question_text).marks == 1
    assert mark_by_criteria("It is connected to the battery.", point, question_text=question_text).marks == 0


def test_words_in_brackets_are_optional_or_alternatives() -> None:
    point = Criterion("Light travels (much) faster than sound (or light is quicker)", 1)
    assert mark_by_criteria("light travels faster than sound", point).marks == 1
    assert mark_by_criteria("because light is quicker", point).marks == 1


def test_repeating_the_question_earns_little() -> None:
    question_text = "Explain why the number of foxes changes when the rabbits die."
    point = Criterion("The number of foxes falls because they have less food", 1)
    assert (
        mark_by_criteria("The number of foxes changes when the rabbits die.", point, question_text=question_text).marks
        == 0
    )


def test_a_sentence_may_span_several_lines() -> None:
    point = Criterion("Water evaporates from the sea", 1)
    assert mark_by_criteria("The water\nevaporates\nfrom the sea", point).marks == 1


def test_an_uncertain_mark_goes_to_review() -> None:
    point = Criterion("Carbon dioxide and water are turned into glucose by the plant", 1)
    mark = mark_by_criteria("The plant turns carbon into something.", point)
    assert mark.review == (ReviewReason.BORDERLINE,)
    assert mark.confidence < 0.8


def test_feedback_quotes_the_student_and_never_the_scheme() -> None:
    mark = KeyPointMarker().mark([task("Oxygen is given off by plants.")])[0]
    assert "Oxygen is given off by plants." in mark.feedback
    for criterion in PHOTOSYNTHESIS.criteria[:2]:
        assert criterion.text not in mark.feedback


# ── by a model answer ───────────────────────────────────────────────────────────────────────────────


def test_the_model_answer_itself_gets_full_marks() -> None:
    mark = mark_by_model_answer(OSMOSIS)
    assert mark.marks == pytest.approx(5, abs=0.25)
    assert mark.review == ()


def test_better_answers_get_higher_marks() -> None:
    answers = [
        "It is a kind of plant.",
        "It is when water moves.",
        "It is when water moves through a membrane.",
        "Water moves through a partially permeable membrane from a dilute to a concentrated solution.",
    ]
    marks = [mark_by_model_answer(text).marks or 0 for text in answers]
    assert marks == sorted(marks)
    assert marks[-1] - marks[0] > 1


def test_padding_earns_nothing() -> None:
    short = mark_by_model_answer("It is when water moves through a membrane.")
    padding = " I like football. My brother plays the guitar in a band on Fridays." * 5
    padded = mark_by_model_answer(f"It is when water moves through a membrane. {padding}")
    assert (padded.marks or 0) <= (short.marks or 0)


@pytest.mark.parametrize(
    ("text", "model", "question_text"),
    [
        ("Short strings give low notes.", "Short strings give high notes.", "How does length matter?"),
        ("A shorter string makes a lower pitch.", "If the string is shorter, the pitch is higher.", "What happens?"),
        ("The terminals are not connected.", "The terminals are connected.", "What does 0 V mean?"),
        ("Terminal 6 is connected to the battery.", "Terminal 1 is connected to the battery.", "Why?"),
        ("It never conducts electricity.", "It conducts electricity.", "Why is metal used?"),
        ("The volume decreases when it is heated.", "The volume increases when it is heated.", "What happens?"),
    ],
)
def test_a_contradiction_never_gets_full_marks_without_review(text: str, model: str, question_text: str) -> None:
    mark = mark_by_model_answer(text, model, question_text)
    assert mark.review or (mark.marks or 0) < 4


def test_two_reversals_cancel_out() -> None:
    text, model = "The longer the string, the lower the pitch.", "The shorter the string, the higher the pitch."
    assert align(analyze_text(model), analyze_text(text), frozenset()).reversed_scales == 0


@pytest.mark.parametrize("text", ["I don't know", "dont know", "no idea", "idk", "not answered", "?", "...", "N/A"])
def test_giving_up_is_a_certain_zero(text: str) -> None:
    mark = mark_by_model_answer(text)
    assert (mark.marks, mark.review) == (0, ())


@pytest.mark.parametrize(
    "text", ["No oxygen is left.", "I don't know if it rises, but it melts.", "Nothing dissolves in it."]
)
def test_an_answer_that_starts_like_giving_up_is_marked(text: str) -> None:
    assert not is_non_answer(text)


def test_the_closest_of_several_wordings_counts() -> None:
    question = Question("1", "1", QuestionType.TEXT, "What is a pointer?", 1.0)
    entry = SchemeEntry("1", answers=("the address of a variable", "a variable that holds a memory address"))
    marker = KeyPointMarker()
    text = "a variable that holds a memory address"
    both = marker.mark([FreeTextTask(question, "", entry, answer("1", text), 1.0)])[0]
    one = marker.mark([FreeTextTask(question, "", replace(entry, answers=entry.answers[:1]), answer("1", text), 1.0)])[
        0
    ]
    assert (both.marks or 0) > (one.marks or 0)


# ── the curves ──────────────────────────────────────────────────────────────────────────────────────


def test_the_fitted_curves_rise_and_stay_within_bounds() -> None:
    calibration = load_calibration()
    nothing = compute_features(align(analyze_text("water moves"), analyze_text("football"), frozenset()), 1)
    everything = compute_features(align(analyze_text("water moves"), analyze_text("water moves"), frozenset()), 1)
    for max_marks in (1.0, 2.0, 5.0, 10.0):
        low, high = calibration.share(nothing, max_marks), calibration.share(everything, max_marks)
        assert 0 <= low < high <= 1
        assert (
            0 <= calibration.certainty(high, max_marks, 0.5) <= calibration.certainty(high, max_marks, max_marks) <= 1
        )
    assert len(nothing) == len(FEATURES)


def test_marking_an_answer_takes_milliseconds() -> None:
    long_answer = task(f"{GOOD_ANSWER} The leaf is green. " * 10)
    marker = KeyPointMarker()
    marker.mark([long_answer])
    started = time.process_time()
    marker.mark([long_answer] * 10)
    assert (time.process_time() - started) / 10 < 0.2


def test_a_very_long_answer_is_handled_within_seconds() -> None:
    started = time.process_time()
    mark_by_model_answer("water moves slowly through everything. " * 5000)
    mark_by_criteria("water moves slowly through everything. " * 5000, Criterion("Water moves", 1))
    assert time.process_time() - started < 20


# ── words ───────────────────────────────────────────────────────────────────────────────────────────


def test_british_and_american_spellings_have_one_stem() -> None:
    for british, american in (("colour", "color"), ("organise", "organize"), ("behaviour", "behavior")):
        assert stem(british) == stem(american)


def test_contractions_are_negations() -> None:
    assert tokenize("It isn't, doesn't and cannot; two can't") == ["it", "not", "not", "and", "not", "2", "not"]


def test_sentences_end_at_punctuation_and_list_items_only() -> None:
    assert split_sentences("One two\nthree. Four\n- five\n- six") == ["One two three.", "Four", "- five", "- six"]
