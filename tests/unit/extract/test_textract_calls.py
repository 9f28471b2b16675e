"""A call is tried again where that helps, and what Textract refuses is told from what fails."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError

from core.models import errors
from extract.ocr.rate_limiter import RateLimiter
from extract.ocr.textract import MAX_ATTEMPTS, PageRefused, TextractOcr
from extract.ocr.textract_client import TextractClient
from tests.unit.extract.document_factory import PROSE, detect_text_response, stack_lines


class Fault(Exception):
    def __init__(self, code: str, status: int = 400) -> None:
        super().__init__(code)
        self.response = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}


class Dropped(Exception):
    """A connection that ended without an answer."""


class Client:
    """Answers each call with the next of `answers`: raises faults, gives everything else."""

    client_error = Fault

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.documents: list[Any] = []

    def call_with_bytes(self, body: bytes) -> Callable[[], Any]:
        return lambda: self._answer({"Bytes": body})

    def call_with_object(self, bucket: str, key: str, version_id: str) -> Callable[[], Any]:
        return lambda: self._answer({"S3Object": {"Bucket": bucket, "Name": key, "Version": version_id}})

    def _answer(self, document: Any) -> Any:
        self.documents.append(document)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def reader(client: Client, **more: Any) -> tuple[TextractOcr, list[float]]:
    pauses: list[float] = []
    made = TextractOcr(client, RateLimiter(1000), transport_errors=(Dropped,), sleep=pauses.append, **more)
    return made, pauses


@pytest.mark.parametrize(
    "fault",
    [
        Fault("ProvisionedThroughputExceededException"),
        Fault("ThrottlingException"),
        Fault("LimitExceededException"),
        Fault("InternalServerError", 500),
        Fault("SomethingNew", 503),
        Dropped(),
    ],
    ids=lambda fault: str(fault) or "dropped",
)
def test_what_passes_is_tried_again(fault: Exception) -> None:
    read, pauses = reader(client := Client(fault, fault, {"Blocks": []}))
    assert read.read(b"page") == {"Blocks": []}
    assert client.documents == [{"Bytes": b"page"}] * 3
    assert len(pauses) == 2


def test_pauses_grow_and_differ() -> None:
    read, pauses = reader(Client(Fault("ThrottlingException")))
    with pytest.raises(errors.ServiceUnavailable, match="10 attempts"):
        read.read(b"page")
    assert len(pauses) == MAX_ATTEMPTS - 1
    assert max(pauses[-3:]) > 4 * min(pauses[:2])
    assert len(set(pauses)) == len(pauses)


@pytest.mark.parametrize("code", ["UnsupportedDocumentException", "BadDocumentException", "InvalidParameterException"])
def test_what_textract_refuses_is_not_tried_again(code: str) -> None:
    read, pauses = reader(client := Client(Fault(code)))
    with pytest.raises(PageRefused, match=code):
        read.read(b"page")
    assert (len(client.documents), pauses) == (1, [])


@pytest.mark.parametrize("code", ["AccessDeniedException", "UnrecognizedClientException", "InvalidSignatureException"])
def test_what_is_ours_to_mend_stays_what_it_is(code: str) -> None:
    read, pauses = reader(Client(Fault(code)))
    with pytest.raises(Fault, match=code):
        read.read(b"page")
    assert pauses == []


def test_nothing_is_tried_past_the_deadline() -> None:
    read, _ = reader(client := Client(Fault("ThrottlingException")), deadline=1.0)
    with pytest.raises(errors.ServiceUnavailable):
        read.read(b"page")
    assert len(client.documents) <= 1


def test_object_is_named_with_its_version() -> None:
    read, _ = reader(client := Client({"Blocks": []}))
    read.read_object("bucket", "key", "version")
    assert client.documents == [{"S3Object": {"Bucket": "bucket", "Name": "key", "Version": "version"}}]


def test_lean_client_sends_and_gives_what_botocore_does() -> None:
    """Against the real client, its serialiser and its parser: the same request, the same answer, the same errors."""
    body = detect_text_response(stack_lines(PROSE))
    faults = [None, None, None, "ThrottlingException"]
    sent: list[Any] = []

    def send(request: Any, **_: Any) -> AWSResponse:
        sent.append((json.loads(request.body), request.headers["X-Amz-Target"], request.headers["Content-Length"]))
        code = faults.pop(0)
        content = {"__type": code, "message": "slow"} if code else body
        response = AWSResponse(request.url, 400 if code else 200, {}, None)
        response._content = json.dumps(content).encode()
        return response

    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="eu-west-1")
    clients = [session.client("textract", config=Config(retries={"total_max_attempts": 1})) for _ in range(2)]
    for client in clients:
        client.meta.events.register("before-send.textract.DetectDocumentText", send)
    plain, lean = clients[0], TextractClient(clients[1])
    call = lean.call_with_bytes(b"page \x00\xff")
    given = [plain.detect_document_text(Document={"Bytes": b"page \x00\xff"}), call(), call()]
    assert [{**each, "ResponseMetadata": None} for each in given] == [{**body, "ResponseMetadata": None}] * 3
    assert sent[0][0] == sent[1][0] == sent[2][0] == {"Document": {"Bytes": "cGFnZSAA/w=="}}
    assert sent[0][1] == sent[1][1]
    assert all(int(length) > 0 for _, _, length in sent)
    with pytest.raises(ClientError, match="Throttling"):
        call()
    faults.append(None)
    lean.call_with_object("bucket", "key", "version")()
    assert sent[-1][0] == {"Document": {"S3Object": {"Bucket": "bucket", "Name": "key", "Version": "version"}}}
