"""DetectDocumentText on the local Textract endpoint: Textract's JSON, limits and errors."""

import base64
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import trp

from local.cloud.aws_calls import Call
from local.cloud.ocr_pool import OcrError
from local.cloud.textract_service import TextractService
from local.cloud.wsgi import WsgiResponse
from tests.local.fakes import FakeOcrReader, fetch_object

SAMPLE = b"\x89PNG the bytes of a page"


@pytest.fixture
def detect(request_of: Any) -> Callable[..., WsgiResponse]:
    def detect_document(
        document: Any, reader: FakeOcrReader | None = None, service: TextractService | None = None
    ) -> WsgiResponse:
        service = service or TextractService(reader or FakeOcrReader(), fetch=fetch_object)
        call = Call(0, "ExtractFunction", "textract", "DetectDocumentText", {})
        response = service.handle_request(call, request_of("POST", body=json.dumps({"Document": document}).encode()))
        assert response is not None
        return response

    return detect_document


def document_bytes(content: bytes = SAMPLE) -> dict[str, str]:
    return {"Bytes": base64.b64encode(content).decode()}


def error_code(response: WsgiResponse) -> str:
    assert response.status >= 400
    name: str = json.loads(response.body)["__type"]
    assert response.header("x-amzn-ErrorType") == name
    return name


def test_a_page_is_returned_as_blocks_that_trp_parses(detect: Callable[..., WsgiResponse]) -> None:
    body = json.loads(detect(document_bytes()).body)
    assert body["DocumentMetadata"] == {"Pages": 1}
    page, line, *words = body["Blocks"]
    assert [block["BlockType"] for block in body["Blocks"]] == ["PAGE", "LINE", "WORD", "WORD"]
    assert page["Relationships"] == [{"Type": "CHILD", "Ids": [line["Id"]]}]
    assert line["Relationships"] == [{"Type": "CHILD", "Ids": [word["Id"] for word in words]}]
    assert (line["Text"], line["Confidence"]) == ("Two words", 90.0)
    assert {word["TextType"] for word in words} == {"PRINTED"}
    assert line["Geometry"]["BoundingBox"] == pytest.approx({"Width": 0.4, "Height": 0.05, "Left": 0.1, "Top": 0.2})
    assert line["Geometry"]["Polygon"][0] == {"X": 0.1, "Y": 0.2}
    assert len({block["Id"] for block in body["Blocks"]}) == 4
    (parsed,) = trp.Document(body).pages
    assert [line.text for line in parsed.lines] == ["Two words"]


def test_an_object_is_read_in_its_pinned_version(detect: Callable[..., WsgiResponse]) -> None:
    reader = FakeOcrReader()
    detect({"S3Object": {"Bucket": "temp", "Name": "k", "Version": "v1"}}, reader)
    detect({"S3Object": {"Bucket": "temp", "Name": "k"}}, reader)
    assert reader.reads == [b"first", b"newest"]
    assert error_code(detect({"S3Object": {"Bucket": "temp", "Name": "gone"}})) == "InvalidS3ObjectException"


@pytest.mark.parametrize(
    "document",
    [{}, None, {"Bytes": ""}, {"Bytes": "%%"}, {"Bytes": "QQ==", "S3Object": {"Bucket": "temp", "Name": "k"}}],
)
def test_a_request_without_exactly_one_document_is_invalid(detect: Callable[..., WsgiResponse], document: Any) -> None:
    assert error_code(detect(document)) == "InvalidParameterException"


def test_a_document_over_ten_megabytes_is_too_large(detect: Callable[..., WsgiResponse]) -> None:
    reader = FakeOcrReader()
    assert error_code(detect(document_bytes(bytes(10_485_761)), reader)) == "DocumentTooLargeException"
    assert reader.reads == []


@pytest.mark.parametrize(
    ("failure", "name", "status"),
    [
        (OcrError("BadDocumentException", "no"), "BadDocumentException", 400),
        (OcrError("InternalServerError", "no"), "InternalServerError", 500),
    ],
)
def test_reader_errors_have_textracts_names(
    detect: Callable[..., WsgiResponse], failure: Exception, name: str, status: int
) -> None:
    response = detect(document_bytes(), FakeOcrReader(failure))
    assert (error_code(response), response.status) == (name, status)


def test_a_page_requested_again_while_it_is_read_is_read_once(detect: Callable[..., WsgiResponse]) -> None:
    reader = FakeOcrReader()
    reader.gate.clear()
    service = TextractService(reader, fetch=fetch_object)
    with ThreadPoolExecutor(3) as pool:
        responses = [pool.submit(detect, document_bytes(), service=service) for _ in range(3)]
        reader.gate.set()
        assert {response.result().status for response in responses} == {200}
    assert len(reader.reads) == 1


def test_a_throttled_caller_keeps_its_page_in_the_queue(detect: Callable[..., WsgiResponse]) -> None:
    reader = FakeOcrReader()
    reader.gate.clear()
    service = TextractService(reader, fetch=fetch_object, wait_seconds=0.05)
    assert error_code(detect(document_bytes(), service=service)) == "ProvisionedThroughputExceededException"
    reader.gate.set()
    assert detect(document_bytes(), service=service).status == 200
    assert len(reader.reads) == 1


def test_a_failed_page_is_read_again_on_retry(detect: Callable[..., WsgiResponse]) -> None:
    reader = FakeOcrReader(OcrError("InternalServerError", "The OCR engine stopped on this page."))
    service = TextractService(reader, fetch=fetch_object)
    assert detect(document_bytes(), service=service).status == 500
    reader.failure = None
    assert detect(document_bytes(), service=service).status == 200
