"""Finds printed question text on a sheet or in an answer key, so that it is not taken for the answer.

A copy starts where the question or one of its sentences starts, and continues line after line. An answer that repeats
words from the middle of a question ("The heart pumps blood") is an answer.
"""

import re

from rapidfuzz import fuzz

_MIN_SIMILARITY, _MIN_SIMILARITY_SHORT = 88.0, 96.0
"""Similarity, of 100, from which two texts are the same words with OCR errors."""


def normalize_words(text: str) -> str:
    """The words and numbers of the text in lower case, separated by single spaces."""
    return " ".join(re.findall(r"[^\W_]+", text.lower()))


def find_copied_text(line: str, question: str, start: int | None = None) -> tuple[int, str] | None:
    """The word of the question at which a copy on this line stops, and the rest of the line after the copy.

    None where the line copies nothing. `start`: index of the word with which the copy continues; without it the copy
    may start at any sentence. A copy has at least three words, four where more text follows on the line.
    """
    asked, response = normalize_words(question).split(), list(re.finditer(r"[^\W_]+", line))
    words = [word[0].lower() for word in response]
    for first in _sentence_starts(question) if start is None else [start]:
        following = asked[first:]
        if not following or not words:
            continue
        count = len(words)
        if count <= len(following) + 1:
            similarity = fuzz.ratio(" ".join(words), " ".join(following[:count]))
            if (count >= 3 or start is not None) and similarity >= (
                _MIN_SIMILARITY if count >= 5 else _MIN_SIMILARITY_SHORT
            ):
                return min(first + count, len(asked)), ""
        elif len(following) >= 4 or start is not None:
            opening = " ".join(words[: len(following)])
            if fuzz.ratio(opening, " ".join(following)) >= _MIN_SIMILARITY + 4:
                return len(asked), line[response[len(following) - 1].end() :].lstrip(" ?.:!)]-–")
    return None


def _sentence_starts(question: str) -> list[int]:
    """Indexes of the words at which the question's sentences and lines start."""
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
    word_index: int | None = None
    while lines and (found := find_copied_text(lines[0], question, word_index)) is not None:
        word_index, rest = found
        if rest:
            lines[0] = rest
            break
        lines.pop(0)
    return "\n".join(lines).strip()
