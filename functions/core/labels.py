"""Which question a label means: "5(a)", "5a", "Q5 a", "B2", "Section B 2(i)" beside the ids of a paper."""

import re
from collections.abc import Iterator

from core.assessment import Question, QuestionPaper, QuestionType

Path = tuple[str, ...]
"""A label as its steps, lower case, numbers without leading zeros: ("5", "a", "ii")."""

_NOISE = re.compile(r"\b(?:questions?|ques|qn|section|part|group|answers?|ans|no|number|sub)\b\.?", re.IGNORECASE)
_Q = re.compile(r"^\W*q(?=[\W_]*\d)", re.IGNORECASE)


def label_path(label: str) -> Path:
    """The steps of a label, however it is written. Letters that stand together stay one step ("aii")."""
    plain = _Q.sub("", _NOISE.sub(" ", label.strip()))
    return tuple(_step(step) for step in re.findall(r"\d+|[^\W\d_]+", plain))


def _step(text: str) -> str:
    return str(int(text)) if text.isdigit() and text.isascii() else text.lower()


def spoken(question_id: str) -> str:
    """A question as people name it, from its path in the tree: "4.a" → "4(a)", "A.1.b.ii" → "A1(b)(ii)"."""
    name = ""
    for step in question_id.split("."):
        if not name:
            name = step
        elif step.isdigit():
            name += f".{step}" if name[-1].isdigit() else step
        else:
            name += f"({step})"
    return name


def nodes(questions: tuple[Question, ...]) -> Iterator[tuple[Path, int, Question]]:
    """Every node with its path and how many of its first steps are sections, which people leave out.

    A node that only gathers questions ("Questions 2 to 6") has no step of its own.
    """
    yield from _nodes(questions, 0)


def _nodes(questions: tuple[Question, ...], sections: int) -> Iterator[tuple[Path, int, Question]]:
    for question in questions:
        path = tuple(_step(step) for step in question.id.split("."))
        own_sections = sections
        if question.type is QuestionType.SECTION:
            gathers = bool(question.parts) and not question.parts[0].id.startswith(f"{question.id}.")
            own_sections = sections if gathers else len(path)
            if not gathers:
                yield path, len(path), question
        else:
            yield path, own_sections, question
        yield from _nodes(question.parts, own_sections)


class Finder:
    """Finds a paper's questions by labels."""

    def __init__(self, paper: QuestionPaper) -> None:
        self._by_path: dict[Path, list[Question]] = {}
        for path, sections, question in nodes(paper.questions):
            for start in range(sections + 1):
                if path[start:]:
                    self._by_path.setdefault(path[start:], []).append(question)

    def find(self, label: str) -> list[Question]:
        """The questions that the label may mean: none, one, or several where only a section would tell."""
        path = label_path(label)
        found = self._by_path.get(path, [])
        if found:
            exact = [q for q in found if tuple(_step(s) for s in q.id.split(".")) == path]
            return exact or found
        for split in _splits(path):
            if found := self._by_path.get(split, []):
                return found
        return []


def _splits(path: Path) -> Iterator[Path]:
    """Readings of letters that stand together: "aii" as (a)(ii)."""
    for index, step in enumerate(path):
        if step.isalpha() and 1 < len(step) <= 6:
            for cut in range(1, len(step)):
                yield (*path[:index], step[:cut], step[cut:], *path[index + 1 :])
