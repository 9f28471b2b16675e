"""Fakes of Textract behind the real client, and a reader that calls the handler of the reading branch."""

import base64
import hashlib
import io
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse

from core.models import errors
from core.models.document_kinds import DocumentKind
from core.models.submission import IntakeChannel, SourceFile, Submission
from core.models.transcript import Transcript
from core.platform.settings import settings
from core.storage.table import Table, branch_sk, submission_pk
from extract import app as extract_app
from extract import job_app
from extract.ocr.rate_limiter import get_schedule_key
from tests.integration.moto_cloud import (
    DOCUMENTS,
    TABLE,
    TEMP,
    MotoCloud,
)
from tests.unit.extract.document_factory import (
    detect_text_response,
    page_blocks,
    pdf,
    picture,
    scanned_page,
    stack_lines,
)

ID = "5f0c7d1e9a3b48c2a6d4e8f01b2c3d4e"
PAGES = 24


@dataclass
class FakeTextract:
    """A fake of DetectDocumentText. It records the requests, and answers with `lines` or with one of `faults`."""

    lines: list[str] = field(default_factory=lambda: ["read by Textract"])
    faults: list[tuple[int, str]] = field(default_factory=list)
    documents: list[dict[str, Any]] = field(default_factory=list)
    wait: Callable[[], None] = lambda: None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, request: Any, **_: Any) -> AWSResponse:
        with self._lock:
            self.documents.append(json.loads(request.body)["Document"])
            fault = self.faults.pop(0) if self.faults else None
        self.wait()
        if fault:
            return self._response(request.url, fault[0], {"__type": fault[1], "message": "no"})
        return self._response(request.url, 200, detect_text_response(stack_lines(self.lines)))

    @staticmethod
    def _response(url: str, status: int, body: dict[str, Any]) -> AWSResponse:
        class Raw(io.BytesIO):
            def stream(self, **_: Any) -> Iterator[bytes]:
                yield self.read()

        headers = {"content-type": "application/x-amz-json-1.1"}
        return AWSResponse(url, status, headers, Raw(json.dumps(body).encode()))

    @property
    def bodies(self) -> list[bytes]:
        return [base64.b64decode(document["Bytes"]) for document in self.documents]


class FakeAsyncJobs:
    """A fake of Textract's asynchronous operations. `pages` are each page's lines, None for a page that failed."""

    def __init__(self, status: str = "SUCCEEDED") -> None:
        self.status = status
        self.pages: list[list[str] | None] = [[f"page {number} by the job"] for number in range(1, PAGES + 1)]
        self.started: list[dict[str, Any]] = []
        self.part = 40
        self.faults: list[tuple[int, str]] = []

    def __call__(self, request: Any, **_: Any) -> Any:
        request_body = json.loads(request.body)
        operation = request.headers["X-Amz-Target"].decode().rpartition(".")[2]
        if operation == "StartDocumentTextDetection":
            self.started.append(request_body)
            return FakeTextract._response(request.url, 200, {"JobId": "a-job"})
        assert request_body["JobId"] == "a-job"
        if "NextToken" in request_body and self.faults:
            status, code = self.faults.pop(0)
            return FakeTextract._response(request.url, status, {"__type": code, "message": "slow down"})
        if self.status in ("IN_PROGRESS", "FAILED"):
            return FakeTextract._response(request.url, 200, {"JobStatus": self.status})
        return FakeTextract._response(
            request.url, 200, self._part(int(request_body.get("NextToken", 0)), request_body["MaxResults"])
        )

    def _part(self, start: int, limit: int) -> dict[str, Any]:
        if start == 0:
            # Created once per result: its parts refer to each other's blocks.
            self._blocks = [
                each
                for number, lines in enumerate(self.pages, 1)
                if lines is not None
                for each in page_blocks(stack_lines(lines), Page=number)
            ]
        end = start + min(limit, self.part)
        failed = [number for number, lines in enumerate(self.pages, 1) if lines is None]
        response = {"JobStatus": self.status, "DocumentMetadata": {"Pages": len(self.pages)}}
        response |= {"Blocks": self._blocks[start:end]}
        if failed:
            response["Warnings"] = [{"ErrorCode": "INTERNAL_SERVER_ERROR", "Pages": failed}]
        return response | ({"NextToken": str(end)} if end < len(self._blocks) else {})


@dataclass
class Reader:
    """Stores bytes as a submission's file and reads them with the handler."""

    cloud: MotoCloud
    context: Any

    def state(self, body: bytes, **more: Any) -> dict[str, Any]:
        """Store the file and return the state of its submission. `known`: whether its hash is known."""
        key = more.pop("key", f"incoming/{ID}")
        version = self.cloud.put(key, body)
        known = more.pop("known", True)
        file = SourceFile(
            bucket=TEMP,
            key=more.pop("encrypted_key", key),
            version_id=version,
            size=len(body),
            sha256=hashlib.sha256(body).hexdigest() if known else None,
            media_type=more.pop("media_type", None),
        )
        kind = more.pop("kind", DocumentKind.QUESTION_PAPER)
        submission = Submission(
            ID, more.pop("run", 1), "demo", "science-9", kind, None, IntakeChannel.API, "2026-01-31T08:30:00.125Z", file
        )
        return submission.to_state()

    def __call__(self, body: bytes, **more: Any) -> dict[str, Any]:
        state = self.state(body, **more)
        self.cloud.calls.clear()
        return extract_app.handler(state, self.context)

    def transcript(self, reading: dict[str, Any]) -> Transcript:
        """Return the stored transcript of a reading."""
        stored_object = self.cloud.client("s3").get_object(Bucket=DOCUMENTS, Key=reading["transcript"]["key"])
        assert stored_object["ContentType"] == "application/json"
        return Transcript.from_json(stored_object["Body"].read())

    def progress(self, run: int = 1) -> dict[str, Any]:
        """Return the item of the reading branch."""
        table = Table(self.cloud.client("dynamodb"), TABLE)
        item = table.get(submission_pk(ID), branch_sk(run, "reading"))
        assert item is not None
        return item


def scans(count: int = PAGES) -> bytes:
    """Return a PDF of scanned pages."""
    return pdf(*[scanned_page(picture([f"Page {number}"], size=(310, 438))) for number in range(1, count + 1)])


def run_job(state: dict[str, Any], context: Any) -> dict[str, Any]:
    """Return the state after the job, which is started and polled as the state machine does it."""
    with pytest.raises(errors.ReadingTakesLong):
        extract_app.handler(state, context)
    state = {**state, "job": job_app.handler(state, context)}
    return {**state, "job": job_app.handler(state, context)}


def raise_textract_quota(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the account a large quota again, with nothing of it reserved."""
    monkeypatch.setenv("TEXTRACT_TPS", "200")
    settings.cache_clear()
    extract_app.create_client.cache_clear()
    pk, sk = get_schedule_key("textract")
    reader.cloud.client("dynamodb").delete_item(TableName=TABLE, Key={"pk": {"S": pk}, "sk": {"S": sk}})
