"""Door of the asynchronous reading: a job is started, and looked at. What it read never passes through here."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from core import aws
from core.seal import Seal
from core.settings import settings
from core.submission import Submission
from extract.jobs import Job, TextractJobs

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
@aws.named_errors()
def handler(state: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    submission = Submission.from_state(state)
    logger.append_keys(submission_id=submission.id, run=submission.run)
    jobs = TextractJobs(aws.client("textract"))
    known = Job.from_state(state["job"]) if "job" in state else None
    # One that could not be started yet, since too many others ran, is started now.
    job = jobs.look(known) if known and known.id else start(submission, jobs, known)
    logger.info("job", status=job.status)
    return job.to_state()


def start(submission: Submission, jobs: TextractJobs, known: Job | None) -> Job:
    """A run's one job: the execution's name is the token, so that a retry finds the job it has started."""
    file = submission.file
    key = Seal(settings().identity_secret.encode()).open(file.key, bound_to=submission.id)
    place = {"Bucket": file.bucket, "Name": key, "Version": file.version_id}
    return jobs.start(place, submission.execution_name, since=known.started_at if known else None)
