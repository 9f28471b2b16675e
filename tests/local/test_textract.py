"""The Textract endpoint answers in Textract's JSON, with Textract's limits and errors."""

import base64
import io
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import trp
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from local.cloud.aws_calls import Call
from local.cloud.gateway import WsgiResponse
from local.cloud.ocr_pool import OcrError, OcrLine, OcrPage, OcrWord
from local.cloud.raster import DocumentRejectedError, count_pages, rasterize_document, rasterize_page
from local.cloud.textract_service import TextractService

BOX = ((0.1, 0.2), (0.5, 0.2), (0.5, 0.25), (0.1, 0.25))
PAGE = OcrPage(100, 200, 0, (OcrLine("Two words", 0.9, BOX, (OcrWord("Two", 0.95, BOX), OcrWord("words", 0.85, BOX))),))
SAMPLE = b"\x89PNG the bytes of a page"


class FakeReader:
    """Reads every page alike, or fails as it is told; counts."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.reads: list[bytes] = []
        self.gate = threading.Event()
        self.gate.set()
        self.bad_pages: set[int] = set()

    def read(self, content: bytes, page: int | None = None) -> OcrPage:
        self.reads.append(content)
        self.gate.wait(5)
        if self.failure:
            raise self.failure
        if page is not None and page in self.bad_pages:
            raise OcrError("BadDocumentException", "The page cannot be drawn.")
        return PAGE

    def count(self, content: bytes) -> int:
        if content == b"newest":
            raise OcrError("BadDocumentException", "The PDF cannot be read.")
        return 3

    def close(self) -> None:
        """Nothing to end."""


def fetch(bucket: str, key: str, version: str | None) -> bytes:
    return {("temp", "k", None): b"newest", ("temp", "k", "v1"): b"first"}[bucket, key, version]


@pytest.fixture
def detect(request_of: Any) -> Callable[..., WsgiResponse]:
    def ask(document: Any, reader: FakeReader | None = None, service: TextractService | None = None) -> WsgiResponse:
        service = service or TextractService(reader or FakeReader(), fetch=fetch)
        call = Call(0, "ExtractFunction", "textract", "DetectDocumentText", {})
        response = service.answer(call, request_of("POST", body=json.dumps({"Document": document}).encode()))
        assert response is not None
        return response

    return ask


def in_bytes(content: bytes = SAMPLE) -> dict[str, str]:
    return {"Bytes": base64.b64encode(content).decode()}


def error(response: WsgiResponse) -> str:
    assert response.status >= 400
    name: str = json.loads(response.body)["__type"]
    assert response.header("x-amzn-ErrorType") == name
    return name


def test_a_page_is_told_as_blocks_that_trp_reads(detect: Callable[..., WsgiResponse]) -> None:
    body = json.loads(detect(in_bytes()).body)
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
    assert [one.text for one in parsed.lines] == ["Two words"]


def test_an_object_is_read_in_its_pinned_version(detect: Callable[..., WsgiResponse]) -> None:
    reader = FakeReader()
    detect({"S3Object": {"Bucket": "temp", "Name": "k", "Version": "v1"}}, reader)
    detect({"S3Object": {"Bucket": "temp", "Name": "k"}}, reader)
    assert reader.reads == [b"first", b"newest"]
    assert error(detect({"S3Object": {"Bucket": "temp", "Name": "gone"}})) == "InvalidS3ObjectException"


@pytest.mark.parametrize(
    "document",
    [{}, None, {"Bytes": ""}, {"Bytes": "%%"}, {"Bytes": "QQ==", "S3Object": {"Bucket": "temp", "Name": "k"}}],
)
def test_a_request_without_one_document_is_invalid(detect: Callable[..., WsgiResponse], document: Any) -> None:
    assert error(detect(document)) == "InvalidParameterException"


def test_a_document_over_ten_megabytes_is_too_large(detect: Callable[..., WsgiResponse]) -> None:
    reader = FakeReader()
    assert error(detect(in_bytes(bytes(10_485_761)), reader)) == "DocumentTooLargeException"
    assert reader.reads == []


@pytest.mark.parametrize(
    ("failure", "name", "status"),
    [
        (OcrError("BadDocumentException", "no"), "BadDocumentException", 400),
        (OcrError("InternalServerError", "no"), "InternalServerError", 500),
    ],
)
def test_what_the_reader_says_is_named_as_textract_names_it(
    detect: Callable[..., WsgiResponse], failure: Exception, name: str, status: int
) -> None:
    response = detect(in_bytes(), FakeReader(failure))
    assert (error(response), response.status) == (name, status)


def test_a_page_asked_for_again_while_it_is_read_is_read_once(detect: Callable[..., WsgiResponse]) -> None:
    reader = FakeReader()
    reader.gate.clear()
    service = TextractService(reader, fetch=fetch)
    with ThreadPoolExecutor(3) as pool:
        answers = [pool.submit(detect, in_bytes(), service=service) for _ in range(3)]
        reader.gate.set()
        assert {answer.result().status for answer in answers} == {200}
    assert len(reader.reads) == 1


def test_a_caller_is_told_to_come_again_and_its_page_keeps_its_place(detect: Callable[..., WsgiResponse]) -> None:
    reader = FakeReader()
    reader.gate.clear()
    service = TextractService(reader, fetch=fetch, wait_seconds=0.05)
    assert error(detect(in_bytes(), service=service)) == "ProvisionedThroughputExceededException"
    reader.gate.set()
    assert detect(in_bytes(), service=service).status == 200
    assert len(reader.reads) == 1


def test_a_failed_page_is_tried_afresh(detect: Callable[..., WsgiResponse]) -> None:
    reader = FakeReader(OcrError("InternalServerError", "The OCR engine stopped on this page."))
    service = TextractService(reader, fetch=fetch)
    assert detect(in_bytes(), service=service).status == 500
    reader.failure = None
    assert detect(in_bytes(), service=service).status == 200


Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def jobs(request_of: Any) -> Callable[..., Ask]:
    """Asks one service's asynchronous operations; an error is its name."""

    def of(reader: FakeReader) -> Ask:
        service = TextractService(reader, fetch=fetch)

        def ask(operation: str, **parameters: Any) -> dict[str, Any]:
            call = Call(0, "ExtractFunction", "textract", operation, {})
            response = service.answer(call, request_of("POST", body=json.dumps(parameters).encode()))
            assert response is not None
            body: dict[str, Any] = json.loads(response.body)
            return body if response.status == 200 else {"error": body["__type"]}

        return ask

    return of


