"""Builds questions from outline nodes: text, marks, options and type, part by part."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from core.models.assessment import Option, Question, QuestionType
from core.models.paper_totals import format_marks, sum_available_marks
from core.models.question_types.true_false import is_true_false
from grade.paper.instructions import parse_instructions
from grade.paper.label_parser import LabelKind
from grade.paper.mark_allocation import (
    assign_printed_shares,
    move_marks_from_last_part,
    resolve_choose,
    split_group_marks,
)
from grade.paper.mark_notation import MarkNotation
from grade.paper.outline_nodes import NodeText, OutlineNode, build_node_text, ends_with_or, find_location, join_lines
from grade.paper.printed_marks import MarkForm, PrintedMarks
from grade.paper.question_type_detection import (
    guess_type,
    parse_checkbox_options,
    score_options,
    strip_true_false,
)

_MIN_CONFIDENT_SCORE = 0.4
_OPTION_BIAS = 1.0


@dataclass(frozen=True, slots=True)
class SectionContext:
    """What a question inherits from the headings above it: how its kind is asked and what each is worth.

    `option_bias`: the score that the letters under neighbouring questions add in favour of options (positive) or of
    parts (negative).
    """

    each: float | None = None
    each_except: frozenset[int] = frozenset()
    multiple_choice: bool = False
    true_false: bool = False
    option_bias: float = 0.0


class QuestionBuilder:
    """Builds one paper's questions and appends doubts to `warnings`."""

    def __init__(self, notation: MarkNotation, warnings: list[str]) -> None:
        self._notation = notation
        self._warnings = warnings
        self._totals: list[PrintedMarks] = []

    def build_question(self, node: OutlineNode, path: str, context: SectionContext) -> Question:
        """Build a question that is not part of another. Totals printed after its parts are its own."""
        self._totals = []
        question = self._build(node, path, context)
        if node.label_inferred:
            self._warnings.append(
                f"The label of question {question.id} could not be read; the text before the next one was taken for it."
            )
        question = self._assign_remaining_marks(question)
        totals = [t for t in self._totals if t.question in (None, node.name.lstrip("0"))]
        stray = [t for t in self._totals if t not in totals]
        if stray:
            self._warnings.append(f"A total for question {stray[0].question} is printed under question {question.id}.")
        if not totals:
            return question
        total = totals[-1].value
        if question.parts or question.marks is None:
            return self._assign_remaining_marks(replace(question, marks=total))
        if question.marks != total:
            self._warnings.append(
                f"Question {question.id} prints {format_marks(question.marks)} marks, but a total of "
                f"{format_marks(total)}."
            )
        return question

    def _assign_remaining_marks(self, question: Question) -> Question:
        """Give what is left of a question's marks to its only part whose marks could not be read."""
        unmarked = [leaf for leaf in question.leaves() if leaf.marks is None]
        if question.marks is None or not question.parts or len(unmarked) != 1 or _has_choice(question):
            return question
        left = round(question.marks - sum(leaf.marks or 0.0 for leaf in question.leaves()), 2)
        if left <= 0 or len(list(question.leaves())) < 2:
            return question
        self._warnings.append(
            f"No marks were found for question {unmarked[0].id}; it was given the {format_marks(left)} that its "
            f"question has left."
        )
        return _assign_leaf_marks(question, unmarked[0].id, left)

    def with_option_bias(self, nodes: Sequence[OutlineNode], context: SectionContext) -> SectionContext:
        """Add the bias that the clear cases among these siblings give to letters under a question."""
        scores = [score for node in nodes if (score := self._score_as_options(node, context)) is not None]
        clear = [score for score in scores if abs(score) > _MIN_CONFIDENT_SCORE]
        if len(clear) < 2 or len(clear) == len(scores):
            return replace(context, option_bias=0.0)
        for_options = sum(1 for score in clear if score > 0)
        if for_options * 4 >= len(clear) * 3:
            return replace(context, option_bias=_OPTION_BIAS)
        return replace(context, option_bias=-_OPTION_BIAS if for_options * 4 <= len(clear) else 0.0)

    def warn_about_missing_labels(self, nodes: Sequence[OutlineNode], path: str) -> None:
        """Warn where a list of labels skips one: it may not have been read."""
        for one, other in pairwise(node for node in nodes if node.kind is not None):
            if one.kind is other.kind is LabelKind.NUMBER and int(other.name) > int(one.name) + 1:
                missing = f"question {path}{int(one.name) + 1}"
            elif (
                one.kind is other.kind and len(one.name) == len(other.name) == 1 and ord(other.name) > ord(one.name) + 1
            ):
                missing = f"question {path}{chr(ord(one.name) + 1)}"
            else:
                continue
            self._warnings.append(f"No label was found for {missing}, between {path}{one.name} and {path}{other.name}.")

    def _node_text(self, node: OutlineNode, *, last: bool) -> NodeText:
        return build_node_text(node.content, self._notation, last=last)

    def _build(self, node: OutlineNode, path: str, context: SectionContext) -> Question:
        content = self._node_text(node, last=not node.parts)
        identity = path + node.name
        if node.kind is LabelKind.NUMBER and node.name.isdigit() and int(node.name) in context.each_except:
            context = replace(context, each=None)
        if node.shared_options and not node.parts:
            return self._build_leaf(node, identity, content, self._build_options(node.shared_options), context)
        score = self._score_as_options(node, context)
        if score is not None and self._are_options(score + context.option_bias, identity):
            part_texts = [self._node_text(part, last=True) for part in node.parts]
            options = self._build_options(node.parts)
            self.warn_about_missing_labels(node.parts, f"{identity}, option ")
            marks = content.marks or tuple(marks for node_text in part_texts for marks in node_text.marks)
            totals = (*content.totals, *(total for node_text in part_texts for total in node_text.totals))
            return self._build_leaf(node, identity, replace(content, marks=marks, totals=totals), options, context)
        if not node.parts:
            text, ticked = parse_checkbox_options(content.text)
            return self._build_leaf(node, identity, replace(content, text=text), ticked, context)
        return self._build_group(node, identity, content, context)

    def _build_options(self, nodes: Sequence[OutlineNode]) -> tuple[Option, ...]:
        return tuple(Option(part.name, self._node_text(part, last=True).text.replace("\n", " ")) for part in nodes)

    def _score_as_options(self, node: OutlineNode, context: SectionContext) -> float | None:
        """Score how much a node's parts look like options; None where they cannot be options."""
        if not node.parts or any(part.parts for part in node.parts):
            return None
        content = self._node_text(node, last=False)
        part_texts = [self._node_text(part, last=True) for part in node.parts]
        marked = sum(1 for node_text in part_texts if node_text.marks)
        if marked == 1 and part_texts[-1].marks and not content.marks:
            marked = 0
        return score_options(
            content.text,
            node.parts[0].kind,
            [node_text.text for node_text in part_texts],
            marked=marked,
            multiple_choice=context.multiple_choice,
            true_false=context.true_false or is_true_false(content.text),
            style=node.parts[0].style,
        )

    def _are_options(self, score: float, identity: str) -> bool:
        if abs(score) < _MIN_CONFIDENT_SCORE:
            taken = "options to choose from" if score > 0 else "parts to be answered"
            self._warnings.append(f"The letters under question {identity} were taken as {taken}.")
        return score > 0

    def _build_leaf(
        self, node: OutlineNode, identity: str, content: NodeText, options: tuple[Option, ...], context: SectionContext
    ) -> Question:
        self._totals += content.totals
        if content.contains_or:
            self._warnings.append(
                f"Question {identity} offers two texts with OR between them; they are one question here."
            )
        if node.kind in (LabelKind.UPPER, LabelKind.ROMAN_UPPER) and any((m.count or 0) > 1 for m in content.marks):
            self._warnings.append(f"Question {identity} prints marks for several questions, but none were found in it.")
        marks = self._add_up_marks(content.marks, identity)
        if marks is None:
            marks = context.each
        kind = guess_type(content.text, options, true_false=context.true_false)
        text = strip_true_false(content.text) if kind is QuestionType.TRUE_FALSE else content.text
        page, box = find_location(node)
        return Question(identity, node.label, kind, text, marks, options, page=page, box=box)

    def _build_group(self, node: OutlineNode, identity: str, content: NodeText, context: SectionContext) -> Question:
        self._totals += content.totals
        instructions = parse_instructions(join_lines([content.text, *node.notes]))
        each = next((m.value for m in content.marks if m.per_part), instructions.each)
        true_false = context.true_false or is_true_false(content.text)
        self.warn_about_missing_labels(node.parts, f"{identity}.")
        inner_context = self.with_option_bias(
            node.parts,
            SectionContext(each, frozenset(), context.multiple_choice or instructions.multiple_choice, true_false),
        )
        parts = [self._build(part, f"{identity}.", inner_context) for part in node.parts]
        choose = resolve_choose(instructions, len(parts), f"Question {identity}", self._warnings)
        if choose is None and len(parts) > 1 and all(ends_with_or(part) for part in node.parts[:-1]):
            choose = 1
        group_marks = [token for token in content.marks if not token.per_part]
        counted = next((m for m in group_marks if m.each is not None and m.count is not None), None)
        if counted is not None and choose is None and len(parts) not in (counted.each, counted.count):
            self._warnings.append(
                f"Question {identity} prints marks for {format_marks(counted.count or 0)} x "
                f"{format_marks(counted.each or 0)}, but"
                f" {len(parts)} parts were found."
            )
        parts = _with_full_labels(
            assign_printed_shares(self._extract_sum(parts, node, group_marks), group_marks, choose), node
        )
        parts, marks = self._resolve_group_marks(parts, self._add_up_marks(group_marks, identity), choose, context)
        page, box = find_location(node)
        return Question(
            identity,
            node.label,
            QuestionType.GROUP,
            content.text,
            marks,
            choose=choose,
            parts=tuple(parts),
            page=page,
            box=box,
        )

    def _extract_sum(self, parts: list[Question], node: OutlineNode, group_marks: list[PrintedMarks]) -> list[Question]:
        """Move a sum over all parts ("[5+5]") from the last part to the question.

        Returns the parts, the last one without marks if it printed the sum, which is appended to `group_marks`.
        """
        if len(parts) < 2 or group_marks or any(part.marks is not None for part in parts[:-1]) or parts[-1].parts:
            return parts
        sums = [m for m in self._node_text(node.parts[-1], last=True).marks if len(m.shares) == len(parts)]
        if len(sums) != 1:
            return parts
        group_marks.append(sums[0])
        return [*parts[:-1], replace(parts[-1], marks=None)]

    def _resolve_group_marks(
        self, parts: list[Question], marks: float | None, choose: int | None, context: SectionContext
    ) -> tuple[list[Question], float | None]:
        if marks is None and choose is None:
            parts, marks = move_marks_from_last_part(parts)
        if marks is None and context.each is not None and all(part.marks is None for part in parts):
            marks = context.each
        if marks is not None:
            return split_group_marks(parts, marks, choose), marks
        known = all(part.marks is not None for part in parts)
        return parts, sum_available_marks(parts, choose) if known else None

    def _add_up_marks(self, found: Sequence[PrintedMarks], identity: str) -> float | None:
        """Return the marks that these tokens give together: only the most certain form counts, and several of it add
        up."""
        if not found:
            return None
        most_certain = max(marks.form for marks in found)
        added_together = {MarkForm.BARE_BRACKET, MarkForm.EXPLICIT}
        kept = [marks for marks in found if marks.form == most_certain or {marks.form, most_certain} <= added_together]
        if len(kept) > 1:
            values = " + ".join(format_marks(marks.value) for marks in kept)
            self._warnings.append(f"Question {identity} prints marks more than once ({values}); they were added.")
        return round(sum(marks.value for marks in kept), 2)


