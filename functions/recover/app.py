"""Door of what does not end by itself: endings, the parked, erasure, the sweep, executions without a last word."""

import json
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from core import aws, clock, flow
from core.seal import Seal
from core.settings import settings
from core.submission import Submission
from core.table import Item, Table
from recover import endings, runs
from recover.desk import Desk
from recover.erase import erase
from recover.release import park, receive_again, release, release_all
from recover.sweep import Since, failed, keep_place, standing_place, sweep
from recover.tidy import tidy, tidy_ended

logger = Logger()
metrics = Metrics()
# Younger than this is most likely under way; older than that it is stuck.
_QUIET_SECONDS = 900
_STUCK_SECONDS = 7200


def desk(context: LambdaContext) -> Desk:
    machine = {"stepfunctions": aws.client("stepfunctions"), "state_machine_arn": settings().state_machine_arn}
    secret = settings().identity_secret.encode()
    return Desk(
        table=Table(aws.client("dynamodb"), settings().table),
        s3=aws.client("s3"),
        temp_bucket=settings().temp_bucket,
        documents_bucket=settings().documents_bucket,
        secret=secret,
        seal=Seal(secret),
        start=partial(flow.start, **machine),
        execution=partial(flow.find, **machine),
        tell=tell,
        seconds_left=lambda: context.get_remaining_time_in_millis() / 1000,
        call=context.aws_request_id,
    )


def tell(event: dict[str, Any]) -> None:
    """Hand an S3 event to the door, as S3 does: behind our back, with a dead end of its own."""
    aws.client("lambda").invoke(
        FunctionName=settings().receive_function, InvocationType="Event", Payload=json.dumps(event).encode()
    )


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
@aws.named_errors()
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    metrics.add_metric("Recoveries", MetricUnit.Count, 1)
    at_hand = desk(context)
    if "detail" in event:
        # EventBridge: an execution has ended otherwise than by succeeding.
        state = endings.finalise(event["detail"], at_hand.table)
        tidy_ended(Submission.from_state(json.loads(event["detail"]["input"])), at_hand)
        return {"state": state}
    logger.info("asked", action=event["action"])
    return _states(event, at_hand) if "state" in event else _requests(event, at_hand)


def _states(event: dict[str, Any], desk: Desk) -> dict[str, Any]:
    """What the state machine asks, with its whole state."""
    state = event["state"]
    match event["action"]:
        case "reject":
            return {"state": endings.reject(state, desk.table)}
        case "duplicate":
            return {"state": endings.duplicate(state, desk.table, lambda one, at: receive_again(one, at, desk))}
        case "fail":
            return {"state": endings.fail(state, desk.table)}
        case "park":
            return {"state": park(Submission.from_state(state), desk)}
        case "tidy":
            return tidy(state, desk)
    raise ValueError(f"unknown action {event['action']!r}")


def _requests(event: dict[str, Any], desk: Desk) -> dict[str, Any]:
    """What the other doors, the schedule and people ask."""
    match event["action"]:
        case "release":
            return _release(event, desk)
        case "again":
            return {"state": receive_again(event["submission"], event["received_at"], desk)}
        case "resume":
            return _resume(event, desk)
        case "erase":
            return {"removed": erase(event["submission"], desk)}
        case "sweep":
            return _sweep(event, desk)
    raise ValueError(f"unknown action {event['action']!r}")


def _release(event: dict[str, Any], desk: Desk) -> dict[str, Any]:
    """A batch for the state machine, which asks again for the rest; for everybody else as much as time allows."""
    tenant, assessment = event["tenant"], event["assessment"]
    if "after" not in event:
        return release_all(tenant, assessment, desk).to_state()
    return release(tenant, assessment, desk, after=event["after"], revision=event["revision"]).to_state()


def _resume(event: dict[str, Any], desk: Desk) -> dict[str, Any]:
    """Those that are named; or all that have FAILED before `until`, a piece a call."""
    if "submissions" in event:
        return {"resumed": runs.resume(event["submissions"], desk), "next": None}
    started, following = runs.resume_failed(desk, until=event.get("until", clock.now()), after=event["after"])
    return {"resumed": started, "next": following}


def _sweep(event: dict[str, Any], desk: Desk) -> dict[str, Any]:
    """One piece of the sweep. The scheduled one (it names no place) goes on where the last one stopped."""
    scheduled = "after" not in event
    after: Item | None = standing_place(desk) if scheduled else event["after"]
    quiet = event.get("older_than_seconds", _QUIET_SECONDS)
    since = Since(_ago(quiet), _ago(max(quiet, _STUCK_SECONDS)))
    done = sweep(desk, since, after=after)
    if scheduled:
        keep_place(desk, done.following)
    answer = {**done.to_dict(), "failed": failed(desk, until=_ago(0)), "dead_ends": _dead_ends()}
    for name in ("stuck", "started", "finalised", "removed", "waiting_for_paper", "failed"):
        metrics.add_metric(f"Swept{name.title().replace('_', '')}", MetricUnit.Count, answer.get(name, 0))
    logger.info("swept", **{name: count for name, count in answer.items() if name != "next"})
    return answer


def _dead_ends() -> int:
    """How many calls lie in the queue of dead ends."""
    found = aws.client("sqs").get_queue_attributes(
        QueueUrl=settings().dead_ends_url, AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(found["Attributes"]["ApproximateNumberOfMessages"])


def _ago(seconds: float) -> str:
    return clock.stamp(datetime.now(UTC) - timedelta(seconds=seconds))
