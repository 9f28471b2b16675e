"""The interface of free text markers: the task, the mark and the `FreeTextMarker` protocol."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

from core.models.assessment import Question, SchemeEntry
from core.models.result import CriterionMark, ReviewReason, Usage
from grade.answer import Answer


@dataclass(frozen=True, slots=True)
class FreeTextTask:
    """One answer to mark.

    `context` is the printed text of the questions above a part. `entry` is None where the scheme says nothing. `step`
    is what marks are rounded to (0.5, 1), None for two decimals.
    """

    question: Question
    context: str
    entry: SchemeEntry | None
    answer: Answer
    max_marks: float
    step: float | None = None

    @property
    def model_answers(self) -> tuple[str, ...]:
        """Texts that earn full marks: the model answer and the wordings that a key lists."""
        if self.entry is None:
            return ()
        return tuple(text for text in (self.entry.model_answer, *self.entry.answers) if text.strip())

    @property
    def question_text(self) -> str:
        return f"{self.context}\n{self.question.text}".strip()


@dataclass(frozen=True, slots=True)
class FreeTextMark:
    """A marker's decision on one answer; the fields are those of `QuestionMark`.

    A mark decoded from a cache has no usage: nothing was spent this time.
    """

    marks: float | None
    confidence: float
    marker: str
    reason: str
    feedback: str = ""
    criteria: tuple[CriterionMark, ...] = ()
    review: tuple[ReviewReason, ...] = ()
    usage: Usage = field(default_factory=Usage)

    def to_dict(self) -> dict[str, Any]:
        return {
            "marks": self.marks,
            "confidence": self.confidence,
            "marker": self.marker,
            "reason": self.reason,
            "feedback": self.feedback,
            "criteria": [criterion.to_dict() for criterion in self.criteria],
            "review": [reason.value for reason in self.review],
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        return cls(
            marks=data["marks"],
            confidence=data["confidence"],
            marker=data["marker"],
            reason=data["reason"],
            feedback=data.get("feedback", ""),
            criteria=tuple(CriterionMark.from_dict(criterion) for criterion in data.get("criteria", ())),
            review=tuple(ReviewReason(reason) for reason in data.get("review", ())),
        )


class FreeTextMarker(Protocol):
    """Marks free text: one mark per task, in the order of the tasks. Never raises because of a single answer."""

    @property
    def name(self) -> str: ...

    def mark(self, tasks: Sequence[FreeTextTask]) -> list[FreeTextMark]: ...
