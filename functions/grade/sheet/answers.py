"""Splits a sheet's transcript into answers by the labels that the student wrote.

Nothing is guessed: an uncertain answer carries a review reason, and text that no question claims stays in `leftover`.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from core.models.assessment import QuestionPaper
from core.models.result import ReviewReason
from core.models.transcript import Transcript
from grade.answer import Answer, AnswerLine, AnswerSheet, UnplacedText
from grade.sheet.answer_text import Fragment, PrintedText, clean_answer
from grade.sheet.label_interpretations import NO_SUCH_QUESTION
from grade.sheet.line_classifier import classify_lines, parse_student_name, read_student_identity
from grade.sheet.question_index import QuestionIndex, QuestionNode
from grade.sheet.segments import Segment, label_left_edges, split_into_segments
from grade.sheet.trailing_lines import TrailingLineFinder
from grade.sheet.unanswered_questions import UnansweredQuestions
from grade.sheet.unplaced_text import (
    SINGLE_VALUE_TYPES,
    find_unplaced_texts,
    make_unplaced_text,
    merge_unplaced_texts,
    reattach_same_row_lines,
)


def split_into_answers(transcript: Transcript, paper: QuestionPaper) -> AnswerSheet:
    """Splits a sheet into answers. Never raises, whatever a page holds; every line is in an answer or left over."""
    lines = classify_lines(transcript)
    question_index = QuestionIndex(paper)
    segments = split_into_segments(lines.answer_lines, question_index, lines.excluded) if lines.answer_lines else []
    if not any(segment.fragments for segment in segments):
        excluded = [one.line for one in lines.excluded] + [line for s in segments for line, _ in s.page_numbers]
        student = read_student_identity(one.line for one in lines.excluded)
        return AnswerSheet((), _sort_by_position(excluded), student, (ReviewReason.NO_TEXT,), transcript.warnings)
    student = read_student_identity(one.line for segment in segments for one in segment.excluded)
    return _AnswerSheetBuilder(
        question_index, PrintedText(paper, label_left_edges(segments)), segments, student, transcript.warnings
    ).build()


def _sort_by_position(lines: Iterable[AnswerLine]) -> tuple[AnswerLine, ...]:
    return tuple(sorted(lines, key=lambda line: (line.page, line.line.box[1], line.line.box[0])))


@dataclass(frozen=True, slots=True)
class _UnclaimedText:
    """Text of the segment number `index` that no label claims.

    `title`: it looks like a heading, which it is unless a question is missing there. `name`: it may be the student's
    name. `warning`: the sheet's warning if the text stays unplaced.
    """

    index: int
    fragments: Sequence[Fragment]
    title: bool = False
    name: bool = False
    warning: str = ""
    review: ReviewReason = ReviewReason.UNLABELLED


class _AnswerSheetBuilder:
    """Builds the answers of one sheet from its segments."""

    def __init__(
        self,
        question_index: QuestionIndex,
        printed: PrintedText,
        segments: list[Segment],
        student: str | None,
        warnings: tuple[str, ...],
    ) -> None:
        self._question_index = question_index
        self._printed = printed
        self._segments = segments
        self._student = student
        self._leftover = [one.line for segment in segments for one in segment.excluded]
        self._leftover += [line for segment in segments for line, _ in segment.page_numbers]
        self._review: list[ReviewReason] = []
        self._warnings = list(warnings)
        self._answers: list[Answer] = []
        self._unclaimed: list[_UnclaimedText] = []

    def build(self) -> AnswerSheet:
        reattach_same_row_lines(self._segments)
        questions = UnansweredQuestions(self._question_index, self._segments)
        trailing = TrailingLineFinder(self._segments, questions).find_all()
        self._add_header(self._segments[0], only=len(self._segments) == 1)
        for index, segment in enumerate(self._segments[1:], 1):
            if segment.node is None:
                self._add_section(index, segment)
            elif segment.node == NO_SUCH_QUESTION:
                self._add_unknown_question(index, segment)
            else:
                segment.doubtful |= index in trailing or not all(one.certain for one in segment.excluded)
                self._add_labelled_answer(index, segment, self._question_index.nodes[segment.node])
        # Text that looks like a heading answers a question only if no other text does.
        texts = sorted(self._unclaimed, key=lambda text: text.title)
        contested = self._find_contested_questions(texts, questions)
        unplaced = [one for text in texts for one in self._place_unclaimed(text, questions, contested)]
        unplaced += find_unplaced_texts(self._segments, questions, trailing, self._answers)
        answered = {answer.question for answer in self._answers}
        return AnswerSheet(
            tuple(_number_attempts(self._answers)),
            _sort_by_position(self._leftover),
            self._student,
            tuple(dict.fromkeys(self._review)),
            tuple(dict.fromkeys(self._warnings)),
            merge_unplaced_texts(one for one in unplaced if one.question not in answered),
        )

    def _add_leftover(self, fragments: Iterable[Fragment]) -> None:
        self._leftover += [fragment.line for fragment in fragments]

    def _find_contested_questions(self, texts: Iterable[_UnclaimedText], questions: UnansweredQuestions) -> set[int]:
        """The leaves that more than one text, other than headings, would answer by its position."""
        missing = (
            questions.missing_between_labels(text.index)
            for text in texts
            if not text.title and self._possible_answer_fragments(text)
        )
        counts = Counter(leaves[0] for leaves in missing if len(leaves) == 1)
        return {leaf for leaf, count in counts.items() if count > 1}

    def _possible_answer_fragments(self, text: _UnclaimedText) -> list[Fragment]:
        return [fragment for fragment in text.fragments if self._printed.may_be_answer(fragment)]

    def _place_unclaimed(
        self, text: _UnclaimedText, questions: UnansweredQuestions, contested: set[int]
    ) -> list[UnplacedText]:
        """Makes the text the answer of the one question that is missing at its position, with a review reason.

        Where there is no such question, returns the text for each question that it may belong to.
        """
        may_answer = self._possible_answer_fragments(text)
        answered = questions.answered(self._answers)
        between = [leaf for leaf in questions.missing_between_labels(text.index) if leaf not in answered]
        if not may_answer or (text.title and not between):
            self._add_leftover(text.fragments)
            return []
        if len(between) == 1 and not text.name and between[0] not in contested:
            self._add_leftover(fragment for fragment in text.fragments if fragment not in may_answer)
            self._add_answer(questions.leaves[between[0]], may_answer, [ReviewReason.UNPLACED_ANSWER])
            return []
        self._add_leftover(text.fragments)
        if not text.title:
            self._review.append(text.review)
            self._warnings += [text.warning] if text.warning else []
        return [
            make_unplaced_text(questions.leaves[leaf].question.id, may_answer)
            for leaf in questions.candidates(text.index, answered)
        ]

    def _add_header(self, segment: Segment, *, only: bool) -> None:
        """Adds the text before the first label: the student's name, a title, or an answer without a label.

        `only`: the sheet has no label at all.
        """
        fragments = list(segment.fragments)
        leaves = [node for node in self._question_index.nodes if node.is_leaf]
        if self._student is None and not only:
            fragments = self._remove_name(fragments)
        filled = [fragment for fragment in fragments if fragment.response.strip()]
        if only and len(leaves) == 1 and filled:
            self._add_answer(leaves[0], fragments, [ReviewReason.UNLABELLED])
            return
        title = len(filled) <= 2 and all(len(f.response) < 60 and f.line.line.box[1] < 0.25 for f in filled)
        warning = "Text without a question's label was left out of all answers."
        self._unclaimed.append(_UnclaimedText(0, fragments, title=title and not only, warning=warning))

    def _remove_name(self, fragments: list[Fragment]) -> list[Fragment]:
        """The lines without the student's name.

        A line of nothing but capitalised words may also be an answer ("Carbon Dioxide"): it stays as unclaimed text,
        which may answer a question without a label there.
        """
        for fragment in fragments[:2]:
            if fragment.line.page == 1 and (name := parse_student_name(fragment.response)):
                self._student = name
                whole = name == fragment.response.strip()
                if whole:
                    self._unclaimed.append(_UnclaimedText(0, [fragment], title=True, name=True))
                else:
                    self._add_leftover([fragment])
                return [other for other in fragments if other is not fragment]
        return fragments

    def _add_section(self, index: int, segment: Segment) -> None:
        """Adds a section's heading; the text between it and the next label belongs to no question."""
        self._add_leftover(segment.fragments[:1])
        self._unclaimed.append(_UnclaimedText(index, segment.fragments[1:]))

    def _add_unknown_question(self, index: int, segment: Segment) -> None:
        fragments = segment.fragments
        if not any(fragment.response.strip() for fragment in fragments):
            # A number that the paper lacks, with nothing after it, may itself be an answer.
            fragments = [Fragment(fragment.line, fragment.line.line.text) for fragment in fragments]
        self._unclaimed.append(_UnclaimedText(index, fragments, review=ReviewReason.UNKNOWN_QUESTION))
        self._review.append(ReviewReason.UNKNOWN_QUESTION)
        if segment.decoded_label is not None:
            span = segment.decoded_label.candidate.span
            label = segment.decoded_label.candidate.text[span.start : segment.decoded_label.reading.end].strip()
            self._warnings.append(f"The sheet has an answer labelled “{label}”, which the paper does not ask.")

    def _add_labelled_answer(self, index: int, segment: Segment, node: QuestionNode) -> None:
        review: list[ReviewReason] = []
        cut_short = node.question.type in SINGLE_VALUE_TYPES and not all(certain for _, certain in segment.page_numbers)
        if segment.doubtful or cut_short or (segment.decoded_label is not None and segment.decoded_label.doubtful):
            review.append(ReviewReason.UNLABELLED)
        if segment.decoded_label is not None and segment.decoded_label.misread:
            review.append(ReviewReason.LOOK_ALIKE)
        if node.is_leaf:
            self._add_answer(node, segment.fragments, review)
        else:
            self._add_unlabelled_part(index, segment, node, review)

    def _add_unlabelled_part(
        self, index: int, segment: Segment, node: QuestionNode, review: list[ReviewReason]
    ) -> None:
        """Adds text directly under a question that is asked in parts.

        It goes to the first part that has no label of its own on this sheet, with a review reason.
        """
        cleaned = clean_answer(segment.fragments, node)
        if not cleaned.text:
            self._add_leftover(segment.fragments)
            return
        taken = {later.node for later in self._segments[index + 1 :]}
        taken |= {self._node_index(answer.question) for answer in self._answers}
        free = [
            n
            for n in self._question_index.nodes
            if n.is_leaf and set(n.leaves) <= set(node.leaves) and n.index not in taken
        ]
        if not free:
            self._unclaimed.append(_UnclaimedText(index, segment.fragments))
            return
        self._add_answer(free[0], segment.fragments, [*review, ReviewReason.UNLABELLED])

    def _node_index(self, question: str) -> int:
        return next((node.index for node in self._question_index.nodes if node.question.id == question), -1)

    def _add_answer(self, node: QuestionNode, fragments: Sequence[Fragment], review: Sequence[ReviewReason]) -> None:
        cleaned = clean_answer(fragments, node)
        reasons = [*review, *cleaned.review]
        self._leftover += cleaned.excluded
        if not cleaned.text and ReviewReason.CROSSED_OUT not in reasons:
            self._leftover += cleaned.lines
            return
        last = self._answers[-1] if self._answers else None
        if last is not None and last.question == node.question.id and _is_continuation(last, fragments):
            self._answers[-1] = replace(
                last,
                text="\n".join(part for part in (last.text, cleaned.text) if part),
                lines=(*last.lines, *cleaned.lines),
                review=tuple(dict.fromkeys((*last.review, *reasons))),
            )
            return
        self._answers.append(
            Answer(node.question.id, cleaned.text, tuple(cleaned.lines), tuple(dict.fromkeys(reasons)))
        )


def _is_continuation(last: Answer, fragments: Sequence[Fragment]) -> bool:
    """Whether a label repeated directly after its own answer continues it: on a new page, or as the student says."""
    if not last.lines or not fragments:
        return False
    on_new_page = fragments[0].line.page > last.lines[-1].page
    says_so = re.search(r"\bcont(?:inue|inued|d|'d|\.)", fragments[0].line.line.text[:40], re.IGNORECASE)
    return on_new_page or says_so is not None


def _number_attempts(answers: Sequence[Answer]) -> list[Answer]:
    """The answers with their attempts numbered from 1 by question."""
    counts: Counter[str] = Counter()
    numbered = []
    for answer in answers:
        counts[answer.question] += 1
        numbered.append(replace(answer, attempt=counts[answer.question]))
    return numbered
