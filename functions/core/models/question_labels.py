"""Question labels: which of a paper's questions "5(a)", "5a", "Q5 a", "B2" or "Section B 2(i)" means."""

import re
from collections.abc import Iterator

from core.models.assessment import Question, QuestionPaper, QuestionType

QuestionPath = tuple[str, ...]
"""The steps of a label in lower case, numbers without leading zeros: ("5", "a", "ii")."""

_IGNORED_WORDS = re.compile(
    r"\b(?:questions?|ques|qn|section|part|group|answers?|ans|no|number|sub)\b\.?", re.IGNORECASE
)
_Q_PREFIX = re.compile(r"^\W*q(?=[\W_]*\d)", re.IGNORECASE)


def parse_label(label: str) -> QuestionPath:
    """Return the steps of a label in any notation. Adjacent letters stay one step ("aii")."""
    cleaned = _Q_PREFIX.sub("", _IGNORED_WORDS.sub(" ", label.strip()))
    return tuple(_normalize_step(step) for step in re.findall(r"\d+|[^\W\d_]+", cleaned))


def _normalize_step(text: str) -> str:
    return str(int(text)) if text.isdigit() and text.isascii() else text.lower()


def format_question_id(question_id: str) -> str:
    """Return a question's id in the usual notation: "4.a" → "4(a)", "A.1.b.ii" → "A1(b)(ii)"."""
    name = ""
    for step in question_id.split("."):
        if not name:
            name = step
        elif step.isdigit():
            name += f".{step}" if name[-1].isdigit() else step
        else:
            name += f"({step})"
    return name


def iter_question_nodes(questions: tuple[Question, ...]) -> Iterator[tuple[QuestionPath, int, Question]]:
    """Yield every node with its path and the number of leading section steps, which a label may omit.

    A node that only groups questions ("Questions 2 to 6") has no step of its own.
    """
    yield from _iter_nodes(questions, 0)


def _iter_nodes(questions: tuple[Question, ...], sections: int) -> Iterator[tuple[QuestionPath, int, Question]]:
    for question in questions:
        path = tuple(_normalize_step(step) for step in question.id.split("."))
        own_sections = sections
        if question.type is QuestionType.SECTION:
            is_grouping = bool(question.parts) and not question.parts[0].id.startswith(f"{question.id}.")
            own_sections = sections if is_grouping else len(path)
            if not is_grouping:
                yield path, len(path), question
        else:
            yield path, own_sections, question
        yield from _iter_nodes(question.parts, own_sections)


class QuestionFinder:
    """Finds the questions of a paper by label."""

    def __init__(self, paper: QuestionPaper) -> None:
        self._by_path: dict[QuestionPath, list[Question]] = {}
        for path, sections, question in iter_question_nodes(paper.questions):
            for start in range(sections + 1):
                if path[start:]:
                    self._by_path.setdefault(path[start:], []).append(question)

    def find(self, label: str) -> list[Question]:
        """Return the questions that the label may mean: none, one, or several that only a section would tell apart."""
        path = parse_label(label)
        found = self._by_path.get(path, [])
        if found:
            exact = [q for q in found if tuple(_normalize_step(s) for s in q.id.split(".")) == path]
            return exact or found
        for split in _split_letter_steps(path):
            if found := self._by_path.get(split, []):
                return found
        return []


def _split_letter_steps(path: QuestionPath) -> Iterator[QuestionPath]:
    """Yield the ways to split adjacent letters: "aii" as (a)(ii)."""
    for index, step in enumerate(path):
        if step.isalpha() and 1 < len(step) <= 6:
            for cut in range(1, len(step)):
                yield (*path[:index], step[:cut], step[cut:], *path[index + 1 :])
