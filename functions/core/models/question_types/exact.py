"""Definition of exact answers: one of the scheme's wordings."""

from core.models.question_types.definition import AnswerShape, QuestionTypeDefinition

DEFINITION = QuestionTypeDefinition(
    title="exact words",
    marked_by="the scheme's wordings, alone or in a short sentence, without case and surplus space",
    shape=AnswerShape.VALUE,
    is_one_line=True,
    fields=("answer",),
    example='{question: "6", type: exact, marks: 1, answer: [oxygen, O2]}',
    answer="texts, compared without case and surplus space",
)
