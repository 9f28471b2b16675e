"""Drafts of questions into questions: text, marks, options and type, part by part."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from core.assessment import Option, Question, QuestionType
from core.sums import shown, worth_of
from grade.paper.alternatives import how_many
from grade.paper.drafts import Draft
from grade.paper.marks_printed import Form, PrintedMarks
from grade.paper.notation import Notation
from grade.paper.numbering import Kind
from grade.paper.options import options_score, ticked_options, without_true_false
from grade.paper.own_words import Own, ends_in_or, joined, own_words, place_of
from grade.paper.question_type import guess_type, says_true_false
from grade.paper.rubric import read_rubric
from grade.paper.sharing import implied, taken_from_last, with_shares

_UNSURE = 0.4
_LEAN = 1.0


@dataclass(frozen=True, slots=True)
class Above:
    """What stands above a question: headings that say how its like are asked and what each is worth.
    `lean`: by how much the letters under its neighbours speak for options, or against."""

    each: float | None = None
    each_except: frozenset[int] = frozenset()
    choice: bool = False
    true_false: bool = False
    lean: float = 0.0


class Builder:
    """Builds one paper's questions; doubts go to `warnings`."""

    def __init__(self, notation: Notation, warnings: list[str]) -> None:
        self._notation = notation
        self._warnings = warnings
        self._totals: list[PrintedMarks] = []

    def top(self, draft: Draft, path: str, above: Above) -> Question:
        """A question that stands under no other; totals printed at the end of its parts are its own."""
        self._totals = []
        question = self._question(draft, path, above)
        if draft.guessed:
            self._warnings.append(
                f"The label of question {question.id} could not be read; the text before the next one was taken for it."
            )
        question = self._with_remainder(question)
        totals = [t for t in self._totals if t.question in (None, draft.name.lstrip("0"))]
        stray = [t for t in self._totals if t not in totals]
        if stray:
            self._warnings.append(f"A total for question {stray[0].question} is printed under question {question.id}.")
        if not totals:
            return question
        total = totals[-1].value
        if question.parts or question.marks is None:
            return self._with_remainder(replace(question, marks=total))
        if question.marks != total:
            self._warnings.append(
                f"Question {question.id} prints {shown(question.marks)} marks, but a total of {shown(total)}."
            )
        return question

    def _with_remainder(self, question: Question) -> Question:
        """What is left of a question's marks for the one part whose own could not be read."""
        bare = [leaf for leaf in question.leaves() if leaf.marks is None]
        if question.marks is None or not question.parts or len(bare) != 1 or _chooses(question):
            return question
        left = round(question.marks - sum(leaf.marks or 0.0 for leaf in question.leaves()), 2)
        if left <= 0 or len(list(question.leaves())) < 2:
            return question
        self._warnings.append(
            f"No marks were found for question {bare[0].id}; it was given the {shown(left)} that its question has left."
        )
        return _with_marks(question, bare[0].id, left)

    def leaning(self, drafts: Sequence[Draft], above: Above) -> Above:
        """With what the clear cases among these neighbours say about letters under a question."""
        scores = [score for draft in drafts if (score := self._score(draft, above)) is not None]
        clear = [score for score in scores if abs(score) > _UNSURE]
        if len(clear) < 2 or len(clear) == len(scores):
            return replace(above, lean=0.0)
        for_options = sum(1 for score in clear if score > 0)
        if for_options * 4 >= len(clear) * 3:
            return replace(above, lean=_LEAN)
        return replace(above, lean=-_LEAN if for_options * 4 <= len(clear) else 0.0)

    def miss(self, drafts: Sequence[Draft], path: str) -> None:
        """Says where a list of labels leaves one out: it may not have been read."""
        for one, other in pairwise(draft for draft in drafts if draft.kind is not None):
            if one.kind is other.kind is Kind.NUMBER and int(other.name) > int(one.name) + 1:
                missing = f"question {path}{int(one.name) + 1}"
            elif (
                one.kind is other.kind and len(one.name) == len(other.name) == 1 and ord(other.name) > ord(one.name) + 1
            ):
                missing = f"question {path}{chr(ord(one.name) + 1)}"
            else:
                continue
            self._warnings.append(f"No label was found for {missing}, between {path}{one.name} and {path}{other.name}.")

    def _own(self, draft: Draft, *, last: bool) -> Own:
        return own_words(draft.own, self._notation, last=last)

    def _question(self, draft: Draft, path: str, above: Above) -> Question:
        own = self._own(draft, last=not draft.parts)
        identity = path + draft.name
        if draft.kind is Kind.NUMBER and draft.name.isdigit() and int(draft.name) in above.each_except:
            above = replace(above, each=None)
        if draft.shared and not draft.parts:
            return self._leaf(draft, identity, own, self._options(draft.shared), above)
        score = self._score(draft, above)
        if score is not None and self._are_options(score + above.lean, identity):
            said = [self._own(part, last=True) for part in draft.parts]
            options = self._options(draft.parts)
            self.miss(draft.parts, f"{identity}, option ")
            marks = own.marks or tuple(marks for words in said for marks in words.marks)
            totals = (*own.totals, *(total for words in said for total in words.totals))
            return self._leaf(draft, identity, replace(own, marks=marks, totals=totals), options, above)
        if not draft.parts:
            text, ticked = ticked_options(own.text)
            return self._leaf(draft, identity, replace(own, text=text), ticked, above)
        return self._group(draft, identity, own, above)

    def _options(self, drafts: Sequence[Draft]) -> tuple[Option, ...]:
        return tuple(Option(part.name, self._own(part, last=True).text.replace("\n", " ")) for part in drafts)

    def _score(self, draft: Draft, above: Above) -> float | None:
        """How much the parts of a draft look like options; None where they cannot be."""
        if not draft.parts or any(part.parts for part in draft.parts):
            return None
        own = self._own(draft, last=False)
        said = [self._own(part, last=True) for part in draft.parts]
        marked = sum(1 for words in said if words.marks)
        if marked == 1 and said[-1].marks and not own.marks:
            marked = 0
        return options_score(
            own.text,
            draft.parts[0].kind,
            [words.text for words in said],
            marked=marked,
            choice=above.choice,
            true_false=above.true_false or says_true_false(own.text),
            style=draft.parts[0].style,
        )

    def _are_options(self, score: float, identity: str) -> bool:
        if abs(score) < _UNSURE:
            taken = "options to choose from" if score > 0 else "parts to be answered"
            self._warnings.append(f"The letters under question {identity} were taken as {taken}.")
        return score > 0

    def _leaf(self, draft: Draft, identity: str, own: Own, options: tuple[Option, ...], above: Above) -> Question:
        self._totals += own.totals
        if own.inner_or:
            self._warnings.append(
                f"Question {identity} offers two texts with OR between them; they are one question here."
            )
        if draft.kind in (Kind.UPPER, Kind.ROMAN_UPPER) and any((m.count or 0) > 1 for m in own.marks):
            self._warnings.append(f"Question {identity} prints marks for several questions, but none were found in it.")
        marks = self._marks(own.marks, identity)
        if marks is None:
            marks = above.each
        kind = guess_type(own.text, options, true_false=above.true_false)
        text = without_true_false(own.text) if kind is QuestionType.TRUE_FALSE else own.text
        page, box = place_of(draft)
        return Question(identity, draft.label, kind, text, marks, options, page=page, box=box)

    def _group(self, draft: Draft, identity: str, own: Own, above: Above) -> Question:
        self._totals += own.totals
        rubric = read_rubric(joined([own.text, *draft.notes]))
        each = next((m.value for m in own.marks if m.per_part), rubric.each)
        true_false = above.true_false or says_true_false(own.text)
        self.miss(draft.parts, f"{identity}.")
        below = self.leaning(draft.parts, Above(each, frozenset(), above.choice or rubric.choice, true_false))
        parts = [self._question(part, f"{identity}.", below) for part in draft.parts]
        choose = how_many(rubric, len(parts), f"Question {identity}", self._warnings)
        if choose is None and len(parts) > 1 and all(ends_in_or(part) for part in draft.parts[:-1]):
            choose = 1
        whole = [token for token in own.marks if not token.per_part]
        counted = next((m for m in whole if m.each is not None and m.count is not None), None)
        if counted is not None and choose is None and len(parts) not in (counted.each, counted.count):
            self._warnings.append(
                f"Question {identity} prints marks for {shown(counted.count or 0)} x {shown(counted.each or 0)}, but"
                f" {len(parts)} parts were found."
            )
        parts = _relabelled(with_shares(self._without_sum(parts, draft, whole), whole, choose), draft)
        parts, marks = self._group_marks(parts, self._marks(whole, identity), choose, above)
        page, box = place_of(draft)
        return Question(
            identity,
            draft.label,
            QuestionType.GROUP,
            own.text,
            marks,
            choose=choose,
            parts=tuple(parts),
            page=page,
            box=box,
        )

    def _without_sum(self, parts: list[Question], draft: Draft, whole: list[PrintedMarks]) -> list[Question]:
        """The parts, the last one without a sum over all of them ("[5+5]"), which then is the question's own."""
        if len(parts) < 2 or whole or any(part.marks is not None for part in parts[:-1]) or parts[-1].parts:
            return parts
        sums = [m for m in self._own(draft.parts[-1], last=True).marks if len(m.shares) == len(parts)]
        if len(sums) != 1:
            return parts
        whole.append(sums[0])
        return [*parts[:-1], replace(parts[-1], marks=None)]

    def _group_marks(
        self, parts: list[Question], marks: float | None, choose: int | None, above: Above
    ) -> tuple[list[Question], float | None]:
        if marks is None and choose is None:
            parts, marks = taken_from_last(parts)
        if marks is None and above.each is not None and all(part.marks is None for part in parts):
            marks = above.each
        if marks is not None:
            return implied(parts, marks, choose), marks
        known = all(part.marks is not None for part in parts)
        return parts, worth_of(parts, choose) if known else None

    def _marks(self, found: Sequence[PrintedMarks], identity: str) -> float | None:
        """What these tokens make together: the surest form counts, and several of it add up."""
        if not found:
            return None
        surest = max(marks.form for marks in found)
        alike = {Form.BARE_BRACKET, Form.EXPLICIT}
        kept = [marks for marks in found if marks.form == surest or {marks.form, surest} <= alike]
        if len(kept) > 1:
            values = " + ".join(shown(marks.value) for marks in kept)
            self._warnings.append(f"Question {identity} prints marks more than once ({values}); they were added.")
        return round(sum(marks.value for marks in kept), 2)


