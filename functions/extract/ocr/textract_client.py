"""A Textract client that builds requests and parses responses itself, at a third of botocore's work a page.

botocore builds a page's request in three copies and walks its response's thousands of blocks shape by shape, in
Python: 20 ms a page altogether, for which fifty pages at once would queue. Request and response are plain JSON, so
both are handled here, through botocore's own events. Signing, endpoints and errors remain botocore's.
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
    """Prepares calls of DetectDocumentText and GetDocumentTextDetection on one boto3 client.

    Safe to use from many threads. Each prepared call can be repeated.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._body = threading.local()
        self.client_error: type[Exception] = client.exceptions.ClientError
        client.meta.events.register(f"before-call.{_OPERATION}", self._replace_body)
        for operation in (_OPERATION, _JOB_OPERATION):
            client.meta.events.register(f"before-parse.{operation}", _parse_response)

    def call_with_bytes(self, body: bytes) -> Callable[[], TextractResponse]:
        """A call for a page's bytes. It keeps the encoded request, not the page."""
        request = b'{"Document":{"Bytes":"%b"}}' % base64.b64encode(body)

        def call() -> TextractResponse:
            self._body.json = request
            response: TextractResponse = self._client.detect_document_text(Document={"Bytes": b"-"})
            return response

        return call

    def call_with_object(self, bucket: str, key: str, version_id: str) -> Callable[[], TextractResponse]:
        """A call for an image in S3."""
        document = {"S3Object": {"Bucket": bucket, "Name": key, "Version": version_id}}

        def call() -> TextractResponse:
            response: TextractResponse = self._client.detect_document_text(Document=document)
            return response

        return call

    def call_for_job(self, job_id: str, token: str | None) -> Callable[[], TextractResponse]:
        """A call for one part of a job's result: the first, or the one that `token` names."""
        next_part = {"NextToken": token} if token else {}

        def call() -> TextractResponse:
            response: TextractResponse = self._client.get_document_text_detection(
                JobId=job_id, MaxResults=1_000, **next_part
            )
            return response

        return call

    def _replace_body(self, params: dict[str, Any], **_: Any) -> None:
        """Put the prepared JSON in place of botocore's. botocore calls this in the calling thread, before signing."""
        body = self._body.__dict__.pop("json", None)
        if body is not None:
            params["body"] = body


def _parse_response(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    """Parse a successful response. Errors are left to botocore."""
    if response_dict["status_code"] < 300:
        customized_response_dict.update(json.loads(response_dict["body"]))
        response_dict["body"] = b"{}"
