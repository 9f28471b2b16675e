"""Definition of written answers: sentences, marked by a free text marker against a model answer or criteria."""

from core.models.assessment import SchemeEntry
from core.models.question_types.definition import AnswerShape, QuestionTypeDefinition


def _has_answer(entry: SchemeEntry) -> bool:
    return bool(entry.criteria or entry.model_answer.strip())


DEFINITION = QuestionTypeDefinition(
    title="written answer",
    marked_by="a model criterion by criterion, or key points",
    shape=AnswerShape.PROSE,
    fields=("model_answer", "criteria"),
    implied_by=("criteria",),
    example='{question: "8", type: text, marks: 2, criteria: [{text: Metal conducts heat better, marks: 1}]}',
    has_answer=_has_answer,
)
