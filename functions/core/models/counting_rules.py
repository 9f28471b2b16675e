"""Counting rules: which questions count towards the total, and the maximum of a sheet.

Grading and moderation share them. "Answer any two" counts the best two. An attempt may have no marks yet (None: a
person has to give them): it adds nothing to the total, but ranks above a question that was left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from core.models.assessment import Question, QuestionPaper


@dataclass(frozen=True, slots=True)
class QuestionAttempt:
    """One answerable question on one sheet: its marks (None: not decided yet), its maximum, and if it was answered."""

    marks: float | None
    max_marks: float
    answered: bool = True


def sum_marks(marks: list[float]) -> float:
    """Return a sum of marks, rounded to two decimals."""
    return round(sum(marks), 2)


def select_counted_questions(paper: QuestionPaper, attempts: Mapping[str, QuestionAttempt]) -> frozenset[str]:
    """Return the ids of the answerable questions that count towards the total."""
    return frozenset(leaf for question in paper.questions for leaf in _select_counted(question, attempts))


def is_attempted(text: str) -> bool:
    """Whether a question was attempted: its answer text, or text that may be its answer, is not blank."""
    return bool(text.strip())


def not_counted_reason(*, answered: bool) -> str:
    """Return the sentence that is appended to the reason of a mark that does not count."""
    return "An extra attempt; better ones count." if answered else "Not needed: enough others were answered."


def maximum_marks(paper: QuestionPaper, attempts: Mapping[str, QuestionAttempt]) -> float:
    """Return the maximum of a sheet. Where only some parts count, the ones with the most marks do."""
    return sum_marks([_node_maximum(question, attempts) for question in paper.questions])


def _select_counted(node: Question, attempts: Mapping[str, QuestionAttempt]) -> list[str]:
    if not node.parts:
        return [node.id] if node.id in attempts else []
    branches = [_select_counted(part, attempts) for part in node.parts]
    if node.choose is not None and node.choose < len(branches):
        order = sorted(range(len(branches)), key=lambda index: (*_branch_sort_key(branches[index], attempts), index))
        best = sorted(order[: max(node.choose, 0)])
        branches = [branches[index] for index in best]
    return [leaf for branch in branches for leaf in branch]


def _branch_sort_key(leaves: list[str], attempts: Mapping[str, QuestionAttempt]) -> tuple[float, bool]:
    """Sort key that puts the best branch first: most marks, then answered before left out."""
    return (
        -sum(attempts[leaf].marks or 0.0 for leaf in leaves),
        not any(attempts[leaf].answered for leaf in leaves),
    )


def _node_maximum(node: Question, attempts: Mapping[str, QuestionAttempt]) -> float:
    if not node.parts:
        return attempts[node.id].max_marks if node.id in attempts else 0.0
    parts = sorted((_node_maximum(part, attempts) for part in node.parts), reverse=True)
    return sum(parts[: node.choose] if node.choose is not None else parts)
