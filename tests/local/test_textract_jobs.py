"""Textract's asynchronous operations on the local endpoint."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
import trp

from local.cloud.aws_calls import Call
from local.cloud.textract_service import TextractService
from tests.local.fakes import FakeOcrReader, fetch_object

CallOperation = Callable[..., dict[str, Any]]


@pytest.fixture
def call_jobs(request_of: Any) -> Callable[..., CallOperation]:
    """Calls the asynchronous operations of one service; an error is returned as {"error": code}."""

    def bind(reader: FakeOcrReader) -> CallOperation:
        service = TextractService(reader, fetch=fetch_object)

        def call_operation(operation: str, **parameters: Any) -> dict[str, Any]:
            call = Call(0, "ExtractFunction", "textract", operation, {})
            response = service.handle_request(call, request_of("POST", body=json.dumps(parameters).encode()))
            assert response is not None
            body: dict[str, Any] = json.loads(response.body)
            return body if response.status == 200 else {"error": body["__type"]}

        return call_operation

    return bind


LOCATION = {"S3Object": {"Bucket": "temp", "Name": "k", "Version": "v1"}}


def wait_until_finished(call_operation: CallOperation, job: str, **parameters: Any) -> dict[str, Any]:
    deadline = time.monotonic() + 5
    while (result := call_operation("GetDocumentTextDetection", JobId=job, **parameters))["JobStatus"] == "IN_PROGRESS":
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return result


def test_a_job_reads_every_page_and_returns_it_in_parts(call_jobs: Callable[..., CallOperation]) -> None:
    reader = FakeOcrReader()
    reader.gate.clear()
    call_operation = call_jobs(reader)
    job = call_operation("StartDocumentTextDetection", DocumentLocation=LOCATION)["JobId"]
    assert call_operation("GetDocumentTextDetection", JobId=job)["JobStatus"] == "IN_PROGRESS"
    reader.gate.set()
    part = wait_until_finished(call_operation, job, MaxResults=5)
    assert part["JobStatus"] == "SUCCEEDED"
    assert part["DocumentMetadata"] == {"Pages": 3}
    blocks = part["Blocks"]
    while "NextToken" in part:
        part = call_operation("GetDocumentTextDetection", JobId=job, MaxResults=5, NextToken=part["NextToken"])
        blocks += part["Blocks"]
    assert [block["BlockType"] for block in blocks] == ["PAGE", "LINE", "WORD", "WORD"] * 3
    assert [block["Page"] for block in blocks] == [1] * 4 + [2] * 4 + [3] * 4
    assert len(trp.Document({"Blocks": blocks}).pages) == 3


def test_one_unreadable_page_is_a_warning_and_all_are_a_failure(call_jobs: Callable[..., CallOperation]) -> None:
    reader = FakeOcrReader()
    reader.bad_pages = {1}
    call_operation = call_jobs(reader)
    result = wait_until_finished(
        call_operation, call_operation("StartDocumentTextDetection", DocumentLocation=LOCATION)["JobId"]
    )
    assert result["JobStatus"] == "PARTIAL_SUCCESS"
    assert result["Warnings"][0]["Pages"] == [2]
    assert {block["Page"] for block in result["Blocks"]} == {1, 3}
    reader.bad_pages = {0, 1, 2}
    result = wait_until_finished(
        call_operation, call_operation("StartDocumentTextDetection", DocumentLocation=LOCATION)["JobId"]
    )
    assert result["JobStatus"] == "FAILED"
    assert result["StatusMessage"]


def test_a_document_that_cannot_be_opened_fails_its_job(call_jobs: Callable[..., CallOperation]) -> None:
    call_operation = call_jobs(FakeOcrReader())
    newest = {"S3Object": {"Bucket": "temp", "Name": "k"}}
    result = wait_until_finished(
        call_operation, call_operation("StartDocumentTextDetection", DocumentLocation=newest)["JobId"]
    )
    assert (result["JobStatus"], result["StatusMessage"]) == ("FAILED", "The PDF cannot be read.")


def test_a_repeated_start_returns_the_same_job(call_jobs: Callable[..., CallOperation]) -> None:
    call_operation = call_jobs(FakeOcrReader())
    first = call_operation("StartDocumentTextDetection", DocumentLocation=LOCATION, ClientRequestToken="t")
    assert call_operation("StartDocumentTextDetection", DocumentLocation=LOCATION, ClientRequestToken="t") == first
    other = call_operation("StartDocumentTextDetection", DocumentLocation=LOCATION, ClientRequestToken="t", JobTag="x")
    assert other == {"error": "IdempotentParameterMismatchException"}


def test_unknown_jobs_objects_and_operations_are_rejected(call_jobs: Callable[..., CallOperation]) -> None:
    call_operation = call_jobs(FakeOcrReader())
    assert call_operation("GetDocumentTextDetection", JobId="nothing") == {"error": "InvalidJobIdException"}
    missing = {"S3Object": {"Bucket": "temp", "Name": "gone"}}
    assert call_operation("StartDocumentTextDetection", DocumentLocation=missing) == {
        "error": "InvalidS3ObjectException"
    }
    assert call_operation("AnalyzeDocument") == {"error": "UnknownOperationException"}
