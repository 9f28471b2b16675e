"""Question papers and marking schemes: the question tree and how each question is marked.

A question's `id` is its path in the tree ("A.1.b", "3", "5.a.ii"). It is unique within the paper, even where
a section restarts its numbering at 1. Its `label` is the printed one ("1", "(a)", "Section A"). Marks are floats
in steps that a scheme may choose (halves, quarters); sums are rounded to two decimals in code.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from core.models.transcript import Box


class QuestionType(StrEnum):
    """How a question is answered, which decides how it is marked.

    SECTION and GROUP contain parts and have no answer.
    """

    SECTION = "section"
    GROUP = "group"
    CHOICE = "choice"
    TRUE_FALSE = "true_false"
    NUMERIC = "numeric"
    EXACT = "exact"
    PATTERN = "pattern"
    MATCHING = "matching"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Option:
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """A node of the question tree. `choose`: how many of the parts count ("answer any two"), None for all."""

    id: str
    label: str
    type: QuestionType
    text: str
    marks: float | None
    options: tuple[Option, ...] = ()
    choose: int | None = None
    parts: tuple["Question", ...] = ()
    page: int | None = None
    box: Box | None = None

    def leaves(self) -> Iterator["Question"]:
        """Yield the answerable questions below this node in printed order (the node itself if it has no parts)."""
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.leaves()

    def to_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "label": self.label,
            "type": self.type.value,
            "text": self.text,
            "marks": self.marks,
            "options": [{"label": option.label, "text": option.text} for option in self.options],
            "choose": self.choose,
            "page": self.page,
            "box": list(self.box) if self.box else None,
            "parts": [part.to_dict() for part in self.parts],
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        box = data.get("box")
        return cls(
            id=data["id"],
            label=data["label"],
            type=QuestionType(data["type"]),
            text=data["text"],
            marks=data["marks"],
            options=tuple(Option(option["label"], option["text"]) for option in data.get("options", [])),
            choose=data.get("choose"),
            parts=tuple(cls.from_dict(part) for part in data.get("parts", [])),
            page=data.get("page"),
            box=(box[0], box[1], box[2], box[3]) if box else None,
        )


@dataclass(frozen=True, slots=True)
class QuestionPaper:
    """A question tree.

    `total_marks` is the sum over the questions that count (of "any two", two). `printed_total` is the total printed
    on the paper, None if it prints none. Each of `warnings` describes one doubt in a sentence.
    """

    total_marks: float
    questions: tuple[Question, ...]
    warnings: tuple[str, ...] = ()
    title: str = ""
    printed_total: float | None = None

    def leaves(self) -> Iterator[Question]:
        for question in self.questions:
            yield from question.leaves()

    def to_dict(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "total_marks": self.total_marks,
            "printed_total": self.printed_total,
            "questions": [question.to_dict() for question in self.questions],
            "warnings": list(self.warnings),
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        return cls(
            total_marks=data["total_marks"],
            questions=tuple(Question.from_dict(question) for question in data["questions"]),
            warnings=tuple(data.get("warnings", [])),
            title=data.get("title", ""),
            printed_total=data.get("printed_total"),
        )


@dataclass(frozen=True, slots=True)
class Criterion:
    """One point that a free-text answer should make. `accept`: other wordings that count as the same point."""

    text: str
    marks: float
    accept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SchemeEntry:
    """How one question is marked. `question` is an id or a label as printed ("5(a)", "B2"). Fields that do not
    apply to the type stay None or empty.

    * choice: `answers` (labels), `partial` (each right label earns its share, each wrong one takes a share back),
      `negative` (marks deducted for a wrong answer).
    * true_false: `answers` is ("true",) or ("false",), `negative`.
    * numeric: `answers` (numbers as text), `unit`, `tolerance` ("2%" or "0.1", in the unit), `range`
      (low, high), `significant_figures`.
    * exact: `answers`, compared without case and surplus space. pattern: `answers` are regular expressions.
    * text: `model_answer`, `criteria`.
    """

    question: str
    type: QuestionType | None = None
    marks: float | None = None
    answers: tuple[str, ...] = ()
    partial: bool = False
    negative: float = 0.0
    unit: str | None = None
    tolerance: str | None = None
    range: tuple[float, float] | None = None
    significant_figures: int | None = None
    model_answer: str = ""
    criteria: tuple[Criterion, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "question": self.question,
            "type": self.type.value if self.type else None,
            "marks": self.marks,
            "answers": list(self.answers),
            "partial": self.partial,
            "negative": self.negative,
            "unit": self.unit,
            "tolerance": self.tolerance,
            "range": list(self.range) if self.range else None,
            "significant_figures": self.significant_figures,
            "model_answer": self.model_answer,
            "criteria": [
                {"text": criterion.text, "marks": criterion.marks, "accept": list(criterion.accept)}
                for criterion in self.criteria
            ],
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        span = data.get("range")
        return cls(
            question=data["question"],
            type=QuestionType(data["type"]) if data.get("type") else None,
            marks=data.get("marks"),
            answers=tuple(data.get("answers", [])),
            partial=data.get("partial", False),
            negative=data.get("negative", 0.0),
            unit=data.get("unit"),
            tolerance=data.get("tolerance"),
            range=(span[0], span[1]) if span else None,
            significant_figures=data.get("significant_figures"),
            model_answer=data.get("model_answer", ""),
            criteria=tuple(
                Criterion(criterion["text"], criterion["marks"], tuple(criterion.get("accept", [])))
                for criterion in data.get("criteria", [])
            ),
        )


@dataclass(frozen=True, slots=True)
class MarkingScheme:
    """A marking scheme.

    `rounding` is the step that each question's mark is rounded to (0.5, 1), None for no rounding.
    """

    entries: tuple[SchemeEntry, ...]
    title: str = ""
    rounding: float | None = None
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "rounding": self.rounding,
            "entries": [entry.to_dict() for entry in self.entries],
            "warnings": list(self.warnings),
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        return cls(
            entries=tuple(SchemeEntry.from_dict(entry) for entry in data["entries"]),
            title=data.get("title", ""),
            rounding=data.get("rounding"),
            warnings=tuple(data.get("warnings", [])),
        )
