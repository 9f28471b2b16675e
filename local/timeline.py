"""When each lane of a submission ran, from the execution's own history, and what running them at once saved."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from local.status import Lane

# The states of statemachine/grading.asl.yaml that make up a lane: its task, and where its failure ends as data.
_STATES = {
    "Extract": "reading",
    "NotReadable": "reading",
    "NotRead": "reading",
    "StoreFile": "storing",
    "NotStored": "storing",
    "Record": "recording",
    "AlreadyRecorded": "recording",
    "NotRecorded": "recording",
    "Grade": "grading",
    "PreparePaper": "grading",
}
_JOIN = "ReadAndPersist"
_SIDE_BY_SIDE = ("reading", "storing", "recording")


@dataclass(frozen=True, slots=True)
class Span:
    """From entering a lane's first state to leaving its last: retries and waiting for a worker included."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        return (self.end - self.start).total_seconds()


@dataclass(frozen=True, slots=True)
class Timeline:
    """The lanes of one run: `spans` of those that have ended, `running` the starts of those that have not.
    `proven` is True where the times are Step Functions' own (execution history, milliseconds), False where
    they are what the functions wrote into the record."""

    spans: dict[str, Span]
    joined_at: datetime | None
    proven: bool
    running: dict[str, datetime] = field(default_factory=dict)

    @property
    def started_at(self) -> datetime | None:
        return min((span.start for span in self.spans.values()), default=None)

    @property
    def ended_at(self) -> datetime | None:
        return max((span.end for span in self.spans.values()), default=None)

    @property
    def saved_seconds(self) -> float | None:
        """What running the lanes at once saved on this submission's way to its marks, in seconds.

        (reading + storing + recording, one after another) − (from the first lane's start to their join).
        Each lane counts from entering its state to leaving it, retries included. The join's own cost is in
        the second term, so the figure can fall below 0 where there was nothing to win. It compares the
        lanes with *themselves* in a row: it does not claim that each would have been as slow alone (on a
        busy machine they slow each other down), nor that this is what another pipeline needs.

        None where one of the three lanes left no times or they were not joined.
        """
        if self.joined_at is None or any(name not in self.spans for name in _SIDE_BY_SIDE):
            return None
        lanes = [self.spans[name] for name in _SIDE_BY_SIDE]
        together = (self.joined_at - min(lane.start for lane in lanes)).total_seconds()
        return sum(lane.seconds for lane in lanes) - together

    @property
    def reading_came_first(self) -> bool | None:
        """True where reading started before storing and before recording had ended; None if not known."""
        if any(name not in self.spans for name in _SIDE_BY_SIDE):
            return None
        reading, storing, recording = (self.spans[name] for name in _SIDE_BY_SIDE)
        return reading.start < storing.end and reading.start < recording.end


def read_history(stepfunctions: Any, execution_arn: str) -> list[dict[str, Any]]:
    """All events of an execution, oldest first, page by page."""
    events: list[dict[str, Any]] = []
    request: dict[str, Any] = {"executionArn": execution_arn, "includeExecutionData": False}
    while True:
        answer = stepfunctions.get_execution_history(**request)
        events.extend(answer["events"])
        if not answer.get("nextToken"):
            return events
        request["nextToken"] = answer["nextToken"]


def from_history(events: Iterable[dict[str, Any]]) -> Timeline:
    """The lanes of one execution, by the names of the states that were entered and left.

    A lane that was entered and not left (still running, or its machine timed out) has a start and no span.
    """
    entered: dict[str, datetime] = {}
    left: dict[str, datetime] = {}
    joined_at = None
    for event in events:
        moment: datetime = event["timestamp"]
        if "stateEnteredEventDetails" in event:
            lane = _STATES.get(event["stateEnteredEventDetails"]["name"])
            if lane:
                entered[lane] = min(moment, entered.get(lane, moment))
                left.pop(lane, None)
        elif "stateExitedEventDetails" in event:
            name = event["stateExitedEventDetails"]["name"]
            if name == _JOIN:
                joined_at = moment
            elif name in _STATES:
                left[_STATES[name]] = moment
    spans = {lane: Span(start, left[lane]) for lane, start in entered.items() if lane in left}
    running = {lane: start for lane, start in entered.items() if lane not in left}
    return Timeline(spans, joined_at, proven=True, running=running)


def from_lanes(lanes: dict[str, Lane]) -> Timeline:
    """The same from a submission's status, where the history is out of reach; joined when the last lane ended."""
    spans = {
        name: Span(lane.started_at, lane.ended_at) for name, lane in lanes.items() if lane.started_at and lane.ended_at
    }
    running = {name: lane.started_at for name, lane in lanes.items() if lane.started_at and not lane.ended_at}
    ends = [spans[name].end for name in _SIDE_BY_SIDE if name in spans]
    joined_at = max(ends) if len(ends) == len(_SIDE_BY_SIDE) else None
    return Timeline(spans, joined_at, proven=False, running=running)
