"""Applies marking schemes to their paper."""

from hypothesis import given, settings
from hypothesis import strategies as st

from core.models.assessment import Criterion, MarkingScheme, Question, QuestionPaper, QuestionType, SchemeEntry
from grade.paper.paper_parser import parse_paper
from grade.scheme.scheme_entries import apply_schemes
from tests.papers.transcript_factory import one_page_transcript

PAPER = parse_paper(
    one_page_transcript(
        "Total marks: 21",
        "1. Which gas do plants take in? [1]",
        "    A) oxygen",
        "    B) carbon dioxide",
        "2. Is the Earth flat? True or false? [1]",
        "3. Calculate the speed of a car that travels 100 m in 5 s. [2]",
        "4. Explain photosynthesis. [5]",
        "5. Study the cell. [4]",
        "    (a) Name part X.",
        "    (b) Explain what part X does.",
        "6. Answer any two.",
        "    (a) Explain rain. [4]",
        "    (b) Explain hail. [4]",
        "    (c) Explain snow. [4]",
    )
)
SECTIONS = parse_paper(
    one_page_transcript(
        "SECTION A", "1. Define force. [2]", "SECTION B", "1. Explain friction. [5]", "2. Explain inertia. [5]"
    )
)


def leaves_by_id(paper: QuestionPaper) -> dict[str, Question]:
    return {leaf.id: leaf for leaf in paper.leaves()}


def build_scheme(*entries: SchemeEntry) -> MarkingScheme:
    return MarkingScheme(entries)


def test_a_label_matches_in_every_notation() -> None:
    for label in ("6.a", "6(a)", "6a", "Q6 a", "Question 6 (a)", "6 A", "06(a)"):
        _, scheme = apply_schemes(PAPER, build_scheme(SchemeEntry(label, model_answer="Clouds cool.")))
        assert [entry.question for entry in scheme.entries] == ["6.a"], label


def test_the_section_may_be_omitted_where_only_one_fits() -> None:
    for label, question in (("B2", "B.2"), ("B.1", "B.1"), ("Section B 1", "B.1"), ("2", "B.2")):
        _, scheme = apply_schemes(SECTIONS, build_scheme(SchemeEntry(label, model_answer="x")))
        assert [entry.question for entry in scheme.entries] == [question], label


def test_a_label_that_fits_two_sections_is_not_assigned() -> None:
    _, scheme = apply_schemes(SECTIONS, build_scheme(SchemeEntry("1", model_answer="x")))
    assert scheme.entries == ()
    assert any("may be any of A.1, B.1" in warning for warning in scheme.warnings)


def test_an_entry_without_a_question_gives_a_warning() -> None:
    _, scheme = apply_schemes(PAPER, build_scheme(SchemeEntry("9", model_answer="x")))
    assert "The marking scheme has an entry for question 9, which the paper does not have." in scheme.warnings


def test_the_later_scheme_wins_entry_by_entry() -> None:
    key = build_scheme(SchemeEntry("1", answers=("A",)), SchemeEntry("2", answers=("false",)))
    typed = MarkingScheme((SchemeEntry("1", answers=("B",), negative=0.25),), "Spring", 0.5)
    _, scheme = apply_schemes(PAPER, key, typed)
    assert [(entry.question, entry.answers, entry.negative) for entry in scheme.entries] == [
        ("1", ("B",), 0.25),
        ("2", ("false",), 0.0),
    ]
    assert (scheme.title, scheme.rounding) == ("Spring", 0.5)


def test_types_are_inferred_from_paper_and_entry() -> None:
    paper, scheme = apply_schemes(
        PAPER,
        build_scheme(
            SchemeEntry("1", model_answer="(b) carbon dioxide"),
            SchemeEntry("2", model_answer="False, it is round."),
            SchemeEntry("3", model_answer="v = 20 m/s"),
            SchemeEntry("4", model_answer="Plants make sugar."),
            SchemeEntry("6a", type=QuestionType.EXACT, answers=("evaporation",)),
        ),
    )
    found = {entry.question: entry for entry in scheme.entries}
    assert (found["1"].type, found["1"].answers) == (QuestionType.CHOICE, ("B",))
    assert (found["2"].type, found["2"].answers) == (QuestionType.TRUE_FALSE, ("false",))
    assert (found["3"].type, found["3"].answers, found["3"].unit) == (QuestionType.NUMERIC, ("20",), "m/s")
    assert found["4"].type is QuestionType.TEXT
    assert leaves_by_id(paper)["6.a"].type is QuestionType.EXACT


