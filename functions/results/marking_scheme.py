"""The marking scheme in effect, for display: the entries of the answer key overridden by those of the scheme, and the
marks that each question then has."""

from collections.abc import Iterator
from typing import Any

from core.models.assessment import MarkingScheme, Question, QuestionPaper
from core.models.labels import QuestionFinder
from core.models.merged_paper import DEFAULT_MARKS, MarksSource, merge_schemes

JsonDocument = dict[str, Any]


def merged_scheme(
    key_document: JsonDocument | None,
    scheme: JsonDocument | None,
    paper: JsonDocument | None,
    warnings: tuple[str, ...],
) -> JsonDocument | None:
    """Merge the answer key and the scheme into one; returns None if there is neither.

    `warnings` are those about paper and schemes together. Each entry's `id` is the question of the paper that it is
    for; None if the paper has no such question, or more than one.
    """
    documents = [document for document in (key_document, scheme) if document]
    if not documents:
        return None
    label_finder = QuestionFinder(QuestionPaper.from_dict(paper)) if paper else None
    entries: dict[str, JsonDocument] = {}
    for document in documents:
        for entry in document["entries"]:
            found = label_finder.find(entry["question"]) if label_finder else []
            name = found[0].id if len(found) == 1 else None
            entries[name or f"?{entry['question']}"] = {**entry, "id": name}
    newest = documents[-1]
    all_warnings = [warning for document in documents for warning in document.get("warnings", ())]
    return {**newest, "entries": list(entries.values()), "warnings": list(dict.fromkeys((*all_warnings, *warnings)))}


def maximum_marks(
    key_document: JsonDocument | None, scheme: JsonDocument | None, paper: JsonDocument | None
) -> tuple[JsonDocument | None, tuple[str, ...]]:
    """The marks available for each question and the source of each number (None without a paper), and the warnings
    about paper and schemes together. Sheets are graded by the same numbers."""
    if paper is None:
        return None, ()
    question_paper = QuestionPaper.from_dict(paper)
    schemes = [MarkingScheme.from_dict(document) for document in (key_document, scheme) if document]
    merged = merge_schemes(question_paper, *schemes)
    printed = {one.id: one.marks for one in all_questions(question_paper.questions)}
    return {
        "total": merged.maximum_marks(),
        "questions": [
            {
                "question": one.id,
                "marks": _marks_of_question(one, merged.sources[one.id]),
                "source": merged.sources[one.id].value,
                "printed": printed[one.id],
            }
            for one in all_questions(merged.paper.questions)
        ],
        "warnings": list(merged.paper.warnings),
    }, merged.warnings


def _marks_of_question(question: Question, source: MarksSource) -> float | None:
    """None for a question whose parts have marks that nothing divides among them."""
    return DEFAULT_MARKS if source is MarksSource.NOTHING and not question.parts else question.marks


def all_questions(questions: tuple[Question, ...]) -> Iterator[Question]:
    """The questions and all their parts, in the order of the paper."""
    for one in questions:
        yield one
        yield from all_questions(one.parts)
