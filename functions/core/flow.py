"""Starting the state machine: by name, so that a second start of one run is refused and counts as done."""

import json
from typing import Any

from core.submission import Submission


def start(submission: Submission, *, stepfunctions: Any, state_machine_arn: str) -> bool:
    """Start this run; True where this call started it, False where it had been started before."""
    try:
        stepfunctions.start_execution(
            stateMachineArn=state_machine_arn,
            name=submission.execution_name,
            input=json.dumps(submission.to_state(), sort_keys=True),
        )
    except stepfunctions.exceptions.ExecutionAlreadyExists:
        return False
    return True


def execution_arn(state_machine_arn: str, submission_id: str, run: int) -> str:
    """The ARN of a run's execution, which Step Functions makes of the machine's ARN and the name."""
    return f"{state_machine_arn.replace(':stateMachine:', ':execution:')}:{submission_id}-{run}"
