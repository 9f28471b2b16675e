"""Splits a sheet's transcript into answers by the labels that the student wrote.

The steps run in one direction: transcript → classified lines → labels → segments → cleaned answers. Nothing is guessed:
an uncertain answer carries a review reason, and text that no question claims stays in `leftover`.
"""

from collections.abc import Collection, Sequence

from core.models.assessment import QuestionPaper
from core.models.result import ReviewReason
from core.models.transcript import Transcript
from grade.answer import AnswerSheet
from grade.sheet.answer_collector import AnswerCollector
from grade.sheet.answer_text import clean_answer
from grade.sheet.fragments import Fragment, make_fragment
from grade.sheet.label_interpretations import NO_SUCH_QUESTION
from grade.sheet.labels import find_labels
from grade.sheet.line_classifier import classify_lines, parse_student_name, read_student_identity
from grade.sheet.question_index import QuestionIndex, QuestionNode
from grade.sheet.segments import Segment, cut_at_labels, label_left_edges
from grade.sheet.trailing_lines import TrailingLineFinder
from grade.sheet.unanswered_questions import UnansweredQuestions
from grade.sheet.unclaimed_text import PrintedText, UnclaimedText, place_unclaimed_texts
from grade.sheet.unplaced_text import find_unplaced_texts, may_be_a_number, reattach_same_row_lines


def split_into_answers(transcript: Transcript, paper: QuestionPaper) -> AnswerSheet:
    """Splits a sheet into answers. Never raises, whatever a page holds; every line is in an answer or left over."""
    question_index = QuestionIndex(paper)
    lines = classify_lines(transcript)
    labels = find_labels(lines.answer_lines, question_index)
    segments = cut_at_labels(lines.answer_lines, labels, lines.excluded)
    student = read_student_identity(excluded.line for segment in segments for excluded in segment.excluded)
    collector = AnswerCollector(segments, transcript.warnings)
    if not any(segment.fragments for segment in segments):
        return AnswerSheet((), collector.sorted_leftover(), student, (ReviewReason.NO_TEXT,), transcript.warnings)

    reattach_same_row_lines(segments)
    questions = UnansweredQuestions(question_index, segments)
    trailing = TrailingLineFinder(segments, questions).find_all()
    student, unclaimed = _read_header(segments, student, question_index, collector)
    unclaimed += _collect_labelled_answers(segments, trailing, question_index, collector)
    unplaced = place_unclaimed_texts(unclaimed, questions, PrintedText(paper, label_left_edges(segments)), collector)
    unplaced += find_unplaced_texts(segments, questions, trailing, collector.answers)
    return collector.to_sheet(student, unplaced)


def _read_header(
    segments: Sequence[Segment], student: str | None, question_index: QuestionIndex, collector: AnswerCollector
) -> tuple[str | None, list[UnclaimedText]]:
    """The student and the unclaimed text in the lines before the first label: a name, a title, or an answer.

    `student`: the identity that a form on the sheet gives. A sheet without any label, of a paper with one question, is
    that question's answer.
    """
    fragments = list(segments[0].fragments)
    has_labels = len(segments) > 1
    leaves = [node for node in question_index.nodes if node.is_leaf]
    unclaimed: list[UnclaimedText] = []
    name_line = _find_name_line(fragments) if student is None and has_labels else None
    if name_line is not None:
        student = parse_student_name(name_line.response)
        fragments = [fragment for fragment in fragments if fragment is not name_line]
        if student == name_line.response.strip():
            # A line of nothing but capitalised words may also be an answer ("Carbon Dioxide"): it stays unclaimed
            # text, which may answer a question without a label there.
            unclaimed.append(UnclaimedText(0, [name_line], title=True, name=True))
        else:
            collector.add_leftover([name_line])
    filled = [fragment for fragment in fragments if fragment.response.strip()]
    if not has_labels and len(leaves) == 1 and filled:
        collector.add_answer(leaves[0], fragments, [ReviewReason.UNLABELLED])
        return student, unclaimed
    title = len(filled) <= 2 and all(len(f.response) < 60 and f.line.line.box[1] < 0.25 for f in filled)
    warning = "Text without a question's label was left out of all answers."
    unclaimed.append(UnclaimedText(0, fragments, title=title and has_labels, warning=warning))
    return student, unclaimed


