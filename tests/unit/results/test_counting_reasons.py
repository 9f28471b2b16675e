"""The reason of a mark says that it is not counted exactly while that is true."""

from typing import Any

import pytest

from core.models import counting_rules
from core.models.assessment import Question, QuestionPaper, QuestionType
from core.storage.teacher_edits import MarkChange
from results.mark_edits import apply_changes_to_documents

PARTS = tuple(Question(f"1.{part}", f"({part})", QuestionType.TEXT, "Explain.", 5) for part in "ab")
PAPER = QuestionPaper(5, (Question("1", "1", QuestionType.GROUP, "Answer one.", None, choose=1, parts=PARTS),))


def mark(question: str, marks: float | None, answer: str, *, counted: bool, reason: str = "Said so.") -> dict[str, Any]:
    return {
        "question": question,
        "label": question,
        "marks": marks,
        "max_marks": 5,
        "counted": counted,
        "answer": answer,
        "reason": reason,
        "marker": "none" if marks is None else "key-points",
        "review": [],
    }


@pytest.mark.parametrize("answer", ["text that may be an answer", "", "  "])
def test_a_mark_that_counts_after_a_change_loses_the_not_counted_reason(answer: str) -> None:
    not_counted = counting_rules.not_counted_reason(answered=counting_rules.is_attempted(answer))
    questions = [
        mark("1.a", 2.0, "an answer", counted=True),
        mark("1.b", None, answer, counted=False, reason=f"Said so. {not_counted}"),
    ]
    merged = apply_changes_to_documents(questions, {"1.b": MarkChange(5.0, "teacher", "2030-01-01T00:00:00Z")}, PAPER)
    assert [(one["question"], one["counted"], one["reason"]) for one in merged] == [
        ("1.a", False, f"Said so. {counting_rules.not_counted_reason(answered=True)}"),
        ("1.b", True, "Said so."),
    ]