def test_criteria_turn_a_numeric_question_into_text() -> None:
    paper, _ = apply_schemes(
        PAPER, build_scheme(SchemeEntry("3", criteria=(Criterion("divides", 1), Criterion("20 m/s", 1))))
    )
    assert leaves_by_id(paper)["3"].type is QuestionType.TEXT


def test_the_schemes_marks_win_over_the_papers_with_a_warning() -> None:
    paper, scheme = apply_schemes(PAPER, build_scheme(SchemeEntry("4", marks=6, model_answer="x")))
    assert leaves_by_id(paper)["4"].marks == 6
    assert "Question 4 is worth 5 marks on the paper and 6 in the marking scheme; 6 is used." in scheme.warnings
    assert "The paper prints a total of 21 marks, but its questions add up to 22." in paper.warnings


def test_parts_with_one_entry_become_one_question() -> None:
    paper, scheme = apply_schemes(PAPER, build_scheme(SchemeEntry("5", model_answer="A mitochondrion makes energy.")))
    whole = leaves_by_id(paper)["5"]
    assert (whole.marks, whole.type, whole.parts) == (4, QuestionType.TEXT, ())
    assert "(b) Explain what part X does." in whole.text
    assert scheme.entries[0].marks == 4


def test_marks_for_parts_together_are_split_with_a_warning() -> None:
    paper, scheme = apply_schemes(PAPER)
    assert [leaves_by_id(paper)[part].marks for part in ("5.a", "5.b")] == [2, 2]
    assert any(warning.startswith("Question 5 prints 4 marks for its parts together") for warning in scheme.warnings)
    assert paper.total_marks == 21


def test_the_scheme_may_split_them_differently() -> None:
    paper, _ = apply_schemes(
        PAPER, build_scheme(SchemeEntry("5a", marks=1, answers=("nucleus",)), SchemeEntry("5b", marks=3))
    )
    assert [leaves_by_id(paper)[part].marks for part in ("5.a", "5.b")] == [1, 3]


def test_one_entry_for_separately_marked_parts_gives_a_warning() -> None:
    _, scheme = apply_schemes(PAPER, build_scheme(SchemeEntry("6", model_answer="x")))
    assert scheme.entries == ()
    assert any("which the paper asks in parts" in warning for warning in scheme.warnings)


def test_questions_without_an_entry_give_a_warning() -> None:
    _, scheme = apply_schemes(PAPER, build_scheme(SchemeEntry("1", answers=("B",))))
    assert "The marking scheme says nothing about questions 2, 3, 4, 5.a, 5.b, 6.a, 6.b, 6.c." in scheme.warnings


@settings(deadline=None)
@given(st.permutations(["1", "2", "3", "4", "6a", "6b"]))
def test_the_order_of_entries_does_not_matter(labels: list[str]) -> None:
    entries = [SchemeEntry(label, marks=1, answers=("B",)) for label in labels]
    assert apply_schemes(PAPER, build_scheme(*entries)) == apply_schemes(
        PAPER, build_scheme(*sorted(entries, key=lambda e: e.question))
    )


@settings(deadline=None)
@given(st.lists(st.text(max_size=8), max_size=6), st.lists(st.floats(0, 50), min_size=6, max_size=6))
def test_arbitrary_labels_never_break_the_paper(labels: list[str], marks: list[float]) -> None:
    paper, scheme = apply_schemes(
        PAPER, build_scheme(*(SchemeEntry(a, marks=m) for a, m in zip(labels, marks, strict=False)))
    )
    assert {entry.question for entry in scheme.entries} <= set(leaves_by_id(paper))
    assert all(leaf.marks is not None for leaf in paper.leaves())
