"""Asynchronous Textract jobs, which read a whole document from S3.

Contract: StartDocumentTextDetection and GetDocumentTextDetection in the API reference. The same ClientRequestToken
names the same job; a result comes in parts of at most 1,000 blocks, each with the token of the next; Textract keeps a
result for seven days. This module handles the status of a job; `extract.ocr.blocks` joins the parts of its result.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from core.models.execution_state import AsyncJob
from core.platform.aws_error_codes import THROTTLING_CODES
from core.platform.clock import milliseconds_between, now
from extract.ocr import aws_errors
from extract.ocr.blocks import gather_blocks
from extract.ocr.engine import AsyncJobResult
from extract.ocr.response_parser import parse_blocks

SUCCEEDED, PARTIAL_SUCCESS, IN_PROGRESS = "SUCCEEDED", "PARTIAL_SUCCESS", "IN_PROGRESS"
# Our own statuses, in addition to Textract's: it refused the document; the job takes too long.
REFUSED, OVERDUE = "REFUSED", "OVERDUE"
# A job takes some minutes at worst. After this the pages are read by calls, which finish in time for any document if
# no other is being read.
MAX_JOB_SECONDS = 1_200.0
_MIN_WAIT_SECONDS, _MAX_WAIT_SECONDS = 3, 30


class AsyncJobClient:
    """Starts and polls jobs. `client` is a boto3 client of Textract."""

    def __init__(self, client: Any, *, clock: Callable[[], str] = now) -> None:
        self._client, self._clock = client, clock

    def start(self, s3_object: dict[str, str], token: str, *, first_requested_at: str | None = None) -> AsyncJob:
        """Start a job for an S3 object ({Bucket, Name, Version}), once for each `token`.

        `first_requested_at` is the time of the first attempt, if this is not the first. Returns a job without an id
        if the account has too many jobs already, and one with status REFUSED if Textract does not accept the document.
        Any other error of the client is raised as it is.
        """
        started_at = first_requested_at or self._clock()
        try:
            response = self._client.start_document_text_detection(
                DocumentLocation={"S3Object": s3_object}, ClientRequestToken=token
            )
        except self._client.exceptions.ClientError as error:
            code, _ = aws_errors.get_error_code(error)
            if code in aws_errors.REFUSED_CODES:
                return AsyncJob("", REFUSED, started_at, 0)
            if code not in THROTTLING_CODES:
                raise
            return self._build_job("", IN_PROGRESS, started_at)
        return self._build_job(str(response["JobId"]), IN_PROGRESS, started_at)

    def poll(self, job: AsyncJob) -> AsyncJob:
        """The job with its current status. Nothing of its text is fetched."""
        response = self._client.get_document_text_detection(JobId=job.id, MaxResults=1)
        return self._build_job(job.id, str(response["JobStatus"]), job.started_at)

    def _build_job(self, job_id: str, status: str, started_at: str) -> AsyncJob:
        age = milliseconds_between(started_at, self._clock()) / 1000
        if status == IN_PROGRESS and age > MAX_JOB_SECONDS:
            status = OVERDUE
        return AsyncJob(job_id, status, started_at, round(min(max(age / 4, _MIN_WAIT_SECONDS), _MAX_WAIT_SECONDS)))


def fetch_job_result(job: AsyncJob, fetch_parts: Callable[[str], Iterable[dict[str, Any]]]) -> AsyncJobResult:
    """Fetch and join all parts of the job's result; `fetch_parts` takes the job's id.

    The result is empty if the job has failed, was refused or is overdue (nothing is fetched then). It leaves out the
    pages that the job reports as not read.
    """
    if job.status not in (SUCCEEDED, PARTIAL_SUCCESS):
        return AsyncJobResult()
    blocks_by_page = gather_blocks(fetch_parts(job.id))
    total = max((*blocks_by_page.pages, *blocks_by_page.missing), default=0)
    read = {
        number: partial(parse_blocks, blocks)
        for number, blocks in blocks_by_page.pages.items()
        if number not in blocks_by_page.missing
    }
    return AsyncJobResult(read, total)
