"""The order in which a person reads the lines of a page.

The page is cut again and again: into bands that no line crosses from one side of a gutter to the other, and a
band into columns where it is columns and into rows where it is rows. Which of the two it is decides everything on
an exam paper: prose in two columns is read column by column, a table, options side by side and a mark in the
margin are read row by row. Three things tell them apart, in this order: whether labels count up one way and not
the other, whether lines face one another, and whether they are prose.
"""

import re
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from extract.counting import counts_up


@dataclass(frozen=True, slots=True)
class Spot:
    """A line's place, in any unit that is the same across and down; `at` is its position in the caller's list."""

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


_MARK = re.compile(r"[\W\d_]*(?:marks?|pts?|points?|m)?[\W\d_]*", re.IGNORECASE)
_BRACKETED = re.compile(r"[\[(]\s*\d{1,3}(?:\s*(?:marks?|m|pts?|points?))?\s*[\])]", re.IGNORECASE)
# A label with nothing behind it: "3.", "Q4) a)", "11 (b)(ii)".
_BARE_LABEL = re.compile(
    r"(?:(?:q(?:uestion|n)?|ans(?:wer)?)\s*\.?\s*)?(?:\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.):\]]*\s*){1,3}", re.IGNORECASE
)
_DEEPEST = 6
# More lines than any page has: not worth the thought, which grows with their square.
_MOST = 900
# Shares of a region's width within which a gutter is looked for, and how finely.
_FIRST, _LAST, _STEPS = 0.08, 0.92, 84


@dataclass(frozen=True, slots=True)
class _Manner:
    """One way to look at a page. `walls`: a mark in the margin ties its line to the page's right edge, so that
    options above and below it are two blocks (not so where the marks belong to a right column). `apart`: what
    an empty line sets apart is judged by itself (not so where two columns happen to have it at one height)."""

    walls: bool
    apart: bool


def reading_order(spots: Sequence[Spot]) -> list[int]:
    """The positions (`at`) of the lines, as they are read.

    Where the page can be looked at in more than one way, that one is right in which labels count up best.
    """
    falling = sorted(spots, key=lambda spot: spot.middle)
    if len(spots) > _MOST:
        return [spot.at for row in rows(spots) for spot in row]
    if all(one.x0 < other.x1 and other.x0 < one.x1 and not _beside(one, other) for one, other in pairwise(falling)):
        return [spot.at for spot in falling]  # one column: each line stands under the one before it
    marks = any(_BRACKETED.fullmatch(spot.text.strip()) for spot in spots)
    manners = [_Manner(walls, apart) for walls in ((True, False) if marks else (False,)) for apart in (False, True)]
    orders = [_ordered(list(spots), 0, manner) for manner in manners]
    return [spot.at for spot in max(orders, key=lambda order: counts_up(_texts(order)))]


def _ordered(spots: list[Spot], depth: int, manner: _Manner) -> list[Spot]:
    if len(spots) < 2:
        return spots
    gutter = _best_gutter(spots, manner) if depth < _DEEPEST and len(spots) > 3 else None
    if gutter is None:
        return _by_height(spots)
    result: list[Spot] = []
    for part, columns in _parts(spots, gutter, manner):
        if columns:
            left, right = _sides(part, gutter)
            result += _ordered(left, depth + 1, manner) + _ordered(right, depth + 1, manner)
        else:
            result += _ordered(part, depth + 1, manner) if len(part) < len(spots) else _by_height(part)
    return result


def rows(spots: Sequence[Spot]) -> list[list[Spot]]:
    """Lines that stand beside one another, from left to right; rows from top to bottom."""
    result: list[list[Spot]] = []
    for spot in sorted(spots, key=lambda spot: spot.middle):
        if result:
            core = result[-1][0]
            overlap = min(core.y1, spot.y1) - max(core.y0, spot.y0)
            if overlap > 0.5 * min(core.height, spot.height):
                result[-1].append(spot)
                continue
        result.append([spot])
    return [sorted(row, key=lambda spot: spot.x0) for row in result]


