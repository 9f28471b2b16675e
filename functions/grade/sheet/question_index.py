"""Indexes the questions of a paper by the labels with which a sheet refers to them."""

from dataclasses import dataclass

from core.models.assessment import Question, QuestionPaper, QuestionType
from core.models.question_labels import QuestionPath, iter_question_nodes


@dataclass(frozen=True, slots=True)
class QuestionNode:
    """A question or a group of the paper.

    `sections`: how many steps of `path` are sections. `leaves`: positions of its answerable questions in printed order.
    `leaf_mask`: the same as a bit mask. `context`: printed text of the groups above.
    """

    index: int
    question: Question
    path: QuestionPath
    sections: int
    parent: int | None
    leaves: tuple[int, ...]
    leaf_mask: int
    context: str

    @property
    def is_leaf(self) -> bool:
        return not self.question.parts


class QuestionIndex:
    """The nodes of a paper in printed order.

    `by_full_path`: their indexes by the whole path. `by_path`: also by the path without leading sections, which several
    questions may share.
    """

    def __init__(self, paper: QuestionPaper) -> None:
        self.nodes: list[QuestionNode] = []
        self.by_path: dict[QuestionPath, list[int]] = {}
        self.by_full_path: dict[QuestionPath, int] = {}
        listed = list(iter_question_nodes(paper.questions))
        index_by_id = {question.id: index for index, (_, _, question) in enumerate(listed)}
        ancestors = _find_ancestors(paper.questions)
        order = {leaf.id: index for index, leaf in enumerate(paper.leaves())}
        for index, (path, sections, question) in enumerate(listed):
            leaves = tuple(order[leaf.id] for leaf in question.leaves())
            parents = [parent for parent in ancestors.get(question.id, ()) if parent.id in index_by_id]
            context = "\n".join(parent.text for parent in parents if parent.type is not QuestionType.SECTION)
            parent = index_by_id[parents[-1].id] if parents else None
            leaf_mask = sum(1 << leaf for leaf in set(leaves))
            self.nodes.append(QuestionNode(index, question, path, sections, parent, leaves, leaf_mask, context))
            self.by_full_path.setdefault(path, index)
            if question.type is not QuestionType.SECTION:
                for start in range(sections + 1):
                    if path[start:]:
                        self.by_path.setdefault(path[start:], []).append(index)

    def find_section(self, name: str) -> QuestionPath | None:
        """The path of the first section with this name; None where there is none."""
        found = [n for n in self.nodes if n.question.type is QuestionType.SECTION and n.path[-1] == name]
        return found[0].path if found else None

    def find_relative(self, current: int | None, path: QuestionPath) -> int | None:
        """The node that a lone part means while `current` is open: a part of it, of its parent, and so on up.

        Sections are not searched. None where no part matches.
        """
        index = current
        while index is not None:
            node = self.nodes[index]
            if node.question.type is QuestionType.SECTION:
                return None
            found = self.by_full_path.get((*node.path, *path))
            if found is not None:
                return found
            index = node.parent
        return None

    def is_next_part(self, current: int | None, path: QuestionPath) -> bool:
        """Whether a lone part letter continues where the open question's parts end: (d) after (c), the last one."""
        if current is None or self.nodes[current].parent is None or len(path) != 1:
            return False
        siblings = self.nodes[self.nodes[current].parent or 0].question.parts
        own = self.nodes[current].path[-1]
        last = siblings[-1].id.split(".")[-1].lower()
        return own == last and len(own) == len(path[0]) == 1 and ord(path[0]) == ord(own) + 1


def _find_ancestors(questions: tuple[Question, ...]) -> dict[str, tuple[Question, ...]]:
    """The ancestors of every question by its id, outermost first."""
    found: dict[str, tuple[Question, ...]] = {}

    def walk(question: Question, ancestors: tuple[Question, ...]) -> None:
        found[question.id] = ancestors
        for part in question.parts:
            walk(part, (*ancestors, question))

    for question in questions:
        walk(question, ())
    return found
