"""The marks of a question and their source: the scheme's where it states any, else the paper's, else the criteria's."""

import pytest

from core.models.assessment import Criterion, MarkingScheme, Question, QuestionPaper, QuestionType, SchemeEntry
from core.models.merged_paper import MarksSource, merge_schemes


def text_question(name: str, marks: float | None, **more: object) -> Question:
    return Question(name, name, QuestionType.TEXT, "Why?", marks, **more)  # type: ignore[arg-type]


def group(name: str, marks: float | None, *parts: Question, choose: int | None = None) -> Question:
    return Question(name, name, QuestionType.GROUP, "", marks, choose=choose, parts=parts)


CRITERIA = (Criterion("Metal conducts", 1), Criterion("Heat leaves the hand", 1))


@pytest.mark.parametrize(
    ("printed", "entry", "marks", "source"),
    [
        (7.0, SchemeEntry("1", marks=3), 3, MarksSource.SCHEME),
        (7.0, SchemeEntry("1", marks=7), 7, MarksSource.SCHEME),
        (7.0, SchemeEntry("1", marks=3, criteria=CRITERIA), 3, MarksSource.SCHEME),
        (None, SchemeEntry("1", marks=3), 3, MarksSource.SCHEME),
        (7.0, SchemeEntry("1", criteria=CRITERIA), 7, MarksSource.PAPER),
        (7.0, SchemeEntry("1", model_answer="x"), 7, MarksSource.PAPER),
        (7.0, None, 7, MarksSource.PAPER),
        (None, SchemeEntry("1", criteria=CRITERIA), 2, MarksSource.CRITERIA),
        (None, None, None, MarksSource.NOTHING),
    ],
)
def test_the_scheme_wins_then_the_paper_then_the_criteria(
    printed: float | None, entry: SchemeEntry | None, marks: float | None, source: MarksSource
) -> None:
    merged = merge_schemes(QuestionPaper(7.0, (text_question("1", printed),)), MarkingScheme((entry,) if entry else ()))
    assert (merged.paper.questions[0].marks, merged.sources["1"]) == (marks, source)
    # If no source states the marks, a sheet is marked out of 1.
    assert merged.maximum_marks() == (1 if marks is None else marks)


def test_a_difference_between_paper_and_scheme_is_a_warning() -> None:
    paper = QuestionPaper(7.0, (text_question("1", 7),), printed_total=7.0)
    merged = merge_schemes(paper, MarkingScheme((SchemeEntry("1", marks=3),)))
    assert "Question 1 is worth 7 marks on the paper and 3 in the marking scheme; 3 is used." in merged.warnings
    assert "The paper prints a total of 7 marks, but its questions add up to 3." in merged.paper.warnings


def test_shared_marks_and_choices_follow_the_scheme() -> None:
    shared = group("2", 4, text_question("2.a", None), text_question("2.b", None))
    choice = group("3", 5, text_question("3.a", 5), text_question("3.b", 5), choose=1)
    merged = merge_schemes(QuestionPaper(9.0, (shared, choice)), MarkingScheme((SchemeEntry("3b", marks=8),)))
    assert merged.sources == {
        "2": MarksSource.PAPER,
        "2.a": MarksSource.SHARED,
        "2.b": MarksSource.SHARED,
        "3": MarksSource.PARTS,
        "3.a": MarksSource.PAPER,
        "3.b": MarksSource.SCHEME,
    }
    assert [question.marks for question in merged.paper.questions] == [4, 8]
    assert merged.maximum_marks() == 12
