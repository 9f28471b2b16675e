"""Door of the asynchronous reading: a job is started, and looked at. What it read never passes through here."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from core.models.submission import Submission
from core.platform import aws
from core.platform.settings import settings
from core.storage.encryption import TextCipher
from extract.ocr.async_jobs import AsyncJob, AsyncJobClient

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
@aws.translate_service_errors()
def handler(state: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    submission = Submission.from_state(state)
    logger.append_keys(submission_id=submission.id, run=submission.run)
    jobs = AsyncJobClient(aws.client("textract"))
    previous = AsyncJob.from_state(state["job"]) if "job" in state else None
    # One that could not be started yet, since too many others ran, is started now.
    job = jobs.poll(previous) if previous and previous.id else start(submission, jobs, previous)
    logger.info("job", status=job.status)
    return job.to_state()


def start(submission: Submission, jobs: AsyncJobClient, previous: AsyncJob | None) -> AsyncJob:
    """A run's one job: the execution's name is the token, so that a retry finds the job it has started."""
    file = submission.file
    key = TextCipher(settings().identity_secret.encode()).decrypt(file.key, associated_data=submission.id)
    s3_object = {"Bucket": file.bucket, "Name": key, "Version": file.version_id}
    return jobs.start(
        s3_object, submission.execution_name, first_requested_at=previous.started_at if previous else None
    )
