"""Printed question text found again on a sheet or in a key, so that it is not taken for the answer."""

import re

from rapidfuzz import fuzz

_CLOSE = 88.0
"""How alike two texts are, of 100, to count as the same words misread here and there."""


def plain(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.lower()))


def is_question_text(line: str, question: str) -> bool:
    """Whether a line holds nothing but words of the question, in their order."""
    said, asked = plain(line), plain(question)
    words = said.count(" ") + 1
    if not said or not asked or len(said) > len(asked) + 6:
        return False
    if words < 3:
        return False
    return fuzz.partial_ratio(said, asked) >= (_CLOSE if words >= 5 else 96.0)


def without_question(text: str, question: str) -> str:
    """The text without the lines at its start that repeat the question. A line that begins with the whole
    question and goes on keeps what follows."""
    lines = text.split("\n")
    while lines and is_question_text(lines[0], question):
        lines.pop(0)
    if lines and (cut := _after_question(lines[0], question)) is not None:
        lines[0] = cut
    return "\n".join(lines).strip()


def _after_question(line: str, question: str) -> str | None:
    """What follows the whole question's words on one line, None where the line does not begin with them."""
    asked = plain(question).split()
    words = list(re.finditer(r"[^\W_]+", line))
    if len(asked) < 4 or len(words) <= len(asked):
        return None
    opening = " ".join(word[0].lower() for word in words[: len(asked)])
    if fuzz.ratio(opening, " ".join(asked)) < _CLOSE + 4:
        return None
    return line[words[len(asked) - 1].end() :].lstrip(" ?.:!)]-–")
