"""Parses answer keys and marking schemes from documents."""

from core.models.assessment import MarkingScheme, QuestionType, SchemeEntry
from grade.paper.paper_parser import parse_paper
from grade.scheme.answer_key_parser import parse_answer_key
from grade.scheme.scheme_entries import apply_schemes
from tests.papers.transcript_factory import one_page_transcript

PAPER = parse_paper(
    one_page_transcript(
        "1. Which gas do plants take in? [1]",
        "    A) oxygen",
        "    B) carbon dioxide",
        "    C) nitrogen",
        "2. Write true or false.",
        "    (a) Sound needs a medium. [1]",
        "    (b) Light needs a medium. [1]",
        "3. Calculate the speed of a car that travels 100 m in 5 s. [2]",
        "4. Explain how a plant makes its own food. [3]",
        "5. The diagram shows a cell.",
        "    (a) Name part X. [1]",
        "    (b) Explain what part X does. [3]",
    )
)


def entries_by_question(scheme: MarkingScheme) -> dict[str, SchemeEntry]:
    return {entry.question: entry for entry in scheme.entries}


def test_a_key_with_every_question_type_matches_its_paper() -> None:
    key = parse_answer_key(
        one_page_transcript(
            "Answer key",
            "1. B",
            "2. (a) True  (b) False",
            "3. 20 m/s",
            "4. The plant takes in light (1), water (1) and carbon dioxide (1).",
            "5. (a) mitochondrion",
            "   (b) It respires sugar [1 mark]. It needs oxygen [1 mark]. It gives energy [1 mark].",
        ),
        PAPER,
    )
    paper, scheme = apply_schemes(PAPER, key)
    found = entries_by_question(scheme)
    assert list(found) == ["1", "2.a", "2.b", "3", "4", "5.a", "5.b"]
    assert found["1"].answers == ("B",)
    assert [found[part].answers for part in ("2.a", "2.b")] == [("true",), ("false",)]
    assert (found["3"].answers, found["3"].unit) == (("20",), "m/s")
    assert [criterion.text for criterion in found["4"].criteria] == [
        "The plant takes in light",
        "water",
        "and carbon dioxide",
    ]
    assert found["5.a"].model_answer == "mitochondrion"
    assert [criterion.marks for criterion in found["5.b"].criteria] == [1, 1, 1]
    assert scheme.warnings == ()
    assert paper.warnings == ()


def test_the_question_repeated_above_its_answer_is_not_the_answer() -> None:
    key = parse_answer_key(
        one_page_transcript(
            "1. Which gas do plants take in? [1]",
            "    A) oxygen",
            "    B) carbon dioxide",
            "    C) nitrogen",
            "    Ans: (B) carbon dioxide",
            "4. Explain how a plant makes its own food. [3]",
            "   Answer: By photosynthesis, with light.",
            "5. (b) Explain what part X does. [3]",
            "   It gives the cell energy.",
        ),
        PAPER,
    )
    found = entries_by_question(key)
    assert found["1"].answers == ("B",)
    assert found["4"].model_answer == "By photosynthesis, with light."
    assert found["4"].marks == 3
    assert found["5.b"].model_answer == "It gives the cell energy."


def test_compact_keys_parse_in_every_notation() -> None:
    for lines in (
        ["1 B 2 C 3 D 4 A"],
        ["1. B   2. C", "3. D   4. A"],
        ["1-4 BCDA"],
        ["1. (b)", "2. (c)", "3. (d)", "4. (a)"],
    ):
        assert {
            name: entry.answers
            for name, entry in entries_by_question(parse_answer_key(one_page_transcript(*lines))).items()
        } == {
            "1": ("B",),
            "2": ("C",),
            "3": ("D",),
            "4": ("A",),
        }


def test_an_answer_table_gives_questions_answers_and_marks() -> None:
    key = parse_answer_key(
        one_page_transcript(
            "Question     Answer                Marks",
            "1            B                     1",
            "2            C                     1",
            "3            A                     1",
            "4            D                     2",
        )
    )
    assert [(entry.question, entry.answers, entry.marks) for entry in key.entries] == [
        ("1", ("B",), 1),
        ("2", ("C",), 1),
        ("3", ("A",), 1),
        ("4", ("D",), 2),
    ]


def test_accepted_wordings_belong_to_the_criterion_above() -> None:
    key = parse_answer_key(
        one_page_transcript(
            "4. makes sugar (1)",
            "   Accept: glucose; starch",
            "   uses light (1)",
            "   uses water (1)",
        ),
        PAPER,
    )
    first = entries_by_question(key)["4"].criteria[0]
    assert (first.text, first.accept) == ("makes sugar", ("glucose", "starch"))
    assert len(entries_by_question(key)["4"].criteria) == 3


def test_board_mark_codes_become_criteria() -> None:
    key = parse_answer_key(one_page_transcript("4. light absorbed B1", "   water split M1", "   sugar made A1"), PAPER)
    assert [(c.text, c.marks) for c in entries_by_question(key)["4"].criteria] == [
        ("light absorbed", 1),
        ("water split", 1),
        ("sugar made", 1),
    ]


def test_bullet_points_become_criteria() -> None:
    key = parse_answer_key(
        one_page_transcript(
            "4. Any three of:", "   • light - 1 mark", "   • water - 1 mark", "   • carbon dioxide - 1 mark"
        ),
        PAPER,
    )
    assert [c.text for c in entries_by_question(key)["4"].criteria][-2:] == ["water", "carbon dioxide"]
    assert sum(c.marks for c in entries_by_question(key)["4"].criteria) == 3


def test_numeric_answer_is_the_last_step_of_the_working() -> None:
    key = parse_answer_key(one_page_transcript("3. speed = distance / time = 100 / 5 = 20 m/s"), PAPER)
    _, scheme = apply_schemes(PAPER, key)
    entry = entries_by_question(scheme)["3"]
    assert (entry.type, entry.answers, entry.unit) == (QuestionType.NUMERIC, ("20",), "m/s")


def test_a_key_without_its_paper_keeps_labels() -> None:
    key = parse_answer_key(one_page_transcript("Q1. Carbon dioxide.", "Q2. (a) True", "(b) False", "Q3. 20 m/s"))
    assert [entry.question for entry in key.entries] == ["1", "2.a", "2.b", "3"]


def test_a_document_without_answers_gets_a_warning() -> None:
    assert parse_answer_key(one_page_transcript("Nothing here.")).warnings == (
        "No answers were found in this document.",
    )


def test_a_repeated_answer_keeps_the_first_and_warns() -> None:
    key = parse_answer_key(one_page_transcript("1 B 2 C 3 D", "1 A 2 C"))
    assert entries_by_question(key)["1"].answers == ("B",)
    assert "The key answers question 1 more than once; the first answer was kept." in key.warnings


def test_bracketed_numbers_in_code_stay_in_the_model_answer() -> None:
    scheme = parse_answer_key(
        one_page_transcript("1. int[] a = new int [10]; (2 marks)", "for (int i = 0; i < 10; i++) (2 marks)")
    )
    assert "new int [10]" in scheme.entries[0].model_answer
    assert [criterion.marks for criterion in scheme.entries[0].criteria] == [2, 2]
