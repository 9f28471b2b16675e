"""A question paper merged with its marking schemes: how many marks each question has. It is decided nowhere else.

In order of precedence: the marks that the scheme states (an instruction, while the paper's number was read by OCR);
the marks printed on the paper; the sum of the scheme's criteria; an even share of the marks that are printed for
several parts together. Without any of these, a question is marked out of 1.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from core.models import counting_rules
from core.models.assessment import MarkingScheme, Question, QuestionPaper, QuestionType, SchemeEntry
from core.models.paper_totals import check_paper_totals, format_marks, format_question_names, sum_available_marks
from core.models.question_labels import QuestionFinder

DEFAULT_MARKS = 1.0


class MarksSource(StrEnum):
    """Where a question's marks come from. `PARTS`: the sum of its parts that count."""

    SCHEME = "scheme"
    PAPER = "paper"
    CRITERIA = "criteria"
    SHARED = "shared"
    PARTS = "parts"
    NOTHING = "nothing"


def decide_marks(question: Question, entry: SchemeEntry | None) -> tuple[float | None, MarksSource]:
    """Return the marks of an answerable question (None if neither paper nor scheme states any) and their source."""
    if entry is not None and entry.marks is not None:
        return entry.marks, MarksSource.SCHEME
    if question.marks is not None:
        return question.marks, MarksSource.PAPER
    if entry is not None and entry.criteria:
        return counting_rules.sum_marks([criterion.marks for criterion in entry.criteria]), MarksSource.CRITERIA
    return None, MarksSource.NOTHING


@dataclass(frozen=True, slots=True)
class MergedPaper:
    """A paper merged with its marking schemes.

    `paper` has the marks that apply, and its warnings about them. `entries` are the schemes' entries by question id,
    `sources` the source of each node's marks by id. `warnings` concern paper and schemes together.
    """

    paper: QuestionPaper
    entries: dict[str, SchemeEntry]
    sources: dict[str, MarksSource]
    warnings: tuple[str, ...]

    def maximum_marks(self) -> float:
        """Return the maximum of a sheet."""
        worth = {leaf.id: DEFAULT_MARKS if leaf.marks is None else leaf.marks for leaf in self.paper.leaves()}
        return counting_rules.maximum_marks(
            self.paper, {name: counting_rules.QuestionAttempt(None, marks) for name, marks in worth.items()}
        )


def merge_schemes(paper: QuestionPaper, *schemes: MarkingScheme) -> MergedPaper:
    """Merge a paper with its marking schemes.

    A later scheme's entry replaces an earlier one's as a whole. Each disagreement between paper and scheme about marks
    adds a warning.
    """
    warnings: list[str] = []
    entries: dict[str, SchemeEntry] = {}
    questions = paper.questions
    for scheme in schemes:
        warnings += scheme.warnings
        questions = _fold_parts(questions, scheme, paper)
        finder = QuestionFinder(replace(paper, questions=questions))
        for entry in scheme.entries:
            found = finder.find(entry.question)
            problem = _find_entry_problem(entry, found)
            if problem:
                warnings.append(problem)
            else:
                entries[found[0].id] = replace(entry, question=found[0].id)
    sources: dict[str, MarksSource] = {}
    merged = _apply_entries(questions, entries, sources, warnings)
    merged = _share_marks(merged, sources, warnings)
    missing = [leaf.id for question in merged for leaf in question.leaves() if leaf.id not in entries]
    if entries and missing:
        warnings.append(f"The marking scheme says nothing about {format_question_names(missing)}.")
    checked_paper = check_paper_totals(
        replace(paper, questions=merged, warnings=()), _remaining_warnings(paper, merged)
    )
    return MergedPaper(checked_paper, entries, sources, tuple(dict.fromkeys(warnings)))


def map_questions(questions: tuple[Question, ...], change: Callable[[Question], Question]) -> tuple[Question, ...]:
    """Return the tree with `change` applied to every node, parts first."""
    return tuple(change(replace(q, parts=map_questions(q.parts, change)) if q.parts else q) for q in questions)


def _find_entry_problem(entry: SchemeEntry, found: Sequence[Question]) -> str | None:
    """Return why an entry cannot be assigned to a question, None if it can."""
    if not found:
        return f"The marking scheme has an entry for question {entry.question}, which the paper does not have."
    if len(found) > 1:
        ids = ", ".join(question.id for question in found)
        return f"The marking scheme's question {entry.question} may be any of {ids}: name its section."
    if found[0].parts:
        return f"The marking scheme has one entry for question {entry.question}, which the paper asks in parts."
    return None


