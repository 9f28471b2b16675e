"""Durations between the timestamps of a submission, for its status and for the metrics."""

from collections.abc import Mapping
from typing import Any

from core.platform.clock import milliseconds_between

BranchTimes = Mapping[str, Any]


def time_saved_by_parallel_branches(reading: BranchTimes, storing: BranchTimes) -> int | None:
    """Return the milliseconds saved because reading and storing ran in parallel.

    That is the sum of both durations, less the time from the first start to the last end. None if one of them left no
    timestamps. Recording is the state machine's own write and leaves no timestamps here, so the branches saved at least
    this much.
    """
    if not all(branch.get("started_at") and branch.get("ended_at") for branch in (reading, storing)):
        return None
    sequential = sum(milliseconds_between(branch["started_at"], branch["ended_at"]) for branch in (reading, storing))
    first = min(reading["started_at"], storing["started_at"])
    last = max(reading["ended_at"], storing["ended_at"])
    return max(0, sequential - milliseconds_between(first, last))


def compute_durations(
    received_at: str, reading: BranchTimes, storing: BranchTimes, timeline: Mapping[str, Any]
) -> dict[str, int]:
    """Return, by metric, the durations in milliseconds of a submission's first run; unknown ones are omitted.

    `timeline` has joined_at and graded_at. The time to the first OCR call, to the join and to the marks is measured
    from `received_at`.
    """
    spans = {
        "TimeToFirstOcr": (received_at, reading.get("first_ocr_at")),
        "TimeToJoin": (received_at, timeline.get("joined_at")),
        "TimeToMarks": (received_at, timeline.get("graded_at")),
        "StoringDuration": (storing.get("started_at"), storing.get("ended_at")),
        "GradingDuration": (timeline.get("joined_at"), timeline.get("graded_at")),
    }
    known = {name: milliseconds_between(start, end) for name, (start, end) in spans.items() if start and end}
    time_saved = time_saved_by_parallel_branches(reading, storing)
    return known if time_saved is None else {**known, "SavedByLanes": time_saved}
