"""Transient errors are retried, and refused pages are distinguished from failed calls."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError

from core.models import errors
from extract.ocr.aws_errors import REFUSED_CODES
from extract.ocr.engine import PageRefused
from extract.ocr.rate_limiter import RateLimiter
from extract.ocr.textract import MAX_ATTEMPTS, TextractOcr
from extract.ocr.textract_client import TextractClient
from tests.unit.extract.document_factory import PROSE, detect_text_response, stack_lines


class FakeClientError(Exception):
    def __init__(self, code: str, status: int = 400) -> None:
        super().__init__(code)
        self.response = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}


class DroppedConnection(Exception):
    """A connection that ended without a response."""


class FakeTextract:
    """Answers each call with the next of `responses`: raises exceptions, returns everything else."""

    client_error = FakeClientError

    def __init__(self, *responses: Any) -> None:
        self.responses = list(responses)
        self.documents: list[Any] = []

    def call_with_bytes(self, body: bytes) -> Callable[[], Any]:
        return lambda: self._respond({"Bytes": body})

    def call_with_object(self, bucket: str, key: str, version_id: str) -> Callable[[], Any]:
        return lambda: self._respond({"S3Object": {"Bucket": bucket, "Name": key, "Version": version_id}})

    def _respond(self, document: Any) -> Any:
        self.documents.append(document)
        response = self.responses.pop(0) if len(self.responses) > 1 else self.responses[0]
        if isinstance(response, Exception):
            raise response
        return response


def make_ocr(client: FakeTextract, **options: Any) -> tuple[TextractOcr, list[float]]:
    pauses: list[float] = []
    ocr = TextractOcr(client, RateLimiter(1000), transport_errors=(DroppedConnection,), sleep=pauses.append, **options)
    return ocr, pauses


@pytest.mark.parametrize(
    "error",
    [
        FakeClientError("ProvisionedThroughputExceededException"),
        FakeClientError("ThrottlingException"),
        FakeClientError("LimitExceededException"),
        FakeClientError("InternalServerError", 500),
        FakeClientError("SomethingNew", 503),
        DroppedConnection(),
    ],
    ids=lambda error: str(error) or "dropped",
)
def test_transient_errors_are_retried(error: Exception) -> None:
    ocr, pauses = make_ocr(client := FakeTextract(error, error, {"Blocks": []}))
    assert ocr.read(b"page") == {"Blocks": []}
    assert client.documents == [{"Bytes": b"page"}] * 3
    assert len(pauses) == 2


def test_pauses_grow_and_are_random() -> None:
    ocr, pauses = make_ocr(FakeTextract(FakeClientError("ThrottlingException")))
    with pytest.raises(errors.ServiceUnavailable, match="10 attempts"):
        ocr.read(b"page")
    assert len(pauses) == MAX_ATTEMPTS - 1
    assert max(pauses[-3:]) > 4 * min(pauses[:2])
    assert len(set(pauses)) == len(pauses)


@pytest.mark.parametrize("code", sorted(REFUSED_CODES))
def test_refused_pages_are_not_retried(code: str) -> None:
    ocr, pauses = make_ocr(client := FakeTextract(FakeClientError(code)))
    with pytest.raises(PageRefused, match=code):
        ocr.read(b"page")
    assert (len(client.documents), pauses) == (1, [])


@pytest.mark.parametrize("code", ["AccessDeniedException", "UnrecognizedClientException", "InvalidSignatureException"])
def test_an_error_of_ours_is_raised_unchanged(code: str) -> None:
    ocr, pauses = make_ocr(FakeTextract(FakeClientError(code)))
    with pytest.raises(FakeClientError, match=code):
        ocr.read(b"page")
    assert pauses == []


def test_no_retry_after_the_deadline() -> None:
    ocr, _ = make_ocr(client := FakeTextract(FakeClientError("ThrottlingException")), deadline=1.0)
    with pytest.raises(errors.ServiceUnavailable):
        ocr.read(b"page")
    assert len(client.documents) <= 1


def test_an_object_is_sent_with_its_version() -> None:
    ocr, _ = make_ocr(client := FakeTextract({"Blocks": []}))
    ocr.read_object("bucket", "key", "version")
    assert client.documents == [{"S3Object": {"Bucket": "bucket", "Name": "key", "Version": "version"}}]


def test_our_client_behaves_as_botocores() -> None:
    """Compared with botocore's own serialiser and parser: the same request, response and errors."""
    body = detect_text_response(stack_lines(PROSE))
    error_codes = [None, None, None, "ThrottlingException"]
    sent: list[Any] = []

    def send(request: Any, **_: Any) -> AWSResponse:
        sent.append((json.loads(request.body), request.headers["X-Amz-Target"], request.headers["Content-Length"]))
        code = error_codes.pop(0)
        content = {"__type": code, "message": "slow"} if code else body
        response = AWSResponse(request.url, 400 if code else 200, {}, None)
        response._content = json.dumps(content).encode()
        return response

    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="eu-west-1")
    clients = [session.client("textract", config=Config(retries={"total_max_attempts": 1})) for _ in range(2)]
    for client in clients:
        client.meta.events.register("before-send.textract.DetectDocumentText", send)
    botocore_client, own = clients[0], TextractClient(clients[1])
    call = own.call_with_bytes(b"page \x00\xff")
    responses = [botocore_client.detect_document_text(Document={"Bytes": b"page \x00\xff"}), call(), call()]
    assert [{**each, "ResponseMetadata": None} for each in responses] == [{**body, "ResponseMetadata": None}] * 3
    assert sent[0][0] == sent[1][0] == sent[2][0] == {"Document": {"Bytes": "cGFnZSAA/w=="}}
    assert sent[0][1] == sent[1][1]
    assert all(int(length) > 0 for _, _, length in sent)
    with pytest.raises(ClientError, match="Throttling"):
        call()
    error_codes.append(None)
    own.call_with_object("bucket", "key", "version")()
    assert sent[-1][0] == {"Document": {"S3Object": {"Bucket": "bucket", "Name": "key", "Version": "version"}}}
