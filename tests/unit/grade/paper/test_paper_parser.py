"""Parses a teacher's paper into a question tree."""

from core.models.assessment import Question, QuestionType
from grade.paper.paper_parser import parse_paper
from tests.papers.transcript_factory import one_page_transcript


def by_id(questions: tuple[Question, ...]) -> dict[str, Question]:
    found = {}
    for question in questions:
        found[question.id] = question
        found |= by_id(question.parts)
    return found


def test_a_paper_with_every_question_type_parses_completely() -> None:
    paper = parse_paper(
        one_page_transcript(
            "Year 9 Science",
            "Total marks: 20",
            "1. Which gas do plants take in?                     [1]",
            "    A) oxygen",
            "    B) carbon dioxide",
            "    C) nitrogen",
            "2. Write true or false. (2 marks)",
            "    (a) Sound needs a medium.",
            "    (b) Light needs a medium.",
            "3. A car travels 100 m in 5 s. Calculate its speed.  [2]",
            "4. Explain how a plant makes its food.               [5]",
            "5. Answer any two of the following.                  [10]",
            "    (a) Explain why the sky is blue. [5]",
            "    (b) Explain why leaves fall in autumn. [5]",
            "    (c) Explain why ice floats. [5]",
        )
    )
    found = by_id(paper.questions)
    assert [q.id for q in paper.leaves()] == ["1", "2.a", "2.b", "3", "4", "5.a", "5.b", "5.c"]
    assert [q.marks for q in paper.leaves()] == [1, 1, 1, 2, 5, 5, 5, 5]
    assert [option.text for option in found["1"].options] == ["oxygen", "carbon dioxide", "nitrogen"]
    assert found["1"].type is QuestionType.CHOICE
    assert found["2.b"].type is QuestionType.TRUE_FALSE
    assert found["3"].type is QuestionType.NUMERIC
    assert found["4"].type is QuestionType.TEXT
    assert found["5"].choose == 2
    assert (paper.total_marks, paper.printed_total, paper.warnings) == (20, 20, ())
