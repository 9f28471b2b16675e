"""Durations between the timestamps of a submission, for its status and for the metrics."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

from core.platform.clock import milliseconds_between


class BranchTimes(NamedTuple):
    """When a branch started and ended, and when reading made its first OCR call; None if it has not."""

    started_at: str | None = None
    ended_at: str | None = None
    first_ocr_at: str | None = None

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        return cls(data.get("started_at"), data.get("ended_at"), data.get("first_ocr_at"))


class Timeline(NamedTuple):
    """Timestamps of a graded run: the first OCR call (None if there was none), the join of the branches, the marks."""

    first_ocr_at: str | None = None
    joined_at: str | None = None
    graded_at: str | None = None

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        return cls(data.get("first_ocr_at"), data.get("joined_at"), data.get("graded_at"))

    def to_dict(self) -> dict[str, str | None]:
        return {"first_ocr_at": self.first_ocr_at, "joined_at": self.joined_at, "graded_at": self.graded_at}


def time_saved_by_parallel_branches(reading: BranchTimes, storing: BranchTimes) -> int | None:
    """Return the milliseconds saved because reading and storing ran in parallel.

    That is the sum of both durations, less the time from the first start to the last end. None if one of them left no
    timestamps. Recording is the state machine's own write and leaves no timestamps here, so the branches saved at least
    this much.
    """
    if not (reading.started_at and reading.ended_at and storing.started_at and storing.ended_at):
        return None
    sequential = milliseconds_between(reading.started_at, reading.ended_at)
    sequential += milliseconds_between(storing.started_at, storing.ended_at)
    first = min(reading.started_at, storing.started_at)
    last = max(reading.ended_at, storing.ended_at)
    return max(0, sequential - milliseconds_between(first, last))


def compute_durations(
    received_at: str, reading: BranchTimes, storing: BranchTimes, timeline: Timeline
) -> dict[str, int]:
    """Return, by metric, the durations in milliseconds of a submission's first run; unknown ones are omitted.

    The time to the first OCR call, to the join and to the marks is measured from `received_at`.
    """
    spans = {
        "TimeToFirstOcr": (received_at, reading.first_ocr_at),
        "TimeToJoin": (received_at, timeline.joined_at),
        "TimeToMarks": (received_at, timeline.graded_at),
        "StoringDuration": (storing.started_at, storing.ended_at),
        "GradingDuration": (timeline.joined_at, timeline.graded_at),
    }
    known = {name: milliseconds_between(start, end) for name, (start, end) in spans.items() if start and end}
    time_saved = time_saved_by_parallel_branches(reading, storing)
    return known if time_saved is None else {**known, "SavedByLanes": time_saved}
