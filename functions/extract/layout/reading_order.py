"""Finds the order in which a person reads the lines of a page.

The page is split recursively: into bands in which no line crosses the gutter, and each band into columns or rows.
This choice decides everything on an exam paper: prose in two columns is read column by column; a table, options side
by side and a mark in the margin are read row by row. Three criteria decide it, in this order: whether the labels count
up in one way and not in the other, whether the lines of both sides are aligned, and whether they are prose.
"""

import re
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from extract.layout.label_order import score_label_order

_FIGURE = re.compile(r"[\W\d_]*(?:marks?|pts?|points?|m)?[\W\d_]*", re.IGNORECASE)
_BRACKETED_MARK = re.compile(r"[\[(]\s*\d{1,3}(?:\s*(?:marks?|m|pts?|points?))?\s*[\])]", re.IGNORECASE)
# A label without text after it: "3.", "Q4) a)", "11 (b)(ii)".
_BARE_LABEL = re.compile(
    r"(?:(?:q(?:uestion|n)?|ans(?:wer)?)\s*\.?\s*)?(?:\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.):\]]*\s*){1,3}", re.IGNORECASE
)
_MAX_DEPTH = 6
# More lines than any real page has. Above this lines are only sorted into rows: the time grows with their square.
_MAX_LINES = 900
# The range in which a gutter is searched, as shares of a region's width, and the number of steps.
_FIRST_SHARE, _LAST_SHARE, _SHARE_STEPS = 0.08, 0.92, 84


@dataclass(frozen=True, slots=True)
class LineBox:
    """A line's box, in any unit that is the same in both directions. `at` is its position in the caller's list."""

    at: int
    x0: float
    y0: float
    x1: float
    y1: float
    text: str

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    @property
    def middle(self) -> float:
        return (self.y0 + self.y1) / 2


@dataclass(frozen=True, slots=True)
class _SplitOptions:
    """One way to split a page.

    `marks_split_bands`: a mark in the margin connects its line with the page's right edge, so that options above and
    below it are two blocks (wrong if the marks belong to a right column). `blocks_separately`: blocks between empty
    lines are judged separately (wrong if two columns happen to have an empty line at the same height).
    """

    marks_split_bands: bool
    blocks_separately: bool


def find_reading_order(lines: Sequence[LineBox]) -> list[int]:
    """The positions (`at`) of the lines, in reading order.

    The page is split in several ways; the order in which the labels count up best is returned.
    """
    by_middle = sorted(lines, key=lambda line: line.middle)
    if len(lines) > _MAX_LINES:
        return [line.at for row in group_rows(lines) for line in row]
    if all(
        one.x0 < other.x1 and other.x0 < one.x1 and not _is_on_same_row(one, other)
        for one, other in pairwise(by_middle)
    ):
        return [line.at for line in by_middle]  # one column: each line is below the previous one
    marks = any(_BRACKETED_MARK.fullmatch(line.text.strip()) for line in lines)
    option_sets = [
        _SplitOptions(marks_split_bands, blocks_separately)
        for marks_split_bands in ((True, False) if marks else (False,))
        for blocks_separately in (False, True)
    ]
    orders = [_order_region(list(lines), 0, options) for options in option_sets]
    return [line.at for line in max(orders, key=lambda order: score_label_order(_get_texts(order)))]


def _order_region(lines: list[LineBox], depth: int, options: _SplitOptions) -> list[LineBox]:
    if len(lines) < 2:
        return lines
    gutter = _find_gutter(lines, options) if depth < _MAX_DEPTH and len(lines) > 3 else None
    if gutter is None:
        return _order_by_rows(lines)
    result: list[LineBox] = []
    for part, columns in _split_parts(lines, gutter, options):
        if columns:
            left, right = _split_sides(part, gutter)
            result += _order_region(left, depth + 1, options) + _order_region(right, depth + 1, options)
        else:
            result += _order_region(part, depth + 1, options) if len(part) < len(lines) else _order_by_rows(part)
    return result


def group_rows(lines: Sequence[LineBox]) -> list[list[LineBox]]:
    """Group the lines into rows, from top to bottom; within a row from left to right."""
    result: list[list[LineBox]] = []
    for line in sorted(lines, key=lambda line: line.middle):
        if result:
            first = result[-1][0]
            overlap = min(first.y1, line.y1) - max(first.y0, line.y0)
            if overlap > 0.5 * min(first.height, line.height):
                result[-1].append(line)
                continue
        result.append([line])
    return [sorted(row, key=lambda line: line.x0) for row in result]