def _best_gutter(spots: list[Spot], manner: _Manner) -> float | None:
    """Where to cut the region down the middle, None where no cut makes two columns."""
    left, right = min(spot.x0 for spot in spots), max(spot.x1 for spot in spots)
    width = right - left
    height = statistics.median(spot.height for spot in spots)
    best, best_score = None, 0
    for gutter in _candidates(spots, left, width, height):
        parts = (_sides(part, gutter) for part, columns in _parts(spots, gutter, manner) if columns)
        score = sum(min(len(left), len(right)) for left, right in parts)
        if score > best_score:
            best, best_score = gutter, score
    return best


def _candidates(spots: list[Spot], left: float, width: float, height: float) -> list[float]:
    """The middles of the runs of places that few lines cross, the emptiest first."""
    if width <= 0:
        return []
    places = [left + width * (_FIRST + (_LAST - _FIRST) * step / _STEPS) for step in range(_STEPS + 1)]
    half = min(0.3 * height, 0.01 * width)
    crossed = [sum(spot.x0 < place - half and spot.x1 > place + half for spot in spots) for place in places]
    runs: list[tuple[int, float]] = []
    start = 0
    for count, group in groupby(crossed):
        length = len(list(group))
        lower_before = start > 0 and crossed[start - 1] < count
        lower_after = start + length < len(places) and crossed[start + length] < count
        if not lower_before and not lower_after and count <= 0.5 * len(spots):
            runs.append((count, (places[start] + places[start + length - 1]) / 2))
        start += length
    return [place for _, place in sorted(runs)[:6]]


def _bands(spots: list[Spot], gutter: float, manner: _Manner) -> list[list[Spot]]:
    """From top to bottom: each line that crosses the gutter by itself, and what stands between two of those."""
    across = [spot for spot in spots if _crosses(spot, gutter)]
    if manner.walls:
        across += [spot for spot in spots if _ties(spot, spots, gutter)]
    chosen = {spot.at for spot in across}
    others = sorted((spot for spot in spots if spot.at not in chosen), key=lambda spot: spot.middle)
    bands: list[list[Spot]] = []
    for wall in sorted(across, key=lambda spot: spot.middle):
        # What stands on the wall's own line belongs to its row: a mark behind a full line of text.
        level = [spot for spot in others if _beside(spot, wall)]
        above = [spot for spot in others if spot.middle < wall.middle and spot not in level]
        others = [spot for spot in others if spot not in level and spot not in above]
        if above:
            bands.append(above)
        bands.append(sorted([wall, *level], key=lambda spot: spot.x0))
    return [*bands, others] if others else bands


def _ties(mark: Spot, spots: list[Spot], gutter: float) -> bool:
    """Whether this is a mark in the margin, right of the gutter, that belongs to a line left of it."""
    if mark.x0 < gutter or not _BRACKETED.fullmatch(mark.text.strip()):
        return False
    row = [spot for spot in spots if spot.at != mark.at and _beside(spot, mark)]
    return bool(row) and all(spot.x1 <= gutter for spot in row)


def _crosses(spot: Spot, gutter: float) -> bool:
    slack = 0.25 * spot.height
    return spot.x0 < gutter - slack and spot.x1 > gutter + slack


def _beside(spot: Spot, wall: Spot) -> bool:
    return min(spot.y1, wall.y1) - max(spot.y0, wall.y0) > 0.5 * min(spot.height, wall.height)


def _sides(band: list[Spot], gutter: float) -> tuple[list[Spot], list[Spot]]:
    left = [spot for spot in band if (spot.x0 + spot.x1) / 2 < gutter]
    return left, [spot for spot in band if (spot.x0 + spot.x1) / 2 >= gutter]


def _parts(spots: list[Spot], gutter: float, manner: _Manner) -> Iterator[tuple[list[Spot], bool]]:
    """From top to bottom, and whether each part is two columns with the gutter between them."""
    bands = _bands(spots, gutter, manner)
    for band in [block for whole in bands for block in _blocks(whole)] if manner.apart else bands:
        verdict = _verdict(*_sides(band, gutter))
        if verdict is not None:
            yield from _ends_apart(band, gutter) if verdict else [(band, False)]
            continue
        # Neither labels nor prose tell: each block that stands by itself is judged by itself.
        for block in _blocks(band):
            sides = _sides(block, gutter)
            verdict = _verdict(*sides)
            yield block, verdict or (verdict is None and _facing(*sides) < 0.6)