LOCATION = {"S3Object": {"Bucket": "temp", "Name": "k", "Version": "v1"}}


def finished(ask: Ask, job: str, **parameters: Any) -> dict[str, Any]:
    deadline = time.monotonic() + 5
    while (answer := ask("GetDocumentTextDetection", JobId=job, **parameters))["JobStatus"] == "IN_PROGRESS":
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return answer


def test_a_job_reads_every_page_and_tells_it_in_parts(jobs: Callable[..., Ask]) -> None:
    reader = FakeReader()
    reader.gate.clear()
    ask = jobs(reader)
    job = ask("StartDocumentTextDetection", DocumentLocation=LOCATION)["JobId"]
    assert ask("GetDocumentTextDetection", JobId=job)["JobStatus"] == "IN_PROGRESS"
    reader.gate.set()
    part = finished(ask, job, MaxResults=5)
    assert part["JobStatus"] == "SUCCEEDED"
    assert part["DocumentMetadata"] == {"Pages": 3}
    blocks = part["Blocks"]
    while "NextToken" in part:
        part = ask("GetDocumentTextDetection", JobId=job, MaxResults=5, NextToken=part["NextToken"])
        blocks += part["Blocks"]
    assert [block["BlockType"] for block in blocks] == ["PAGE", "LINE", "WORD", "WORD"] * 3
    assert [block["Page"] for block in blocks] == [1] * 4 + [2] * 4 + [3] * 4
    assert len(trp.Document({"Blocks": blocks}).pages) == 3


def test_a_page_that_cannot_be_read_is_a_warning_and_all_pages_are_a_failure(jobs: Callable[..., Ask]) -> None:
    reader = FakeReader()
    reader.bad_pages = {1}
    ask = jobs(reader)
    answer = finished(ask, ask("StartDocumentTextDetection", DocumentLocation=LOCATION)["JobId"])
    assert answer["JobStatus"] == "PARTIAL_SUCCESS"
    assert answer["Warnings"][0]["Pages"] == [2]
    assert {block["Page"] for block in answer["Blocks"]} == {1, 3}
    reader.bad_pages = {0, 1, 2}
    answer = finished(ask, ask("StartDocumentTextDetection", DocumentLocation=LOCATION)["JobId"])
    assert answer["JobStatus"] == "FAILED"
    assert answer["StatusMessage"]


