"""Lambda handler of the persist step: state in, one call of the domain, state out."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from core.models.execution_state import ExecutionState
from core.platform import aws
from core.platform.settings import settings
from core.storage.encryption import TextCipher
from core.storage.table import Table
from persist.submission_storage import store_submission

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
@aws.translate_service_errors()
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    submission = ExecutionState.from_state(event).submission
    logger.append_keys(submission_id=submission.id, run=submission.run)
    secret = settings().identity_secret.encode()
    result = store_submission(
        submission,
        table=Table(aws.client("dynamodb"), settings().table),
        s3=aws.client("s3"),
        documents_bucket=settings().documents_bucket,
        cipher=TextCipher(secret),
        secret=secret,
    )
    logger.info("stored", size=result.file.size, duplicate=result.duplicate_of is not None)
    return result.to_state()
