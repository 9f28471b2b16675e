"""Textract's asynchronous operations: a job reads a long document page by page, the result is returned in parts.

https://docs.aws.amazon.com/textract/latest/dg/API_GetDocumentTextDetection.html
"""

import json
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from local.cloud.ocr_pool import OcrError, OcrPage
from local.cloud.textract_blocks import Block, FetchObject, OcrReader, TextractError, fetch_document, make_blocks

MAX_PAGES = 3_000
_MAX_RESULT_BLOCKS = 1_000
_MAX_PARALLEL_PAGES = 4


@dataclass
class EmulatedJob:
    """One job. `pages` are in order; None for a page that could not be read."""

    id: str
    request: dict[str, Any]
    status: str = "IN_PROGRESS"
    message: str = ""
    pages: list[OcrPage | None] = field(default_factory=list)

    @cached_property
    def blocks(self) -> list[Block]:
        """The blocks of all pages, created once because the parts of a result refer to each other's blocks."""
        return [
            block
            for number, page in enumerate(self.pages, 1)
            if page is not None
            for block in make_blocks(page, number)
        ]

    def warnings(self) -> list[dict[str, Any]]:
        failed = [number for number, page in enumerate(self.pages, 1) if page is None]
        return [{"ErrorCode": "INTERNAL_SERVER_ERROR", "Pages": failed}] if failed else []


class EmulatedTextractJobs:
    """Starts jobs and returns their results. A job continues without its caller until the process ends."""

    def __init__(self, reader: OcrReader, *, fetch: FetchObject) -> None:
        self._reader = reader
        self._fetch = fetch
        self._jobs: dict[str, EmulatedJob] = {}
        self._tokens: dict[str, str] = {}
        self._lock = threading.Lock()

    def start(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """StartDocumentTextDetection: the same ClientRequestToken returns the same job."""
        s3_object = parameters.get("DocumentLocation", {}).get("S3Object")
        if not s3_object:
            raise TextractError("InvalidParameterException", "Request has invalid parameters")
        content = fetch_document(self._fetch, s3_object)
        token = parameters.get("ClientRequestToken")
        with self._lock:
            existing = self._jobs.get(self._tokens.get(token, "")) if token else None
            if existing is not None:
                if existing.request != parameters:
                    text = "A ClientRequestToken input parameter was reused with an operation, but parameters differ."
                    raise TextractError("IdempotentParameterMismatchException", text)
                return {"JobId": existing.id}
            job = EmulatedJob(uuid.uuid4().hex + uuid.uuid4().hex, parameters)
            self._jobs[job.id] = job
            if token:
                self._tokens[token] = job.id
        threading.Thread(target=self._run, args=(job, content), daemon=True, name=f"textract-{job.id[:8]}").start()
        return {"JobId": job.id}

    def get(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """GetDocumentTextDetection: at most MaxResults blocks, and a token if more follow."""
        job = self._jobs.get(parameters.get("JobId", ""))
        if job is None:
            raise TextractError("InvalidJobIdException", "Request has invalid Job Id")
        response: dict[str, Any] = {"JobStatus": job.status, "DetectDocumentTextModelVersion": "1.0"}
        if job.status == "IN_PROGRESS":
            return response
        if job.status == "FAILED":
            return response | {"StatusMessage": job.message}
        blocks, start = job.blocks, _parse_next_token(parameters.get("NextToken"))
        end = start + min(int(parameters.get("MaxResults") or _MAX_RESULT_BLOCKS), _MAX_RESULT_BLOCKS)
        response |= {"DocumentMetadata": {"Pages": len(job.pages)}, "Blocks": blocks[start:end]}
        if end < len(blocks):
            response["NextToken"] = json.dumps({"from": end})
        if job.warnings():
            response["Warnings"] = job.warnings()
        return response

    def _run(self, job: EmulatedJob, content: bytes) -> None:
        try:
            count = self._reader.count(content)
            if count > MAX_PAGES:
                raise OcrError("DocumentTooLargeException", "The document has more than 3,000 pages.")
            with ThreadPoolExecutor(_MAX_PARALLEL_PAGES) as pool:
                job.pages = list(pool.map(lambda index: self._read_page_or_none(content, index), range(count)))
        except OcrError as error:
            job.message, job.status = str(error), "FAILED"
            return
        if not any(page is not None for page in job.pages):
            job.message, job.status = "No page of the document could be read.", "FAILED"
        else:
            job.status = "PARTIAL_SUCCESS" if None in job.pages else "SUCCEEDED"

    def _read_page_or_none(self, content: bytes, index: int) -> OcrPage | None:
        try:
            return self._reader.read(content, index)
        except OcrError:
            return None


def _parse_next_token(token: str | None) -> int:
    if not token:
        return 0
    try:
        return int(json.loads(token)["from"])
    except (ValueError, KeyError, TypeError):
        raise TextractError("InvalidParameterException", "Invalid NextToken") from None