def _fold_parts(questions: tuple[Question, ...], scheme: MarkingScheme, paper: QuestionPaper) -> tuple[Question, ...]:
    """Fold parts without marks of their own into one question where the scheme marks them as one."""
    finder = QuestionFinder(replace(paper, questions=questions))
    named = {found[0].id for entry in scheme.entries if len(found := finder.find(entry.question)) == 1}

    def fold(question: Question) -> Question:
        if question.type is not QuestionType.GROUP or question.id not in named or not question.parts:
            return question
        if any(leaf.marks is not None or leaf.id in named for part in question.parts for leaf in part.leaves()):
            return question
        text = "\n".join([question.text, *(f"{leaf.label} {leaf.text}" for leaf in question.leaves())])
        return replace(question, type=QuestionType.TEXT, text=text.strip(), parts=(), choose=None)

    return map_questions(questions, fold)


def _apply_entries(
    questions: tuple[Question, ...],
    entries: dict[str, SchemeEntry],
    sources: dict[str, MarksSource],
    warnings: list[str],
) -> tuple[Question, ...]:
    def change(question: Question) -> Question:
        if question.parts:
            return _sum_part_marks(question, sources)
        entry = entries.get(question.id)
        marks, sources[question.id] = decide_marks(question, entry)
        if entry is not None:
            warnings.extend(_find_disagreements(question, entry))
        return replace(question, marks=None if marks is None else max(marks, 0.0))

    return map_questions(questions, change)


def _find_disagreements(question: Question, entry: SchemeEntry) -> list[str]:
    """Return a warning for each difference between paper and scheme about a question's marks."""
    if question.marks is None:
        return []
    if entry.marks is not None:
        if abs(entry.marks - question.marks) <= 0.01:
            return []
        scheme_marks = format_marks(entry.marks)
        return [
            f"Question {question.id} is worth {format_marks(question.marks)} marks on the paper and"
            f" {scheme_marks} in the marking scheme; {scheme_marks} is used."
        ]
    total = counting_rules.sum_marks([criterion.marks for criterion in entry.criteria])
    if not entry.criteria or total >= question.marks:
        return []
    return [
        f"The criteria of question {question.id} add up to {format_marks(total)} marks, the paper prints"
        f" {format_marks(question.marks)}."
    ]


def _sum_part_marks(question: Question, sources: dict[str, MarksSource]) -> Question:
    """Set the marks of a node to the sum of its parts if all of them have marks."""
    is_complete = all(leaf.marks is not None for leaf in question.leaves())
    sources[question.id] = (
        MarksSource.PARTS if is_complete else MarksSource.NOTHING if question.marks is None else MarksSource.PAPER
    )
    return replace(question, marks=sum_available_marks(question.parts, question.choose)) if is_complete else question


def _share_marks(
    questions: tuple[Question, ...], sources: dict[str, MarksSource], warnings: list[str]
) -> tuple[Question, ...]:
    """Divide marks that are printed for several parts together evenly where neither paper nor scheme says how."""

    def change(question: Question) -> Question:
        open_parts = [part for part in question.parts if part.marks is None and not part.parts]
        if question.marks is None or not open_parts or question.type is QuestionType.SECTION:
            return question
        remaining = question.marks - sum(part.marks or 0.0 for part in question.parts)
        counted = min(question.choose or len(open_parts), len(open_parts))
        if remaining <= 0:
            return question
        share = round(remaining / counted, 2)
        sources.update({part.id: MarksSource.SHARED for part in open_parts})
        warnings.append(
            f"Question {question.id} prints {format_marks(question.marks)} marks for its parts together; each"
            f" was taken to be worth {format_marks(share)}."
        )
        return replace(
            question, parts=tuple(replace(part, marks=share) if part in open_parts else part for part in question.parts)
        )

    return map_questions(questions, change)


def _remaining_warnings(paper: QuestionPaper, questions: tuple[Question, ...]) -> list[str]:
    """Return the paper's warnings without those that the schemes have resolved; the total is checked again."""
    is_complete = all(leaf.marks is not None for question in questions for leaf in question.leaves())
    return [
        warning
        for warning in paper.warnings
        if not warning.startswith("The paper prints a total")
        and not (
            is_complete and (warning.startswith("No marks were found") or warning.endswith("how they are shared."))
        )
    ]
