"""Lambda handler of what happens after a run or beside it: terminal states, clean-up, sweep, release, erasure, resume.

One function handles each trigger: the end of an execution (EventBridge), the state machine, the schedule, and requests
of other functions and operators.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from core.models import function_requests
from core.models.execution_state import ExecutionState
from core.models.function_requests import (
    EraseRequest,
    ReleaseRequest,
    RepeatUploadRequest,
    ResumeReply,
    ResumeRequest,
    SweepReply,
    SweepRequest,
)
from core.platform import aws, clock, executions
from core.platform.executions import Execution
from core.platform.settings import settings
from core.storage.encryption import TextCipher
from core.storage.pending_items import load_sweep_cursor, save_sweep_cursor
from core.storage.table import Table
from recover import run_recovery, terminal_states
from recover.cleanup import clean_up, clean_up_ended
from recover.erase import erase
from recover.lifecycle_context import LifecycleContext
from recover.release import park_submission, receive_again, release, release_all
from recover.sweep import SweepCutoffs, SweepResult, sweep

Event = dict[str, Any]

logger = Logger()
metrics = Metrics()
# What has waited for less than the first is most likely in progress; for longer than the second, it is stuck.
_IDLE_SECONDS = 900
_STUCK_SECONDS = 7200


def lifecycle_context(context: LambdaContext) -> LifecycleContext:
    machine = {"stepfunctions": aws.client("stepfunctions"), "state_machine_arn": settings().state_machine_arn}
    secret = settings().identity_secret.encode()
    return LifecycleContext(
        table=Table(aws.client("dynamodb"), settings().table),
        s3=aws.client("s3"),
        temp_bucket=settings().temp_bucket,
        documents_bucket=settings().documents_bucket,
        secret=secret,
        cipher=TextCipher(secret),
        start=partial(executions.start_execution, **machine),
        execution=partial(executions.find_execution, **machine),
        send_upload_event=send_upload_event,
        seconds_left=lambda: context.get_remaining_time_in_millis() / 1000,
        request_id=context.aws_request_id,
    )


def send_upload_event(event: dict[str, Any]) -> None:
    """Send `receive` an S3 event as S3 does: asynchronously, with a dead-letter queue."""
    aws.client("lambda").invoke(
        FunctionName=settings().receive_function, InvocationType="Event", Payload=json.dumps(event).encode()
    )


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
@aws.translate_service_errors()
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    metrics.add_metric("Recoveries", MetricUnit.Count, 1)
    lifecycle = lifecycle_context(context)
    if "detail" in event:
        return handle_execution_end(Execution.from_description(event["detail"]), lifecycle)
    logger.info("request received", action=event["action"])
    if "state" in event:
        return handle_state_machine(event["action"], ExecutionState.from_state(event["state"]), lifecycle)
    if event["action"] == function_requests.SWEEP and (request := SweepRequest.from_event(event)).is_scheduled:
        return handle_schedule(request, lifecycle)
    return handle_request(event, lifecycle)


def handle_execution_end(execution: Execution, lifecycle: LifecycleContext) -> dict[str, Any]:
    """EventBridge: an execution timed out, was aborted or failed."""
    state = terminal_states.finalise_execution(execution, lifecycle.table)
    clean_up_ended(execution.submission, lifecycle)
    return {"state": state}


def handle_state_machine(action: str, state: ExecutionState, lifecycle: LifecycleContext) -> dict[str, Any]:
    """A task of the state machine, which sends its whole state."""
    if action not in _STATE_MACHINE_ACTIONS:
        raise ValueError(f"unknown action {action!r}")
    return _STATE_MACHINE_ACTIONS[action](state, lifecycle)


def handle_schedule(request: SweepRequest, lifecycle: LifecycleContext) -> dict[str, Any]:
    """The scheduled sweep, which continues where the previous one stopped."""
    done = _run_sweep(request._replace(after=load_sweep_cursor(lifecycle.table)), lifecycle)
    save_sweep_cursor(lifecycle.table, done.next_cursor)
    return _report_sweep(done, lifecycle)


def handle_request(event: Event, lifecycle: LifecycleContext) -> dict[str, Any]:
    """A request of another function or of an operator; the state machine's releases as well."""
    if event["action"] not in _REQUESTS:
        raise ValueError(f"unknown action {event['action']!r}")
    return _REQUESTS[event["action"]](event, lifecycle)


def _reject(state: ExecutionState, lifecycle: LifecycleContext) -> dict[str, Any]:
    return {"state": terminal_states.reject_submission(state, lifecycle.table)}


