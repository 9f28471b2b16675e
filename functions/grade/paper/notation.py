"""How this paper prints its marks, where a token alone does not say: "(2)" and "2" in the right margin."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from grade.paper.marks_printed import Form, PrintedMarks, find_marks, without
from grade.paper.pieces import Piece
from grade.paper.rows import GAP, Cell, Row

_NUMBER_CELL = re.compile(r"(\d{1,2}(?:\.5)?|½|\d½)")
_HEADER = re.compile(r"\[?\(?marks?\)?\]?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Notation:
    """`margin`, `paren`: whether numbers in the right margin, plain or in round brackets, are marks. `behind`:
    whether round brackets behind the last sentence of a question are."""

    margin: bool = False
    paren: bool = False
    behind: bool = False
    edge: float = 1.0
    """Where the margin's numbers end."""
    heads: tuple[float, ...] = ()
    """The middles of the headings "Marks" over columns of numbers."""


_FEWEST_BEHIND = 2
_LOOSE = re.compile(
    r"(?<!equation)(?<!eqn)(?<!eq\.)(?<!step)(?<!reaction)(?<!\bpart)(?<!\bin)(?<!\bfrom)(?<!\bof)(?<!\bby)(?<!\band)\s"
    r"\(\s*(\d{1,2}(?:\.5)?)\s*\)\s*$"
)
"""Marks behind a last line that ends without a stop: "ii. segmentation (2)"."""


def read_notation(rows: Iterable[Row]) -> Notation:
    explicit = 0
    heads: list[float] = []
    parens: list[float] = []
    edges: list[float] = []
    behind = 0
    for row in rows:
        last = row.cells[-1]
        heads += [_middle(cell) for cell in row.cells if _HEADER.fullmatch(cell.text) and cell.left > 0.5]
        found = [m for m in find_marks(row.text) if not m.total]
        explicit += any(m.form is Form.EXPLICIT or m.form is Form.BARE_BRACKET for m in found)
        behind += any(m.form is Form.BARE_PAREN for m in found)
        parens += [m.value for m in found if m.form is Form.BARE_PAREN and last.left > 0.6]
        if _NUMBER_CELL.fullmatch(last.text) and in_right_margin(row) and (len(row.cells) > 1 or row.left > 0.8):
            edges.append(last.right)
    edge, count = _most_aligned(edges)
    return Notation(
        margin=(count >= 2 and count > explicit) or bool(heads),
        paren=bool(parens) and not _are_equation_numbers(parens),
        behind=behind >= _FEWEST_BEHIND and behind > explicit,
        edge=edge,
        heads=tuple(heads),
    )


def _middle(cell: Cell) -> float:
    return (cell.left + cell.right) / 2


def _are_equation_numbers(values: list[float]) -> bool:
    """(1), (2), (3) down the margin: equations, not marks."""
    return len(values) > 2 and values == [float(number) for number in range(1, len(values) + 1)]


def in_right_margin(row: Row) -> bool:
    return (row.cells[-1].left - row.origin) / row.width > 0.8


def _most_aligned(edges: list[float]) -> tuple[float, int]:
    """The place where most of these numbers end, within a fiftieth of the page, and how many do."""
    counts = Counter(round(edge * 50) for edge in edges)
    if not counts:
        return 1.0, 0
    best = max(counts, key=lambda slot: counts[slot] + counts[slot + 1] / 2 + counts[slot - 1] / 2)
    return best / 50, counts[best] + counts[best + 1] + counts[best - 1]


def piece_marks(piece: Piece, notation: Notation, *, last: bool) -> tuple[str, list[PrintedMarks]]:
    """The piece's text without its marks, and the marks. `last`: nothing of the question follows."""
    text = piece.text
    kept = [token for token in find_marks(text) if _counts(token, text, notation, last=last)]
    margin = _margin(piece, notation, kept)
    if not kept and margin is None and last and notation.behind and (loose := _LOOSE.search(text)):
        kept = [PrintedMarks(float(loose[1]), Form.BARE_PAREN, loose.start(), loose.end())]
    if notation.paren and not piece.tokens:
        # Where "(2)" are marks, "[12]" alone in the margin is their sum over the question.
        kept = [replace(m, total=True) if m.form is Form.BARE_BRACKET and _alone(m, text) else m for m in kept]
    text = without(text, kept)
    if margin is not None:
        text = text[: text.rindex(margin[1])].rstrip()
        kept.append(margin[0])
    return text, kept


_IN_ITS_OWN_CELL = re.compile(r"(?:^|\t|____)[ .]*+[A-Za-z°%/]{0,4}\s*+$")
"""What may stand before marks in the margin: nothing, or the unit behind a line to write on."""


def _counts(token: PrintedMarks, text: str, notation: Notation, *, last: bool) -> bool:
    if token.form is Form.BARE_PAREN:
        own_cell = text[: token.start + 1].endswith(GAP) or not text[: token.start].strip()
        return notation.paren if own_cell else last
    if token.form is Form.BARE_BRACKET:
        before, after = text[: token.start].rstrip(" "), text[token.end :].strip()
        if "/" in text[token.start : token.end]:
            return not after
        own_cell = bool(_IN_ITS_OWN_CELL.search(before))
        return (not after and (own_cell or last or before[-1:] in ".?!:;)_")) or (not before and bool(after))
    return True


def _alone(token: PrintedMarks, text: str) -> bool:
    return not text[: token.start].strip() and not text[token.end :].strip()


def _margin(piece: Piece, notation: Notation, kept: list[PrintedMarks]) -> tuple[PrintedMarks, str] | None:
    cell = piece.row.cells[-1]
    if not notation.margin or kept:
        return None
    headed = any(abs(_middle(cell) - head) < 0.045 for head in notation.heads)
    if not headed and not (in_right_margin(piece.row) and abs(cell.right - notation.edge) < 0.035):
        return None
    if not _NUMBER_CELL.fullmatch(cell.text) or not piece.text.endswith(cell.text):
        return None
    value = float(cell.text.replace("½", ".5"))
    return PrintedMarks(value, Form.BARE_MARGIN, 0, 0), cell.text
