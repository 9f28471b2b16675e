"""Textract's asynchronous pair: a job that reads a whole document where it lies.

Contract: StartDocumentTextDetection and GetDocumentTextDetection in the API reference. The same ClientRequestToken
is the same job; an answer comes in parts of at most 1,000 blocks, each naming the next; a job's answer is kept for
seven days. How a job ended is told apart here, what it read is joined and parsed by `extract.blocks`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Self

from core.clock import milliseconds, now
from extract import faults
from extract.blocks import Block, gather

SUCCEEDED, PARTIAL_SUCCESS, IN_PROGRESS = "SUCCEEDED", "PARTIAL_SUCCESS", "IN_PROGRESS"
# Our own words for jobs that Textract says nothing of: it did not take the document; it took too long over it.
REFUSED, OVERDUE = "REFUSED", "OVERDUE"
# "Some minutes" at worst; after this the pages are read by calls, which end in time for any document alone.
LONGEST_SECONDS = 1_200.0
_SHORTEST_WAIT, _LONGEST_WAIT = 3, 30
_REFUSALS = frozenset(
    {
        "UnsupportedDocumentException",
        "BadDocumentException",
        "DocumentTooLargeException",
        "InvalidParameterException",
        # Textract cannot reach every key that S3 takes; bytes it can be given all the same.
        "InvalidS3ObjectException",
    }
)
_BUSY = frozenset({"LimitExceededException", "ProvisionedThroughputExceededException", "ThrottlingException"})


@dataclass(frozen=True, slots=True)
class Job:
    """What the state machine knows of a job. `id` is empty while too many others run; `wait_seconds` is when to
    look again."""

    id: str
    status: str
    started_at: str
    wait_seconds: int

    def to_state(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "status": self.status,
            "started_at": self.started_at,
            "wait_seconds": self.wait_seconds,
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        return cls(state["id"], state["status"], state["started_at"], int(state["wait_seconds"]))


@dataclass(frozen=True, slots=True)
class JobAnswer:
    """`pages` holds the blocks of each page that was read, by its number; `total` counts those that were not, too."""

    pages: dict[int, list[Block]] = field(default_factory=dict)
    total: int = 0


class TextractJobs:
    """`client` is a client of Textract."""

    def __init__(self, client: Any, *, clock: Callable[[], str] = now) -> None:
        self._client, self._clock = client, clock

    def start(self, place: dict[str, str], token: str, *, since: str | None = None) -> Job:
        """Start a job for an S3 object ({Bucket, Name, Version}), once for each `token`; `since` is when that was
        first asked for. Where the account has too many jobs already, the answer has no id yet.
        """
        began = since or self._clock()
        try:
            answer = self._client.start_document_text_detection(
                DocumentLocation={"S3Object": place}, ClientRequestToken=token
            )
        except self._client.exceptions.ClientError as error:
            code, _ = faults.code_of(error)
            if code in _REFUSALS:
                return Job("", REFUSED, began, 0)
            if code not in _BUSY:
                raise
            return self._seen("", IN_PROGRESS, began)
        return self._seen(str(answer["JobId"]), IN_PROGRESS, began)

    def look(self, job: Job) -> Job:
        """How the job stands now: its status, and nothing of what it read."""
        answer = self._client.get_document_text_detection(JobId=job.id, MaxResults=1)
        return self._seen(job.id, str(answer["JobStatus"]), job.started_at)

    def _seen(self, identity: str, status: str, began: str) -> Job:
        age = milliseconds(began, self._clock()) / 1000
        if status == IN_PROGRESS and age > LONGEST_SECONDS:
            status = OVERDUE
        return Job(identity, status, began, round(min(max(age / 4, _SHORTEST_WAIT), _LONGEST_WAIT)))


def answer_of(job: Job, parts: Callable[[str], Iterable[dict[str, Any]]]) -> JobAnswer:
    """All parts of the job's answer (`parts` gives them by its id), joined. Of a job that has read nothing it is
    empty; a page that the job names as not read is none of its pages."""
    if job.status not in (SUCCEEDED, PARTIAL_SUCCESS):
        return JobAnswer()
    gathered = gather(parts(job.id))
    total = max((*gathered.pages, *gathered.missing), default=0)
    read = {number: blocks for number, blocks in gathered.pages.items() if number not in gathered.missing}
    return JobAnswer(read, total)
