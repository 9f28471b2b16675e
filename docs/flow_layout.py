"""Where the boxes of a flow chart stand: rows from top to bottom, few crossings, straight lines where there is room.

The usual four steps for layered graphs: rows by the longest way from the start, an order within each row by
the mean of the neighbours, places by least squares under minimum distances, lines through the gaps. Sums are
made exactly (fsum), so that every Python comes to the same picture.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import fsum

_GAP = 26.0
_ROW_GAP = 34.0
_LABEL_LINE = 12.5
_HEAD = 12.0
_SWEEPS = 24
_SETTLING = 200

Point = tuple[float, float]


@dataclass(frozen=True)
class Edge:
    """An arrow. `label` are the lines that stand at its head."""

    source: str
    target: str
    dashed: bool = False
    label: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layout:
    """Top left corners of the boxes, the points that each arrow goes through, and the size of it all."""

    boxes: Mapping[str, Point]
    lines: Mapping[Edge, tuple[Point, ...]]
    width: float
    height: float


def lay_out(sizes: Mapping[str, Point], edges: Iterable[Edge], start: str) -> Layout:
    """Places for boxes of these sizes (width, height). Arrows that lead back up go along the right-hand side."""
    edges = tuple(edges)
    back = _back_edges(sizes, edges, start)
    forward = [edge for edge in edges if edge not in back]
    rank = _ranks(sizes, forward)
    chains = {edge: _chain(edge, rank) for edge in forward}
    rows = _rows(sizes, rank, chains, start)
    links = [pair for chain in chains.values() for pair in pairwise(chain)]
    rows = _ordered(rows, links)
    width = {name: sizes[name][0] if name in sizes else 8.0 for row in rows for name in row}
    centre = _centres(rows, links, width)
    top = _tops(rows, sizes, forward, rank)
    boxes = {name: (centre[name] - sizes[name][0] / 2, top[rank[name]]) for name in sizes}
    grid = _Grid(sizes, rows, rank, centre, top)
    lines = {edge: _line(edge, chain, grid) for edge, chain in chains.items()}
    right = max(x + sizes[name][0] for name, (x, _) in boxes.items())
    for number, edge in enumerate(back):
        lines[edge] = _line_back(edge, boxes, sizes, right + 18.0 * (number + 1))
    height = max(y + sizes[name][1] for name, (_, y) in boxes.items())
    return Layout(boxes, lines, right + 18.0 * (len(back) + 1 if back else 0), height)


def _back_edges(sizes: Mapping[str, Point], edges: tuple[Edge, ...], start: str) -> list[Edge]:
    """The arrows that close a loop, found on a walk from the start."""
    found: list[Edge] = []
    done: set[str] = set()
    path: list[str] = []

    def walk(name: str) -> None:
        path.append(name)
        for edge in edges:
            if edge.source == name:
                if edge.target in path:
                    found.append(edge)
                elif edge.target not in done:
                    walk(edge.target)
        done.add(path.pop())

    for name in (start, *sizes):
        if name not in done:
            walk(name)
    return found


def _ranks(sizes: Mapping[str, Point], edges: list[Edge]) -> dict[str, int]:
    rank = dict.fromkeys(sizes, 0)
    for _ in sizes:
        for edge in edges:
            rank[edge.target] = max(rank[edge.target], rank[edge.source] + 1)
    return rank


def _chain(edge: Edge, rank: Mapping[str, int]) -> list[str]:
    """The edge by way of a waypoint in each row that it crosses."""
    between = range(rank[edge.source] + 1, rank[edge.target])
    return [edge.source, *(f"{edge.source}>{edge.target}@{row}" for row in between), edge.target]


def _rows(
    sizes: Mapping[str, Point], rank: Mapping[str, int], chains: Mapping[Edge, list[str]], start: str
) -> list[list[str]]:
    rows: list[list[str]] = [[] for _ in range(max(rank.values()) + 1)]
    for name in (start, *(name for name in sizes if name != start)):
        rows[rank[name]].append(name)
    for edge, chain in chains.items():
        for number, waypoint in enumerate(chain[1:-1], rank[edge.source] + 1):
            rows[number].append(waypoint)
    return rows


def _ordered(rows: list[list[str]], links: list[tuple[str, str]]) -> list[list[str]]:
    """The order with the fewest crossings that some sweeps up and down come by."""
    best, fewest = [list(row) for row in rows], _crossings(rows, links)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        for number in range(1, len(rows)) if down else range(len(rows) - 2, -1, -1):
            fixed = rows[number - 1] if down else rows[number + 1]
            place = {name: index for index, name in enumerate(fixed)}
            near = {name: _near(name, place, links) for name in rows[number]}
            at = {name: index for index, name in enumerate(rows[number])}
            rows[number].sort(key=lambda name: (near[name] if near[name] is not None else at[name], at[name]))
        if (now := _crossings(rows, links)) < fewest:
            best, fewest = [list(row) for row in rows], now
    return best


def _near(name: str, place: Mapping[str, float], links: list[tuple[str, str]]) -> float | None:
    """The mean place of a box's neighbours in a row, None where it has none there."""
    found = [place[source] for source, target in links if target == name and source in place]
    found += [place[target] for source, target in links if source == name and target in place]
    return fsum(found) / len(found) if found else None


