"""Schemes joined to a paper: each entry finds its question, the paper takes types and marks from it."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from core.assessment import MarkingScheme, Question, QuestionPaper, QuestionType, SchemeEntry
from core.labels import Finder
from core.sums import checked, listed, shown, worth_of
from grade.scheme.entry_types import settled


def join(paper: QuestionPaper, *schemes: MarkingScheme) -> tuple[QuestionPaper, MarkingScheme]:
    """The paper with what the schemes say of it, and one scheme whose entries bear the questions' ids.

    A later scheme's entry replaces an earlier one's as a whole. Where paper and scheme disagree about marks,
    the scheme's count and a warning says so.
    """
    warnings: list[str] = []
    entries: dict[str, SchemeEntry] = {}
    questions = paper.questions
    for scheme in schemes:
        warnings += scheme.warnings
        questions = _folded(questions, scheme, paper)
        finder = Finder(replace(paper, questions=questions))
        for entry in scheme.entries:
            found = finder.find(entry.question)
            said = _refusal(entry, found)
            if said:
                warnings.append(said)
            else:
                entries[found[0].id] = replace(entry, question=found[0].id)
    joined = _with_entries(questions, entries, warnings)
    joined = _shared(joined, warnings)
    leaves = [leaf for question in joined for leaf in question.leaves()]
    kept = [settled(entries[leaf.id], leaf) for leaf in leaves if leaf.id in entries]
    types = {entry.question: entry.type for entry in kept}
    joined = _mapped(joined, lambda q: replace(q, type=types.get(q.id) or q.type) if not q.parts else q)
    missing = [leaf.id for leaf in leaves if leaf.id not in entries]
    if entries and missing:
        warnings.append(f"The marking scheme says nothing about {listed(missing)}.")
    paper = checked(replace(paper, questions=joined, warnings=()), _still_true(paper, joined))
    scheme = MarkingScheme(
        entries=tuple(kept),
        title=next((s.title for s in reversed(schemes) if s.title), ""),
        rounding=next((s.rounding for s in reversed(schemes) if s.rounding is not None), None),
        warnings=tuple(dict.fromkeys(warnings)),
    )
    return paper, scheme


def _refusal(entry: SchemeEntry, found: Sequence[Question]) -> str | None:
    """Why an entry cannot be joined, None where it can."""
    if not found:
        return f"The marking scheme has an entry for question {entry.question}, which the paper does not have."
    if len(found) > 1:
        ids = ", ".join(question.id for question in found)
        return f"The marking scheme's question {entry.question} may be any of {ids}: name its section."
    if found[0].parts:
        return f"The marking scheme has one entry for question {entry.question}, which the paper asks in parts."
    return None


def _folded(questions: tuple[Question, ...], scheme: MarkingScheme, paper: QuestionPaper) -> tuple[Question, ...]:
    """Parts that bear no marks of their own become one question where the scheme marks them as one."""
    finder = Finder(replace(paper, questions=questions))
    named = {found[0].id for entry in scheme.entries if len(found := finder.find(entry.question)) == 1}

    def fold(question: Question) -> Question:
        if question.type is not QuestionType.GROUP or question.id not in named or not question.parts:
            return question
        if any(leaf.marks is not None or leaf.id in named for part in question.parts for leaf in part.leaves()):
            return question
        text = "\n".join([question.text, *(f"{leaf.label} {leaf.text}" for leaf in question.leaves())])
        return replace(question, type=QuestionType.TEXT, text=text.strip(), parts=(), choose=None)

    return _mapped(questions, fold)


def _mapped(questions: tuple[Question, ...], change: Callable[[Question], Question]) -> tuple[Question, ...]:
    """The tree with every node changed, parts first."""
    return tuple(change(replace(q, parts=_mapped(q.parts, change)) if q.parts else q) for q in questions)


def _with_entries(
    questions: tuple[Question, ...], entries: dict[str, SchemeEntry], warnings: list[str]
) -> tuple[Question, ...]:
    def change(question: Question) -> Question:
        if question.parts:
            return _resummed(question)
        entry = entries.get(question.id)
        if entry is None:
            return question
        marks = entry.marks
        if marks is None and entry.criteria:
            total = round(sum(criterion.marks for criterion in entry.criteria), 2)
            if question.marks is None:
                marks = total
            elif total < question.marks:
                warnings.append(
                    f"The criteria of question {question.id} add up to {shown(total)} marks,"
                    f" the paper prints {shown(question.marks)}."
                )
        if marks is not None and question.marks is not None and abs(marks - question.marks) > 0.01:
            warnings.append(
                f"Question {question.id} is worth {shown(question.marks)} marks on the paper and {shown(marks)} in the"
                f" marking scheme; {shown(marks)} is used."
            )
        return replace(question, marks=question.marks if marks is None else marks)

    return _mapped(questions, change)


def _resummed(question: Question) -> Question:
    """A node whose parts all bear marks is worth what they add up to."""
    if any(leaf.marks is None for leaf in question.leaves()):
        return question
    return replace(question, marks=worth_of(question.parts, question.choose))


def _shared(questions: tuple[Question, ...], warnings: list[str]) -> tuple[Question, ...]:
    """Marks printed for parts together, shared evenly where nothing says how."""

    def change(question: Question) -> Question:
        open_parts = [part for part in question.parts if part.marks is None and not part.parts]
        if question.marks is None or not open_parts or question.type is QuestionType.SECTION:
            return question
        left = question.marks - sum(part.marks or 0.0 for part in question.parts)
        counted = min(question.choose or len(open_parts), len(open_parts))
        if left <= 0:
            return question
        share = round(left / counted, 2)
        warnings.append(
            f"Question {question.id} prints {shown(question.marks)} marks for its parts together; each was taken to be"
            f" worth {shown(share)}."
        )
        return replace(
            question, parts=tuple(replace(part, marks=share) if part in open_parts else part for part in question.parts)
        )

    return _mapped(questions, change)


def _still_true(paper: QuestionPaper, questions: tuple[Question, ...]) -> list[str]:
    """The paper's warnings without those that the schemes have answered; its total is checked anew."""
    whole = all(leaf.marks is not None for question in questions for leaf in question.leaves())
    return [
        warning
        for warning in paper.warnings
        if not warning.startswith("The paper prints a total")
        and not (whole and (warning.startswith("No marks were found") or warning.endswith("how they are shared.")))
    ]
