"""Corrected answers in the submission's record: a teacher's correction of what was read from the sheet.

Each has its attribute (`correction:4.a`), like a changed mark. The text, and what it was marked with, are in S3 with
the results, because the table must not contain anything that a student wrote.
"""

from dataclasses import asdict, dataclass
from typing import Self

from core.storage.table import Item

_ATTRIBUTE_PREFIX = "correction:"


@dataclass(frozen=True, slots=True)
class Correction:
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

    def to_item(self) -> Item:
        return {**asdict(self), "review": list(self.review)}

    @classmethod
    def from_item(cls, item: Item) -> Self:
        return cls(**{**item, "review": tuple(item["review"]), "run": int(item["run"])})


def correction_attribute(question: str) -> str:
    """Return the attribute of the record that has a question's correction."""
    return _ATTRIBUTE_PREFIX + question


def corrections_from_record(record: Item) -> dict[str, Correction]:
    """Return every correction of a record, by question."""
    return {
        name.removeprefix(_ATTRIBUTE_PREFIX): Correction.from_item(value)
        for name, value in record.items()
        if name.startswith(_ATTRIBUTE_PREFIX)
    }


def correction_document_key(tenant: str, submission_id: str, name: str) -> str:
    """Return the S3 key of a corrected answer's document. It is among the results, so that it is erased with them."""
    return f"results/{tenant}/{submission_id}/corrected/{name}.json"
