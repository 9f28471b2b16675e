"""The answers found on a sheet: what splitting a transcript produces and marking consumes."""

from dataclasses import dataclass

from core.models.result import PageRegion, ReviewReason
from core.models.transcript import Line


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """A line of the sheet and its page, counted from 1."""

    page: int
    line: Line

    @property
    def place(self) -> PageRegion:
        return PageRegion(self.page, self.line.box)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a student wrote for one question.

    `text` is the lines joined, without the label, printed question text and teachers' marks. `review`
    holds what the splitting is unsure of (UNLABELLED, UNPLACED_ANSWER, …). `attempt` counts from 1 where a
    student answered one question more than once.
    """

    question: str
    text: str
    lines: tuple[AnswerLine, ...]
    review: tuple[ReviewReason, ...] = ()
    attempt: int = 1

    @property
    def places(self) -> tuple[PageRegion, ...]:
        return tuple(line.place for line in self.lines)

    @property
    def ocr_confidence(self) -> float:
        """0 to 100, weighted by the length of the lines; 100 if there are no lines."""
        weight = sum(len(line.line.text) for line in self.lines)
        return sum(len(line.line.text) * line.line.confidence for line in self.lines) / weight if weight else 100.0


@dataclass(frozen=True, slots=True)
class UnplacedText:
    """Text that may be the answer to a question without an answer.

    Its lines are left over, or part of the answer to a neighbouring question. Several questions may share the text.
    """

    question: str
    text: str
    lines: tuple[AnswerLine, ...]

    @property
    def places(self) -> tuple[PageRegion, ...]:
        return tuple(line.place for line in self.lines)


@dataclass(frozen=True, slots=True)
class AnswerSheet:
    """A sheet split into answers.

    `leftover`: lines that belong to no question. `unplaced`: text that may answer a question without an answer, one
    entry per question. `student`: a name or number read from the sheet itself. `review`: reasons that concern the
    whole sheet (NO_TEXT, …).
    """

    answers: tuple[Answer, ...]
    leftover: tuple[AnswerLine, ...] = ()
    student: str | None = None
    review: tuple[ReviewReason, ...] = ()
    warnings: tuple[str, ...] = ()
    unplaced: tuple[UnplacedText, ...] = ()
