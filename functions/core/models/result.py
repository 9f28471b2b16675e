"""The result of marking a sheet: marks with the evidence for them, and the reasons for a review.

Confidence is a probability, 0 to 1, that a fair teacher would give this mark (within half a mark).
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, Self

from core.models.transcript import Box

Verdict = Literal["met", "partly", "not"]


class ReviewReason(StrEnum):
    """Why a person is asked to review a mark. `docs/review.md` has a sentence for each."""

    LOW_OCR_CONFIDENCE = "low_ocr_confidence"
    LOOK_ALIKE = "look_alike"
    UNLABELLED = "unlabelled"
    UNPLACED_ANSWER = "unplaced_answer"
    UNKNOWN_QUESTION = "unknown_question"
    UNKNOWN_STUDENT = "unknown_student"
    UNREADABLE = "unreadable"
    CROSSED_OUT = "crossed_out"
    FORMULA_OR_DRAWING = "formula_or_drawing"
    UNKNOWN_LANGUAGE = "unknown_language"
    NO_TEXT = "no_text"
    NO_SCHEME = "no_scheme"
    UNCLEAR_ANSWER = "unclear_answer"
    BORDERLINE = "borderline"
    DISAGREEMENT = "disagreement"
    EVIDENCE_NOT_FOUND = "evidence_not_found"
    PROMPT_INJECTION = "attack"
    MODEL_UNAVAILABLE = "model_unavailable"
    EXTRA_ANSWERS = "extra_answers"
    ABOVE_MAXIMUM = "above_maximum"
    TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True)
class PageRegion:
    """A region of the sheet: a page (from 1) and a box on it, as in the transcript."""

    page: int
    box: Box

    def to_dict(self) -> dict[str, Any]:
        return {"page": self.page, "box": list(self.box)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        left, top, width, height = data["box"]
        return cls(page=data["page"], box=(left, top, width, height))


@dataclass(frozen=True, slots=True)
class CriterionMark:
    """The verdict on one criterion.

    `quote` is the student's own wording, found in the transcript. `note` is for the teacher alone: what a model claimed
    without finding it in the answer.
    """

    text: str
    verdict: Verdict
    marks: float
    max_marks: float
    quote: str = ""
    place: PageRegion | None = None
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "verdict": self.verdict,
            "marks": self.marks,
            "max_marks": self.max_marks,
            "quote": self.quote,
            "place": self.place.to_dict() if self.place else None,
            "note": self.note,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        return cls(
            text=data["text"],
            verdict=data["verdict"],
            marks=data["marks"],
            max_marks=data["max_marks"],
            quote=data.get("quote", ""),
            place=PageRegion.from_dict(data["place"]) if data.get("place") else None,
            note=data.get("note", ""),
        )


@dataclass(frozen=True, slots=True)
class QuestionMark:
    """The mark of one question.

    `marks` is None if no mark can be given; the question is then in review. `marker` is "objective",
    "model:NAME", "key-points", "none" (no answer that could be marked) or "person". `counted` is False for an extra
    attempt beyond "any two". `reason` explains the marks in a sentence. After a person has changed `marks`,
    `machine_marks` keeps the machine's; after a person has corrected `answer`, `read_as` keeps what the machine read.
    """

    question: str
    label: str
    marks: float | None
    max_marks: float
    answer: str
    places: tuple[PageRegion, ...]
    marker: str
    confidence: float
    reason: str
    feedback: str = ""
    criteria: tuple[CriterionMark, ...] = ()
    review: tuple[ReviewReason, ...] = ()
    counted: bool = True
    machine_marks: float | None = None
    read_as: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "question": self.question,
            "label": self.label,
            "marks": self.marks,
            "max_marks": self.max_marks,
            "answer": self.answer,
            "places": [place.to_dict() for place in self.places],
            "marker": self.marker,
            "confidence": self.confidence,
            "reason": self.reason,
            "feedback": self.feedback,
            "criteria": [criterion.to_dict() for criterion in self.criteria],
            "review": [reason.value for reason in self.review],
            "counted": self.counted,
            "machine_marks": self.machine_marks,
            "read_as": self.read_as,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        return cls(
            question=data["question"],
            label=data["label"],
            marks=data["marks"],
            max_marks=data["max_marks"],
            answer=data["answer"],
            places=tuple(PageRegion.from_dict(place) for place in data["places"]),
            marker=data["marker"],
            confidence=data["confidence"],
            reason=data["reason"],
            feedback=data.get("feedback", ""),
            criteria=tuple(CriterionMark.from_dict(criterion) for criterion in data.get("criteria", [])),
            review=tuple(ReviewReason(reason) for reason in data.get("review", [])),
            counted=data.get("counted", True),
            machine_marks=data.get("machine_marks"),
            read_as=data.get("read_as"),
        )


@dataclass(frozen=True, slots=True)
class Usage:
    """Use of a model: calls, tokens and their price (US dollars, 0 if the price is not known)."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.calls + other.calls,
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cost_usd + other.cost_usd,
        )

    def to_dict(self) -> dict[str, Any]:
        return {
            "calls": self.calls,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cost_usd": self.cost_usd,
        }


@dataclass(frozen=True, slots=True)
class SheetResult:
    """The result of a whole sheet.

    `review` has the reasons that concern the whole sheet; each question has its own. `leftover` is text on the sheet
    that was assigned to no question, `name_on_sheet` the line with the student's name or number.
    """

    marks: float
    max_marks: float
    questions: tuple[QuestionMark, ...]
    review: tuple[ReviewReason, ...] = ()
    leftover: str = ""
    warnings: tuple[str, ...] = ()
    usage: Usage = field(default_factory=Usage)
    name_on_sheet: str | None = None

    @property
    def needs_review(self) -> bool:
        return bool(self.review) or any(question.review for question in self.questions)

    def to_dict(self) -> dict[str, Any]:
        return {
            "marks": self.marks,
            "max_marks": self.max_marks,
            "needs_review": self.needs_review,
            "review": [reason.value for reason in self.review],
            "questions": [question.to_dict() for question in self.questions],
            "leftover": self.leftover,
            "warnings": list(self.warnings),
            "usage": self.usage.to_dict(),
            "name_on_sheet": self.name_on_sheet,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        return cls(
            marks=data["marks"],
            max_marks=data["max_marks"],
            questions=tuple(QuestionMark.from_dict(question) for question in data["questions"]),
            review=tuple(ReviewReason(reason) for reason in data.get("review", [])),
            leftover=data.get("leftover", ""),
            warnings=tuple(data.get("warnings", [])),
            usage=Usage(**data["usage"]) if data.get("usage") else Usage(),
            name_on_sheet=data.get("name_on_sheet"),
        )