def _find_gutter(lines: list[LineBox], options: _SplitOptions) -> float | None:
    """The x position of the best gutter, None if no gutter makes two columns."""
    left, right = min(line.x0 for line in lines), max(line.x1 for line in lines)
    width = right - left
    height = statistics.median(line.height for line in lines)
    best, best_score = None, 0
    for gutter in _find_gutter_candidates(lines, left, width, height):
        parts = (_split_sides(part, gutter) for part, columns in _split_parts(lines, gutter, options) if columns)
        score = sum(min(len(left), len(right)) for left, right in parts)
        if score > best_score:
            best, best_score = gutter, score
    return best


def _find_gutter_candidates(lines: list[LineBox], left: float, width: float, height: float) -> list[float]:
    """The middles of the x ranges that the fewest lines cross, the emptiest first; at most 6."""
    if width <= 0:
        return []
    positions = [
        left + width * (_FIRST_SHARE + (_LAST_SHARE - _FIRST_SHARE) * step / _SHARE_STEPS)
        for step in range(_SHARE_STEPS + 1)
    ]
    half = min(0.3 * height, 0.01 * width)
    crossed = [sum(line.x0 < position - half and line.x1 > position + half for line in lines) for position in positions]
    runs: list[tuple[int, float]] = []
    start = 0
    for count, group in groupby(crossed):
        length = len(list(group))
        lower_before = start > 0 and crossed[start - 1] < count
        lower_after = start + length < len(positions) and crossed[start + length] < count
        if not lower_before and not lower_after and count <= 0.5 * len(lines):
            runs.append((count, (positions[start] + positions[start + length - 1]) / 2))
        start += length
    return [position for _, position in sorted(runs)[:6]]


def _split_bands(lines: list[LineBox], gutter: float, options: _SplitOptions) -> list[list[LineBox]]:
    """Bands from top to bottom: each line that crosses the gutter, with its row, and the lines between two of them."""
    across = [line for line in lines if _crosses_gutter(line, gutter)]
    if options.marks_split_bands:
        across += [line for line in lines if _is_margin_mark(line, lines, gutter)]
    chosen = {line.at for line in across}
    others = sorted((line for line in lines if line.at not in chosen), key=lambda line: line.middle)
    bands: list[list[LineBox]] = []
    for separator in sorted(across, key=lambda line: line.middle):
        # Lines at the separator's height belong to its row: a mark after a full line of text.
        level = [line for line in others if _is_on_same_row(line, separator)]
        above = [line for line in others if line.middle < separator.middle and line not in level]
        others = [line for line in others if line not in level and line not in above]
        if above:
            bands.append(above)
        bands.append(sorted([separator, *level], key=lambda line: line.x0))
    return [*bands, others] if others else bands


def _is_margin_mark(mark: LineBox, lines: list[LineBox], gutter: float) -> bool:
    """Whether this is a mark right of the gutter that belongs to a line left of it."""
    if mark.x0 < gutter or not _BRACKETED_MARK.fullmatch(mark.text.strip()):
        return False
    row = [line for line in lines if line.at != mark.at and _is_on_same_row(line, mark)]
    return bool(row) and all(line.x1 <= gutter for line in row)


def _crosses_gutter(line: LineBox, gutter: float) -> bool:
    slack = 0.25 * line.height
    return line.x0 < gutter - slack and line.x1 > gutter + slack


def _is_on_same_row(line: LineBox, separator: LineBox) -> bool:
    return min(line.y1, separator.y1) - max(line.y0, separator.y0) > 0.5 * min(line.height, separator.height)


def _split_sides(band: list[LineBox], gutter: float) -> tuple[list[LineBox], list[LineBox]]:
    left = [line for line in band if (line.x0 + line.x1) / 2 < gutter]
    return left, [line for line in band if (line.x0 + line.x1) / 2 >= gutter]


def _split_parts(lines: list[LineBox], gutter: float, options: _SplitOptions) -> Iterator[tuple[list[LineBox], bool]]:
    """The parts from top to bottom, each with whether it is two columns with the gutter between them."""
    bands = _split_bands(lines, gutter, options)
    for band in [block for whole in bands for block in _split_blocks(whole)] if options.blocks_separately else bands:
        by_column = _reads_by_column(*_split_sides(band, gutter))
        if by_column is not None:
            yield from _separate_header_and_footer(band, gutter) if by_column else [(band, False)]
            continue
        # Neither labels nor prose decide: judge each block separately.
        for block in _split_blocks(band):
            sides = _split_sides(block, gutter)
            by_column = _reads_by_column(*sides)
            yield block, by_column or (by_column is None and _measure_row_alignment(*sides) < 0.6)


