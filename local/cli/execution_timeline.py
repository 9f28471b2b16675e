"""When each branch of a submission ran, from the execution history, and the time saved by running them in parallel."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from local.cli.submission_status import BranchStatus

# The states of statemachine/grading.asl.yaml that make up a branch: its task, and the states that turn its failure
# into data.
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
    """The time from entering a branch's first state to leaving its last, including retries and waiting for a worker."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        return (self.end - self.start).total_seconds()


@dataclass(frozen=True, slots=True)
class ExecutionTimeline:
    """The branches of one run: `spans` of those that have ended, `running` with the starts of those that have not.

    `is_from_history` is True if the times are Step Functions' own (execution history, milliseconds), False if they
    are those that the functions wrote into the record.
    """

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
        """The seconds saved by running the branches in parallel.

        (reading + storing + recording, run one after another) − (from the first branch's start to the join).
        Each branch counts from entering its state to leaving it, including retries. The second term includes the cost
        of the join, so the figure can be below 0 if there was nothing to save. It compares the branches with
        *themselves* in sequence: it does not claim that each would have been as slow alone (on a busy machine they
        slow each other down), nor that another pipeline needs this time.

        None if one of the three branches has no times or they were not joined.
        """
        if self.joined_at is None or any(name not in self.spans for name in _PARALLEL_BRANCHES):
            return None
        branches = [self.spans[name] for name in _PARALLEL_BRANCHES]
        together = (self.joined_at - min(branch.start for branch in branches)).total_seconds()
        return sum(branch.seconds for branch in branches) - together

    @property
    def reading_started_first(self) -> bool | None:
        """True if reading started before storing and recording had ended; None if unknown."""
        if any(name not in self.spans for name in _PARALLEL_BRANCHES):
            return None
        reading, storing, recording = (self.spans[name] for name in _PARALLEL_BRANCHES)
        return reading.start < storing.end and reading.start < recording.end


def read_history(stepfunctions: Any, execution_arn: str) -> list[dict[str, Any]]:
    """Return all events of an execution, oldest first."""
    events: list[dict[str, Any]] = []
    request: dict[str, Any] = {"executionArn": execution_arn, "includeExecutionData": False}
    while True:
        answer = stepfunctions.get_execution_history(**request)
        events.extend(answer["events"])
        if not answer.get("nextToken"):
            return events
        request["nextToken"] = answer["nextToken"]


def timeline_from_history(events: Iterable[dict[str, Any]]) -> ExecutionTimeline:
    """Build the timeline of one execution from the names of the states that were entered and exited.

    A branch that was entered and not exited (still running, or the execution timed out) has a start and no span.
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
    """Build the timeline from a submission's status, for use without access to the execution history.

    The end of the last branch counts as the join.
    """
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