def _crossings(rows: list[list[str]], links: list[tuple[str, str]]) -> int:
    place = {name: index for row in rows for index, name in enumerate(row)}
    row_of = {name: number for number, row in enumerate(rows) for name in row}
    return sum(
        1
        for index, (a, b) in enumerate(links)
        for c, d in links[index + 1 :]
        if row_of[a] == row_of[c] and (place[a] - place[c]) * (place[b] - place[d]) < 0
    )


def _centres(rows: list[list[str]], links: list[tuple[str, str]], width: Mapping[str, float]) -> dict[str, float]:
    """Places along the row: each box near the mean of its neighbours, none too close to the next."""
    centre: dict[str, float] = {}
    for row in rows:
        at = 0.0
        for name in row:
            centre[name] = at + width[name] / 2
            at += width[name] + _GAP
    neighbours = {name: [pair[pair[0] == name] for pair in links if name in pair] for name in centre}
    for sweep in range(_SETTLING):
        for row in rows if sweep % 2 == 0 else reversed(rows):
            wishes = [_wish([centre[other] for other in neighbours[name]], centre[name]) for name in row]
            centre.update(zip(row, _spread(row, wishes, width), strict=True))
    left = min(centre[name] - width[name] / 2 for name in centre)
    return {name: x - left for name, x in centre.items()}


def _wish(neighbours: list[float], now: float) -> tuple[float, float]:
    """Where a box would like to be, and how much: the mean of its neighbours, by their number."""
    return (fsum(neighbours) / len(neighbours), len(neighbours)) if neighbours else (now, 0.01)


def _spread(row: list[str], wishes: list[tuple[float, float]], width: Mapping[str, float]) -> list[float]:
    """The places nearest to those wished for that keep the distances: isotonic regression by pooling."""
    offset = [0.0]
    for left, right in pairwise(row):
        offset.append(offset[-1] + (width[left] + width[right]) / 2 + _GAP)
    pools: list[tuple[float, float, int]] = []
    for (wish, weight), shift in zip(wishes, offset, strict=True):
        mean, heavy, count = wish - shift, weight, 1
        while pools and pools[-1][0] > mean:
            before, burden, members = pools.pop()
            mean = (before * burden + mean * heavy) / (burden + heavy)
            heavy, count = burden + heavy, members + count
        pools.append((mean, heavy, count))
    means = [mean for mean, _, count in pools for _ in range(count)]
    return [mean + shift for mean, shift in zip(means, offset, strict=True)]


def _tops(rows: list[list[str]], sizes: Mapping[str, Point], edges: list[Edge], rank: Mapping[str, int]) -> list[float]:
    """The upper side of each row; labels at arrowheads make the gap above it wider."""
    tops, at = [], 0.0
    for number, row in enumerate(rows):
        lines = max((len(edge.label) for edge in edges if rank[edge.target] == number), default=0)
        at += (_ROW_GAP if number else 0.0) + _label_height(lines)
        tops.append(at)
        at += max((sizes[name][1] for name in row if name in sizes), default=0.0)
    return tops


def _label_height(lines: int) -> float:
    """The room that a label and the arrowhead below it take."""
    return _LABEL_LINE * lines + _HEAD if lines else 0.0


@dataclass(frozen=True)
class _Grid:
    """What has been worked out: sizes, the names in each row, their row, middle and the rows' upper sides."""

    sizes: Mapping[str, Point]
    rows: list[list[str]]
    rank: Mapping[str, int]
    centre: Mapping[str, float]
    top: list[float]


def _line(edge: Edge, chain: list[str], grid: _Grid) -> tuple[Point, ...]:
    """From the lower side of the first box, straight down through each row between, to the upper side of the last."""
    first = grid.rank[edge.source]
    points = [(grid.centre[edge.source], grid.top[first] + grid.sizes[edge.source][1])]
    for number, waypoint in enumerate(chain[1:-1], first + 1):
        depth = max(grid.sizes[name][1] for name in grid.rows[number] if name in grid.sizes)
        x, y = grid.centre[waypoint], grid.top[number]
        points += [(x, y), (x, y + depth)]
    tip = (grid.centre[edge.target], grid.top[grid.rank[edge.target]])
    # A line comes straight down behind its label, wherever it comes from.
    return (*points, (tip[0], tip[1] - _label_height(len(edge.label))), tip) if edge.label else (*points, tip)


def _line_back(edge: Edge, boxes: Mapping[str, Point], sizes: Mapping[str, Point], x: float) -> tuple[Point, ...]:
    """From the right-hand side of the lower box, up beside everything, to the right-hand side of the upper one."""
    (ax, ay), (bx, by) = boxes[edge.source], boxes[edge.target]
    lower = ay + sizes[edge.source][1] / 2
    upper = by + sizes[edge.target][1] / 2
    return ((ax + sizes[edge.source][0], lower), (x, lower), (x, upper), (bx + sizes[edge.target][0], upper))
