"""Fragments: the parts of lines that make up an answer, and the teacher's marks among them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from grade.answer import AnswerLine
from grade.lazy_pattern import LazyPattern

_TICKS = "✓✔☑✅✗✘❌☒"
_TEACHER_MARK = LazyPattern(
    rf"^\W*(?:(?:total|score|marks?(?:\s+obtained)?|grand\s+total|result)\s*[:=]?\s*)?\d{{1,3}}(?:\.\d"
    rf"|½)?\s*/\s*\d{{1,3}}\W*$"
    rf"|^[{_TICKS}√\s]+$|^\s*[-−–+]\s*(?:\d(?:\.5)?|½)\s*$|^\s*(?:good|well done|very good|excellent|see me"
    rf"|v\.?\s?good|nice|wrong|poor)\s*[!.]*\s*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Fragment:
    """A line, or a part of it. `response`: its text after the label. `is_mark_like`: it looks like a teacher's mark."""

    line: AnswerLine
    response: str
    is_mark_like: bool = False


def make_fragment(line: AnswerLine, response: str | None = None) -> Fragment:
    """The fragment of a line, classified. `response`: the whole line where it is not given."""
    text = line.line.text if response is None else response
    return Fragment(line, text, is_teacher_mark(text.strip()))


def is_teacher_mark(text: str) -> bool:
    """Whether the whole text looks like a teacher's mark: "3/5", a tick, "-1"."""
    return bool(_TEACHER_MARK.match(text))


def is_margin_mark(fragment: Fragment, left_edges: Sequence[float]) -> bool:
    """Whether it is a teacher's mark by its look and position. `left_edges`: of the lines of answers."""
    return fragment.is_mark_like and (is_in_margin(fragment, left_edges) or is_only_ticks(fragment.response.strip()))


def is_in_margin(fragment: Fragment, left_edges: Sequence[float]) -> bool:
    """Whether it is in a margin: left of all lines of answers (`left_edges`), or far right of them."""
    left, _, width, _ = fragment.line.line.box
    return (
        left > 0.82 or left + width < min(left_edges, default=0.1) or bool(left_edges and left - max(left_edges) > 0.4)
    )


def is_only_ticks(response: str) -> bool:
    return not re.search(r"\w", response) and not re.search(r"[-−–+]", response)


def remove_ticks(text: str) -> str:
    return re.sub(rf"\s*[{_TICKS}]+\s*", " ", text).strip()
