"""Lambda handler for retries, clean-up and terminal failures: the state machine, the schedule and other functions
call it."""

import json
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
from recover import reruns, terminal_states
from recover.cleanup import clean_up, clean_up_ended
from recover.erase import erase
from recover.lifecycle_context import LifecycleContext
from recover.release import park_submission, receive_again, release, release_all
from recover.sweep import SweepCutoffs, count_failed, load_cursor, save_cursor, sweep

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
        # EventBridge: an execution timed out, was aborted or failed.
        state = terminal_states.finalise_event(event["detail"], lifecycle.table)
        clean_up_ended(Submission.from_state(json.loads(event["detail"]["input"])), lifecycle)
        return {"state": state}
    logger.info("request received", action=event["action"])
    return _handle_state_machine(event, lifecycle) if "state" in event else _handle_request(event, lifecycle)


def _handle_state_machine(event: dict[str, Any], lifecycle_context: LifecycleContext) -> dict[str, Any]:
    """Actions of the state machine, which sends its whole state."""
    state = event["state"]
    match event["action"]:
        case "reject":
            return {"state": terminal_states.reject_submission(state, lifecycle_context.table)}
        case "duplicate":
            return {
                "state": terminal_states.mark_duplicate(
                    state, lifecycle_context.table, lambda one, at: receive_again(one, at, lifecycle_context)
                )
            }
        case "fail":
            return {"state": terminal_states.fail_submission(state, lifecycle_context.table)}
        case "park":
            return {"state": park_submission(Submission.from_state(state), lifecycle_context)}
        case "tidy":
            return clean_up(state, lifecycle_context)
    raise ValueError(f"unknown action {event['action']!r}")


def _handle_request(event: dict[str, Any], lifecycle_context: LifecycleContext) -> dict[str, Any]:
    """Actions of other functions, the schedule and people."""
    match event["action"]:
        case "release":
            return _handle_release(event, lifecycle_context)
        case "again":
            return {"state": receive_again(event["submission"], event["received_at"], lifecycle_context)}
        case "resume":
            return _handle_resume(event, lifecycle_context)
        case "erase":
            return {"removed": erase(event["submission"], lifecycle_context)}
        case "sweep":
            return _handle_sweep(event, lifecycle_context)
    raise ValueError(f"unknown action {event['action']!r}")


def _handle_release(event: dict[str, Any], lifecycle_context: LifecycleContext) -> dict[str, Any]:
    """Release one batch for the state machine, which calls again for the rest; otherwise as much as time allows."""
    tenant, assessment = event["tenant"], event["assessment"]
    if "after" not in event:
        return release_all(tenant, assessment, lifecycle_context).to_state()
    return release(tenant, assessment, lifecycle_context, after=event["after"], revision=event["revision"]).to_state()


def _handle_resume(event: dict[str, Any], lifecycle_context: LifecycleContext) -> dict[str, Any]:
    """Resume the named submissions, or one page of all that FAILED before `until`."""
    if "submissions" in event:
        return {"resumed": reruns.resume_submissions(event["submissions"], lifecycle_context), "next": None}
    started, next_cursor = reruns.resume_failed(
        lifecycle_context, until=event.get("until", clock.now()), after=event["after"]
    )
    return {"resumed": started, "next": next_cursor}


def _handle_sweep(event: dict[str, Any], lifecycle_context: LifecycleContext) -> dict[str, Any]:
    """One call of the sweep. The scheduled one (without `after`) continues where the previous one stopped."""
    scheduled = "after" not in event
    after: Item | None = load_cursor(lifecycle_context) if scheduled else event["after"]
    idle_seconds = event.get("older_than_seconds", _IDLE_SECONDS)
    cutoffs = SweepCutoffs(_seconds_ago(idle_seconds), _seconds_ago(max(idle_seconds, _STUCK_SECONDS)))
    done = sweep(lifecycle_context, cutoffs, after=after)
    if scheduled:
        save_cursor(lifecycle_context, done.next_cursor)
    response = {
        **done.to_dict(),
        "failed": count_failed(lifecycle_context, until=_seconds_ago(0)),
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
