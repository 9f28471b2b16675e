"""Which of the labels on a page make a list: the best run of rising values that stand alike.

Pages are full of things that look like labels (a year that opens a line, a page's number, working in
mathematics). One by one they cannot be told from a question's number; as a list they can: a list rises by
one, is set in one style and stands in one column. The best such run is found by dynamic programming.
"""

import re
from collections import deque
from dataclasses import dataclass

from grade.paper.marks_printed import find_marks
from grade.paper.numbering import Kind, Token
from grade.paper.pieces import Piece

_REACH_BACK = 24
_WIDEST_GAP = 9
"""How many candidates of one value are looked back at, and how many values a list may leave out: bounds for
the work on a hostile document."""

_HIGHEST = 200


@dataclass(frozen=True, slots=True)
class Chain:
    """`items` are positions among the pieces; `values` the numbers there (a value may come again where
    each part repeats its question's number: 1(a), 1(b))."""

    kind: Kind
    items: tuple[int, ...]
    values: tuple[int, ...]
    score: float


def shifted(chain: Chain, by: int) -> Chain:
    """The chain as it stands in the pieces from position `by` on."""
    return Chain(chain.kind, tuple(item - by for item in chain.items), chain.values, chain.score)


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


def is_instruction(text: str) -> bool:
    """Whether the text tells candidates what to do with the paper, as its front page does."""
    return bool(_INSTRUCTION.match(text))


def best_chain(pieces: list[Piece], kind: Kind, first: int = 1) -> Chain | None:
    """The best list of this kind, None where there is none. `first`: the value it ought to start with."""
    candidates = [
        (index, piece, value)
        for index, piece in enumerate(pieces)
        if piece.tokens and (value := piece.tokens[0].value(kind)) is not None and 0 < value <= _HIGHEST
    ]
    if not candidates:
        return None
    weights = _weights(pieces, candidates, kind)
    scores: list[float] = []
    before: list[int | None] = []
    seen: dict[int, deque[int]] = {}
    reach = max(3, min(_REACH_BACK, 30_000 // len(candidates)))
    for here, (_, piece, value) in enumerate(candidates):
        best, link = weights[here] + _start(value, first), None
        for earlier in range(max(1, value - _WIDEST_GAP), value + 1):
            for back in seen.get(earlier, ()):
                step = _step(candidates[back][1], earlier, piece, value)
                if step is not None and scores[back] + weights[here] + step > best:
                    best, link = scores[back] + weights[here] + step, back
        scores.append(best)
        before.append(link)
        seen.setdefault(value, deque(maxlen=reach)).append(here)
    end: int | None = max(range(len(scores)), key=scores.__getitem__)
    score = scores[end] if end is not None else 0.0
    path: list[int] = []
    while end is not None:
        path.append(end)
        end = before[end]
    path.reverse()
    return Chain(kind, tuple(candidates[i][0] for i in path), tuple(candidates[i][2] for i in path), score)


def _weights(pieces: list[Piece], candidates: list[tuple[int, Piece, int]], kind: Kind) -> list[float]:
    """How much each candidate looks like an item by itself."""
    weights = [_weight(pieces, index, piece, kind) for index, piece, _ in candidates]
    if kind is not Kind.NUMBER:
        return weights
    told = {index for index, piece, _ in candidates if len(piece.tokens) == 1 and is_instruction(piece.text)}
    marks_from = _first_marks(pieces) if told else 0
    return [
        weight - (1.0 if index in told and index < marks_from else 0.0)
        for weight, (index, _, _) in zip(weights, candidates, strict=True)
    ]


def _first_marks(pieces: list[Piece]) -> int:
    """Where the first marks are printed: numbered instructions stand before them."""
    for index, piece in enumerate(pieces):
        if any(not marks.total for marks in find_marks(piece.text)):
            return index
    return len(pieces)


def _start(value: int, first: int) -> float:
    if value == first:
        return 0.5
    return 0.0 if value == 1 else -0.6 - 0.15 * min(abs(value - first), 6)


def _step(one: Piece, value: int, other: Piece, following: int) -> float | None:
    """What it costs that `other` comes after `one`; None where it cannot."""
    if following < value:
        return None
    cost = 0.0
    if following == value:
        if not _part_follows(one.tokens, other.tokens):
            return None
        cost -= 0.2
    elif following > value + 1:
        cost -= 0.5 + 0.45 * min(following - value - 1, 6)
    styles = (_set(one.tokens[0]), _set(other.tokens[0]))
    if styles[0] != styles[1] and "1.1" not in styles:
        cost -= 1.2 if "Q1" in styles else 0.6
    if "1.1" in styles and len(one.tokens) != len(other.tokens):
        return cost  # 1.1.1 stands further in than 1.1
    same_row = one.row is other.row
    apart = abs((one.left - one.row.origin) - (other.left - other.row.origin))
    if not same_row and one.opens and other.opens and apart > (0.03 if one.row.page == other.row.page else 0.05):
        cost -= 0.8
    return cost


def _set(token: Token) -> str:
    """How a label is set, the same for letters and Roman numbers."""
    return token.style.replace("i", "a")


def _part_follows(tokens: tuple[Token, ...], others: tuple[Token, ...]) -> bool:
    """Whether 1(b) may follow 1(a), or 1.2 follow 1.1 or a plain 1."""
    if len(others) < 2:
        return False
    if len(tokens) < 2:
        return any(value == 1 for _, value in others[1].values)
    for kind, value in others[1].values:
        earlier = tokens[1].value(kind)
        if earlier is not None and (value > earlier or (value == earlier and _part_follows(tokens[1:], others[1:]))):
            return True
    return False


def _weight(pieces: list[Piece], index: int, piece: Piece, kind: Kind) -> float:
    """How much this piece looks like an item of a list, by itself."""
    token = piece.tokens[0]
    text = piece.text.lstrip("\t ")
    if kind is not Kind.NUMBER:
        if kind is Kind.LOWER and token.name.isupper():
            return 0.6
        weight = 1.0 if token.style in ("(a)", "(i)", "a)", "i)") else 0.85
        # Strokes that may be of either size are small ones more often.
        weight -= 0.2 if kind is Kind.ROMAN_UPPER and token.name.islower() else 0.0
        if token.style == "A":
            return 0.5
        return weight if text or len(piece.tokens) > 1 else weight - 0.15
    weight = _STYLE_WEIGHT.get(token.style, 0.45)
    if token.style == "1" and len(piece.row.cells) > 1 and piece.row.cells[0].text.strip() == token.name:
        weight += 0.3
    if len(piece.tokens) > 1:
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
    if token.style != "Q1" and _goes_on(pieces, index):
        weight -= 0.6
    return weight


def _goes_on(pieces: list[Piece], index: int) -> bool:
    """Whether the row above breaks off in the middle of a sentence, with this row under its text."""
    if index == 0 or not pieces[index].opens:
        return False
    above = pieces[index - 1]
    if above.tokens or above.row.reach < 0.85 or not above.text:
        return False
    ended = above.text.rstrip()[-1:] in ".?!:;])"
    return not ended and abs(above.row.indent - pieces[index].row.indent) < 0.015