def _with_full_labels(parts: list[Question], node: OutlineNode) -> list[Question]:
    """Restore labels that are printed in full: part 1 of question 1 is labelled 1.1, the first question of A is A1."""
    relabelled = []
    for question, part in zip(parts, node.parts, strict=True):
        if part.style == "1.1":
            relabelled.append(_with_dotted_labels(question, node.label))
        elif part.style == "A1":
            relabelled.append(replace(question, label=node.label + question.label))
        else:
            relabelled.append(question)
    return relabelled


def _with_dotted_labels(question: Question, outer: str) -> Question:
    parts = tuple(
        _with_dotted_labels(part, outer) if re.fullmatch(r"\d+(\.\d+)+", part.label) else part
        for part in question.parts
    )
    return replace(question, label=f"{outer}.{question.label}", parts=parts)


def _has_choice(question: Question) -> bool:
    return question.choose is not None or any(_has_choice(part) for part in question.parts)


def _assign_leaf_marks(question: Question, identity: str, marks: float) -> Question:
    """Set the marks of one leaf. Groups above it without marks get their sums."""
    if question.id == identity:
        return replace(question, marks=marks)
    if not question.parts:
        return question
    parts = tuple(_assign_leaf_marks(part, identity, marks) for part in question.parts)
    known = question.marks is None and all(part.marks is not None for part in parts)
    return replace(question, parts=parts, marks=sum_available_marks(parts, None) if known else question.marks)
