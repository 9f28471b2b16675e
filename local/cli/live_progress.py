"""Live view of the branches of every submission on one time axis: reading, storing, recording and marking.

The upper and lower half of each terminal cell show different branches, so that parallel branches are visible as such
even without colour ("▀" only the upper, "▄" only the lower, "█" both).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from core.models.submission import SubmissionState
from local.cli import display_text
from local.cli.execution_timeline import ExecutionTimeline, timeline_from_status
from local.cli.submission_status import BranchStatus, SubmissionStatus
from local.cli.submitted_files import SubmittedFile

BRANCH_COLOURS = {"reading": "#5b9bd5", "storing": "#d9a441", "recording": "#b48ad8", "grading": "#5fb88a"}
_CHANNEL_LABELS = {"api": "API", "upload": "upload", "drop": "drop folder"}
_MIN_AXIS_CELLS = 24
_MIN_AXIS_SECONDS = 5.0

BarTrack = Sequence[tuple[str, float, float]]
"""The branches of one half row: (branch, start, end) in seconds from the start of the axis."""


class LiveProgress:
    """Shows progress while polling: live on a terminal, one line per change elsewhere. Use as a context manager."""

    def __init__(self, submitted_files: Sequence[SubmittedFile], console: Console) -> None:
        self._submitted_files = submitted_files
        self._console = console
        self._started = datetime.now(UTC)
        self.clock_offset_seconds = 0.0
        self._printed_lines: dict[int, str] = {}
        self._live = Live(console=console, auto_refresh=False, transient=False) if console.is_terminal else None

    def __enter__(self) -> "LiveProgress":
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self.show()
            self._live.stop()

    def show(self) -> None:
        now = datetime.now(UTC) + timedelta(seconds=self.clock_offset_seconds)
        if self._live:
            self._live.update(
                render_progress(self._submitted_files, now, self._started, self._console.size), refresh=True
            )
            return
        for index, submitted in enumerate(self._submitted_files):
            line = progress_line(submitted)
            if line and self._printed_lines.get(index) != line:
                self._printed_lines[index] = line
                elapsed = (now - self._started).total_seconds()
                self._console.print(f"{elapsed:6.1f} s  {line}", markup=False, highlight=False, soft_wrap=True)


@dataclass(frozen=True, slots=True)
class _TimeAxis:
    start: datetime
    seconds: float
    cells: int


def render_progress(
    submitted_files: Sequence[SubmittedFile], now: datetime, started: datetime, size: tuple[int, int]
) -> RenderableType:
    """Render the whole view for a terminal of `size` (columns, rows)."""
    width, height = size
    moments = [moment for submitted in submitted_files for moment in _timeline_timestamps(timeline_for(submitted))]
    start = min([started, *moments])
    last = now if not all(submitted.ended for submitted in submitted_files) else max([started, *moments])
    # The axis ends a little after now, so that running bars have space to grow.
    seconds = max((last - start).total_seconds() * 1.02, _MIN_AXIS_SECONDS)
    names = min(max([len(submitted.name) for submitted in submitted_files] + [5]), max(width // 5, 10))
    full = width >= 100
    axis = _TimeAxis(start, seconds, max(width - names - (51 if full else 22), _MIN_AXIS_CELLS))
    double = len(submitted_files) * 2 + 5 <= height
    shown, hidden = _select_visible(submitted_files, max((height - 5) // (2 if double else 1), 3))
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, show_header=True, header_style="dim")
    table.add_column("", width=names, no_wrap=True, overflow="ellipsis")
    if full:
        table.add_column("by", width=11, no_wrap=True)
    table.add_column(_axis_labels(axis), width=axis.cells, no_wrap=True)
    table.add_column("pages", width=5, no_wrap=True, justify="right")
    if full:
        table.add_column("stored", width=7, no_wrap=True, justify="right")
    table.add_column("", width=20 if full else 13, no_wrap=True, overflow="ellipsis")
    for submitted in shown:
        _add_row(table, submitted, now, axis, full=full, double=double)
    done = sum(submitted.ended for submitted in submitted_files)
    foot = Text(
        f"{done} of {len(submitted_files)} done" + (f", {hidden} not shown here" if hidden else ""), style="dim"
    )
    return Group(table, Text.assemble(_legend(), "   ", foot))


def progress_line(submitted: SubmittedFile) -> str:
    """Describe one submission in one line; the line changes only if a change is worth printing."""
    status = submitted.status
    if submitted.refusal:
        return f"{submitted.name}: not accepted. {submitted.refusal}"
    if status is None:
        return ""
    if submitted.ended:
        return f"{submitted.name}: {_outcome_text(submitted, status)}" + (
            f". {submitted.failure}" if submitted.failure else ""
        )
    reading, timeline = status.branches["reading"], timeline_for(submitted)
    running = reading.state == "running"
    parts = [
        f"reading {_pages_text(reading)}".strip()
        if running
        else _branch_text("read", reading, _duration_text(timeline, "reading"))
    ]
    parts += [_branch_text("stored", status.branches["storing"], _duration_text(timeline, "storing"))]
    if status.branches["grading"].state == "running":
        parts.append("marking")
    if status.state is SubmissionState.AWAITING_PAPER:
        parts.append(display_text.state_text(status.state))
    progress = ", ".join(part for part in parts if part)
    return f"{submitted.name}: {progress or display_text.state_text(status.state)}"


def render_half_blocks(upper: BarTrack, lower: BarTrack, axis_seconds: float, cells: int) -> Text:
    """Render two tracks in one row of cells; a branch shorter than a cell still gets one."""
    above, below = _assign_cells(upper, axis_seconds, cells), _assign_cells(lower, axis_seconds, cells)
    text = Text()
    for top, bottom in zip(above, below, strict=True):
        if top and bottom and top != bottom:
            text.append("▀", f"{BRANCH_COLOURS[top]} on {BRANCH_COLOURS[bottom]}")
        elif top and bottom:
            text.append("█", BRANCH_COLOURS[top])
        elif top or bottom:
            text.append("▀" if top else "▄", BRANCH_COLOURS[top or bottom or ""])
        else:
            text.append(" ")
    return text


def _assign_cells(track: BarTrack, axis_seconds: float, cells: int) -> list[str | None]:
    row: list[str | None] = [None] * cells
    for branch, start, end in track:
        first = min(max(int(start / axis_seconds * cells), 0), cells - 1)
        last = min(max(round(end / axis_seconds * cells), first + 1), cells)
        # A cell that an earlier branch of this track holds stays its own; a branch that fits within it gets the next.
        if row[first] is not None and last - first == 1 and last < cells:
            first, last = last, last + 1
        row[first:last] = [held or branch for held in row[first:last]]
    return row


def _add_row(
    table: Table, submitted: SubmittedFile, now: datetime, axis: _TimeAxis, *, full: bool, double: bool
) -> None:
    status = submitted.status
    timeline = timeline_for(submitted)
    spans = {name: (span.start, span.end) for name, span in timeline.spans.items()}
    spans |= {name: (started, max(now, started)) for name, started in timeline.running.items()}

    def track(*names: str) -> BarTrack:
        return [
            (name, (spans[name][0] - axis.start).total_seconds(), (spans[name][1] - axis.start).total_seconds())
            for name in names
            if name in spans
        ]

    ended = ("bold " if submitted.ended else "") + _outcome_style(submitted)
    pages = _pages_text(status.branches["reading"]) if status else ""
    end = Text(_outcome_text(submitted, status) if status or submitted.refusal else "sent", style=ended)
    first: list[RenderableType] = [Text(submitted.name, style="bold")]
    second: list[RenderableType] = [Text("")]
    if full:
        first.append(Text(_CHANNEL_LABELS.get(status.channel if status else submitted.channel.value, ""), style="dim"))
        second.append("")
    below = track("storing") if double else track("storing", "recording")
    first += [render_half_blocks(track("reading", "grading"), below, axis.seconds, axis.cells), pages]
    second += [render_half_blocks(track("recording"), (), axis.seconds, axis.cells), ""]
    if full:
        first.append(Text(_duration_text(timeline, "storing"), style="dim"))
        second.append("")
    first.append(end)
    second.append("")
    table.add_row(*first)
    if double:
        table.add_row(*second)


def _outcome_text(submitted: SubmittedFile, status: SubmissionStatus | None) -> str:
    if submitted.refusal or status is None:
        return "not accepted"
    if submitted.result:
        return (
            f"{display_text.format_number(submitted.result.marks)} / "
            f"{display_text.format_number(submitted.result.max_marks)}"
            + (f", look at {len(submitted.marks_in_review)}" if submitted.marks_in_review else "")
        )
    return display_text.state_text(status.state)


def _outcome_style(submitted: SubmittedFile) -> str:
    if not submitted.ended:
        return ""
    if not submitted.succeeded:
        return "red"
    return "yellow" if submitted.marks_in_review else "green"


def _select_visible(submitted_files: Sequence[SubmittedFile], max_rows: int) -> tuple[list[SubmittedFile], int]:
    """Return as many files as fit, in their order, preferring those that have not ended, and the number hidden."""
    if len(submitted_files) <= max_rows:
        return list(submitted_files), 0
    open_first = sorted(range(len(submitted_files)), key=lambda index: (submitted_files[index].ended, index))
    chosen = sorted(open_first[:max_rows])
    return [submitted_files[index] for index in chosen], len(submitted_files) - max_rows


def _axis_labels(axis: _TimeAxis) -> Text:
    """Place the tick labels over their cells: "0 s   5 s   10 s"."""
    row = [" "] * axis.cells
    for value in axis_ticks(axis.seconds, most=max(axis.cells // 9, 2)):
        label, at = f"{value:g} s", int(value / axis.seconds * axis.cells)
        if at + len(label) <= axis.cells:
            row[at : at + len(label)] = label
    return Text("".join(row))


def axis_ticks(seconds: float, most: int) -> list[float]:
    """Return round numbers from 0 to `seconds`, at most about `most` of them: 0, 5, 10, …"""
    if seconds <= 0:
        return [0.0]
    rough = seconds / most
    unit = 10 ** math.floor(math.log10(rough))
    step = next(factor * unit for factor in (1, 2, 5, 10) if factor * unit >= rough * 0.999)
    return [round(index * step, 6) for index in range(int(seconds / step + 1e-9) + 1)]


def _legend() -> Text:
    names = {"reading": "reading", "storing": "storing", "recording": "recording", "grading": "marking"}
    return Text("  ").join(
        Text.assemble(("■ ", BRANCH_COLOURS[branch]), (name, "dim")) for branch, name in names.items()
    )


def timeline_for(submitted: SubmittedFile) -> ExecutionTimeline:
    """Return the times of the execution history if they were read, else those of the record."""
    if submitted.timeline:
        return submitted.timeline
    return (
        timeline_from_status(submitted.status.branches)
        if submitted.status
        else ExecutionTimeline({}, None, is_from_history=False)
    )


def _timeline_timestamps(timeline: ExecutionTimeline) -> list[datetime]:
    span_times = [moment for span in timeline.spans.values() for moment in (span.start, span.end)]
    return span_times + list(timeline.running.values())


def _pages_text(branch: BranchStatus) -> str:
    return f"{branch.pages_done or 0}/{branch.pages_total}" if branch.pages_total else ""


def _duration_text(timeline: ExecutionTimeline, branch: str) -> str:
    return display_text.format_seconds(timeline.spans[branch].seconds) if branch in timeline.spans else ""


def _branch_text(word: str, branch: BranchStatus, duration: str) -> str:
    if branch.state == "failed":
        return f"not {word}"
    return f"{word} in {duration}" if branch.state == "done" and duration else ""
