"""What the API says of an assessment: its paper and its marking scheme."""

from dataclasses import dataclass
from typing import Any, Self

from core.models.assessment import QuestionPaper


@dataclass(frozen=True, slots=True)
class StoredScheme:
    """A marking scheme that was set: how many questions it has an entry for, and its warnings."""

    entries: int
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AssessmentOverview:
    """An assessment's current paper, and the title and the warnings of its marking scheme.

    `document` is the API's whole answer. `maximum_marks` is its part about the maximum of each question, None without
    a paper; older releases do not return it.
    """

    paper: QuestionPaper | None
    scheme_title: str
    scheme_warnings: tuple[str, ...]
    maximum_marks: dict[str, Any] | None
    document: dict[str, Any]

    @property
    def paper_warnings(self) -> tuple[str, ...]:
        if self.maximum_marks:
            return tuple(self.maximum_marks["warnings"])
        return self.paper.warnings if self.paper else ()

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        scheme = data.get("scheme") or {}
        return cls(
            paper=QuestionPaper.from_dict(data["paper"]) if data.get("paper") else None,
            scheme_title=scheme.get("title") or "",
            scheme_warnings=tuple(scheme.get("warnings") or ()),
            maximum_marks=data.get("maximum_marks"),
            document=data,
        )
