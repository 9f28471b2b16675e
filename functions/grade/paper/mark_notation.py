"""Decides from the whole paper how it prints its marks (brackets, margin numbers, percentages), and extracts them.

A token alone does not always say whether it is marks: "(2)", or "2" in the right margin. The whole paper shows it.
The patterns are in `printed_marks`.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from grade.paper.label_parser import parse_leading_label
from grade.paper.printed_marks import MarkForm, PrintedMarks, find_marks, remove_marks
from grade.paper.rows import GAP, Cell, Row
from grade.paper.text_chunks import TextChunk

_NUMBER_CELL = re.compile(r"(\d{1,2}(?:\.5)?|½|\d½)")
_MARKS_HEADER = re.compile(r"\[?\(?marks?\)?\]?", re.IGNORECASE)


_MIN_TRAILING_PARENS = 2
_UNPUNCTUATED_MARKS = re.compile(
    r"(?<!equation)(?<!eqn)(?<!eq\.)(?<!step)(?<!reaction)(?<!\bpart)(?<!\bin)(?<!\bfrom)(?<!\bof)(?<!\bby)(?<!\band)\s"
    r"\(\s*(\d{1,2}(?:\.5)?)\s*\)\s*$"
)
"""Marks after a last line that ends without a full stop: "ii. segmentation (2)"."""
_CELL_BEFORE_MARKS = re.compile(r"(?:^|\t|____)[ .]*+[A-Za-z°%/]{0,4}\s*+$")
"""What may come before marks in the margin: nothing, or the unit after a line to write on."""
_WEIGHT = re.compile(r"[\[(]\s*(\d{1,3}(?:\.5)?)\s?(?:%|per\s?cent)\s*[\])]", re.IGNORECASE)
_MIN_WEIGHTED_ROWS = 2


@dataclass(frozen=True, slots=True)
class MarkNotation:
    """How this paper prints marks that are ambiguous on their own.

    `margin` and `paren`: whether plain numbers and numbers in round brackets in the right margin are marks.
    `trailing_parens`: whether round brackets after the last sentence of a question are marks.
    """

    margin: bool = False
    paren: bool = False
    trailing_parens: bool = False
    edge: float = 1.0
    """Where the numbers in the margin end (right edge, fraction of the page width)."""
    column_centers: tuple[float, ...] = ()
    """Centres of the column headings "Marks" above columns of numbers."""


def detect_mark_notation(rows: Iterable[Row]) -> MarkNotation:
    """Decide from all rows which ambiguous tokens are marks in this paper."""
    explicit = 0
    column_centers: list[float] = []
    parens: list[float] = []
    edges: list[float] = []
    trailing_parens = 0
    for row in rows:
        last = row.cells[-1]
        column_centers += [
            _cell_center(cell) for cell in row.cells if _MARKS_HEADER.fullmatch(cell.text) and cell.left > 0.5
        ]
        found = [m for m in find_marks(row.text) if not m.total]
        explicit += any(m.form is MarkForm.EXPLICIT or m.form is MarkForm.BARE_BRACKET for m in found)
        trailing_parens += any(m.form is MarkForm.BARE_PAREN for m in found)
        parens += [m.value for m in found if m.form is MarkForm.BARE_PAREN and last.left > 0.6]
        if _NUMBER_CELL.fullmatch(last.text) and is_in_right_margin(row) and (len(row.cells) > 1 or row.left > 0.8):
            edges.append(last.right)
    edge, count = _most_common_edge(edges)
    return MarkNotation(
        margin=(count >= 2 and count > explicit) or bool(column_centers),
        paren=bool(parens) and not _are_equation_numbers(parens),
        trailing_parens=trailing_parens >= _MIN_TRAILING_PARENS and trailing_parens > explicit,
        edge=edge,
        column_centers=tuple(column_centers),
    )


def _cell_center(cell: Cell) -> float:
    return (cell.left + cell.right) / 2


def _are_equation_numbers(values: list[float]) -> bool:
    """(1), (2), (3) down the margin are equation numbers, not marks."""
    return len(values) > 2 and values == [float(number) for number in range(1, len(values) + 1)]


def is_in_right_margin(row: Row) -> bool:
    return (row.cells[-1].left - row.origin) / row.width > 0.8


def _most_common_edge(edges: list[float]) -> tuple[float, int]:
    """Return the right edge at which most of these numbers end, to a fiftieth of the page width, and their count."""
    counts = Counter(round(edge * 50) for edge in edges)
    if not counts:
        return 1.0, 0
    best = max(counts, key=lambda slot: counts[slot] + counts[slot + 1] / 2 + counts[slot - 1] / 2)
    return best / 50, counts[best] + counts[best + 1] + counts[best - 1]


def extract_marks(chunk: TextChunk, notation: MarkNotation, *, last: bool) -> tuple[str, list[PrintedMarks]]:
    """Return the chunk's text without its marks, and the marks. `last`: no text of the question follows."""
    text = chunk.text
    marks = [token for token in find_marks(text) if _is_credible(token, text, notation, last=last)]
    margin = _find_margin_marks(chunk, notation, marks)
    if (
        not marks
        and margin is None
        and last
        and notation.trailing_parens
        and (trailing := _UNPUNCTUATED_MARKS.search(text))
    ):
        marks = [PrintedMarks(float(trailing[1]), MarkForm.BARE_PAREN, trailing.start(), trailing.end())]
    if notation.paren and not chunk.tokens:
        # Where "(2)" is marks, "[12]" alone in the margin is the question's total.
        marks = [
            replace(m, total=True) if m.form is MarkForm.BARE_BRACKET and _is_only_content(m, text) else m
            for m in marks
        ]
    text = remove_marks(text, marks)
    if margin is not None:
        text = text[: text.rindex(margin[1])].rstrip()
        marks.append(margin[0])
    return text, marks


