"""A Textract client without botocore's detours: the same signing, endpoints and errors, a third of the work a page.

botocore builds a page's request in three copies, and walks its answer's thousands of blocks shape by shape, in
Python: 20 ms a page together, for which fifty pages at once would queue. Both ends are plain JSON, so both are
made and parsed here, through botocore's own events; what stands between stays botocore's.
"""

import base64
import json
import threading
from collections.abc import Callable
from typing import Any

from extract.ocr.textract import TextractResponse

_OPERATION = "textract.DetectDocumentText"
_JOB_OPERATION = "textract.GetDocumentTextDetection"


class TextractClient:
    """DetectDocumentText, and the answers of jobs, by one boto3 client. Safe to use from many threads."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._body = threading.local()
        self.client_error: type[Exception] = client.exceptions.ClientError
        client.meta.events.register(f"before-call.{_OPERATION}", self._replace_body)
        for operation in (_OPERATION, _JOB_OPERATION):
            client.meta.events.register(f"before-parse.{operation}", _parse_response)

    def call_with_bytes(self, body: bytes) -> Callable[[], TextractResponse]:
        """A call for a page's own bytes, to be made as often as it takes; it holds the request and not the page."""
        request = b'{"Document":{"Bytes":"%b"}}' % base64.b64encode(body)

        def call() -> TextractResponse:
            self._body.json = request
            response: TextractResponse = self._client.detect_document_text(Document={"Bytes": b"-"})
            return response

        return call

    def call_with_object(self, bucket: str, key: str, version_id: str) -> Callable[[], TextractResponse]:
        """A call for a picture where it lies."""
        document = {"S3Object": {"Bucket": bucket, "Name": key, "Version": version_id}}

        def call() -> TextractResponse:
            response: TextractResponse = self._client.detect_document_text(Document=document)
            return response

        return call

    def call_for_job(self, job_id: str, token: str | None) -> Callable[[], TextractResponse]:
        """A call for a part of a job's answer: the first, or the one that `token` names."""
        next_part = {"NextToken": token} if token else {}

        def call() -> TextractResponse:
            response: TextractResponse = self._client.get_document_text_detection(
                JobId=job_id, MaxResults=1_000, **next_part
            )
            return response

        return call

    def _replace_body(self, params: dict[str, Any], **_: Any) -> None:
        """Called by botocore in the calling thread, before the request is signed."""
        body = self._body.__dict__.pop("json", None)
        if body is not None:
            params["body"] = body


def _parse_response(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    """Errors are left to botocore."""
    if response_dict["status_code"] < 300:
        customized_response_dict.update(json.loads(response_dict["body"]))
        response_dict["body"] = b"{}"
