"""The lanes of every submission on one time axis, live: what is read, stored, recorded and marked at this moment.

A terminal's cell is cut in two: its upper half shows one lane, its lower half another, so that lanes that
run at once are seen to run at once, also without colour ("▀" the upper alone, "▄" the lower alone, "█" both).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from core.submission import State
from local import wording
from local.deliveries import Delivery
from local.status import Lane, Status
from local.timeline import Timeline, from_lanes

COLOURS = {"reading": "#5b9bd5", "storing": "#d9a441", "recording": "#b48ad8", "grading": "#5fb88a"}
_DOORS = {"api": "API", "upload": "upload", "drop": "drop folder"}
_NARROWEST_AXIS = 24
_SHORTEST_AXIS_SECONDS = 5.0

Track = Sequence[tuple[str, float, float]]
"""Lanes of one half row: (lane, start, end) in seconds from the beginning of the axis."""


class LaneBoard:
    """What `follow` shows: live on a terminal, a line for every change elsewhere. Use as a context manager."""

    def __init__(self, deliveries: Sequence[Delivery], console: Console) -> None:
        self._deliveries = deliveries
        self._console = console
        self._begun = datetime.now(UTC)
        self.clock_ahead = 0.0
        self._told: dict[int, str] = {}
        self._live = Live(console=console, auto_refresh=False, transient=False) if console.is_terminal else None

    def __enter__(self) -> "LaneBoard":
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self.show()
            self._live.stop()

    def show(self) -> None:
        now = datetime.now(UTC) + timedelta(seconds=self.clock_ahead)
        if self._live:
            self._live.update(board(self._deliveries, now, self._begun, self._console.size), refresh=True)
            return
        for index, delivery in enumerate(self._deliveries):
            line = plain_line(delivery)
            if line and self._told.get(index) != line:
                self._told[index] = line
                passed = (now - self._begun).total_seconds()
                self._console.print(f"{passed:6.1f} s  {line}", markup=False, highlight=False, soft_wrap=True)


@dataclass(frozen=True, slots=True)
class _Axis:
    start: datetime
    seconds: float
    cells: int


def board(deliveries: Sequence[Delivery], now: datetime, begun: datetime, size: tuple[int, int]) -> RenderableType:
    """The whole picture for a terminal of `size` (columns, rows)."""
    width, height = size
    moments = [moment for delivery in deliveries for moment in _moments(timeline_of(delivery))]
    start = min([begun, *moments])
    last = now if not all(delivery.ended for delivery in deliveries) else max([begun, *moments])
    # A little ahead of now, so that bars grow into the room that is there.
    seconds = max((last - start).total_seconds() * 1.02, _SHORTEST_AXIS_SECONDS)
    names = min(max([len(delivery.name) for delivery in deliveries] + [5]), max(width // 5, 10))
    full = width >= 100
    axis = _Axis(start, seconds, max(width - names - (51 if full else 22), _NARROWEST_AXIS))
    double = len(deliveries) * 2 + 5 <= height
    shown, hidden = _those_that_fit(deliveries, max((height - 5) // (2 if double else 1), 3))
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, show_header=True, header_style="dim")
    table.add_column("", width=names, no_wrap=True, overflow="ellipsis")
    if full:
        table.add_column("by", width=11, no_wrap=True)
    table.add_column(_scale(axis), width=axis.cells, no_wrap=True)
    table.add_column("pages", width=5, no_wrap=True, justify="right")
    if full:
        table.add_column("stored", width=7, no_wrap=True, justify="right")
    table.add_column("", width=20 if full else 13, no_wrap=True, overflow="ellipsis")
    for delivery in shown:
        _add_row(table, delivery, now, axis, full=full, double=double)
    done = sum(delivery.ended for delivery in deliveries)
    foot = Text(f"{done} of {len(deliveries)} done" + (f", {hidden} not shown here" if hidden else ""), style="dim")
    return Group(table, Text.assemble(_legend(), "   ", foot))


def plain_line(delivery: Delivery) -> str:
    """One submission in one line, that changes when something has changed that is worth a line."""
    status = delivery.status
    if delivery.refusal:
        return f"{delivery.name}: not accepted. {delivery.refusal}"
    if status is None:
        return ""
    if delivery.ended:
        return f"{delivery.name}: {_ending(delivery, status)}" + (f". {delivery.problem}" if delivery.problem else "")
    reading, timeline = status.lanes["reading"], timeline_of(delivery)
    running = reading.state == "running"
    parts = [f"reading {_pages(reading)}".strip() if running else _said("read", reading, _took(timeline, "reading"))]
    parts += [_said("stored", status.lanes["storing"], _took(timeline, "storing"))]
    if status.lanes["grading"].state == "running":
        parts.append("marking")
    if status.state is State.AWAITING_PAPER:
        parts.append(wording.state(status.state))
    said = ", ".join(part for part in parts if part)
    return f"{delivery.name}: {said or wording.state(status.state)}"


def half_cells(upper: Track, lower: Track, axis_seconds: float, cells: int) -> Text:
    """Two tracks in one row of cells; a lane shorter than a cell still gets one."""
    above, below = _cells(upper, axis_seconds, cells), _cells(lower, axis_seconds, cells)
    text = Text()
    for top, bottom in zip(above, below, strict=True):
        if top and bottom and top != bottom:
            text.append("▀", f"{COLOURS[top]} on {COLOURS[bottom]}")
        elif top and bottom:
            text.append("█", COLOURS[top])
        elif top or bottom:
            text.append("▀" if top else "▄", COLOURS[top or bottom or ""])
        else:
            text.append(" ")
    return text


def _cells(track: Track, axis_seconds: float, cells: int) -> list[str | None]:
    row: list[str | None] = [None] * cells
    for lane, start, end in track:
        first = min(max(int(start / axis_seconds * cells), 0), cells - 1)
        last = min(max(round(end / axis_seconds * cells), first + 1), cells)
        # A cell that an earlier lane of this track holds is left to it; one that follows within it gets the next.
        if row[first] is not None and last - first == 1 and last < cells:
            first, last = last, last + 1
        row[first:last] = [held or lane for held in row[first:last]]
    return row


def _add_row(table: Table, delivery: Delivery, now: datetime, axis: _Axis, *, full: bool, double: bool) -> None:
    status = delivery.status
    timeline = timeline_of(delivery)
    spans = {name: (span.start, span.end) for name, span in timeline.spans.items()}
    spans |= {name: (begun, max(now, begun)) for name, begun in timeline.running.items()}

    def track(*names: str) -> Track:
        return [
            (name, (spans[name][0] - axis.start).total_seconds(), (spans[name][1] - axis.start).total_seconds())
            for name in names
            if name in spans
        ]

    ended = ("bold " if delivery.ended else "") + _style(delivery)
    pages = _pages(status.lanes["reading"]) if status else ""
    end = Text(_ending(delivery, status) if status or delivery.refusal else "sent", style=ended)
    first: list[RenderableType] = [Text(delivery.name, style="bold")]
    second: list[RenderableType] = [Text("")]
    if full:
        first.append(Text(_DOORS.get(status.door if status else delivery.door.value, ""), style="dim"))
        second.append("")
    below = track("storing") if double else track("storing", "recording")
    first += [half_cells(track("reading", "grading"), below, axis.seconds, axis.cells), pages]
    second += [half_cells(track("recording"), (), axis.seconds, axis.cells), ""]
    if full:
        first.append(Text(_took(timeline, "storing"), style="dim"))
        second.append("")
    first.append(end)
    second.append("")
    table.add_row(*first)
    if double:
        table.add_row(*second)


def _ending(delivery: Delivery, status: Status | None) -> str:
    if delivery.refusal or status is None:
        return "not accepted"
    if delivery.result:
        return f"{wording.number(delivery.result.marks)} / {wording.number(delivery.result.max_marks)}" + (
            f", look at {len(delivery.doubtful)}" if delivery.doubtful else ""
        )
    return wording.state(status.state)


def _style(delivery: Delivery) -> str:
    if not delivery.ended:
        return ""
    if not delivery.well:
        return "red"
    return "yellow" if delivery.doubtful else "green"


def _those_that_fit(deliveries: Sequence[Delivery], room: int) -> tuple[list[Delivery], int]:
    """Those under way before those that ended, each in their order, as many as there is room for."""
    if len(deliveries) <= room:
        return list(deliveries), 0
    open_first = sorted(range(len(deliveries)), key=lambda index: (deliveries[index].ended, index))
    chosen = sorted(open_first[:room])
    return [deliveries[index] for index in chosen], len(deliveries) - room


def _scale(axis: _Axis) -> Text:
    """ "0 s   5 s   10 s" over the cells where they are."""
    row = [" "] * axis.cells
    for value in ticks(axis.seconds, most=max(axis.cells // 9, 2)):
        label, at = f"{value:g} s", int(value / axis.seconds * axis.cells)
        if at + len(label) <= axis.cells:
            row[at : at + len(label)] = label
    return Text("".join(row))


def ticks(seconds: float, most: int) -> list[float]:
    """Round numbers from 0 to `seconds`, at most about `most` of them: 0, 5, 10, …"""
    if seconds <= 0:
        return [0.0]
    rough = seconds / most
    unit = 10 ** math.floor(math.log10(rough))
    step = next(factor * unit for factor in (1, 2, 5, 10) if factor * unit >= rough * 0.999)
    return [round(index * step, 6) for index in range(int(seconds / step + 1e-9) + 1)]


def _legend() -> Text:
    names = {"reading": "reading", "storing": "storing", "recording": "recording", "grading": "marking"}
    return Text("  ").join(Text.assemble(("■ ", COLOURS[lane]), (name, "dim")) for lane, name in names.items())


def timeline_of(delivery: Delivery) -> Timeline:
    """The execution's own times where they are at hand, the record's otherwise."""
    if delivery.timeline:
        return delivery.timeline
    return from_lanes(delivery.status.lanes) if delivery.status else Timeline({}, None, proven=False)


def _moments(timeline: Timeline) -> list[datetime]:
    ended = [moment for span in timeline.spans.values() for moment in (span.start, span.end)]
    return ended + list(timeline.running.values())


def _pages(lane: Lane) -> str:
    return f"{lane.pages_done or 0}/{lane.pages_total}" if lane.pages_total else ""


def _took(timeline: Timeline, lane: str) -> str:
    return wording.seconds(timeline.spans[lane].seconds) if lane in timeline.spans else ""


def _said(word: str, lane: Lane, took: str) -> str:
    if lane.state == "failed":
        return f"not {word}"
    return f"{word} in {took}" if lane.state == "done" and took else ""
