"""Lambda handler for retries, clean-up and terminal failures.

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

from core.models.submission import Submission
from core.platform import aws, clock, executions
from core.platform.settings import settings
from core.storage.encryption import TextCipher
from core.storage.table import Item, Table
from recover import stuck_executions, terminal_states
from recover.cleanup import clean_up, clean_up_ended
from recover.erase import erase
from recover.lifecycle_context import LifecycleContext
from recover.release import park_submission, receive_again, release, release_all
from recover.sweep import SweepCutoffs, SweepResult, load_cursor, save_cursor, sweep

Action = Callable[[dict[str, Any], LifecycleContext], dict[str, Any]]

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
        return handle_execution_end(event["detail"], lifecycle)
    logger.info("request received", action=event["action"])
    if "state" in event:
        return handle_state_machine(event["action"], event["state"], lifecycle)
    if event["action"] == "sweep" and "after" not in event:
        return handle_schedule(event, lifecycle)
    return handle_request(event, lifecycle)


def handle_execution_end(detail: dict[str, Any], lifecycle: LifecycleContext) -> dict[str, Any]:
    """EventBridge: an execution timed out, was aborted or failed."""
    state = terminal_states.finalise_event(detail, lifecycle.table)
    clean_up_ended(Submission.from_state(json.loads(detail["input"])), lifecycle)
    return {"state": state}


def handle_state_machine(action: str, state: dict[str, Any], lifecycle: LifecycleContext) -> dict[str, Any]:
    """A task of the state machine, which sends its whole state."""
    if action not in _STATE_MACHINE_ACTIONS:
        raise ValueError(f"unknown action {action!r}")
    return _STATE_MACHINE_ACTIONS[action](state, lifecycle)


def handle_schedule(event: dict[str, Any], lifecycle: LifecycleContext) -> dict[str, Any]:
    """The scheduled sweep, which continues where the previous one stopped."""
    done = _run_sweep(event, lifecycle, after=load_cursor(lifecycle))
    save_cursor(lifecycle, done.next_cursor)
    return _report_sweep(done, lifecycle)


def handle_request(event: dict[str, Any], lifecycle: LifecycleContext) -> dict[str, Any]:
    """A request of another function or of an operator; the state machine's releases as well."""
    if event["action"] not in _REQUESTS:
        raise ValueError(f"unknown action {event['action']!r}")
    return _REQUESTS[event["action"]](event, lifecycle)


def _reject(state: dict[str, Any], lifecycle: LifecycleContext) -> dict[str, Any]:
    return {"state": terminal_states.reject_submission(state, lifecycle.table)}


def _mark_duplicate(state: dict[str, Any], lifecycle: LifecycleContext) -> dict[str, Any]:
    receive = partial(receive_again, lifecycle=lifecycle)
    return {"state": terminal_states.mark_duplicate(state, lifecycle.table, receive)}


def _fail(state: dict[str, Any], lifecycle: LifecycleContext) -> dict[str, Any]:
    return {"state": terminal_states.fail_submission(state, lifecycle.table)}


def _park(state: dict[str, Any], lifecycle: LifecycleContext) -> dict[str, Any]:
    return {"state": park_submission(Submission.from_state(state), lifecycle)}


def _release(event: dict[str, Any], lifecycle: LifecycleContext) -> dict[str, Any]:
    """Release one batch for the state machine, which calls again for the rest; otherwise as much as time allows."""
    tenant, assessment = event["tenant"], event["assessment"]
    if "after" not in event:
        return release_all(tenant, assessment, lifecycle).to_state()
    return release(tenant, assessment, lifecycle, after=event["after"], revision=event["revision"]).to_state()


def _receive_again(event: dict[str, Any], lifecycle: LifecycleContext) -> dict[str, Any]:
    return {"state": receive_again(event["submission"], event["received_at"], lifecycle)}


def _resume(event: dict[str, Any], lifecycle: LifecycleContext) -> dict[str, Any]:
    """Resume the named submissions, or one page of all that FAILED before `until`."""
    if "submissions" in event:
        return {"resumed": stuck_executions.resume_submissions(event["submissions"], lifecycle), "next": None}
    started, next_cursor = stuck_executions.resume_failed(
        lifecycle, until=event.get("until", clock.now()), after=event["after"]
    )
    return {"resumed": started, "next": next_cursor}


def _erase(event: dict[str, Any], lifecycle: LifecycleContext) -> dict[str, Any]:
    return {"removed": erase(event["submission"], lifecycle)}


def _sweep(event: dict[str, Any], lifecycle: LifecycleContext) -> dict[str, Any]:
    """One call of an operator's sweep, which starts at `after`."""
    return _report_sweep(_run_sweep(event, lifecycle, after=event["after"]), lifecycle)


_STATE_MACHINE_ACTIONS: dict[str, Action] = {
    "reject": _reject,
    "duplicate": _mark_duplicate,
    "fail": _fail,
    "park": _park,
    "tidy": clean_up,
}
_REQUESTS: dict[str, Action] = {
    "release": _release,
    "again": _receive_again,
    "resume": _resume,
    "erase": _erase,
    "sweep": _sweep,
}


def _run_sweep(event: dict[str, Any], lifecycle: LifecycleContext, *, after: Item | None) -> SweepResult:
    idle_seconds = event.get("older_than_seconds", _IDLE_SECONDS)
    cutoffs = SweepCutoffs(_seconds_ago(idle_seconds), _seconds_ago(max(idle_seconds, _STUCK_SECONDS)))
    return sweep(lifecycle, cutoffs, after=after)


def _report_sweep(done: SweepResult, lifecycle: LifecycleContext) -> dict[str, Any]:
    """Publish the counts of a sweep as metrics; returns them with the cursor `next`."""
    response = {
        **done.to_dict(),
        "failed": stuck_executions.count_failed(lifecycle, until=_seconds_ago(0)),
        "dead_ends": _count_dead_letters(),
    }
    for name in ("stuck", "started", "finalised", "removed", "waiting_for_paper", "failed"):
        metrics.add_metric(f"Swept{name.title().replace('_', '')}", MetricUnit.Count, response.get(name, 0))
    logger.info("sweep finished", **{name: count for name, count in response.items() if name != "next"})
    return response


def _count_dead_letters() -> int:
    """How many failed calls the dead-letter queue holds."""
    found = aws.client("sqs").get_queue_attributes(
        QueueUrl=settings().dead_ends_url, AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(found["Attributes"]["ApproximateNumberOfMessages"])


def _seconds_ago(seconds: float) -> str:
    return clock.format_timestamp(datetime.now(UTC) - timedelta(seconds=seconds))
