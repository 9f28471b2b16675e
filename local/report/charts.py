"""The geometry of the report's charts: numbers for the template, which draws them as SVG."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import mean, median

from local import wording
from local.status import LANES
from local.timeline import Span, Timeline

LANE_NAMES = {"reading": "Reading", "storing": "Storing", "recording": "Recording", "grading": "Marking"}


@dataclass(frozen=True, slots=True)
class Tick:
    x: float
    text: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One lane on a time axis; `x` and `width` in the chart's units, `text` says the duration."""

    lane: str
    name: str
    x: float
    width: float
    row: int
    text: str


@dataclass(frozen=True, slots=True)
class LaneChart:
    """Lanes on a time axis. `rows` names each row (lanes for one sheet, sheets for all of them)."""

    width: float
    ticks: list[Tick]
    bars: list[Bar]
    rows: list[str]
    joined_x: float | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the distribution: sheets whose share of the marks lies in a tenth."""

    x: float
    width: float
    height: float
    count: int
    text: str


@dataclass(frozen=True, slots=True)
class Distribution:
    columns: list[Column]
    mean: str
    median: str
    median_x: float


def steps(seconds: float, most: int = 8) -> list[float]:
    """Round numbers from 0 to `seconds`: 0, 5, 10, …"""
    if seconds <= 0:
        return [0.0]
    rough = seconds / most
    unit = 10 ** math.floor(math.log10(rough))
    step = next(factor * unit for factor in (1, 2, 5, 10) if factor * unit >= rough * 0.999)
    return [round(index * step, 6) for index in range(int(seconds / step + 1e-9) + 1)]


def lanes_of_one(timeline: Timeline, width: float = 440.0) -> LaneChart | None:
    """Each lane its own row, from the first lane's start; None where no lane left times."""
    start, end = timeline.started_at, timeline.ended_at
    if start is None or end is None:
        return None
    scale = width / max((end - start).total_seconds(), 0.001)
    present = [lane for lane in LANES if lane in timeline.spans]
    bars = [_bar(lane, timeline.spans[lane], start, scale, row) for row, lane in enumerate(present)]
    joined = (timeline.joined_at - start).total_seconds() * scale if timeline.joined_at else None
    return LaneChart(width, _ticks(start, end, scale), bars, [LANE_NAMES[lane] for lane in present], joined)


def lanes_of_all(timelines: Sequence[tuple[str, Timeline]], width: float = 860.0) -> LaneChart | None:
    """Every sheet its row on one common axis."""
    starts = [timeline.started_at for _, timeline in timelines if timeline.started_at]
    ends = [timeline.ended_at for _, timeline in timelines if timeline.ended_at]
    if not starts or not ends:
        return None
    start, end = min(starts), max(ends)
    scale = width / max((end - start).total_seconds(), 0.001)
    bars = [
        _bar(lane, timeline.spans[lane], start, scale, row)
        for row, (_, timeline) in enumerate(timelines)
        for lane in LANES
        if lane in timeline.spans
    ]
    return LaneChart(width, _ticks(start, end, scale), bars, [name for name, _ in timelines])


def distribution(shares: Sequence[float], width: float = 360.0, height: float = 96.0) -> Distribution | None:
    """How the sheets' totals (shares of the maximum, 0 to 1) are spread over ten columns."""
    if not shares:
        return None
    counts = [0] * 10
    for share in shares:
        counts[min(max(int(share * 10), 0), 9)] += 1
    unit = width / 10
    columns = [
        Column(
            x=index * unit + 2,
            width=unit - 4,
            height=height * number / max(counts),
            count=number,
            text=f"{wording.count(number, 'sheet')} from {index * 10} to {index * 10 + 10} %",
        )
        for index, number in enumerate(counts)
    ]
    middle = median(shares)
    return Distribution(columns, f"{mean(shares):.0%}", f"{middle:.0%}", min(max(middle, 0), 1) * width)


def _bar(lane: str, span: Span, start: datetime, scale: float, row: int) -> Bar:
    x = (span.start - start).total_seconds() * scale
    # A lane of a few milliseconds is still a lane: two units can be seen.
    return Bar(lane, LANE_NAMES[lane], x, max(span.seconds * scale, 2.0), row, wording.seconds(span.seconds))


def _ticks(start: datetime, end: datetime, scale: float) -> list[Tick]:
    return [Tick(value * scale, f"{value:g} s") for value in steps((end - start).total_seconds())]
