"""A submission's own clock: what its moments say of the time it took, for its status and for the metrics alike."""

from collections.abc import Mapping
from typing import Any

from core.clock import milliseconds

Lane = Mapping[str, Any]


def saved_by_lanes(reading: Lane, storing: Lane) -> int | None:
    """Milliseconds that reading and storing ran at once: each for itself, less the time from the first one's start to
    the last one's end. None where one of them left no times.

    Recording is the state machine's own write and leaves no times here, so the lanes saved at least this.
    """
    if not all(lane.get("started_at") and lane.get("ended_at") for lane in (reading, storing)):
        return None
    alone = sum(milliseconds(lane["started_at"], lane["ended_at"]) for lane in (reading, storing))
    first = min(reading["started_at"], storing["started_at"])
    last = max(reading["ended_at"], storing["ended_at"])
    return max(0, alone - milliseconds(first, last))


def durations(received_at: str, reading: Lane, storing: Lane, timeline: Mapping[str, Any]) -> dict[str, int]:
    """By metric, milliseconds of a submission's first run that has ended; what is not known is left out.

    `timeline` has joined_at and graded_at. From acceptance: the first OCR call, the join, the marks.
    """
    spans = {
        "TimeToFirstOcr": (received_at, reading.get("first_ocr_at")),
        "TimeToJoin": (received_at, timeline.get("joined_at")),
        "TimeToMarks": (received_at, timeline.get("graded_at")),
        "StoringDuration": (storing.get("started_at"), storing.get("ended_at")),
        "GradingDuration": (timeline.get("joined_at"), timeline.get("graded_at")),
    }
    known = {name: milliseconds(start, end) for name, (start, end) in spans.items() if start and end}
    saved = saved_by_lanes(reading, storing)
    return known if saved is None else {**known, "SavedByLanes": saved}