def _separate_header_and_footer(band: list[LineBox], gutter: float) -> Iterator[tuple[list[LineBox], bool]]:
    """Split off the rows above and below two columns that only look like the columns' first and last lines."""
    middle = group_rows(band)
    _, right = _split_sides(band, gutter)
    edges = min(line.x0 for line in right), max(line.x1 for line in right)
    above: list[LineBox] = []
    while len(middle) > 2 and _spans_columns(middle[0], gutter, edges):
        above += middle.pop(0)
    below: list[LineBox] = []
    while len(middle) > 2 and _spans_columns(middle[-1], gutter, edges):
        below = [*middle.pop(), *below]
    yield from ((part, columns) for part, columns in ((above, False), (_flatten(middle), True), (below, False)) if part)


def _spans_columns(row: list[LineBox], gutter: float, edges: tuple[float, float]) -> bool:
    """Whether a row spans the page: time and marks, a file name and a page number.

    Its right part ends at the right edge and does not begin where the lines of the right column begin.
    """
    left, right = _split_sides(row, gutter)
    if len(left) != 1 or len(right) != 1:
        return False
    width = edges[1] - edges[0]
    return right[0].x0 > edges[0] + 0.2 * width and right[0].x1 > edges[1] - 0.05 * width


def _flatten(row_lists: list[list[LineBox]]) -> list[LineBox]:
    return [line for row in row_lists for line in row]


def _reads_by_column(left: list[LineBox], right: list[LineBox]) -> bool | None:
    """Whether the left side is read to its end before the right one. None if this is undecided: the lines are neither
    aligned nor prose."""
    if min(len(left), len(right)) < 2:
        return False
    labels = sum(bool(_BARE_LABEL.fullmatch(line.text.strip())) for line in left)
    # Figures next to their lines; labels in the margin, each next to its answer.
    if sum(_is_figure(line.text) for line in right) > 0.6 * len(right) or labels > 0.8 * len(left):
        return False
    down = score_label_order(_get_texts(_order_by_rows(left))) + score_label_order(_get_texts(_order_by_rows(right)))
    concatenated = score_label_order(_get_texts([*_order_by_rows(left), *_order_by_rows(right)]))
    across = score_label_order(_get_texts(_order_by_rows([*left, *right])))
    if max(down, concatenated) != across:
        return max(down, concatenated) > across
    if min(len(left), len(right)) < 3:
        return False
    if _is_prose(left) and _is_prose(right):
        return True
    return False if _measure_row_alignment(left, right) >= 0.75 else None


def _is_figure(text: str) -> bool:
    """Whether this is a mark in the margin or a number in a table: no words except "marks" and the like."""
    return bool(_FIGURE.fullmatch(text.strip()))


def _split_blocks(band: list[LineBox]) -> list[list[LineBox]]:
    """Split a band where both sides are empty for about one line."""
    max_gap = 0.9 * statistics.median(line.height for line in band)
    blocks: list[list[LineBox]] = []
    bottom = 0.0
    for line in sorted(band, key=lambda line: line.y0):
        if not blocks or line.y0 - bottom > max_gap:
            blocks.append([])
            bottom = line.y1
        blocks[-1].append(line)
        bottom = max(bottom, line.y1)
    return blocks


def _order_by_rows(lines: list[LineBox]) -> list[LineBox]:
    return _flatten(group_rows(lines))


def _get_texts(lines: list[LineBox]) -> list[str]:
    return [line.text.strip() for line in lines]


def _measure_row_alignment(left: list[LineBox], right: list[LineBox]) -> float:
    """The share of lines on the side with fewer lines that have a line at the same height on the other side."""
    few, many = sorted((left, right), key=len)
    heights = sorted(line.middle for line in many)
    slack = 0.25 * statistics.median(line.height for line in many)
    return sum(any(abs(line.middle - height) <= slack for height in heights) for line in few) / len(few)


def _is_prose(side: list[LineBox]) -> bool:
    words = [len(line.text.split()) for line in side]
    width = max(line.x1 for line in side) - min(line.x0 for line in side)
    filled = statistics.median((line.x1 - line.x0) / (width or 1.0) for line in side)
    return statistics.median(words) >= 4 and filled > 0.5
