"""Door of what does not end by itself: endings, the parked, executions that stopped without a word."""

from functools import partial
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from core import aws, flow
from core.settings import settings
from core.submission import Submission
from core.table import Table
from recover import endings
from recover.release import Desk, park, release

logger = Logger()


def desk() -> Desk:
    start = partial(
        flow.start, stepfunctions=aws.client("stepfunctions"), state_machine_arn=settings().state_machine_arn
    )
    return Desk(Table(aws.client("dynamodb"), settings().table), settings().documents_bucket, start)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    table = Table(aws.client("dynamodb"), settings().table)
    action = "finalise" if "detail" in event else event["action"]
    logger.info("asked", action=action)
    match action:
        case "park":
            return {"state": park(Submission.from_state(event["state"]), desk())}
        case "release":
            return {"released": release(event["tenant"], event["assessment"], desk())}
        case "reject":
            return {"state": endings.reject(event["state"], table)}
        case "duplicate":
            return {"state": endings.duplicate(event["state"], table)}
        case "fail":
            return {"state": endings.fail(event["state"], table)}
        case "finalise":
            return {"state": endings.finalise(event["detail"], table)}
    raise ValueError(f"unknown action {action!r}")
