"""An outline into the question tree: sections, the questions in them, and how many of them count."""

from collections.abc import Sequence
from dataclasses import replace

from core.assessment import Question, QuestionType
from core.sums import shown, worth, worth_of
from grade.paper.alternatives import chosen, either, gathers, how_many
from grade.paper.drafts import Draft
from grade.paper.front_page import handed_out, postscripts
from grade.paper.notation import Notation
from grade.paper.outline import Outline
from grade.paper.own_words import ends_in_or, joined
from grade.paper.questions import Above, Builder
from grade.paper.rubric import Rubric, read_rubric
from grade.paper.sharing import share_of, shared_among


class Assembly:
    """One paper being put together. `sections`: totals printed for sections, by name."""

    def __init__(self, notation: Notation, sections: dict[str, float]) -> None:
        self.warnings: list[str] = []
        self.equal_marks = False
        self._builder = Builder(notation, self.warnings)
        self._sections = sections

    def questions(self, outline: Outline) -> tuple[Question, ...]:
        said = joined([*(piece.whole for piece in outline.preamble), *postscripts(outline.drafts)])
        rubric = read_rubric(handed_out(said, outline.drafts))
        self._negative(rubric, "The paper")
        self.equal_marks = rubric.equal_marks
        questions = self._siblings(outline.drafts, "", Above(rubric.each, rubric.each_except))
        if any(question.type is QuestionType.SECTION for question in questions):
            return questions
        return chosen(questions, rubric, said, self.warnings)

    def _siblings(self, drafts: Sequence[Draft], path: str, above: Above) -> tuple[Question, ...]:
        """Drafts beside each other as questions; those under headings without labels join them, unless
        their numbers would clash."""
        names = [part.name for draft in drafts if draft.flat for part in draft.parts]
        names += [draft.name for draft in drafts if not draft.flat]
        clash = len(names) != len(set(names))
        self._builder.miss(drafts, path)
        above = self._builder.leaning([draft for draft in drafts if draft.kind is not None], above)
        built: list[Question] = []
        for index, draft in enumerate(drafts):
            if draft.kind is not None:
                built.append(self._builder.top(draft, path, above))
            elif draft.flat and not clash:
                built += self._flat(draft, path, above)
            else:
                built.append(self._section(draft, path, above, index))
        if len(built) != len(drafts):
            return tuple(built)
        return either(built, [draft.kind is not None and ends_in_or(draft) for draft in drafts])

    def _flat(self, draft: Draft, path: str, above: Above) -> tuple[Question, ...]:
        said = handed_out(joined([draft.heading, *(piece.whole for piece in draft.own)]), draft.parts)
        rubric = read_rubric(said)
        self._negative(rubric, draft.heading or "The paper")
        questions = self._siblings(draft.parts, path, _below(above, rubric, len(draft.parts)))
        return chosen(questions, rubric, said, self.warnings)

    def _section(self, draft: Draft, path: str, above: Above, index: int) -> Question:
        text = joined([draft.heading, *(piece.whole for piece in draft.own)])
        label, name = self._called(draft, index)
        rubric = read_rubric(joined([text, *draft.notes]))
        self._negative(rubric, label)
        below = _below(above, rubric, _count(draft.parts))
        parts = self._siblings(draft.parts, f"{path}{name}.", below)
        choose = None
        if rubric.span is not None:
            parts = chosen(parts, rubric, text, self.warnings)
        else:
            choose = how_many(rubric, len(parts), label, self.warnings)
        if len(parts) == 1 and gathers(parts[0]):
            # The choice was printed under a heading of its own, or as OR, but holds for the whole section.
            choose, parts = parts[0].choose, parts[0].parts
        printed = self._sections.get(draft.name) if draft.name else None
        if printed is None and rubric.total is not None:
            printed = rubric.total.value
        parts = shared_among(parts, printed, choose, label, self.warnings)
        self._count(rubric, len(parts), label)
        known = all(worth(part) > 0 for part in parts)
        first = draft.own[0].row.page if draft.own else parts[0].page if parts else None
        return Question(
            id=path + name,
            label=label[:80],
            type=QuestionType.SECTION,
            text=text,
            marks=printed if printed is not None else worth_of(parts, choose) if known else None,
            choose=choose,
            parts=parts,
            page=first,
        )

    def _called(self, draft: Draft, index: int) -> tuple[str, str]:
        """A section's label and its step in the ids; one without a label gets a step of its own."""
        if not draft.flat:
            return draft.label, draft.name
        name = f"P{index + 1}"
        if not draft.label:
            self.warnings.append(
                f"The numbers start again at 1 without a heading; those questions are called {name}.1 and so on."
            )
        return draft.label or f"Part {index + 1}", name

    def _count(self, rubric: Rubric, found: int, where: str) -> None:
        """Says where a heading's "(5 x 2 = 10)" speaks of more or fewer questions than were found."""
        total = rubric.total
        if total is None or total.each is None or total.count is None or rubric.choose is not None:
            return
        if found not in (total.each, total.count):
            self.warnings.append(
                f"{where} prints marks for {shown(total.count)} x {shown(total.each)}, but {found} questions were found"
                " there."
            )

    def _negative(self, rubric: Rubric, where: str) -> None:
        if rubric.negative_marking:
            takes = f" of {shown(round(rubric.negative, 2))}" if rubric.negative else ""
            self.warnings.append(
                f"{where} speaks of negative marking{takes}: say so in the marking scheme for it to be applied."
            )


def _below(above: Above, rubric: Rubric, count: int) -> Above:
    """What questions under a heading inherit."""
    share = share_of(rubric.total, rubric.choose or count) if rubric.total is not None else None
    each = rubric.each if rubric.each is not None else share if share is not None else above.each
    return replace(
        above,
        each=each,
        each_except=rubric.each_except or above.each_except,
        choice=rubric.choice or above.choice,
        true_false=rubric.true_false or above.true_false,
    )


def _count(drafts: Sequence[Draft]) -> int:
    return sum(_count(draft.parts) if draft.flat else 1 for draft in drafts)
