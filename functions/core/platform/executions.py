"""Starts and looks up executions of the state machine.

An execution's name is made of submission and run, so a second start of a run counts as done and a run's execution is
found without a table.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from core.models.submission import Submission


@dataclass(frozen=True, slots=True)
class Execution:
    """The execution of one run. `status` is Step Functions' (RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED);
    `submission` is what it was started with."""

    status: str
    submission: Submission
    error: str | None = None

    @classmethod
    def from_description(cls, description: Mapping[str, Any]) -> Self:
        """Decode the response of DescribeExecution, or the detail of the event "Step Functions Execution Status
        Change", which has the same fields."""
        submission = Submission.from_state(json.loads(description["input"]))
        return cls(description["status"], submission, description.get("error"))

    @property
    def is_running(self) -> bool:
        return self.status in ("RUNNING", "PENDING_REDRIVE")


def start_execution(submission: Submission, *, stepfunctions: Any, state_machine_arn: str) -> bool:
    """Start the execution of this run. Returns True if this call started it, False if it was started before."""
    try:
        stepfunctions.start_execution(
            stateMachineArn=state_machine_arn,
            name=submission.execution_name,
            input=json.dumps(submission.to_state(), sort_keys=True),
        )
    except stepfunctions.exceptions.ExecutionAlreadyExists:
        return False
    return True


def find_execution(submission_id: str, run: int, *, stepfunctions: Any, state_machine_arn: str) -> Execution | None:
    """Return a run's execution; None if it was never started, or was started more than 90 days ago."""
    try:
        found = stepfunctions.describe_execution(executionArn=execution_arn(state_machine_arn, submission_id, run))
    except stepfunctions.exceptions.ExecutionDoesNotExist:
        return None
    return Execution.from_description(found)


def execution_arn(state_machine_arn: str, submission_id: str, run: int) -> str:
    """Return the ARN of a run's execution, which Step Functions derives from the state machine's ARN and the name."""
    return f"{state_machine_arn.replace(':stateMachine:', ':execution:')}:{submission_id}-{run}"
