"""What a student wrote, out of the lines under a label: without printed question text, crossings and marks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.assessment import OBJECTIVE, QuestionType
from core.result import ReviewReason
from grade.answer import AnswerLine
from grade.paper.marks_printed import Form, find_marks, without
from grade.sheet.question_text import copied, plain
from grade.sheet.sheet_lines import is_teachers, without_struck, without_ticks
from grade.sheet.sheet_map import Node
from grade.words.plain import clean


@dataclass(frozen=True, slots=True)
class Fragment:
    """A line, or a part of it, and what it says after its label."""

    line: AnswerLine
    said: str


@dataclass(slots=True)
class Cleaned:
    """`aside`: lines that hold nothing of the answer (a teacher's mark)."""

    text: str = ""
    lines: list[AnswerLine] = field(default_factory=list)
    aside: list[AnswerLine] = field(default_factory=list)
    review: list[ReviewReason] = field(default_factory=list)


def answer_text(fragments: Sequence[Fragment], node: Node) -> Cleaned:
    cleaned = Cleaned()
    kept: list[str] = []
    teachers = _teachers_lines(fragments, node, cleaned)
    copy = _Copy()
    printed = _printed_options(fragments, node)
    for index, fragment in enumerate(fragments):
        if index in teachers:
            cleaned.aside.append(fragment.line)
            continue
        cleaned.lines.append(fragment.line)
        said, struck = without_struck(fragment.said)
        if struck:
            cleaned.review.append(ReviewReason.CROSSED_OUT)
        said = without_ticks(_without_margin_mark(said, node)).strip()
        if index in printed:
            continue
        if said and not copy.over:
            said = copy.rest_of(said, node)
        if clean(said):
            kept.append(_tidy(said))
    cleaned.text = "\n".join(kept).strip()
    cleaned.review = list(dict.fromkeys(cleaned.review))
    return cleaned


def _tidy(said: str) -> str:
    return re.sub(r"[ \t]{2,}", "  ", said).strip()


@dataclass(slots=True)
class _Copy:
    """How far into the question's words the lines so far have copied it; None where a copy may start."""

    at: int | None = None
    over: bool = False

    def rest_of(self, said: str, node: Node) -> str:
        """What a line says beyond the question's own words, at the answer's start."""
        marks = [token for token in find_marks(said) if token.form in (Form.EXPLICIT, Form.BARE_BRACKET)]
        bare = without(said, marks) if marks else said
        for asked in (node.question.text, node.context):
            found = copied(bare, asked, self.at) if asked else None
            if found is not None:
                self.at, rest = found
                self.over = bool(rest)
                return rest
            if self.at is not None:
                break
        self.over = True
        return said


def _printed_options(fragments: Sequence[Fragment], node: Node) -> set[int]:
    """The lines that repeat a choice's printed options, where all of them stand there."""
    options = {plain(option.text) for option in node.question.options if option.text}
    if node.question.type is not QuestionType.CHOICE or len(options) < 2:
        return set()
    found = {
        index: said
        for index, fragment in enumerate(fragments)
        if (said := plain(re.sub(r"^\W*[A-Ha-h]\s*[).:\]]?\s+", "", fragment.said))) in options
    }
    return (
        set(found)
        if set(found.values()) == options and not any(fragments[i].line.line.handwriting for i in found)
        else set()
    )


def _teachers_lines(fragments: Sequence[Fragment], node: Node, cleaned: Cleaned) -> set[int]:
    """The lines that are a teacher's marks. For a number asked, "3/5" alone may be the answer: it stays,
    and a person looks."""
    alike = {i for i, fragment in enumerate(fragments) if is_teachers(fragment.said.strip()) and fragment.said.strip()}
    written = [i for i, f in enumerate(fragments) if i not in alike and f.said.strip()]
    others = bool(written)
    if not alike:
        return set()
    if others:
        # A teacher marks what stands there already: above an answer's first words only a margin holds marks.
        lefts = [fragments[i].line.line.box[0] for i in written]
        early = {i for i in alike if i < written[0] and not is_margin_mark(fragments[i], lefts)}
        if early:
            cleaned.review.append(ReviewReason.UNCLEAR_ANSWER)
        alike -= early
    if node.question.type in OBJECTIVE or node.question.type is QuestionType.TEXT:
        lefts = [f.line.line.box[0] for i, f in enumerate(fragments) if i not in alike and f.said.strip()]
        marginal = {i for i in alike if in_margin(fragments[i], lefts) or _only_ticks(fragments[i].said)}
        if others:
            return (
                alike
                if node.question.type not in (QuestionType.NUMERIC, QuestionType.EXACT, QuestionType.PATTERN)
                else (marginal | {i for i in alike if _out_of(fragments[i].said, node)})
            )
        ticks = {i for i in alike if _only_ticks(fragments[i].said)}
        if alike - ticks:
            cleaned.review.append(ReviewReason.UNCLEAR_ANSWER)
        return ticks
    return set()


def is_margin_mark(fragment: Fragment, lefts: Sequence[float]) -> bool:
    """Whether a line is a teacher's mark by its look and its place. `lefts`: where the lines of answers begin."""
    said = fragment.said.strip()
    return is_teachers(said) and (in_margin(fragment, lefts) or _only_ticks(said))


def in_margin(fragment: Fragment, lefts: Sequence[float]) -> bool:
    """Whether it stands in a margin: left of all lines of answers (`lefts`), or far right of them."""
    left, _, width, _ = fragment.line.line.box
    return left > 0.82 or left + width < min(lefts, default=0.1) or bool(lefts and left - max(lefts) > 0.4)


def _only_ticks(said: str) -> bool:
    return not re.search(r"\w", said) and not re.search(r"[-−–+]", said)


def _out_of(said: str, node: Node) -> bool:
    """Whether it is marks out of what the question is worth ("1/2" for 2 marks)."""
    found = re.search(r"/\s*(\d+)\W*$", said)
    return found is not None and node.question.marks is not None and float(found[1]) == node.question.marks


def _without_margin_mark(said: str, node: Node) -> str:
    """A line without a teacher's mark set apart at its end ("… because of heat     2/3")."""
    found = re.match(r"^(.*\S)(?:\s{3,}|\t+)(\S.*)$", said)
    if (
        found
        and is_teachers(found[2])
        and (node.question.type not in OBJECTIVE or _out_of(found[2], node) or _only_ticks(found[2]))
    ):
        return found[1]
    return said