def test_a_document_that_cannot_be_opened_fails_its_job(jobs: Callable[..., Ask]) -> None:
    ask = jobs(FakeReader())
    newest = {"S3Object": {"Bucket": "temp", "Name": "k"}}
    answer = finished(ask, ask("StartDocumentTextDetection", DocumentLocation=newest)["JobId"])
    assert (answer["JobStatus"], answer["StatusMessage"]) == ("FAILED", "The PDF cannot be read.")


def test_a_start_told_twice_is_one_job(jobs: Callable[..., Ask]) -> None:
    ask = jobs(FakeReader())
    first = ask("StartDocumentTextDetection", DocumentLocation=LOCATION, ClientRequestToken="t")
    assert ask("StartDocumentTextDetection", DocumentLocation=LOCATION, ClientRequestToken="t") == first
    other = ask("StartDocumentTextDetection", DocumentLocation=LOCATION, ClientRequestToken="t", JobTag="x")
    assert other == {"error": "IdempotentParameterMismatchException"}


def test_what_is_no_job_is_refused_by_name(jobs: Callable[..., Ask]) -> None:
    ask = jobs(FakeReader())
    assert ask("GetDocumentTextDetection", JobId="nothing") == {"error": "InvalidJobIdException"}
    gone = {"S3Object": {"Bucket": "temp", "Name": "gone"}}
    assert ask("StartDocumentTextDetection", DocumentLocation=gone) == {"error": "InvalidS3ObjectException"}
    assert ask("AnalyzeDocument") == {"error": "UnknownOperationException"}


def picture(kind: str, mode: str = "RGB", size: tuple[int, int] = (40, 30), **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, **options.pop("new", {})).save(out, kind, **options)
    return out.getvalue()


def pdf(pages: int, size: tuple[float, float] = (595, 842)) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=size)
    for number in range(pages):
        canvas.drawString(20, 20, f"page {number}")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        picture("JPEG"),
        picture("JPEG", "CMYK"),
        picture("PNG", "RGBA"),
        picture("PNG", "P"),
        picture("PNG", "I;16"),
        picture("TIFF", "1"),
        picture("TIFF", "L"),
    ],
)
def test_pictures_of_every_kind_become_three_channels(content: bytes) -> None:
    pixels = rasterize_document(content)
    assert pixels.shape == (30, 40, 3)
    assert pixels.dtype == "uint8"


def test_transparent_paper_is_white() -> None:
    assert rasterize_document(picture("PNG", "RGBA", new={"color": (0, 0, 0, 0)})).min() == 255


def test_a_pdf_page_is_drawn_at_two_hundred_dots_an_inch() -> None:
    height, width, _ = rasterize_document(pdf(1)).shape
    assert (width, height) == pytest.approx((595 / 72 * 200, 842 / 72 * 200), abs=2)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"plain text", "UnsupportedDocumentException"),
        (picture("GIF"), "UnsupportedDocumentException"),
        (pdf(2), "UnsupportedDocumentException"),
        (b"%PDF-1.7 cut off", "BadDocumentException"),
        (picture("PNG", size=(400, 400))[:200], "BadDocumentException"),
        (picture("PNG", "1", size=(10_001, 5)), "BadDocumentException"),
        (pdf(1, (9_001, 100)), "BadDocumentException"),
        (picture("TIFF", save_all=True, append_images=[Image.new("RGB", (4, 4))]), "UnsupportedDocumentException"),
        (bytes(10_485_761), "DocumentTooLargeException"),
    ],
)
def test_what_textract_refuses_is_refused_by_name(content: bytes, code: str) -> None:
    with pytest.raises(DocumentRejectedError) as refused:
        rasterize_document(content)
    assert refused.value.code == code


def test_one_page_of_many_can_be_drawn() -> None:
    document = pdf(3)
    assert count_pages(document) == 3
    assert rasterize_page(document, 2).shape[2] == 3
    tiff = picture("TIFF", save_all=True, append_images=[Image.new("RGB", (4, 6))])
    assert count_pages(tiff) == 2
    assert rasterize_page(tiff, 1).shape == (6, 4, 3)
