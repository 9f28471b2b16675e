"""When each lane of a submission ran, from the execution's own history, and what running them at once saved."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from local.cli.submission_status import BranchStatus

# The states of statemachine/grading.asl.yaml that make up a lane: its task, and where its failure ends as data.
_BRANCH_BY_STATE = {
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
_PARALLEL_STATE = "ReadAndPersist"
_PARALLEL_BRANCHES = ("reading", "storing", "recording")


@dataclass(frozen=True, slots=True)
class BranchSpan:
    """From entering a lane's first state to leaving its last: retries and waiting for a worker included."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        return (self.end - self.start).total_seconds()


@dataclass(frozen=True, slots=True)
class ExecutionTimeline:
    """The lanes of one run: `spans` of those that have ended, `running` the starts of those that have not.
    `proven` is True where the times are Step Functions' own (execution history, milliseconds), False where
    they are what the functions wrote into the record."""

    spans: dict[str, BranchSpan]
    joined_at: datetime | None
    is_from_history: bool
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
        if self.joined_at is None or any(name not in self.spans for name in _PARALLEL_BRANCHES):
            return None
        branches = [self.spans[name] for name in _PARALLEL_BRANCHES]
        together = (self.joined_at - min(branch.start for branch in branches)).total_seconds()
        return sum(branch.seconds for branch in branches) - together

    @property
    def reading_started_first(self) -> bool | None:
        """True where reading started before storing and before recording had ended; None if not known."""
        if any(name not in self.spans for name in _PARALLEL_BRANCHES):
            return None
        reading, storing, recording = (self.spans[name] for name in _PARALLEL_BRANCHES)
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


def timeline_from_history(events: Iterable[dict[str, Any]]) -> ExecutionTimeline:
    """The lanes of one execution, by the names of the states that were entered and left.

    A lane that was entered and not left (still running, or its machine timed out) has a start and no span.
    """
    entered: dict[str, datetime] = {}
    exited: dict[str, datetime] = {}
    joined_at = None
    for event in events:
        moment: datetime = event["timestamp"]
        if "stateEnteredEventDetails" in event:
            branch = _BRANCH_BY_STATE.get(event["stateEnteredEventDetails"]["name"])
            if branch:
                entered[branch] = min(moment, entered.get(branch, moment))
                exited.pop(branch, None)
        elif "stateExitedEventDetails" in event:
            name = event["stateExitedEventDetails"]["name"]
            if name == _PARALLEL_STATE:
                joined_at = moment
            elif name in _BRANCH_BY_STATE:
                exited[_BRANCH_BY_STATE[name]] = moment
    spans = {branch: BranchSpan(start, exited[branch]) for branch, start in entered.items() if branch in exited}
    running = {branch: start for branch, start in entered.items() if branch not in exited}
    return ExecutionTimeline(spans, joined_at, is_from_history=True, running=running)


def timeline_from_status(branches: dict[str, BranchStatus]) -> ExecutionTimeline:
    """The same from a submission's status, where the history is out of reach; joined when the last lane ended."""
    spans = {
        name: BranchSpan(branch.started_at, branch.ended_at)
        for name, branch in branches.items()
        if branch.started_at and branch.ended_at
    }
    running = {
        name: branch.started_at for name, branch in branches.items() if branch.started_at and not branch.ended_at
    }
    ends = [spans[name].end for name in _PARALLEL_BRANCHES if name in spans]
    joined_at = max(ends) if len(ends) == len(_PARALLEL_BRANCHES) else None
    return ExecutionTimeline(spans, joined_at, is_from_history=False, running=running)
