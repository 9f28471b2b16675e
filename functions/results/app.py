"""Lambda handler of the results API: builds the resolver from the routes, and the context that they work with."""

import json
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config

from core.models import errors
from core.models.function_requests import MarkAnswerReply, MarkAnswerRequest, RecoverRequest
from core.platform import aws, http
from core.platform.settings import settings
from core.storage.encryption import TextCipher
from core.storage.table import Table
from results.routes import assessments, exports, submissions
from results.routes import settings as settings_routes
from results.tenant_records import TenantContext

logger = Logger()
app = http.create_resolver(logger)
for routes in (submissions, settings_routes, assessments, exports):
    app.include_router(routes.router)
# A single attempt: a response that comes too late has been paid for, and a retry would be paid for again.
_SINGLE_ATTEMPT = Config(read_timeout=26, retries={"mode": "standard", "total_max_attempts": 1})


def tenant_context() -> TenantContext:
    secret = settings().identity_secret.encode()
    return TenantContext(
        tenant=http.get_tenant(app),
        table=Table(aws.client("dynamodb"), settings().table),
        s3=aws.client("s3"),
        bucket=settings().documents_bucket,
        cipher=TextCipher(secret),
        user=http.get_user(app),
        stepfunctions=aws.client("stepfunctions"),
        state_machine_arn=settings().state_machine_arn,
        secret=secret,
        invoke_recover=invoke_recover,
        mark_answer=mark_answer,
    )


def invoke_recover(request: RecoverRequest) -> None:
    """Invoke `recover` asynchronously; it has a dead-letter queue."""
    aws.client("lambda").invoke(
        FunctionName=settings().recover_function,
        InvocationType="Event",
        Payload=json.dumps(request.to_event()).encode(),
    )


def mark_answer(request: MarkAnswerRequest) -> MarkAnswerReply:
    """Have `grade` mark one answer, and wait for the result. Raises ServiceUnavailable."""
    response = aws.client("lambda", _SINGLE_ATTEMPT).invoke(
        FunctionName=settings().grade_function, Payload=json.dumps(request.to_event()).encode()
    )
    marked: dict[str, Any] = json.loads(response["Payload"].read())
    if "FunctionError" in response:
        logger.error("an answer was not marked", error=marked.get("errorType"))
        raise errors.ServiceUnavailable(
            "The answer could not be marked at the moment. Please send it again in a moment."
        )
    return MarkAnswerReply.from_dict(marked)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    # Called by a route only when it needs it, so that a token without a tenant becomes a problem document.
    app.context["tenant_context"] = tenant_context
    return app.resolve(event, context)
