"""Finds the questions of a paper without a label or an answer on a sheet, and those that a text there may answer."""

from collections.abc import Iterable, Sequence, Set

from grade.answer import Answer
from grade.sheet.question_index import QuestionIndex, QuestionNode
from grade.sheet.segments import Segment


class UnansweredQuestions:
    """The answerable questions of a paper against the segments of one sheet.

    A leaf is the position of an answerable question in printed order; `index` is the index of a segment.
    """

    def __init__(self, question_index: QuestionIndex, segments: Sequence[Segment]) -> None:
        self._question_index = question_index
        self._segments = segments
        self.leaves: dict[int, QuestionNode] = {node.leaves[0]: node for node in question_index.nodes if node.is_leaf}
        self.labelled = {
            node.leaves[0] for segment in segments if (node := self.node(segment)) is not None and node.is_leaf
        }

    def node(self, segment: Segment) -> QuestionNode | None:
        """The question that a segment's label names; None without a label or for a question that the paper lacks."""
        return self._question_index.nodes[segment.node] if segment.node is not None and segment.node >= 0 else None

    def missing_between_labels(self, index: int) -> list[int]:
        """The leaves without a label that the paper has between the labels before and after this segment."""
        return self._unlabelled_between(self._last_leaf_before(index), index)

    def missing_after(self, index: int) -> list[int]:
        """The leaves without a label that may be answered after this segment's own question, nearest first.

        These are the leaves up to the next label's, and all others where the sheet ends or the labels start again from
        an earlier question.
        """
        own = self.node(self._segments[index])
        if own is None:
            return []
        near = self._unlabelled_between(self._last_leaf(own), index)
        following = self._next_node(index)
        if following is not None and following.leaves[-1] >= own.leaves[0]:
            return near
        return near + [leaf for leaf in self.leaves if leaf not in self.labelled and leaf not in near]

    def missing_before_next_label(self, index: int) -> list[int]:
        """The leaves without a label between this segment's own question and that of the next label."""
        own = self.node(self._segments[index])
        bounded = own is not None and self._next_node(index) is not None
        return self._unlabelled_between(self._last_leaf(own), index) if own is not None and bounded else []

    def empty_label_after(self, index: int) -> list[int]:
        """The leaf that the next label names, if nothing follows that label; else an empty list."""
        following = self._segments[index + 1] if index + 1 < len(self._segments) else None
        node = self.node(following) if following is not None else None
        if (
            following is None
            or node is None
            or not node.is_leaf
            or any(f.response.strip() for f in following.fragments)
        ):
            return []
        return [node.leaves[0]]

    def candidates(self, index: int, answered: Set[int]) -> list[int]:
        """The leaves without an answer that the segment's text may belong to.

        These are the ones missing between the labels around it, else those without a label, else all.
        """
        unanswered = [leaf for leaf in self.leaves if leaf not in answered]
        between = [leaf for leaf in self.missing_between_labels(index) if leaf not in answered]
        return between or [leaf for leaf in unanswered if leaf not in self.labelled] or unanswered

    def answered(self, answers: Iterable[Answer]) -> set[int]:
        """The leaves that these answers belong to."""
        questions = {answer.question for answer in answers}
        return {leaf for leaf, node in self.leaves.items() if node.question.id in questions}

    def _unlabelled_between(self, leaf_before: int, index: int) -> list[int]:
        """The leaves without a label after `leaf_before` and before the first leaf after this segment."""
        between = range(leaf_before + 1, self._first_leaf_after(index))
        return [leaf for leaf in between if leaf in self.leaves and leaf not in self.labelled]

    @staticmethod
    def _last_leaf(node: QuestionNode) -> int:
        return node.leaves[-1] if node.is_leaf else node.leaves[0] - 1

    def _last_leaf_before(self, index: int) -> int:
        for segment in reversed(self._segments[:index]):
            if (node := self.node(segment)) is not None:
                return self._last_leaf(node)
            if (section := self._opening_section(segment)) is not None:
                return section.leaves[0] - 1
        return -1

    def _first_leaf_after(self, index: int) -> int:
        node = self._next_node(index)
        return node.leaves[0] if node is not None else max(self.leaves, default=-1) + 1

    def _next_node(self, index: int) -> QuestionNode | None:
        """The node that the next label or section's heading names."""
        named = (self.node(segment) or self._opening_section(segment) for segment in self._segments[index + 1 :])
        return next((node for node in named if node is not None), None)

    def _opening_section(self, segment: Segment) -> QuestionNode | None:
        """The section whose heading starts the segment."""
        if segment.node is not None or segment.decoded_label is None:
            return None
        path = self._question_index.find_section(segment.decoded_label.reading.path[0])
        return self._question_index.nodes[self._question_index.by_full_path[path]] if path is not None else None
