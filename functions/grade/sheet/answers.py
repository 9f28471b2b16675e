"""A sheet's transcript cut into answers by the labels that the student wrote.

Nothing is guessed: what is unsure carries a review reason, what no question claims stays in `leftover`.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from core.assessment import QuestionPaper
from core.result import ReviewReason
from core.transcript import Transcript
from grade.answer import Answer, AnswerSheet
from grade.sheet.answer_text import Fragment, answer_text
from grade.sheet.cutting import UNKNOWN
from grade.sheet.segments import Segment, segments_of
from grade.sheet.sheet_lines import SheetLines, name_in_head, sort_lines
from grade.sheet.sheet_map import Node, SheetMap


def cut_answers(transcript: Transcript, paper: QuestionPaper) -> AnswerSheet:
    """The answers of a sheet. Never raises on what a page may hold; every line is in an answer or left over."""
    lines = sort_lines(transcript)
    if not lines.written:
        return AnswerSheet((), lines.aside, lines.student, (ReviewReason.NO_TEXT,), transcript.warnings)
    sheet_map = SheetMap(paper)
    return _Sheet(sheet_map, lines, transcript.warnings).build(segments_of(lines.written, sheet_map))


class _Sheet:
    """The segments of one sheet becoming its answers."""

    def __init__(self, sheet_map: SheetMap, lines: SheetLines, warnings: tuple[str, ...]) -> None:
        self._map = sheet_map
        self._student = lines.student
        self._leftover = list(lines.aside)
        self._review: list[ReviewReason] = []
        self._warnings = list(warnings)
        self._answers: list[Answer] = []
        self._written = len(lines.written)

    def build(self, segments: list[Segment]) -> AnswerSheet:
        self._head(segments[0], only=len(segments) == 1)
        for index, segment in enumerate(segments[1:], 1):
            if segment.node is None:
                self._section(segment)
            elif segment.node == UNKNOWN:
                self._unknown(segment)
            else:
                self._answer(segment, self._map.nodes[segment.node], segments[index + 1 :])
        leftover = tuple(sorted(self._leftover, key=lambda line: (line.page, line.line.box[1], line.line.box[0])))
        return AnswerSheet(
            tuple(_numbered(self._answers)),
            leftover,
            self._student,
            tuple(dict.fromkeys(self._review)),
            tuple(dict.fromkeys(self._warnings)),
        )

    def _leave(self, fragments: Sequence[Fragment]) -> None:
        self._leftover += [fragment.line for fragment in fragments]

    def _head(self, segment: Segment, *, only: bool) -> None:
        """What stands before the first label: the student's name, a title, or an answer without a label."""
        fragments = segment.fragments
        if self._student is None and fragments and not only:
            for fragment in fragments[:2]:
                if fragment.line.page == 1 and (name := name_in_head(fragment.said)):
                    self._student = name
                    self._leave([fragment])
                    fragments = [other for other in fragments if other is not fragment]
                    break
        leaves = [node for node in self._map.nodes if node.is_leaf]
        said = [fragment for fragment in fragments if fragment.said.strip()]
        if only and len(leaves) == 1 and said:
            self._add(leaves[0], fragments, [ReviewReason.UNLABELLED])
            return
        self._leave(fragments)
        title = len(said) <= 2 and all(len(f.said) < 60 and f.line.line.box[1] < 0.25 for f in said)
        if said and (only or not title):
            self._review.append(ReviewReason.UNLABELLED)
            self._warnings.append("Text without a question's label was left out of all answers.")

    def _section(self, segment: Segment) -> None:
        """A section's heading; what follows it before the next label belongs to no question."""
        self._leave(segment.fragments)
        if any(fragment.said.strip() for fragment in segment.fragments[1:]):
            self._review.append(ReviewReason.UNLABELLED)

    def _unknown(self, segment: Segment) -> None:
        self._leave(segment.fragments)
        self._review.append(ReviewReason.UNKNOWN_QUESTION)
        if segment.cut is not None:
            spot = segment.cut.place.spot
            label = segment.cut.place.text[spot.start : segment.cut.reading.end].strip()
            self._warnings.append(f"The sheet has an answer labelled “{label}”, which the paper does not ask.")

    def _answer(self, segment: Segment, node: Node, later: Sequence[Segment]) -> None:
        review: list[ReviewReason] = []
        if segment.doubtful or (segment.cut is not None and segment.cut.doubtful):
            review.append(ReviewReason.UNLABELLED)
        if segment.cut is not None and segment.cut.misread:
            review.append(ReviewReason.LOOK_ALIKE)
        if node.is_leaf:
            self._add(node, segment.fragments, review)
        else:
            self._parts_without_labels(segment, node, later, review)

    def _parts_without_labels(
        self, segment: Segment, node: Node, later: Sequence[Segment], review: list[ReviewReason]
    ) -> None:
        """Text right under a question that is asked in parts: it goes to the first part that has no label
        of its own on this sheet, and to a person."""
        cleaned = answer_text(segment.fragments, node)
        if not cleaned.text:
            self._leave(segment.fragments)
            return
        taken = {s.node for s in later} | {self._index(answer.question) for answer in self._answers}
        free = [n for n in self._map.nodes if n.is_leaf and set(n.leaves) <= set(node.leaves) and n.index not in taken]
        if not free:
            self._leave(segment.fragments)
            self._review.append(ReviewReason.UNLABELLED)
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
