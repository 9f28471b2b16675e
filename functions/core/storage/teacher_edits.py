"""A teacher's edits in the submission's record: changed marks, corrected answers, and the log of both.

Each change has its attribute (`change:4.a` for a mark, `correction:4.a` for an answer). The text of a correction, and
what it was marked with, are in S3 with the results, because the table must not contain anything that a student wrote.
"""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, Self

from core.storage.table import Item

MARK_CHANGE_PREFIX = "change:"
CORRECTION_PREFIX = "correction:"


class MarkChange(NamedTuple):
    """A mark that a teacher set: by whom and when."""

    marks: float
    by: str
    at: str

    def to_dict(self) -> dict[str, Any]:
        return {"marks": self.marks, "by": self.by, "at": self.at}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        return cls(data["marks"], data["by"], data["at"])


class Correction(NamedTuple):
    """The corrected answer of one question.

    `key`: its document in S3, a `QuestionMark` with `read_as`. It overrides the marks of `run`; a later run marks the
    corrected text itself.
    """

    key: str
    marks: float | None
    review: tuple[str, ...]
    answered: bool
    by: str
    at: str
    run: int

    def to_dict(self) -> dict[str, Any]:
        return {**self._asdict(), "review": list(self.review)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        return cls(
            key=data["key"],
            marks=data["marks"],
            review=tuple(data["review"]),
            answered=data["answered"],
            by=data["by"],
            at=data["at"],
            run=int(data["run"]),
        )


class EditLogEntry(NamedTuple):
    """One edit: what of which question was changed, by whom and when.

    `value` is the new mark, or the key of the correction; None if the change or the correction was removed.
    """

    question: str
    changed: Literal["marks", "correction"]
    value: float | str | None
    by: str
    at: str

    def to_dict(self) -> dict[str, Any]:
        return {"question": self.question, self.changed: self.value, "by": self.by, "at": self.at}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        changed: Literal["marks", "correction"] = "correction" if "correction" in data else "marks"
        return cls(data["question"], changed, data[changed], data["by"], data["at"])


def mark_changes_from_item(item: Item) -> dict[str, MarkChange]:
    """Return every mark change of a record's item, by question."""
    return {
        name.removeprefix(MARK_CHANGE_PREFIX): MarkChange.from_dict(value)
        for name, value in item.items()
        if name.startswith(MARK_CHANGE_PREFIX)
    }


def corrections_from_item(item: Item) -> dict[str, Correction]:
    """Return every correction of a record's item, by question."""
    return {
        name.removeprefix(CORRECTION_PREFIX): Correction.from_dict(value)
        for name, value in item.items()
        if name.startswith(CORRECTION_PREFIX)
    }


def correction_document_key(tenant: str, submission_id: str, name: str) -> str:
    """Return the S3 key of a corrected answer's document. It is among the results, so that it is erased with them."""
    return f"results/{tenant}/{submission_id}/corrected/{name}.json"
