"""Collects the answers of one sheet: cleans them, joins continued ones, and keeps what is left over."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from core.models.result import ReviewReason
from grade.answer import Answer, AnswerLine, AnswerSheet, UnplacedText
from grade.sheet.answer_text import clean_answer
from grade.sheet.fragments import Fragment
from grade.sheet.question_index import QuestionNode
from grade.sheet.segments import Segment
from grade.sheet.unplaced_text import merge_unplaced_texts

_CONTINUED = re.compile(r"\bcont(?:inue|inued|d|'d|\.)", re.IGNORECASE)


class AnswerCollector:
    """The answers of one sheet while they are being collected, with the sheet's leftover lines, reviews and warnings.

    The excluded lines and page numbers of all segments are left over from the start.
    """

    def __init__(self, segments: Sequence[Segment], warnings: Iterable[str]) -> None:
        self.answers: list[Answer] = []
        self.review: list[ReviewReason] = []
        self.warnings = list(warnings)
        self._leftover = [excluded.line for segment in segments for excluded in segment.excluded]
        self._leftover += [line for segment in segments for line, _ in segment.page_numbers]

    def add_leftover(self, fragments: Iterable[Fragment]) -> None:
        self._leftover += [fragment.line for fragment in fragments]

    def add_answer(self, node: QuestionNode, fragments: Sequence[Fragment], review: Sequence[ReviewReason]) -> None:
        """Adds the cleaned text as an answer to `node`, or to the last answer if it continues that.

        Text of which nothing is left after cleaning is left over, unless it was crossed out.
        """
        cleaned = clean_answer(fragments, node)
        reasons = [*review, *cleaned.review]
        self._leftover += cleaned.excluded
        if not cleaned.text and ReviewReason.CROSSED_OUT not in reasons:
            self._leftover += cleaned.lines
            return
        last = self.answers[-1] if self.answers else None
        if last is not None and last.question == node.question.id and _is_continuation(last, fragments):
            self.answers[-1] = replace(
                last,
                text="\n".join(part for part in (last.text, cleaned.text) if part),
                lines=(*last.lines, *cleaned.lines),
                review=tuple(dict.fromkeys((*last.review, *reasons))),
            )
            return
        self.answers.append(Answer(node.question.id, cleaned.text, tuple(cleaned.lines), tuple(dict.fromkeys(reasons))))

    def sorted_leftover(self) -> tuple[AnswerLine, ...]:
        """The leftover lines in the order of their positions on the pages."""
        return tuple(sorted(self._leftover, key=lambda line: (line.page, line.line.box[1], line.line.box[0])))

    def to_sheet(self, student: str | None, unplaced: Iterable[UnplacedText] = ()) -> AnswerSheet:
        """The sheet with everything collected. `unplaced`: kept only for questions without an answer."""
        answered = {answer.question for answer in self.answers}
        return AnswerSheet(
            tuple(_number_attempts(self.answers)),
            self.sorted_leftover(),
            student,
            tuple(dict.fromkeys(self.review)),
            tuple(dict.fromkeys(self.warnings)),
            merge_unplaced_texts(text for text in unplaced if text.question not in answered),
        )


def _is_continuation(last: Answer, fragments: Sequence[Fragment]) -> bool:
    """Whether a label repeated directly after its own answer continues it: on a new page, or as the student says."""
    if not last.lines or not fragments:
        return False
    on_new_page = fragments[0].line.page > last.lines[-1].page
    return on_new_page or _CONTINUED.search(fragments[0].line.line.text[:40]) is not None


def _number_attempts(answers: Sequence[Answer]) -> list[Answer]:
    """The answers with their attempts numbered from 1 by question."""
    counts: Counter[str] = Counter()
    numbered = []
    for answer in answers:
        counts[answer.question] += 1
        numbered.append(replace(answer, attempt=counts[answer.question]))
    return numbered
