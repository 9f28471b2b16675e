"""Lambda handler of the asynchronous Textract job: starts it, then polls its status. It never fetches the text."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from core.models.execution_state import AsyncJob, ExecutionState
from core.models.submission import Submission
from core.platform import aws
from core.platform.settings import settings
from core.storage.encryption import TextCipher
from extract.ocr.async_jobs import AsyncJobClient

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
@aws.translate_service_errors()
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    state = ExecutionState.from_state(event)
    submission, previous = state.submission, state.job
    logger.append_keys(submission_id=submission.id, run=submission.run)
    jobs = AsyncJobClient(aws.client("textract"))
    # A job without an id could not be started before, because too many others were running: try again.
    job = jobs.poll(previous) if previous and previous.id else start(submission, jobs, previous)
    logger.info("textract job", status=job.status)
    return job.to_state()


def start(submission: Submission, jobs: AsyncJobClient, previous: AsyncJob | None) -> AsyncJob:
    """Start the run's one job. The execution's name is the request token, so a retry finds the job already started."""
    file = submission.file
    key = TextCipher(settings().identity_secret.encode()).decrypt(file.key, associated_data=submission.id)
    s3_object = {"Bucket": file.bucket, "Name": key, "Version": file.version_id}
    return jobs.start(
        s3_object, submission.execution_name, first_requested_at=previous.started_at if previous else None
    )
