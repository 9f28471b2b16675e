"""A call is tried again where that helps, and what Textract refuses is told from what fails."""

from typing import Any

import pytest

from core import errors
from extract.pacing import Pacer
from extract.textract import ATTEMPTS, PageRefused, TextractReader, parse_lean


class Fault(Exception):
    def __init__(self, code: str, status: int = 400) -> None:
        super().__init__(code)
        self.response = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}


class Dropped(Exception):
    """A connection that ended without an answer."""


class Client:
    """Answers each call with the next of `answers`: raises faults, gives everything else."""

    class exceptions:  # noqa: N801 - as a client has it
        ClientError = Fault

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.documents: list[Any] = []

    def detect_document_text(self, *, Document: Any) -> Any:  # noqa: N803 - as the service has it
        self.documents.append(Document)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def reader(client: Client, **more: Any) -> tuple[TextractReader, list[float]]:
    pauses: list[float] = []
    made = TextractReader(client, Pacer(1000), transport_faults=(Dropped,), sleep=pauses.append, **more)
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
    assert len(pauses) == ATTEMPTS - 1
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


def test_lean_parsing_gives_what_botocore_gives() -> None:
    """Against the real client and the real parser: the same answer, and errors as they were."""
    import json

    import boto3
    from botocore.awsrequest import AWSResponse
    from botocore.config import Config
    from botocore.exceptions import ClientError

    from tests.unit.extract.material import PROSE, answer, down_the_page

    body = answer(down_the_page(PROSE))
    faults = [None, None, "ThrottlingException"]

    def send(request: Any, **_: Any) -> AWSResponse:
        code = faults.pop(0)
        content = {"__type": code, "message": "slow"} if code else body
        response = AWSResponse(request.url, 400 if code else 200, {}, None)
        response._content = json.dumps(content).encode()
        return response

    def client() -> Any:
        session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="eu-west-1")
        made = session.client("textract", config=Config(retries={"total_max_attempts": 1}))
        made.meta.events.register("before-send.textract.DetectDocumentText", send)
        return made

    plain, lean = client(), parse_lean(client())
    given = plain.detect_document_text(Document={"Bytes": b"x"})
    same = lean.detect_document_text(Document={"Bytes": b"x"})
    assert {**given, "ResponseMetadata": None} == {**same, "ResponseMetadata": None}
    assert same["Blocks"] == body["Blocks"]
    with pytest.raises(ClientError, match="Throttling"):
        lean.detect_document_text(Document={"Bytes": b"x"})
