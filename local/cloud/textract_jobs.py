"""Textract's asynchronous pair: a job reads a long document page by page, its answer comes in parts.

https://docs.aws.amazon.com/textract/latest/dg/API_GetDocumentTextDetection.html
"""

import json
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from local.cloud.ocr import Page, Unreadable
from local.cloud.textract_blocks import Block, Fetch, Reader, TextractError, blocks_of, fetched

MAX_PAGES = 3_000
_MAX_RESULTS = 1_000
_AT_ONCE = 4


@dataclass
class Job:
    """`pages` in order; an entry is None where the page could not be read."""

    id: str
    request: dict[str, Any]
    status: str = "IN_PROGRESS"
    message: str = ""
    pages: list[Page | None] = field(default_factory=list)

    @cached_property
    def blocks(self) -> list[Block]:
        """Made once: the parts of one answer name each other's blocks."""
        return [
            block for number, page in enumerate(self.pages, 1) if page is not None for block in blocks_of(page, number)
        ]

    def warnings(self) -> list[dict[str, Any]]:
        failed = [number for number, page in enumerate(self.pages, 1) if page is None]
        return [{"ErrorCode": "INTERNAL_SERVER_ERROR", "Pages": failed}] if failed else []


class TextractJobs:
    """Starts jobs and tells of them. A job whose caller has gone goes on; it ends with the process."""

    def __init__(self, reader: Reader, *, fetch: Fetch) -> None:
        self._reader = reader
        self._fetch = fetch
        self._jobs: dict[str, Job] = {}
        self._tokens: dict[str, str] = {}
        self._lock = threading.Lock()

    def start(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """StartDocumentTextDetection: the same ClientRequestToken is the same job."""
        place = parameters.get("DocumentLocation", {}).get("S3Object")
        if not place:
            raise TextractError("InvalidParameterException", "Request has invalid parameters")
        content = fetched(self._fetch, place)
        token = parameters.get("ClientRequestToken")
        with self._lock:
            known = self._jobs.get(self._tokens.get(token, "")) if token else None
            if known is not None:
                if known.request != parameters:
                    text = "A ClientRequestToken input parameter was reused with an operation, but parameters differ."
                    raise TextractError("IdempotentParameterMismatchException", text)
                return {"JobId": known.id}
            job = Job(uuid.uuid4().hex + uuid.uuid4().hex, parameters)
            self._jobs[job.id] = job
            if token:
                self._tokens[token] = job.id
        threading.Thread(target=self._run, args=(job, content), daemon=True, name=f"textract-{job.id[:8]}").start()
        return {"JobId": job.id}

    def get(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """GetDocumentTextDetection: at most MaxResults blocks, and a token where more follow."""
        job = self._jobs.get(parameters.get("JobId", ""))
        if job is None:
            raise TextractError("InvalidJobIdException", "Request has invalid Job Id")
        answer: dict[str, Any] = {"JobStatus": job.status, "DetectDocumentTextModelVersion": "1.0"}
        if job.status == "IN_PROGRESS":
            return answer
        if job.status == "FAILED":
            return answer | {"StatusMessage": job.message}
        blocks, start = job.blocks, _offset(parameters.get("NextToken"))
        end = start + min(int(parameters.get("MaxResults") or _MAX_RESULTS), _MAX_RESULTS)
        answer |= {"DocumentMetadata": {"Pages": len(job.pages)}, "Blocks": blocks[start:end]}
        if end < len(blocks):
            answer["NextToken"] = json.dumps({"from": end})
        if job.warnings():
            answer["Warnings"] = job.warnings()
        return answer

    def _run(self, job: Job, content: bytes) -> None:
        try:
            count = self._reader.count(content)
            if count > MAX_PAGES:
                raise Unreadable("DocumentTooLargeException", "The document has more than 3,000 pages.")
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                job.pages = list(pool.map(lambda index: self._read(content, index), range(count)))
        except Unreadable as error:
            job.message, job.status = str(error), "FAILED"
            return
        if not any(page is not None for page in job.pages):
            job.message, job.status = "No page of the document could be read.", "FAILED"
        else:
            job.status = "PARTIAL_SUCCESS" if None in job.pages else "SUCCEEDED"

    def _read(self, content: bytes, index: int) -> Page | None:
        try:
            return self._reader.read(content, index)
        except Unreadable:
            return None


def _offset(token: str | None) -> int:
    if not token:
        return 0
    try:
        return int(json.loads(token)["from"])
    except (ValueError, KeyError, TypeError):
        raise TextractError("InvalidParameterException", "Invalid NextToken") from None
