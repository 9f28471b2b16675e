"""Questions, markers and helpers for the tests of answers in other languages."""

from core.models.assessment import Criterion, Option, Question, QuestionType, SchemeEntry
from core.models.result import QuestionMark
from grade.answer import Answer
from grade.markers.free_text import FreeTextMark, FreeTextMarker, FreeTextTask
from grade.markers.key_points.marker import KeyPointMarker
from grade.marking import mark_sheet
from tests.unit.grade.marking.builders import answer, paper, scheme, sheet, text_question


def by_criteria(*texts: str) -> SchemeEntry:
    return SchemeEntry("1", QuestionType.TEXT, 2, criteria=tuple(Criterion(text, 1) for text in texts))


RAILING = text_question("1", 2, "Why does a metal railing feel colder than a bench?")
CONDUCTION = by_criteria("Metal is a better conductor of heat than wood", "Heat leaves the hand faster")
GELAENDER = text_question("1", 2, "Warum fühlt sich ein Geländer aus Metall kälter an als eine Bank?")
LEITUNG = by_criteria("Metall leitet Wärme besser als Holz", "Die Wärme verlässt die Hand schneller")


class ConfidentMarker:
    """Gives full marks with high confidence, as a model may do; records the texts it was given."""

    name = "model:stand-in"

    def __init__(self) -> None:
        self.given: list[str] = []

    def mark(self, tasks: list[FreeTextTask]) -> list[FreeTextMark]:
        self.given += [task.answer.text for task in tasks]
        return [FreeTextMark(task.max_marks, 0.95, self.name, "All of it is there.") for task in tasks]


def marked(
    text: str, question: Question = RAILING, entry: SchemeEntry = CONDUCTION, marker: FreeTextMarker | None = None
) -> QuestionMark:
    given: Answer = answer("1", text)
    return mark_sheet(
        paper(question), scheme(entry), sheet(given), free_text_marker=marker or KeyPointMarker()
    ).questions[0]


def marked_objectively(text: str, kind: QuestionType, *right: str, question_text: str = "Name it.") -> QuestionMark:
    options = tuple(Option(label, f"thing {label}") for label in "ABCD") if kind is QuestionType.CHOICE else ()
    question = Question("1", "1", kind, question_text, 1, options)
    entry = SchemeEntry("1", kind, 1, answers=right)
    return mark_sheet(
        paper(question), scheme(entry), sheet(answer("1", text)), free_text_marker=KeyPointMarker()
    ).questions[0]
