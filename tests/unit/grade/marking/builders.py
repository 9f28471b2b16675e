"""Builders of papers, schemes and answers for the tests of marking."""

from collections.abc import Sequence

from core.models.assessment import Criterion, MarkingScheme, Option, Question, QuestionPaper, QuestionType, SchemeEntry
from core.models.result import QuestionMark, SheetResult, Usage
from core.models.transcript import Line
from grade.answer import Answer, AnswerLine, AnswerSheet
from grade.markers.free_text import FreeTextMark, FreeTextTask

PHOTOSYNTHESIS = SchemeEntry(
    "1",
    QuestionType.TEXT,
    3.0,
    model_answer="Plants use light energy to turn carbon dioxide and water into glucose, and oxygen is released.",
    criteria=(
        Criterion("Plants use light energy", 1.0, ("energy from the sun is used", "sunlight is absorbed")),
        Criterion("Carbon dioxide and water are turned into glucose", 1.0, ("makes sugar from CO2 and water",)),
        Criterion("Oxygen is released", 1.0, ("oxygen is given off",)),
    ),
)
GOOD_ANSWER = "Plants absorb sunlight and make glucose from carbon dioxide and water. Oxygen is given off."


def text_question(name: str = "1", marks: float = 3.0, text: str = "Explain photosynthesis.") -> Question:
    return Question(name, name, QuestionType.TEXT, text, marks)


def answer(question: str, text: str, *, confidence: float = 96.0, attempt: int = 1, page: int = 1) -> Answer:
    """An answer whose lines are one below the other on the page."""
    lines = tuple(
        AnswerLine(page, Line(line, confidence, (0.1, round(0.1 + 0.03 * index, 3), 0.8, 0.025)))
        for index, line in enumerate(text.split("\n"))
    )
    return Answer(question, text, lines, attempt=attempt)


def task(text: str = GOOD_ANSWER, *, entry: SchemeEntry | None = PHOTOSYNTHESIS, marks: float = 3.0) -> FreeTextTask:
    return FreeTextTask(text_question(marks=marks), "", entry, answer("1", text), marks)


def paper(*questions: Question) -> QuestionPaper:
    return QuestionPaper(sum(question.marks or 0 for question in questions), questions)


def scheme(*entries: SchemeEntry, rounding: float | None = None) -> MarkingScheme:
    return MarkingScheme(entries, rounding=rounding)


def sheet(*answers: Answer) -> AnswerSheet:
    return AnswerSheet(tuple(answers))


def tasks_for(texts: Sequence[str]) -> list[FreeTextTask]:
    return [task(text) for text in texts]


class WordCountMarker:
    """A marker that gives every answer as many marks as it has words, and remembers what it was question_paper."""

    name = "word-count"

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


def choice_question(name: str = "1", marks: float = 1.0) -> Question:
    return Question(name, name, QuestionType.CHOICE, "Which?", marks, (Option("A", "x"), Option("B", "y")))


def question_group(name: str, *parts: Question, choose: int | None = None, text: str = "") -> Question:
    return Question(name, name, QuestionType.GROUP, text, None, parts=parts, choose=choose)


def mark_of(result: SheetResult, name: str) -> QuestionMark:
    return next(mark for mark in result.questions if mark.question == name)


def model_answer_entry(name: str, text: str = "Water moves through a membrane.") -> SchemeEntry:
    return SchemeEntry(name, model_answer=text)
