"""A sheet's transcript cut into answers by the labels that the student wrote.

Nothing is guessed: what is unsure carries a review reason, what no question claims stays in `leftover`.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from core.assessment import QuestionPaper
from core.result import ReviewReason
from core.transcript import Transcript
from grade.answer import Answer, AnswerLine, AnswerSheet, UnplacedText
from grade.sheet.answer_text import Fragment, answer_text
from grade.sheet.cutting import UNKNOWN
from grade.sheet.printed import Printed
from grade.sheet.segments import Segment, label_lefts, segments_of
from grade.sheet.sheet_lines import name_in_head, sort_lines, student_of
from grade.sheet.sheet_map import Node, SheetMap
from grade.sheet.trailing_lines import TrailingLines
from grade.sheet.unanswered import UnansweredQuestions
from grade.sheet.unplaced import ONE_VALUE, bring_rows_together, joined, shown, texts_to_show


def cut_answers(transcript: Transcript, paper: QuestionPaper) -> AnswerSheet:
    """The answers of a sheet. Never raises on what a page may hold; every line is in an answer or left over."""
    lines = sort_lines(transcript)
    sheet_map = SheetMap(paper)
    segments = segments_of(lines.written, sheet_map, lines.aside) if lines.written else []
    if not any(segment.fragments for segment in segments):
        aside = [one.line for one in lines.aside] + [line for s in segments for line, _ in s.page_numbers]
        student = student_of(one.line for one in lines.aside)
        return AnswerSheet((), _in_order(aside), student, (ReviewReason.NO_TEXT,), transcript.warnings)
    student = student_of(one.line for segment in segments for one in segment.aside)
    return _Sheet(sheet_map, Printed(paper, label_lefts(segments)), segments, student, transcript.warnings).build()


def _in_order(lines: Iterable[AnswerLine]) -> tuple[AnswerLine, ...]:
    return tuple(sorted(lines, key=lambda line: (line.page, line.line.box[1], line.line.box[0])))


@dataclass(frozen=True, slots=True)
class _Unclaimed:
    """Text of the segment number `index` that no label claims. `title`: by its look it may be a heading, unless a
    question is missing there. `name`: it may be the student's name. `warning`: what the sheet then says of it."""

    index: int
    fragments: Sequence[Fragment]
    title: bool = False
    name: bool = False
    warning: str = ""
    review: ReviewReason = ReviewReason.UNLABELLED


