"""Schemes joined to a paper: each entry finds its question, the paper takes types and marks from it."""

from dataclasses import replace

from core.assessment import MarkingScheme, QuestionPaper
from core.question_marks import mapped, merge
from grade.scheme.entry_types import settled


def join(paper: QuestionPaper, *schemes: MarkingScheme) -> tuple[QuestionPaper, MarkingScheme]:
    """The paper with what the schemes say of it, and one scheme whose entries bear the questions' ids.

    Which marks count is decided in `core.question_marks`.
    """
    merged = merge(paper, *schemes)
    kept = [settled(merged.entries[leaf.id], leaf) for leaf in merged.paper.leaves() if leaf.id in merged.entries]
    types = {entry.question: entry.type for entry in kept}
    typed = mapped(merged.paper.questions, lambda q: replace(q, type=types.get(q.id) or q.type) if not q.parts else q)
    scheme = MarkingScheme(
        entries=tuple(kept),
        title=next((s.title for s in reversed(schemes) if s.title), ""),
        rounding=next((s.rounding for s in reversed(schemes) if s.rounding is not None), None),
        warnings=merged.warnings,
    )
    return replace(merged.paper, questions=typed), scheme
