"""Times each step of the flow alone: the same warm functions, invoked directly."""

import hashlib
import json
import time
import uuid
from pathlib import Path
from typing import Any

from benchmarks.flow import sheet_documents
from benchmarks.flow.submission_runner import ASSESSMENT, SubmissionRunner
from core.models.document_kinds import DocumentKind
from core.models.submission import IntakeChannel, SourceFile, Submission
from local.cloud.local_cloud import LocalCloud

_TENANT = "demo"


class StepTimer:
    def __init__(self, cloud: LocalCloud, runner: SubmissionRunner) -> None:
        self._cloud, self._runner = cloud, runner

    def measure(self, path: str) -> dict[str, Any]:
        """Return the seconds of reading, storing, recording and grading one sheet, one after the other."""
        body = sheet_documents.with_copy_number(Path(path).read_bytes(), next(self._runner.copies))
        state = self._put_upload(body).to_state()
        reading, extracted = self._timed("ExtractFunction", state)
        storing, stored = self._timed("PersistFunction", state)
        recording = self._record(state)
        state["outcome"] = {
            "reading": {"ok": True, "value": extracted},
            "persistence": {"stored": {"ok": True, "value": stored}, "recorded": {"ok": True}},
        }
        grading, _ = self._timed("GradeFunction", state)
        return {
            "reading": reading,
            "storing": storing,
            "recording": recording,
            "grading": grading,
            "ocr_pages": extracted["ocr_pages"],
            "bytes": len(body),
        }

    def readable(self, path: str) -> dict[str, Any]:
        """Return a presigned URL at which a client can read the uploaded sheet."""
        file = self._put_upload(
            sheet_documents.with_copy_number(Path(path).read_bytes(), next(self._runner.copies))
        ).file
        object_version = {"Bucket": file.bucket, "Key": file.key, "VersionId": file.version_id}
        return {"url": self._cloud.client("s3").generate_presigned_url("get_object", Params=object_version)}

    def _put_upload(self, body: bytes) -> Submission:
        """Upload the sheet as the receive handler would, without starting an execution."""
        bucket, name = self._cloud.stack.bucket("TempBucket"), uuid.uuid4().hex
        put = self._cloud.client("s3").put_object(Bucket=bucket, Key=f"incoming/{name}", Body=body)
        return Submission(
            id=name,
            run=1,
            tenant=_TENANT,
            assessment=ASSESSMENT,
            kind=DocumentKind.ANSWER_SHEET,
            student=None,
            channel=IntakeChannel.API,
            received_at="2026-01-01T00:00:00.000Z",
            file=SourceFile(
                bucket,
                f"incoming/{name}",
                put["VersionId"],
                len(body),
                hashlib.sha256(body).hexdigest(),
                "application/pdf",
            ),
        )

    def _timed(self, function: str, state: dict[str, Any]) -> tuple[float, dict[str, Any]]:
        started_at = time.perf_counter()
        reply = self._cloud.invoke(function, state)
        seconds = time.perf_counter() - started_at
        if "errorType" in reply:
            raise RuntimeError(f"{function} failed: {reply['errorType']} {reply['errorMessage']}")
        return seconds, reply

    def _record(self, state: dict[str, Any]) -> float:
        """Write the record as the state machine does, but from a client: grading reads and completes it."""
        submission = state["submission"]
        item = {
            "pk": f"submission#{submission['id']}",
            "sk": "record",
            "state": "READING",
            "tenant": submission["tenant"],
            "assessment": "alone",
            "kind": submission["kind"],
            "door": submission["door"],
            "received_at": submission["received_at"],
            "input": json.dumps(state),
        }
        values = {name: {"S": value} for name, value in item.items()} | {"run": {"N": str(submission["run"])}}
        started_at = time.perf_counter()
        self._cloud.client("dynamodb").put_item(TableName=self._cloud.stack.name("Table"), Item=values)
        return time.perf_counter() - started_at