class _Sheet:
    """The segments of one sheet becoming its answers."""

    def __init__(
        self,
        sheet_map: SheetMap,
        printed: Printed,
        segments: list[Segment],
        student: str | None,
        warnings: tuple[str, ...],
    ) -> None:
        self._map = sheet_map
        self._printed = printed
        self._segments = segments
        self._student = student
        self._leftover = [one.line for segment in segments for one in segment.aside]
        self._leftover += [line for segment in segments for line, _ in segment.page_numbers]
        self._review: list[ReviewReason] = []
        self._warnings = list(warnings)
        self._answers: list[Answer] = []
        self._unclaimed: list[_Unclaimed] = []

    def build(self) -> AnswerSheet:
        bring_rows_together(self._segments)
        questions = UnansweredQuestions(self._map, self._segments)
        trailing = TrailingLines(self._segments, questions).all()
        self._head(self._segments[0], only=len(self._segments) == 1)
        for index, segment in enumerate(self._segments[1:], 1):
            if segment.node is None:
                self._section(index, segment)
            elif segment.node == UNKNOWN:
                self._unknown(index, segment)
            else:
                segment.doubtful |= index in trailing or not all(one.certain for one in segment.aside)
                self._answer(index, segment, self._map.nodes[segment.node])
        # What looks like a heading answers a question only if nothing else does.
        texts = sorted(self._unclaimed, key=lambda text: text.title)
        contested = self._contested(texts, questions)
        unplaced = [one for text in texts for one in self._placed(text, questions, contested)]
        unplaced += texts_to_show(self._segments, questions, trailing, self._answers)
        answered = {answer.question for answer in self._answers}
        return AnswerSheet(
            tuple(_numbered(self._answers)),
            _in_order(self._leftover),
            self._student,
            tuple(dict.fromkeys(self._review)),
            tuple(dict.fromkeys(self._warnings)),
            joined(one for one in unplaced if one.question not in answered),
        )

    def _leave(self, fragments: Iterable[Fragment]) -> None:
        self._leftover += [fragment.line for fragment in fragments]

    def _contested(self, texts: Iterable[_Unclaimed], questions: UnansweredQuestions) -> set[int]:
        """The questions that more than one text, headings aside, would answer by where it stands."""
        alone = (questions.between_labels(text.index) for text in texts if not text.title and self._may_answer(text))
        times = Counter(leaves[0] for leaves in alone if len(leaves) == 1)
        return {leaf for leaf, count in times.items() if count > 1}

    def _may_answer(self, text: _Unclaimed) -> list[Fragment]:
        return [fragment for fragment in text.fragments if self._printed.may_be_answer(fragment)]

    def _placed(self, text: _Unclaimed, questions: UnansweredQuestions, contested: set[int]) -> list[UnplacedText]:
        """The text as the answer of the one question that is missing where it stands, for a person to look at;
        else shown at each question that it may belong to."""
        may_answer = self._may_answer(text)
        answered = questions.answered(self._answers)
        between = [leaf for leaf in questions.between_labels(text.index) if leaf not in answered]
        if not may_answer or (text.title and not between):
            self._leave(text.fragments)
            return []
        if len(between) == 1 and not text.name and between[0] not in contested:
            self._leave(fragment for fragment in text.fragments if fragment not in may_answer)
            self._add(questions.leaves[between[0]], may_answer, [ReviewReason.UNPLACED_ANSWER])
            return []
        self._leave(text.fragments)
        if not text.title:
            self._review.append(text.review)
            self._warnings += [text.warning] if text.warning else []
        return [
            shown(questions.leaves[leaf].question.id, may_answer) for leaf in questions.candidates(text.index, answered)
        ]

    def _head(self, segment: Segment, *, only: bool) -> None:
        """What stands before the first label: the student's name, a title, or an answer without a label."""
        fragments = list(segment.fragments)
        leaves = [node for node in self._map.nodes if node.is_leaf]
        if self._student is None and not only:
            fragments = self._without_name(fragments)
        said = [fragment for fragment in fragments if fragment.said.strip()]
        if only and len(leaves) == 1 and said:
            self._add(leaves[0], fragments, [ReviewReason.UNLABELLED])
            return
        title = len(said) <= 2 and all(len(f.said) < 60 and f.line.line.box[1] < 0.25 for f in said)
        warning = "Text without a question's label was left out of all answers."
        self._unclaimed.append(_Unclaimed(0, fragments, title=title and not only, warning=warning))

    def _without_name(self, fragments: list[Fragment]) -> list[Fragment]:
        """The lines without the student's name. One that is nothing but two capitalised words may as well be an
        answer ("Carbon Dioxide"): it stays text that a question without a label there may be answered by."""
        for fragment in fragments[:2]:
            if fragment.line.page == 1 and (name := name_in_head(fragment.said)):
                self._student = name
                whole = name == fragment.said.strip()
                if whole:
                    self._unclaimed.append(_Unclaimed(0, [fragment], title=True, name=True))
                else:
                    self._leave([fragment])
                return [other for other in fragments if other is not fragment]
        return fragments

    def _section(self, index: int, segment: Segment) -> None:
        """A section's heading; what follows it before the next label belongs to no question."""
        self._leave(segment.fragments[:1])
        self._unclaimed.append(_Unclaimed(index, segment.fragments[1:]))

    def _unknown(self, index: int, segment: Segment) -> None:
        fragments = segment.fragments
        if not any(fragment.said.strip() for fragment in fragments):
            # A number that the paper lacks, with nothing behind it, may be an answer itself.
            fragments = [Fragment(fragment.line, fragment.line.line.text) for fragment in fragments]
        self._unclaimed.append(_Unclaimed(index, fragments, review=ReviewReason.UNKNOWN_QUESTION))
        self._review.append(ReviewReason.UNKNOWN_QUESTION)
        if segment.cut is not None:
            spot = segment.cut.place.spot
            label = segment.cut.place.text[spot.start : segment.cut.reading.end].strip()
            self._warnings.append(f"The sheet has an answer labelled “{label}”, which the paper does not ask.")

    def _answer(self, index: int, segment: Segment, node: Node) -> None:
        review: list[ReviewReason] = []
        cut_short = node.question.type in ONE_VALUE and not all(certain for _, certain in segment.page_numbers)
        if segment.doubtful or cut_short or (segment.cut is not None and segment.cut.doubtful):
            review.append(ReviewReason.UNLABELLED)
        if segment.cut is not None and segment.cut.misread:
            review.append(ReviewReason.LOOK_ALIKE)
        if node.is_leaf:
            self._add(node, segment.fragments, review)
        else:
            self._parts_without_labels(index, segment, node, review)

    def _parts_without_labels(self, index: int, segment: Segment, node: Node, review: list[ReviewReason]) -> None:
        """Text right under a question that is asked in parts: it goes to the first part that has no label
        of its own on this sheet, and to a person."""
        cleaned = answer_text(segment.fragments, node)
        if not cleaned.text:
            self._leave(segment.fragments)
            return
        taken = {later.node for later in self._segments[index + 1 :]}
        taken |= {self._index(answer.question) for answer in self._answers}
        free = [n for n in self._map.nodes if n.is_leaf and set(n.leaves) <= set(node.leaves) and n.index not in taken]
        if not free:
            self._unclaimed.append(_Unclaimed(index, segment.fragments))
            return
        self._add(free[0], segment.fragments, [*review, ReviewReason.UNLABELLED])

    def _index(self, question: str) -> int:
        return next((node.index for node in self._map.nodes if node.question.id == question), -1)

    def _add(self, node: Node, fragments: Sequence[Fragment], review: Sequence[ReviewReason]) -> None:
        cleaned = answer_text(fragments, node)
        reasons = [*review, *cleaned.review]
        self._leftover += cleaned.aside
        if not cleaned.text and ReviewReason.CROSSED_OUT not in reasons:
            self._leftover += cleaned.lines
            return
        last = self._answers[-1] if self._answers else None
        if last is not None and last.question == node.question.id and _goes_on(last, fragments):
            joined = replace(
                last,
                text="\n".join(part for part in (last.text, cleaned.text) if part),
                lines=(*last.lines, *cleaned.lines),
                review=tuple(dict.fromkeys((*last.review, *reasons))),
            )
            self._answers[-1] = joined
            return
        self._answers.append(
            Answer(node.question.id, cleaned.text, tuple(cleaned.lines), tuple(dict.fromkeys(reasons)))
        )


def _goes_on(last: Answer, fragments: Sequence[Fragment]) -> bool:
    """Whether a label that comes again right after its own answer only goes on with it: over a page break,
    or because the student says so."""
    if not last.lines or not fragments:
        return False
    turned = fragments[0].line.page > last.lines[-1].page
    return turned or bool(re.search(r"\bcont(?:inue|inued|d|'d|\.)", fragments[0].line.line.text[:40], re.IGNORECASE))


def _numbered(answers: Sequence[Answer]) -> list[Answer]:
    """Attempts counted where a question was answered more than once."""
    seen: dict[str, int] = {}
    numbered = []
    for answer in answers:
        seen[answer.question] = seen.get(answer.question, 0) + 1
        numbered.append(replace(answer, attempt=seen[answer.question]))
    return numbered
