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
from recover.release import Desk, park, release, resume

logger = Logger()
ENDINGS = {"reject": endings.reject, "duplicate": endings.duplicate, "fail": endings.fail}


def desk() -> Desk:
    start = partial(
        flow.start, stepfunctions=aws.client("stepfunctions"), state_machine_arn=settings().state_machine_arn
    )
    return Desk(Table(aws.client("dynamodb"), settings().table), settings().documents_bucket, start)


@logger.inject_lambda_context(clear_state=True)
@aws.named_errors()
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    if "detail" in event:
        # EventBridge: an execution has ended otherwise than by succeeding.
        return {"state": endings.finalise(event["detail"], desk().table)}
    action = event["action"]
    logger.info("asked", action=action)
    if action in ENDINGS:
        return {"state": ENDINGS[action](event["state"], desk().table)}
    match action:
        case "park":
            return {"state": park(Submission.from_state(event["state"]), desk())}
        case "release":
            return {"released": release(event["tenant"], event["assessment"], desk())}
        case "resume":
            return {"resumed": resume(event["submissions"], desk())}
    raise ValueError(f"unknown action {action!r}")