def _mark_duplicate(state: ExecutionState, lifecycle: LifecycleContext) -> dict[str, Any]:
    receive = partial(receive_again, lifecycle=lifecycle)
    return {"state": terminal_states.mark_duplicate(state, lifecycle.table, receive)}


def _fail(state: ExecutionState, lifecycle: LifecycleContext) -> dict[str, Any]:
    return {"state": terminal_states.fail_submission(state, lifecycle.table)}


def _park(state: ExecutionState, lifecycle: LifecycleContext) -> dict[str, Any]:
    return {"state": park_submission(state.submission, lifecycle)}


def _clean_up(state: ExecutionState, lifecycle: LifecycleContext) -> dict[str, Any]:
    return clean_up(state, lifecycle).to_state()


def _release(event: Event, lifecycle: LifecycleContext) -> dict[str, Any]:
    """Release one batch for the state machine, which calls again for the rest; otherwise as much as time allows."""
    request = ReleaseRequest.from_event(event)
    tenant, assessment = request.tenant, request.assessment
    if request.after is None:
        return release_all(tenant, assessment, lifecycle).to_state()
    return release(tenant, assessment, lifecycle, after=request.after, revision=request.revision).to_state()


def _receive_again(event: Event, lifecycle: LifecycleContext) -> dict[str, Any]:
    request = RepeatUploadRequest.from_event(event)
    return {"state": receive_again(request.submission_id, request.received_at, lifecycle)}


def _resume(event: Event, lifecycle: LifecycleContext) -> dict[str, Any]:
    """Resume the named submissions, or one page of all that FAILED before `until`."""
    request = ResumeRequest.from_event(event)
    if request.submission_ids is not None:
        reply = ResumeReply(tuple(run_recovery.resume_submissions(request.submission_ids, lifecycle)))
    else:
        until = request.until or clock.now()
        started, next_cursor = run_recovery.resume_failed(lifecycle, until=until, after=request.after)
        reply = ResumeReply(tuple(started), next_cursor)
    return reply.to_dict()


def _erase(event: Event, lifecycle: LifecycleContext) -> dict[str, Any]:
    return {"removed": erase(EraseRequest.from_event(event).submission_id, lifecycle)}


def _sweep(event: Event, lifecycle: LifecycleContext) -> dict[str, Any]:
    """One call of an operator's sweep, which starts at `after`."""
    return _report_sweep(_run_sweep(SweepRequest.from_event(event), lifecycle), lifecycle)


_STATE_MACHINE_ACTIONS: dict[str, Callable[[ExecutionState, LifecycleContext], dict[str, Any]]] = {
    "reject": _reject,
    "duplicate": _mark_duplicate,
    "fail": _fail,
    "park": _park,
    "tidy": _clean_up,
}
_REQUESTS: dict[str, Callable[[Event, LifecycleContext], dict[str, Any]]] = {
    function_requests.RELEASE: _release,
    function_requests.REPEAT_UPLOAD: _receive_again,
    function_requests.RESUME: _resume,
    function_requests.ERASE: _erase,
    function_requests.SWEEP: _sweep,
}


def _run_sweep(request: SweepRequest, lifecycle: LifecycleContext) -> SweepResult:
    idle_seconds = _IDLE_SECONDS if request.older_than_seconds is None else request.older_than_seconds
    cutoffs = SweepCutoffs(_seconds_ago(idle_seconds), _seconds_ago(max(idle_seconds, _STUCK_SECONDS)))
    return sweep(lifecycle, cutoffs, after=request.after)


def _report_sweep(done: SweepResult, lifecycle: LifecycleContext) -> dict[str, Any]:
    """Publish the counts of a sweep as metrics; returns them with the cursor `next`."""
    counts: dict[str, Any] = {
        **dict(sorted(done.counts.items())),
        "failed": run_recovery.count_failed(lifecycle, until=_seconds_ago(0)),
        "dead_ends": _count_dead_letters(),
    }
    for name in ("stuck", "started", "finalised", "removed", "waiting_for_paper", "failed"):
        metrics.add_metric(f"Swept{name.title().replace('_', '')}", MetricUnit.Count, counts.get(name, 0))
    logger.info("sweep finished", **counts)
    return SweepReply(counts, done.next_cursor).to_dict()


def _count_dead_letters() -> int:
    """How many failed calls the dead-letter queue holds."""
    found = aws.client("sqs").get_queue_attributes(
        QueueUrl=settings().dead_ends_url, AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(found["Attributes"]["ApproximateNumberOfMessages"])


def _seconds_ago(seconds: float) -> str:
    return clock.format_timestamp(datetime.now(UTC) - timedelta(seconds=seconds))