def _relabelled(parts: list[Question], draft: Draft) -> list[Question]:
    """Labels that are printed whole: part 1 of question 1 is labelled 1.1, the first question of A is A1."""
    relabelled = []
    for question, part in zip(parts, draft.parts, strict=True):
        if part.style == "1.1":
            relabelled.append(_dotted(question, draft.label))
        elif part.style == "A1":
            relabelled.append(replace(question, label=draft.label + question.label))
        else:
            relabelled.append(question)
    return relabelled


def _dotted(question: Question, outer: str) -> Question:
    parts = tuple(_dotted(part, outer) if re.fullmatch(r"\d+(\.\d+)+", part.label) else part for part in question.parts)
    return replace(question, label=f"{outer}.{question.label}", parts=parts)


def _chooses(question: Question) -> bool:
    return question.choose is not None or any(_chooses(part) for part in question.parts)


def _with_marks(question: Question, identity: str, marks: float) -> Question:
    """The tree with marks for one leaf; groups above it that had none get their sums."""
    if question.id == identity:
        return replace(question, marks=marks)
    if not question.parts:
        return question
    parts = tuple(_with_marks(part, identity, marks) for part in question.parts)
    known = question.marks is None and all(part.marks is not None for part in parts)
    return replace(question, parts=parts, marks=worth_of(parts, None) if known else question.marks)
