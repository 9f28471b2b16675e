"""Key points: decisive where the words are there, honest where they are not, blind to nothing obvious."""

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


def by_model_answer(
    text: str, model: str = OSMOSIS, asked: str = "What is osmosis?", marks: float = 5.0
) -> FreeTextMark:
    question = Question("1", "1", QuestionType.TEXT, asked, marks)
    entry = SchemeEntry("1", model_answer=model)
    return KeyPointMarker().mark([FreeTextTask(question, "", entry, answer("1", text), marks)])[0]


def by_criteria(text: str, *criteria: Criterion, asked: str = "Explain.") -> FreeTextMark:
    most = sum(criterion.marks for criterion in criteria)
    question = Question("1", "1", QuestionType.TEXT, asked, most)
    entry = SchemeEntry("1", criteria=criteria)
    return KeyPointMarker().mark([FreeTextTask(question, "", entry, answer("1", text), most)])[0]


# ── by criteria ─────────────────────────────────────────────────────────────────────────────────────


def test_a_full_answer_gets_full_marks_with_the_students_words_for_each() -> None:
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
def test_bad_spelling_other_forms_and_synonyms_are_read(text: str) -> None:
    assert by_criteria(text, Criterion("Oxygen is released", 1)).marks == 1


@pytest.mark.parametrize(
    "text", ["Oxygen is not released.", "Oxygen isn't released by the plant.", "No oxygen is released."]
)
def test_a_denied_point_earns_nothing(text: str) -> None:
    assert by_criteria(text, Criterion("Oxygen is released", 1)).marks == 0


def test_a_point_may_itself_be_a_denial() -> None:
    point = Criterion("The bulb is not connected to the battery", 1)
    asked = "Why is the bulb dark?"
    assert by_criteria("It isn't connected to the battery.", point, asked=asked).marks == 1
    assert by_criteria("It is connected to the battery.", point, asked=asked).marks == 0


def test_what_stands_in_brackets_is_no_part_of_what_has_to_be_said() -> None:
    point = Criterion("Light travels (much) faster than sound (or light is quicker)", 1)
    assert by_criteria("light travels faster than sound", point).marks == 1
    assert by_criteria("because light is quicker", point).marks == 1


def test_repeating_the_question_earns_little() -> None:
    asked = "Explain why the number of foxes changes when the rabbits die."
    point = Criterion("The number of foxes falls because they have less food", 1)
    assert by_criteria("The number of foxes changes when the rabbits die.", point, asked=asked).marks == 0


def test_a_line_that_wraps_is_one_sentence() -> None:
    point = Criterion("Water evaporates from the sea", 1)
    assert by_criteria("The water\nevaporates\nfrom the sea", point).marks == 1


def test_an_unsure_mark_asks_for_a_person() -> None:
    point = Criterion("Carbon dioxide and water are turned into glucose by the plant", 1)
    mark = by_criteria("The plant turns carbon into something.", point)
    assert mark.review == (ReviewReason.BORDERLINE,)
    assert mark.confidence < 0.8


def test_feedback_holds_the_students_words_and_nothing_of_the_scheme() -> None:
    mark = KeyPointMarker().mark([task("Oxygen is given off by plants.")])[0]
    assert "Oxygen is given off by plants." in mark.feedback
    for criterion in PHOTOSYNTHESIS.criteria[:2]:
        assert criterion.text not in mark.feedback


# ── by a model answer ───────────────────────────────────────────────────────────────────────────────


def test_the_model_answer_itself_gets_full_marks() -> None:
    mark = by_model_answer(OSMOSIS)
    assert mark.marks == pytest.approx(5, abs=0.25)
    assert mark.review == ()


def test_better_answers_get_more() -> None:
    answers = [
        "It is a kind of plant.",
        "It is when water moves.",
        "It is when water moves through a membrane.",
        "Water moves through a partially permeable membrane from a dilute to a concentrated solution.",
    ]
    marks = [by_model_answer(text).marks or 0 for text in answers]
    assert marks == sorted(marks)
    assert marks[-1] - marks[0] > 1


def test_padding_earns_nothing() -> None:
    short = by_model_answer("It is when water moves through a membrane.")
    padding = " I like football. My brother plays the guitar in a band on Fridays." * 5
    padded = by_model_answer(f"It is when water moves through a membrane. {padding}")
    assert (padded.marks or 0) <= (short.marks or 0)


