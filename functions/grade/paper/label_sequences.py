"""Finds which labels on a page form a list: the best run of rising values with one style and one indentation.

Pages are full of text that looks like a label: a year that opens a line, a page number, working in mathematics. A
single one cannot be told from a question's number. A list can: its values rise by one, it is set in one style and it
is printed in one column. Dynamic programming finds the best run.
"""

import re
from collections import deque
from dataclasses import dataclass

from grade.paper.label_parser import LabelKind, LabelToken
from grade.paper.printed_marks import find_marks
from grade.paper.text_chunks import TextChunk

_MAX_LOOKBACK = 24
_MAX_GAP = 9
"""How many candidates of one value are looked back at, and how many values a list may leave out. Both bound the work on
a hostile document."""

_MAX_VALUE = 200


_STYLE_WEIGHT = {
    "Q1": 2.0,
    "1.": 1.0,
    "1)": 1.0,
    "1:": 0.7,
    "(1)": 0.8,
    "[1]": 0.4,
    "1.1": 0.9,
    "01": 1.2,
    "1a": 0.9,
    "A1": 1.0,
}
_INSTRUCTION = re.compile(
    r"(?:answer (?:all|any|the questions|questions)|attempt|write (?:your|in (?:black|blue|dark))|use (?:black|blue"
    r"|a)\b"
    r"|do not|you (?:may|must|should|are|have|will)|all questions|this (?:paper|question|exam)|the (?:question )?paper"
    r"|the (?:marks|number of marks|total|maximum|use of|intended)|figures? (?:to|in) the|calculators?|candidates"
    r"|no (?:calculator|marks|books|extra)|show all|time |mobile|there (?:is|are) |each question|please"
    r"|internal choice|section [a-f]\b|read (?:all|the (?:instructions|questions)|each))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class LabelSequence:
    """`items` are indices into the chunks; `values` are the numbers there.

    A value repeats where each part prints its question's number again: 1(a), 1(b).
    """

    kind: LabelKind
    items: tuple[int, ...]
    values: tuple[int, ...]
    score: float


def shift_sequence(sequence: LabelSequence, by: int) -> LabelSequence:
    """Return the sequence with indices relative to the chunk at index `by`."""
    return LabelSequence(sequence.kind, tuple(item - by for item in sequence.items), sequence.values, sequence.score)


def is_instruction(text: str) -> bool:
    """Whether the text tells candidates what to do with the paper, as the front page does."""
    return bool(_INSTRUCTION.match(text))


def find_best_sequence(chunks: list[TextChunk], kind: LabelKind, first: int = 1) -> LabelSequence | None:
    """Return the best-scoring list of this kind, or None if there is none.

    `first` is the value that the list is expected to start with.
    """
    candidates = [
        (index, chunk, value)
        for index, chunk in enumerate(chunks)
        if chunk.tokens and (value := chunk.tokens[0].value(kind)) is not None and 0 < value <= _MAX_VALUE
    ]
    if not candidates:
        return None
    weights = _item_weights(chunks, candidates, kind)
    scores: list[float] = []
    before: list[int | None] = []
    seen: dict[int, deque[int]] = {}
    max_lookback = max(3, min(_MAX_LOOKBACK, 30_000 // len(candidates)))
    for position, (_, chunk, value) in enumerate(candidates):
        best, best_previous = weights[position] + _start_score(value, first), None
        for earlier in range(max(1, value - _MAX_GAP), value + 1):
            for previous in seen.get(earlier, ()):
                step = _step_score(candidates[previous][1], earlier, chunk, value)
                if step is not None and scores[previous] + weights[position] + step > best:
                    best, best_previous = scores[previous] + weights[position] + step, previous
        scores.append(best)
        before.append(best_previous)
        seen.setdefault(value, deque(maxlen=max_lookback)).append(position)
    end: int | None = max(range(len(scores)), key=scores.__getitem__)
    score = scores[end] if end is not None else 0.0
    path: list[int] = []
    while end is not None:
        path.append(end)
        end = before[end]
    path.reverse()
    return LabelSequence(kind, tuple(candidates[i][0] for i in path), tuple(candidates[i][2] for i in path), score)


def _item_weights(
    chunks: list[TextChunk], candidates: list[tuple[int, TextChunk, int]], kind: LabelKind
) -> list[float]:
    """Score how much each candidate looks like a list item by itself."""
    weights = [_item_weight(chunks, index, chunk, kind) for index, chunk, _ in candidates]
    if kind is not LabelKind.NUMBER:
        return weights
    instruction_indices = {
        index for index, chunk, _ in candidates if len(chunk.tokens) == 1 and is_instruction(chunk.text)
    }
    first_marks_index = _find_first_marks(chunks) if instruction_indices else 0
    return [
        weight - (1.0 if index in instruction_indices and index < first_marks_index else 0.0)
        for weight, (index, _, _) in zip(weights, candidates, strict=True)
    ]


def _find_first_marks(chunks: list[TextChunk]) -> int:
    """Return the index of the chunk with the first printed marks. Numbered instructions come before it."""
    for index, chunk in enumerate(chunks):
        if any(not marks.total for marks in find_marks(chunk.text)):
            return index
    return len(chunks)


def _start_score(value: int, first: int) -> float:
    if value == first:
        return 0.5
    return 0.0 if value == 1 else -0.6 - 0.15 * min(abs(value - first), 6)


def _step_score(one: TextChunk, value: int, other: TextChunk, following: int) -> float | None:
    """Return the (negative or zero) score for `other` following `one`; None where it cannot follow."""
    if following < value:
        return None
    cost = 0.0
    if following == value:
        if not _is_next_part(one.tokens, other.tokens):
            return None
        cost -= 0.2
    elif following > value + 1:
        cost -= 0.5 + 0.45 * min(following - value - 1, 6)
    styles = (_normalized_style(one.tokens[0]), _normalized_style(other.tokens[0]))
    if styles[0] != styles[1] and "1.1" not in styles:
        cost -= 1.2 if "Q1" in styles else 0.6
    if "1.1" in styles and len(one.tokens) != len(other.tokens):
        return cost  # 1.1.1 is indented further than 1.1
    same_row = one.row is other.row
    indent_difference = abs((one.left - one.row.origin) - (other.left - other.row.origin))
    if (
        not same_row
        and one.at_row_start
        and other.at_row_start
        and indent_difference > (0.03 if one.row.page == other.row.page else 0.05)
    ):
        cost -= 0.8
    return cost


def _normalized_style(token: LabelToken) -> str:
    """A label's style, the same for letters and Roman numbers."""
    return token.style.replace("i", "a")


def _is_next_part(tokens: tuple[LabelToken, ...], others: tuple[LabelToken, ...]) -> bool:
    """Whether 1(b) may follow 1(a), or 1.2 may follow 1.1 or a plain 1."""
    if len(others) < 2:
        return False
    if len(tokens) < 2:
        return any(value == 1 for _, value in others[1].values)
    for kind, value in others[1].values:
        earlier = tokens[1].value(kind)
        if earlier is not None and (value > earlier or (value == earlier and _is_next_part(tokens[1:], others[1:]))):
            return True
    return False


def _item_weight(chunks: list[TextChunk], index: int, chunk: TextChunk, kind: LabelKind) -> float:
    """Score how much this chunk looks like a list item by itself."""
    token = chunk.tokens[0]
    text = chunk.text.lstrip("\t ")
    if kind is not LabelKind.NUMBER:
        if kind is LabelKind.LOWER and token.name.isupper():
            return 0.6
        weight = 1.0 if token.style in ("(a)", "(i)", "a)", "i)") else 0.85
        # Strokes that may be either case are more often lower case.
        weight -= 0.2 if kind is LabelKind.ROMAN_UPPER and token.name.islower() else 0.0
        if token.style == "A":
            return 0.5
        return weight if text or len(chunk.tokens) > 1 else weight - 0.15
    weight = _STYLE_WEIGHT.get(token.style, 0.45)
    if token.style == "1" and len(chunk.row.cells) > 1 and chunk.row.cells[0].text.strip() == token.name:
        weight += 0.3
    if len(chunk.tokens) > 1:
        return weight + 0.1
    if not text:
        return weight - (0.3 if token.style == "1" else 0.2)
    if re.match(r"[a-zµ%°]", text):
        weight -= 1.0 if token.style == "1" else 0.5
    elif token.style == "(1)":
        pass
    elif re.match(r"[\d=×÷+\-−*/<>^,;)]", text):
        weight -= 0.6 if re.match(r"[\d\-−+]", text) and token.style != "1" else 1.2
    elif token.style == "1" and re.match(r"[A-Z]{1,3}\b(?! [a-z])", text):
        weight -= 0.3
    if token.style != "Q1" and _continues_sentence(chunks, index):
        weight -= 0.6
    return weight


def _continues_sentence(chunks: list[TextChunk], index: int) -> bool:
    """Whether the row above breaks off in the middle of a sentence and this row is aligned with its text."""
    if index == 0 or not chunks[index].at_row_start:
        return False
    above = chunks[index - 1]
    if above.tokens or above.row.reach < 0.85 or not above.text:
        return False
    is_complete = above.text.rstrip()[-1:] in ".?!:;])"
    return not is_complete and abs(above.row.indent - chunks[index].row.indent) < 0.015