def _is_credible(token: PrintedMarks, text: str, notation: MarkNotation, *, last: bool) -> bool:
    if token.form is MarkForm.BARE_PAREN:
        own_cell = text[: token.start + 1].endswith(GAP) or not text[: token.start].strip()
        return notation.paren if own_cell else last
    if token.form is MarkForm.BARE_BRACKET:
        before, after = text[: token.start].rstrip(" "), text[token.end :].strip()
        if "/" in text[token.start : token.end]:
            return not after
        own_cell = bool(_CELL_BEFORE_MARKS.search(before))
        return (not after and (own_cell or last or before[-1:] in ".?!:;)_")) or (not before and bool(after))
    return True


def _is_only_content(token: PrintedMarks, text: str) -> bool:
    return not text[: token.start].strip() and not text[token.end :].strip()


def _find_margin_marks(
    chunk: TextChunk, notation: MarkNotation, marks: list[PrintedMarks]
) -> tuple[PrintedMarks, str] | None:
    cell = chunk.row.cells[-1]
    if not notation.margin or marks:
        return None
    is_under_header = any(abs(_cell_center(cell) - center) < 0.045 for center in notation.column_centers)
    if not is_under_header and not (is_in_right_margin(chunk.row) and abs(cell.right - notation.edge) < 0.035):
        return None
    if not _NUMBER_CELL.fullmatch(cell.text) or not chunk.text.endswith(cell.text):
        return None
    value = float(cell.text.replace("½", ".5"))
    return PrintedMarks(value, MarkForm.BARE_MARGIN, 0, 0), cell.text


def convert_weights_to_marks(rows: list[Row]) -> list[Row]:
    """Replace percentage weights by marks where the paper prints no marks.

    Weights count after labels or at the ends of labelled rows.
    """
    if any(not marks.total for row in rows for marks in find_marks(row.text)):
        return rows
    weighted_rows = [row for row in rows if _has_weight(row)]
    if len(weighted_rows) < _MIN_WEIGHTED_ROWS:
        return rows
    return [_weight_to_marks(row) if row in weighted_rows else row for row in rows]


def _has_weight(row: Row) -> bool:
    label = parse_leading_label(row.text)
    if label is None:
        return False
    found = _WEIGHT.search(label.rest)
    return found is not None and (
        not label.rest[: found.start()].strip() or not label.rest[found.end() :].strip(" .\t")
    )


def _weight_to_marks(row: Row) -> Row:
    cells = tuple(Cell(_WEIGHT.sub(r"(\1 marks)", cell.text), cell.left, cell.right) for cell in row.cells)
    return replace(row, cells=cells)
