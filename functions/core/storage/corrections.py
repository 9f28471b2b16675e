"""A reading that a teacher corrected: what stands of it in the submission's record.

An attribute each (`correction:4.a`), like a changed mark. The text, and what it was marked with, lie in S3 beside the
results: nothing that a student wrote stands in the table.
"""

from dataclasses import asdict, dataclass
from typing import Self

from core.storage.table import Item

_ATTRIBUTE_PREFIX = "correction:"


@dataclass(frozen=True, slots=True)
class Correction:
    """A corrected reading of one question. `key`: its document, a `QuestionMark` with `read_as`. It is laid over the
    marks of `run`; a later run marks the corrected text itself."""

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
    """The attribute of the record that holds a question's correction."""
    return _ATTRIBUTE_PREFIX + question


def corrections_from_record(record: Item) -> dict[str, Correction]:
    """Every correction of a record, by question."""
    return {
        name.removeprefix(_ATTRIBUTE_PREFIX): Correction.from_item(value)
        for name, value in record.items()
        if name.startswith(_ATTRIBUTE_PREFIX)
    }


def correction_document_key(tenant: str, submission_id: str, name: str) -> str:
    """Where a corrected answer's document lies: beside the results, so that it is erased with them."""
    return f"results/{tenant}/{submission_id}/corrected/{name}.json"
