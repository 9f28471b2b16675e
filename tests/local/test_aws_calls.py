"""Each AWS call is identified by its caller, service, operation and parameters."""

import json
from typing import Any

import pytest

from local.cloud.aws_calls import Call, identify_call
from local.cloud.fault_injection import FaultInjector

BUCKETS = ["temp"]


@pytest.mark.parametrize(
    ("method", "url", "headers", "operation"),
    [
        ("PUT", "/temp/a/b.pdf", {}, "PutObject"),
        ("PUT", "/temp/a", {"x-amz-copy-source": "/other/k"}, "CopyObject"),
        ("GET", "/temp/a?versionId=7", {}, "GetObject"),
        ("HEAD", "/temp/a", {}, "HeadObject"),
        ("DELETE", "/temp/a", {}, "DeleteObject"),
        ("GET", "/temp/a?attributes", {}, "GetObjectAttributes"),
        ("PUT", "/temp/a?tagging", {}, "PutObjectTagging"),
        ("POST", "/temp/a?uploads", {}, "CreateMultipartUpload"),
        ("PUT", "/temp/a?uploadId=1&partNumber=1", {}, "UploadPart"),
        ("PUT", "/temp/a?uploadId=1&partNumber=1", {"x-amz-copy-source": "/o/k"}, "UploadPartCopy"),
        ("POST", "/temp/a?uploadId=1", {}, "CompleteMultipartUpload"),
        ("DELETE", "/temp/a?uploadId=1", {}, "AbortMultipartUpload"),
        ("GET", "/temp?list-type=2", {}, "ListObjectsV2"),
        ("GET", "/temp?versions", {}, "ListObjectVersions"),
        ("POST", "/temp?delete", {}, "DeleteObjects"),
    ],
)
def test_s3_operations_are_identified_by_method_query_and_headers(
    request_of: Any, method: str, url: str, headers: dict[str, str], operation: str
) -> None:
    call = identify_call(request_of(method, url, caller="PersistFunction", headers=headers), BUCKETS)
    assert call is not None
    assert (call.caller, call.service, call.operation) == ("PersistFunction", "s3", operation)
    assert call.parameters["Bucket"] == "temp"


def test_a_copy_has_source_and_target_as_parameters(request_of: Any) -> None:
    headers = {"x-amz-copy-source": "temp/drop/a%20b.pdf?versionId=9", "if-none-match": "*"}
    call = identify_call(request_of("PUT", "/documents/k", caller="PersistFunction", headers=headers), BUCKETS)
    assert call is not None
    assert call.parameters == {
        "Bucket": "documents",
        "Key": "k",
        "CopySource": "temp/drop/a b.pdf?versionId=9",
        "IfNoneMatch": "*",
    }


def test_json_services_are_identified_by_their_target(request_of: Any) -> None:
    body = json.dumps({"stateMachineArn": "arn", "name": "x-1", "input": "{}", "long": "y" * 5000}).encode()
    target = {"x-amz-target": "AWSStepFunctions.StartExecution"}
    call = identify_call(
        request_of("POST", caller="ReceiveFunction", service="states", headers=target, body=body), BUCKETS
    )
    assert call is not None
    assert call.name == "stepfunctions:StartExecution"
    assert call.parameters == {"stateMachineArn": "arn", "name": "x-1", "input": "{}"}


def test_calls_of_the_state_machine_are_distinguished_from_the_functions(request_of: Any) -> None:
    key = {"pk": {"S": "submission#1"}, "sk": {"S": "record"}}
    body = json.dumps({"TableName": "T", "Key": key}).encode()
    target = {"x-amz-target": "DynamoDB_20120810.UpdateItem"}
    call = identify_call(request_of("POST", caller="ak", service="dynamodb", headers=target, body=body), BUCKETS)
    assert call is not None
    assert (call.caller, call.name) == ("stepfunctions", "dynamodb:UpdateItem")
    assert call.parameters["Key"] == key


def test_the_bytes_of_a_page_for_textract_are_not_logged(request_of: Any) -> None:
    body = json.dumps({"Document": {"Bytes": "aGVsbG8="}}).encode()
    target = {"x-amz-target": "Textract.DetectDocumentText"}
    call = identify_call(
        request_of("POST", caller="ExtractFunction", service="textract", headers=target, body=body), BUCKETS
    )
    assert call is not None
    assert call.parameters == {"Document": {}}


@pytest.mark.parametrize(
    "url",
    [
        "/temp/a?X-Amz-Credential=ReceiveFunction%2F20260101%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Signature=1",
        "/temp/a?AWSAccessKeyId=ReceiveFunction&Signature=1&Expires=1",
    ],
)
def test_presigned_urls_identify_their_signer(request_of: Any, url: str) -> None:
    call = identify_call(request_of("GET", url), BUCKETS)
    assert call is not None
    assert (call.caller, call.operation) == ("ReceiveFunction", "GetObject")


def test_a_form_posted_to_a_bucket_is_an_s3_call(request_of: Any) -> None:
    call = identify_call(
        request_of("POST", "/temp", headers={"content-type": "multipart/form-data; boundary=x"}), BUCKETS
    )
    assert call is not None
    assert call.name == "s3:PostObject"


def test_all_other_requests_belong_to_the_http_api(request_of: Any) -> None:
    assert identify_call(request_of("POST", "/submissions", headers={"authorization": "Bearer x.y.z"}), BUCKETS) is None
    assert identify_call(request_of("GET", "/"), BUCKETS) is None


def call(operation: str = "CopyObject", caller: str = "PersistFunction", key: str = "incoming/1") -> Call:
    return Call(0, caller, "s3", operation, {"Bucket": "documents", "Key": key})


def test_a_fault_applies_to_its_operation_until_it_is_cleared() -> None:
    faults = FaultInjector()
    faults.slow("s3", "CopyObject", 3)
    assert [fault.seconds for fault in faults.take_matching(call())] == [3]
    assert faults.take_matching(call("GetObject")) == []
    faults.clear()
    assert faults.take_matching(call()) == []


def test_a_fault_can_be_limited_by_times_caller_and_parameters() -> None:
    faults = FaultInjector()
    faults.fail("s3", "*", "SlowDown", status=503, times=1, caller="PersistFunction", matching={"Key": "incoming/"})
    assert faults.take_matching(call(caller="ExtractFunction")) == []
    assert faults.take_matching(call(key="drop/x")) == []
    assert [fault.code for fault in faults.take_matching(call())] == ["SlowDown"]
    assert faults.take_matching(call()) == []
