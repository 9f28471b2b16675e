"""The questions of a paper as tasks to mark: each with its scheme entry, its maximum and the answers to it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from core.models.answer_limits import MAX_ANSWER_CHARACTERS, MAX_OBJECTIVE_ANSWER_CHARACTERS
from core.models.assessment import MarkingScheme, Question, QuestionPaper, SchemeEntry
from core.models.merged_paper import DEFAULT_MARKS, decide_marks
from core.models.question_types.definition import is_objective
from grade.answer import Answer, AnswerSheet, UnplacedText


@dataclass(frozen=True, slots=True)
class QuestionTask:
    """A question without parts, and what is needed to mark it.

    `context` is the printed text of the questions above it. `entry` is None where the scheme has no entry for it.
    `answers` are in the order of their attempts. `unplaced` is text that may be its answer.
    """

    question: Question
    context: str
    entry: SchemeEntry | None
    max_marks: float
    answers: tuple[Answer, ...]
    unplaced: UnplacedText | None = None

    @property
    def is_objective(self) -> bool:
        return is_objective(self.question.type)

    @property
    def question_text(self) -> str:
        return f"{self.context}\n{self.question.text}"

    @property
    def scheme_texts(self) -> tuple[str, ...]:
        """The texts of the scheme entry: model answer, answers, criteria and their accepted wordings."""
        if self.entry is None:
            return ()
        criteria = (wording for criterion in self.entry.criteria for wording in (criterion.text, *criterion.accept))
        return tuple(text for text in (self.entry.model_answer, *self.entry.answers, *criteria) if text.strip())

    @property
    def entry_with_content(self) -> SchemeEntry | None:
        """The scheme entry, or None where it says nothing about the answer."""
        entry = self.entry
        if entry is None:
            return None
        has_content = entry.criteria or entry.model_answer.strip() or any(answer.strip() for answer in entry.answers)
        return entry if has_content else None

    @property
    def max_answer_length(self) -> int:
        """In characters; longer answers are not marked automatically."""
        return MAX_OBJECTIVE_ANSWER_CHARACTERS if self.is_objective else MAX_ANSWER_CHARACTERS


def build_question_tasks(
    paper: QuestionPaper, scheme: MarkingScheme, sheet: AnswerSheet, warnings: list[str]
) -> Iterator[QuestionTask]:
    """One task for each question without parts, in the order of the paper. A question without a maximum in paper and
    scheme is marked out of 1, with a sentence added to `warnings`. The first scheme entry of a question counts."""
    entries: dict[str, SchemeEntry] = {}
    for listed in scheme.entries:
        entries.setdefault(listed.question, listed)
    answers: dict[str, list[Answer]] = {}
    for answer in sorted(sheet.answers, key=lambda one: one.attempt):
        answers.setdefault(answer.question, []).append(answer)
    unplaced = {text.question: text for text in sheet.unplaced}
    for question, context in _walk_questions(paper.questions, ""):
        entry = entries.get(question.id)
        marks, _ = decide_marks(question, entry)
        if marks is None:
            warnings.append(f"Nothing says how many marks question {question.id} carries; it is marked out of 1.")
        max_marks = DEFAULT_MARKS if marks is None else max(marks, 0.0)
        attempts = tuple(answers.get(question.id, ()))
        yield QuestionTask(question, context, entry, max_marks, attempts, unplaced.get(question.id))


def _walk_questions(questions: Iterable[Question], context: str) -> Iterator[tuple[Question, str]]:
    """Each question without parts, and the printed text of the questions above it."""
    for question in questions:
        if question.parts:
            yield from _walk_questions(question.parts, f"{context}\n{question.text}".strip())
        else:
            yield question, context
