"""The marking scheme that counts, as it is shown: a key document's entries with a scheme's over them; and the marks
that each question then carries."""

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
    """One scheme of both, None where there is neither. `warnings` are those about paper and schemes together. Each
    entry says with `id` which question of the paper it is for; None where the paper has no such question, or more than
    one."""
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
    """What each question is worth and where that number comes from, None without a paper; and the warnings about paper
    and schemes together. The very numbers that sheets are graded by."""
    if paper is None:
        return None, ()
    question_paper = QuestionPaper.from_dict(paper)
    schemes = [MarkingScheme.from_dict(document) for document in (key_document, scheme) if document]
    merged = merge_schemes(question_paper, *schemes)
    printed = {one.id: one.marks for one in _all_questions(question_paper.questions)}
    return {
        "total": merged.maximum_marks(),
        "questions": [
            {
                "question": one.id,
                "marks": _marks_of_question(one, merged.sources[one.id]),
                "source": merged.sources[one.id].value,
                "printed": printed[one.id],
            }
            for one in _all_questions(merged.paper.questions)
        ],
        "warnings": list(merged.paper.warnings),
    }, merged.warnings


def _marks_of_question(question: Question, source: MarksSource) -> float | None:
    """None for a question whose parts carry marks that nothing shares out."""
    return DEFAULT_MARKS if source is MarksSource.NOTHING and not question.parts else question.marks


def _all_questions(questions: tuple[Question, ...]) -> Iterator[Question]:
    for one in questions:
        yield one
        yield from _all_questions(one.parts)