def _find_name_line(fragments: Sequence[Fragment]) -> Fragment | None:
    """The line with the student's name, one of the first two lines of page 1."""
    return next((one for one in fragments[:2] if one.line.page == 1 and parse_student_name(one.response)), None)


def _collect_labelled_answers(
    segments: Sequence[Segment], trailing: Collection[int], question_index: QuestionIndex, collector: AnswerCollector
) -> list[UnclaimedText]:
    """Collects the answers of the segments that name a question, and returns the text of all others."""
    unclaimed: list[UnclaimedText] = []
    for index, segment in enumerate(segments[1:], 1):
        if segment.node is None:
            # A section's heading: the text between it and the next label belongs to no question.
            collector.add_leftover(segment.fragments[:1])
            unclaimed.append(UnclaimedText(index, segment.fragments[1:]))
        elif segment.node == NO_SUCH_QUESTION:
            unclaimed.append(_read_unknown_question(index, segment, collector))
        else:
            node = question_index.nodes[segment.node]
            segment.doubtful |= index in trailing or not all(line.certain for line in segment.excluded)
            review = _label_review(segment, node)
            if node.is_leaf:
                collector.add_answer(node, segment.fragments, review)
            elif not clean_answer(segment.fragments, node).text:
                collector.add_leftover(segment.fragments)
            elif (part := _find_free_part(segments[index + 1 :], node, question_index, collector)) is not None:
                collector.add_answer(part, segment.fragments, [*review, ReviewReason.UNLABELLED])
            else:
                unclaimed.append(UnclaimedText(index, segment.fragments))
    return unclaimed


def _read_unknown_question(index: int, segment: Segment, collector: AnswerCollector) -> UnclaimedText:
    """The text under a label that the paper lacks, which is reported."""
    fragments = segment.fragments
    if not any(fragment.response.strip() for fragment in fragments):
        # A number that the paper lacks, with nothing after it, may itself be an answer.
        fragments = [make_fragment(fragment.line) for fragment in fragments]
    collector.review.append(ReviewReason.UNKNOWN_QUESTION)
    if segment.decoded_label is not None:
        span = segment.decoded_label.candidate.span
        label = segment.decoded_label.candidate.text[span.start : segment.decoded_label.reading.end].strip()
        collector.warnings.append(f"The sheet has an answer labelled “{label}”, which the paper does not ask.")
    return UnclaimedText(index, fragments, review=ReviewReason.UNKNOWN_QUESTION)


def _label_review(segment: Segment, node: QuestionNode) -> list[ReviewReason]:
    """The reasons for review that the label of a segment gives."""
    review: list[ReviewReason] = []
    label = segment.decoded_label
    cut_short = may_be_a_number(node) and not all(certain for _, certain in segment.page_numbers)
    if segment.doubtful or cut_short or (label is not None and label.doubtful):
        review.append(ReviewReason.UNLABELLED)
    if label is not None and label.misread:
        review.append(ReviewReason.LOOK_ALIKE)
    return review


def _find_free_part(
    later_segments: Sequence[Segment], node: QuestionNode, question_index: QuestionIndex, collector: AnswerCollector
) -> QuestionNode | None:
    """The part that text directly under a question with parts answers: the first one without a label or an answer."""
    labelled = {segment.node for segment in later_segments}
    answered = {answer.question for answer in collector.answers}
    parts = (one for one in question_index.nodes if one.is_leaf and set(one.leaves) <= set(node.leaves))
    return next((one for one in parts if one.index not in labelled and one.question.id not in answered), None)