def _ends_apart(band: list[Spot], gutter: float) -> Iterator[tuple[list[Spot], bool]]:
    """Two columns; the rows above and below them that only look like their first and last lines, apart."""
    middle = rows(band)
    _, right = _sides(band, gutter)
    edges = min(spot.x0 for spot in right), max(spot.x1 for spot in right)
    above: list[Spot] = []
    while len(middle) > 2 and _spans(middle[0], gutter, edges):
        above += middle.pop(0)
    below: list[Spot] = []
    while len(middle) > 2 and _spans(middle[-1], gutter, edges):
        below = [*middle.pop(), *below]
    yield from ((part, columns) for part, columns in ((above, False), (_flat(middle), True), (below, False)) if part)


def _spans(row: list[Spot], gutter: float, edges: tuple[float, float]) -> bool:
    """Whether a row runs from one side of the page to the other: time and marks, a file's name and a page's number.
    Its last part ends at the right edge and does not begin where the lines of the right column do."""
    left, right = _sides(row, gutter)
    if len(left) != 1 or len(right) != 1:
        return False
    width = edges[1] - edges[0]
    return right[0].x0 > edges[0] + 0.2 * width and right[0].x1 > edges[1] - 0.05 * width


def _flat(of: list[list[Spot]]) -> list[Spot]:
    return [spot for row in of for spot in row]


def _verdict(left: list[Spot], right: list[Spot]) -> bool | None:
    """Whether the left side is read to its end before the right one; None where only the last doubt is left:
    lines that do not face one another and are no prose either."""
    if min(len(left), len(right)) < 2:
        return False
    labels = sum(bool(_BARE_LABEL.fullmatch(spot.text.strip())) for spot in left)
    # Figures beside their lines; labels in the margin, each with its answer beside it.
    if sum(_is_figure(spot.text) for spot in right) > 0.6 * len(right) or labels > 0.8 * len(left):
        return False
    down = counts_up(_texts(_by_height(left))) + counts_up(_texts(_by_height(right)))
    together = counts_up(_texts([*_by_height(left), *_by_height(right)]))
    across = counts_up(_texts(_by_height([*left, *right])))
    if max(down, together) != across:
        return max(down, together) > across
    if min(len(left), len(right)) < 3:
        return False
    if _is_prose(left) and _is_prose(right):
        return True
    return False if _facing(left, right) >= 0.75 else None


def _is_figure(text: str) -> bool:
    """A mark in the margin or a number in a table: no words, but for the word "marks"."""
    return bool(_MARK.fullmatch(text.strip()))


def _blocks(band: list[Spot]) -> list[list[Spot]]:
    """A band, cut where nothing stands on either side for about a line."""
    room = 0.9 * statistics.median(spot.height for spot in band)
    blocks: list[list[Spot]] = []
    bottom = 0.0
    for spot in sorted(band, key=lambda spot: spot.y0):
        if not blocks or spot.y0 - bottom > room:
            blocks.append([])
            bottom = spot.y1
        blocks[-1].append(spot)
        bottom = max(bottom, spot.y1)
    return blocks


def _by_height(spots: list[Spot]) -> list[Spot]:
    return _flat(rows(spots))


def _texts(spots: list[Spot]) -> list[str]:
    return [spot.text.strip() for spot in spots]


def _facing(left: list[Spot], right: list[Spot]) -> float:
    """The share of lines on the thinner side that have one at just their height on the other side."""
    few, many = sorted((left, right), key=len)
    heights = sorted(spot.middle for spot in many)
    slack = 0.25 * statistics.median(spot.height for spot in many)
    return sum(any(abs(spot.middle - height) <= slack for height in heights) for spot in few) / len(few)


def _is_prose(side: list[Spot]) -> bool:
    words = [len(spot.text.split()) for spot in side]
    width = max(spot.x1 for spot in side) - min(spot.x0 for spot in side)
    filled = statistics.median((spot.x1 - spot.x0) / (width or 1.0) for spot in side)
    return statistics.median(words) >= 4 and filled > 0.5
