"""Determines the type of a scheme's entries, adapts their fields to it, and applies schemes to a paper.

A key's "(b)" becomes a choice, its "12.5 m/s" a number with a unit.
"""

from dataclasses import replace

from core.models.assessment import MarkingScheme, Question, QuestionPaper, QuestionType, SchemeEntry
from core.models.merged_paper import map_questions, merge_schemes
from core.models.question_types.definition import CONTAINER_TYPES, MARKED_TYPES, get_definition


def resolve_entry_type(entry: SchemeEntry, question: Question) -> SchemeEntry:
    """Set the entry's type: its own, else the one its fields imply, else the question's if the entry fits."""
    question_type = entry.type or _infer_type(entry, question)
    entry = replace(entry, type=question_type, marks=question.marks if entry.marks is None else entry.marks)
    return entry if question_type in CONTAINER_TYPES else get_definition(question_type).fit_entry(entry, question)


def _infer_type(entry: SchemeEntry, question: Question) -> QuestionType:
    """Infer the type from the entry's fields, else take the question's type if the entry can be of it."""
    for question_type in MARKED_TYPES:
        if any(getattr(entry, field) for field in get_definition(question_type).implied_by):
            return question_type
    given_answers = entry.answers or ((entry.model_answer,) if entry.model_answer else ())
    if not given_answers:
        return question.type
    if question.type not in CONTAINER_TYPES and get_definition(question.type).accepts_answers(given_answers, question):
        return question.type
    if not entry.answers:
        return QuestionType.TEXT
    are_numbers = get_definition(QuestionType.NUMERIC).accepts_answers(given_answers, question)
    return QuestionType.NUMERIC if are_numbers else QuestionType.EXACT


def apply_schemes(paper: QuestionPaper, *schemes: MarkingScheme) -> tuple[QuestionPaper, MarkingScheme]:
    """Apply the schemes to the paper.

    Returns the paper with the schemes' marks and types, and one scheme whose entries carry the questions' ids.
    `core.models.merged_paper` decides which marks count.
    """
    merged = merge_schemes(paper, *schemes)
    kept = [
        resolve_entry_type(merged.entries[leaf.id], leaf) for leaf in merged.paper.leaves() if leaf.id in merged.entries
    ]
    types = {entry.question: entry.type for entry in kept}
    typed = map_questions(
        merged.paper.questions, lambda q: replace(q, type=types.get(q.id) or q.type) if not q.parts else q
    )
    scheme = MarkingScheme(
        entries=tuple(kept),
        title=next((s.title for s in reversed(schemes) if s.title), ""),
        rounding=next((s.rounding for s in reversed(schemes) if s.rounding is not None), None),
        warnings=merged.warnings,
    )
    return replace(merged.paper, questions=typed), scheme
