"""The marking scheme that counts, as it is shown: a key document's entries with a scheme's over them; and the marks
that each question then carries."""

from collections.abc import Iterator
from typing import Any

from core.assessment import MarkingScheme, Question, QuestionPaper
from core.labels import Finder
from core.question_marks import MARKS_IF_NOTHING_SAYS, MarksSource, merge

Document = dict[str, Any]


def told(
    key_document: Document | None, scheme: Document | None, paper: Document | None, warnings: tuple[str, ...]
) -> Document | None:
    """One scheme of both, None where there is neither. `warnings` are those about paper and schemes together. Each
    entry says with `id` which question of the paper it is for; None where the paper has no such question, or more than
    one."""
    documents = [document for document in (key_document, scheme) if document]
    if not documents:
        return None
    finder = Finder(QuestionPaper.from_dict(paper)) if paper else None
    entries: dict[str, Document] = {}
    for document in documents:
        for entry in document["entries"]:
            found = finder.find(entry["question"]) if finder else []
            name = found[0].id if len(found) == 1 else None
            entries[name or f"?{entry['question']}"] = {**entry, "id": name}
    newest = documents[-1]
    said = [warning for document in documents for warning in document.get("warnings", ())]
    return {**newest, "entries": list(entries.values()), "warnings": list(dict.fromkeys((*said, *warnings)))}


def maximum_marks(
    key_document: Document | None, scheme: Document | None, paper: Document | None
) -> tuple[Document | None, tuple[str, ...]]:
    """What each question is worth and where that number comes from, None without a paper; and the warnings about paper
    and schemes together. The very numbers that sheets are graded by."""
    if paper is None:
        return None, ()
    asked = QuestionPaper.from_dict(paper)
    schemes = [MarkingScheme.from_dict(document) for document in (key_document, scheme) if document]
    merged = merge(asked, *schemes)
    printed = {one.id: one.marks for one in _nodes(asked.questions)}
    return {
        "total": merged.maximum(),
        "questions": [
            {
                "question": one.id,
                "marks": _marks(one, merged.sources[one.id]),
                "source": merged.sources[one.id].value,
                "printed": printed[one.id],
            }
            for one in _nodes(merged.paper.questions)
        ],
        "warnings": list(merged.paper.warnings),
    }, merged.warnings


def _marks(question: Question, source: MarksSource) -> float | None:
    """None for a question whose parts carry marks that nothing shares out."""
    return MARKS_IF_NOTHING_SAYS if source is MarksSource.NOTHING and not question.parts else question.marks


def _nodes(questions: tuple[Question, ...]) -> Iterator[Question]:
    for one in questions:
        yield one
        yield from _nodes(one.parts)