@pytest.mark.parametrize(
    ("text", "model", "asked"),
    [
        ("Short strings give low notes.", "Short strings give high notes.", "How does length matter?"),
        ("A shorter string makes a lower pitch.", "If the string is shorter, the pitch is higher.", "What happens?"),
        ("The terminals are not connected.", "The terminals are connected.", "What does 0 V mean?"),
        ("Terminal 6 is connected to the battery.", "Terminal 1 is connected to the battery.", "Why?"),
        ("It never conducts electricity.", "It conducts electricity.", "Why is metal used?"),
        ("The volume decreases when it is heated.", "The volume increases when it is heated.", "What happens?"),
    ],
)
def test_a_contradiction_never_gets_full_marks_unseen(text: str, model: str, asked: str) -> None:
    mark = by_model_answer(text, model, asked)
    assert mark.review or (mark.marks or 0) < 4


def test_two_reversals_say_the_same() -> None:
    text, model = "The longer the string, the lower the pitch.", "The shorter the string, the higher the pitch."
    assert align(analyze_text(model), analyze_text(text), frozenset()).reversed_scales == 0


@pytest.mark.parametrize("text", ["I don't know", "dont know", "no idea", "idk", "not answered", "?", "...", "N/A"])
def test_giving_up_is_a_clear_zero(text: str) -> None:
    mark = by_model_answer(text)
    assert (mark.marks, mark.review) == (0, ())


@pytest.mark.parametrize(
    "text", ["No oxygen is left.", "I don't know if it rises, but it melts.", "Nothing dissolves in it."]
)
def test_an_answer_that_begins_like_giving_up_is_read(text: str) -> None:
    assert not is_non_answer(text)


def test_a_key_with_several_wordings_takes_the_nearest() -> None:
    question = Question("1", "1", QuestionType.TEXT, "What is a pointer?", 1.0)
    entry = SchemeEntry("1", answers=("the address of a variable", "a variable that holds a memory address"))
    marker = KeyPointMarker()
    text = "a variable that holds a memory address"
    both = marker.mark([FreeTextTask(question, "", entry, answer("1", text), 1.0)])[0]
    one = marker.mark([FreeTextTask(question, "", replace(entry, answers=entry.answers[:1]), answer("1", text), 1.0)])[
        0
    ]
    assert (both.marks or 0) > (one.marks or 0)


# ── the curve ───────────────────────────────────────────────────────────────────────────────────────


def test_the_shipped_curves_rise_with_what_is_said_and_stay_within_bounds() -> None:
    calibration = load_calibration()
    nothing = compute_features(align(analyze_text("water moves"), analyze_text("football"), frozenset()), 1)
    everything = compute_features(align(analyze_text("water moves"), analyze_text("water moves"), frozenset()), 1)
    for most in (1.0, 2.0, 5.0, 10.0):
        low, high = calibration.share(nothing, most), calibration.share(everything, most)
        assert 0 <= low < high <= 1
        assert 0 <= calibration.certainty(high, most, 0.5) <= calibration.certainty(high, most, most) <= 1
    assert len(nothing) == len(FEATURES)


def test_an_answer_takes_milliseconds() -> None:
    long_answer = task(f"{GOOD_ANSWER} The leaf is green. " * 10)
    marker = KeyPointMarker()
    marker.mark([long_answer])
    started = time.process_time()
    marker.mark([long_answer] * 10)
    assert (time.process_time() - started) / 10 < 0.2


def test_a_book_for_an_answer_does_no_harm() -> None:
    started = time.process_time()
    by_model_answer("water moves slowly through everything. " * 5000)
    by_criteria("water moves slowly through everything. " * 5000, Criterion("Water moves", 1))
    assert time.process_time() - started < 20


# ── words ───────────────────────────────────────────────────────────────────────────────────────────


def test_british_and_american_spellings_have_one_stem() -> None:
    for british, american in (("colour", "color"), ("organise", "organize"), ("behaviour", "behavior")):
        assert stem(british) == stem(american)


def test_contractions_deny() -> None:
    assert tokenize("It isn't, doesn't and cannot; two can't") == ["it", "not", "not", "and", "not", "2", "not"]


def test_sentences_end_at_marks_and_list_items_but_not_at_line_ends() -> None:
    assert split_sentences("One two\nthree. Four\n- five\n- six") == ["One two three.", "Four", "- five", "- six"]
