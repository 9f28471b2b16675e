"""Printed question text found again on a sheet or in a key, so that it is not taken for the answer.

Copied words start where the question or one of its sentences starts, and go on line after line. An answer
that takes up words from the middle of a question ("The heart pumps blood") is an answer.
"""

import re

from rapidfuzz import fuzz

_MIN_SIMILARITY, _MIN_SIMILARITY_SHORT = 88.0, 96.0
"""How alike two texts must be, of 100, to be the same words misread here and there."""


def normalize_words(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.lower()))


def find_copied_text(line: str, question: str, start: int | None = None) -> tuple[int, str] | None:
    """Where in the question's words a line that copies it stops, and what the line says after them.

    None where the line copies nothing. `start`: the word with which the copy goes on; else it may start at
    any sentence. At least three words count, four where more follows on the line.
    """
    asked, response = normalize_words(question).split(), list(re.finditer(r"[^\W_]+", line))
    words = [word[0].lower() for word in response]
    for first in _sentence_starts(question) if start is None else [start]:
        following = asked[first:]
        if not following or not words:
            continue
        count = len(words)
        if count <= len(following) + 1:
            alike = fuzz.ratio(" ".join(words), " ".join(following[:count]))
            if (count >= 3 or start is not None) and alike >= (
                _MIN_SIMILARITY if count >= 5 else _MIN_SIMILARITY_SHORT
            ):
                return min(first + count, len(asked)), ""
        elif len(following) >= 4 or start is not None:
            opening = " ".join(words[: len(following)])
            if fuzz.ratio(opening, " ".join(following)) >= _MIN_SIMILARITY + 4:
                return len(asked), line[response[len(following) - 1].end() :].lstrip(" ?.:!)]-–")
    return None


def _sentence_starts(question: str) -> list[int]:
    """The places among the question's words where its sentences and lines start."""
    starts, count = [], 0
    for sentence in re.split(r"(?<=[.?!:;])\s+|\n", question):
        words = len(normalize_words(sentence).split())
        if words:
            starts.append(count)
        count += words
    return starts


def remove_question_text(text: str, question: str) -> str:
    """The text without the lines at its start that repeat the question."""
    lines = text.split("\n")
    at: int | None = None
    while lines and (found := find_copied_text(lines[0], question, at)) is not None:
        at, rest = found
        if rest:
            lines[0] = rest
            break
        lines.pop(0)
    return "\n".join(lines).strip()
