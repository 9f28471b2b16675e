"""The marking scheme in effect, for display: the entries of the answer key overridden by those of the scheme, and the
marks that each question then has."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from core.models.assessment import MarkingScheme, Question, QuestionPaper, SchemeEntry
from core.models.merged_paper import DEFAULT_MARKS, MarksSource, merge_schemes
from core.models.question_labels import QuestionFinder


@dataclass(frozen=True, slots=True)
class DisplayedEntry:
    """An entry of the scheme. `question_id` is the question of the paper that it is for; None if the paper has no such
    question, or more than one."""

    entry: SchemeEntry
    question_id: str | None

    def to_dict(self) -> dict[str, Any]:
        return {**self.entry.to_dict(), "id": self.question_id}


@dataclass(frozen=True, slots=True)
class DisplayedScheme:
    """The answer key and the scheme merged into one. Title and rounding are those of the scheme, or of the key if
    there is no scheme."""

    title: str
    rounding: float | None
    entries: tuple[DisplayedEntry, ...]
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "rounding": self.rounding,
            "entries": [entry.to_dict() for entry in self.entries],
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True, slots=True)
class QuestionMaximum:
    """The marks available for a question, where they come from, and what the paper prints.

    `marks` is None for a question whose parts have marks that nothing divides among them.
    """

    question: str
    marks: float | None
    source: MarksSource
    printed: float | None

    def to_dict(self) -> dict[str, Any]:
        return {
            "question": self.question,
            "marks": self.marks,
            "source": self.source.value,
            "printed": self.printed,
        }


@dataclass(frozen=True, slots=True)
class MaximumMarks:
    """The marks available for each question, the maximum of a sheet, and the paper's warnings about them."""

    total: float
    questions: tuple[QuestionMaximum, ...]
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "total": self.total,
            "questions": [question.to_dict() for question in self.questions],
            "warnings": list(self.warnings),
        }


def merged_scheme(
    schemes: Sequence[MarkingScheme], paper: QuestionPaper | None, warnings: tuple[str, ...]
) -> DisplayedScheme | None:
    """Merge the answer key and the scheme into one, a later one overriding the entries of an earlier one; returns None
    if there is neither. `warnings` are those about paper and schemes together."""
    if not schemes:
        return None
    label_finder = QuestionFinder(paper) if paper else None
    entries: dict[str, DisplayedEntry] = {}
    for scheme in schemes:
        for entry in scheme.entries:
            found = label_finder.find(entry.question) if label_finder else []
            name = found[0].id if len(found) == 1 else None
            entries[name or f"?{entry.question}"] = DisplayedEntry(entry, name)
    newest = schemes[-1]
    all_warnings = [warning for scheme in schemes for warning in scheme.warnings]
    return DisplayedScheme(
        newest.title, newest.rounding, tuple(entries.values()), tuple(dict.fromkeys((*all_warnings, *warnings)))
    )


def maximum_marks(
    schemes: Sequence[MarkingScheme], paper: QuestionPaper | None
) -> tuple[MaximumMarks | None, tuple[str, ...]]:
    """The marks available for each question (None without a paper), and the warnings about paper and schemes together.
    Sheets are graded by the same numbers."""
    if paper is None:
        return None, ()
    merged = merge_schemes(paper, *schemes)
    printed = {one.id: one.marks for one in all_questions(paper.questions)}
    questions = tuple(
        QuestionMaximum(
            one.id, _marks_of_question(one, merged.sources[one.id]), merged.sources[one.id], printed[one.id]
        )
        for one in all_questions(merged.paper.questions)
    )
    return MaximumMarks(merged.maximum_marks(), questions, merged.paper.warnings), merged.warnings


def _marks_of_question(question: Question, source: MarksSource) -> float | None:
    return DEFAULT_MARKS if source is MarksSource.NOTHING and not question.parts else question.marks


def all_questions(questions: tuple[Question, ...]) -> Iterator[Question]:
    """The questions and all their parts, in the order of the paper."""
    for one in questions:
        yield one
        yield from all_questions(one.parts)
