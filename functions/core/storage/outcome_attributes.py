"""Attributes that the end of a run gives to the submission's record: marks, references to documents, or a failure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from core.models.timeline import Timeline
from core.storage.table import Item


class Failure(NamedTuple):
    """Why a submission ended without a result: the name of an error, and a sentence for a person."""

    type: str
    message: str

    def to_dict(self) -> dict[str, str]:
        return {"type": self.type, "message": self.message}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        return cls(data["type"], data["message"])


@dataclass(frozen=True, slots=True)
class QuestionSummary:
    """What a table of marks needs of one question; the rest is in the result document.

    `review` has the reasons for a review. `answered` is None in records of releases that did not store it.
    """

    question: str
    label: str
    marks: float | None
    max_marks: float
    review: tuple[str, ...] = ()
    counted: bool = True
    answered: bool | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "question": self.question,
            "label": self.label,
            "marks": self.marks,
            "max_marks": self.max_marks,
            "review": list(self.review),
            "counted": self.counted,
            **({} if self.answered is None else {"answered": self.answered}),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        return cls(
            question=data["question"],
            label=data["label"],
            marks=data["marks"],
            max_marks=data["max_marks"],
            review=tuple(data["review"]),
            counted=data["counted"],
            answered=data.get("answered"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeAttributes:
    """Attributes of a record that a terminal state sets. None: not set, so that an earlier run's value stays.

    `student` is encrypted. `revision` is the assessment's revision that a sheet was graded against. `before_paper`: a
    key yielded nothing because its paper was missing. `review` has the reasons that concern the whole sheet.
    """

    ended_at: str | None = None
    student: str | None = None
    transcript_key: str | None = None
    result_key: str | None = None
    paper_key: str | None = None
    before_paper: bool | None = None
    revision: int | None = None
    marks: float | None = None
    max_marks: float | None = None
    review: tuple[str, ...] | None = None
    question_marks: tuple[QuestionSummary, ...] | None = None
    timeline: Timeline | None = None
    failure: Failure | None = None
    duplicate_of: str | None = None

    def to_item(self) -> Item:
        """Return the attributes that are set."""
        questions = self.question_marks
        attributes = {
            "ended_at": self.ended_at,
            "student": self.student,
            "transcript_key": self.transcript_key,
            "result_key": self.result_key,
            "paper_key": self.paper_key,
            "before_paper": self.before_paper,
            "revision": self.revision,
            "marks": self.marks,
            "max_marks": self.max_marks,
            "review": None if self.review is None else list(self.review),
            "question_marks": None if questions is None else [one.to_dict() for one in questions],
            "timeline": self.timeline and self.timeline.to_dict(),
            "failure": self.failure and self.failure.to_dict(),
            "duplicate_of": self.duplicate_of,
        }
        return {name: value for name, value in attributes.items() if value is not None}

    @classmethod
    def from_item(cls, item: Item) -> Self:
        return cls(**outcome_fields(item))


def outcome_fields(item: Item) -> dict[str, Any]:
    """Return the values of the fields of `OutcomeAttributes`, by name, from the item of a record."""
    review, questions = item.get("review"), item.get("question_marks")
    timeline, failure = item.get("timeline"), item.get("failure")
    return {
        "ended_at": item.get("ended_at"),
        # The state machine's own write stores "" where no student was given.
        "student": item.get("student") or None,
        "transcript_key": item.get("transcript_key"),
        "result_key": item.get("result_key"),
        "paper_key": item.get("paper_key"),
        "before_paper": item.get("before_paper"),
        "revision": item.get("revision"),
        "marks": item.get("marks"),
        "max_marks": item.get("max_marks"),
        "review": None if review is None else tuple(review),
        "question_marks": None if questions is None else tuple(QuestionSummary.from_dict(one) for one in questions),
        "timeline": Timeline.from_dict(timeline) if timeline else None,
        "failure": Failure.from_dict(failure) if failure else None,
        "duplicate_of": item.get("duplicate_of"),
    }
