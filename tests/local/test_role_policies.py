"""Required permissions are read from a request as AWS does, and calls without them are denied."""

import json
from pathlib import Path
from typing import Any

import pytest

from local.cloud.aws_calls import identify_call
from local.cloud.required_permissions import RequiredPermission, find_required_permissions
from local.cloud.role_policies import (
    Grant,
    MaskedNotFound,
    RequiredPermissionsLog,
    RolePolicies,
    read_required_permissions,
)
from tests.local.conftest import MakeRequest

BUCKETS = ["temp"]
TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/t"
_FORM = (
    b'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\nuploads/1\r\n'
    b'--x\r\nContent-Disposition: form-data; name="x-amz-credential"\r\n\r\nReceiveFunction/2026/us-east-1/s3\r\n--x--'
)


@pytest.mark.parametrize(
    ("request_line", "headers", "body", "expected"),
    [
        ("GET /temp/a", {}, b"", ["s3:GetObject temp/a"]),
        ("HEAD /temp/a?versionId=7", {}, b"", ["s3:GetObjectVersion temp/a"]),
        ("PUT /temp/a", {}, b"", ["s3:PutObject temp/a"]),
        ("PUT /temp/a", {"x-amz-tagging": "a=b"}, b"", ["s3:PutObject temp/a", "s3:PutObjectTagging temp/a"]),
        ("PUT /temp/a", {"if-match": '"e"'}, b"", ["s3:PutObject temp/a", "s3:GetObject temp/a"]),
        (
            "PUT /temp/a",
            {"x-amz-copy-source": "/other/k?versionId=7"},
            b"",
            ["s3:GetObjectVersion other/k", "s3:PutObject temp/a"],
        ),
        ("PUT /temp/a?uploadId=1&partNumber=1", {}, b"", ["s3:PutObject temp/a"]),
        ("DELETE /temp/a?uploadId=1", {}, b"", ["s3:AbortMultipartUpload temp/a"]),
        ("DELETE /temp/a", {}, b"", ["s3:DeleteObject temp/a"]),
        ("DELETE /temp/a?versionId=7", {}, b"", ["s3:DeleteObjectVersion temp/a"]),
        (
            "POST /temp?delete",
            {},
            b"<Delete><Object><Key>a&amp;b</Key><VersionId>7</VersionId></Object><Object><Key>c</Key></Object></Delete>",
            ["s3:DeleteObjectVersion temp/a&b", "s3:DeleteObject temp/c"],
        ),
        ("GET /temp?list-type=2", {}, b"", ["s3:ListBucket temp"]),
        ("GET /temp?versions", {}, b"", ["s3:ListBucketVersions temp"]),
    ],
)
def test_s3_requires_actions_on_objects(
    request_of: MakeRequest, request_line: str, headers: dict[str, str], body: bytes, expected: list[str]
) -> None:
    request = request_of(*request_line.split(), caller="F", headers=headers, body=body)
    call = identify_call(request, BUCKETS)
    assert call is not None
    permissions = [line.split(" ", 1) for line in expected]
    assert find_required_permissions(call, request) == [
        RequiredPermission("F", action, f"arn:aws:s3:::{resource}") for action, resource in permissions
    ]


def test_a_posted_form_requires_its_signers_permissions(request_of: MakeRequest) -> None:
    request = request_of("POST", "/temp", headers={"content-type": "multipart/form-data; boundary=x"}, body=_FORM)
    call = identify_call(request, BUCKETS)
    assert call is not None
    assert find_required_permissions(call, request) == [
        RequiredPermission("ReceiveFunction", "s3:PutObject", "arn:aws:s3:::temp/uploads/1")
    ]


@pytest.mark.parametrize(
    ("service", "target", "body", "expected"),
    [
        ("dynamodb", "DynamoDB_20120810.PutItem", {"TableName": "t"}, [("dynamodb:PutItem", TABLE)]),
        (
            "dynamodb",
            "DynamoDB_20120810.Query",
            {"TableName": "t", "IndexName": "i"},
            [("dynamodb:Query", TABLE + "/index/i")],
        ),
        (
            "dynamodb",
            "DynamoDB_20120810.TransactWriteItems",
            {"TransactItems": [{"Put": {"TableName": "t"}}, {"ConditionCheck": {"TableName": "t"}}]},
            [("dynamodb:PutItem", TABLE), ("dynamodb:ConditionCheckItem", TABLE)],
        ),
        (
            "dynamodb",
            "DynamoDB_20120810.BatchWriteItem",
            {"RequestItems": {"t": []}},
            [("dynamodb:BatchWriteItem", TABLE)],
        ),
        (
            "textract",
            "Textract.DetectDocumentText",
            {"Document": {"Bytes": "eA=="}},
            [("textract:DetectDocumentText", "*")],
        ),
        (
            "textract",
            "Textract.StartDocumentTextDetection",
            {"DocumentLocation": {"S3Object": {"Bucket": "temp", "Name": "a", "Version": "7"}}},
            [("textract:StartDocumentTextDetection", "*"), ("s3:GetObjectVersion", "arn:aws:s3:::temp/a")],
        ),
        (
            "states",
            "AWSStepFunctions.StartExecution",
            {"stateMachineArn": "arn:m", "name": "n"},
            [("states:StartExecution", "arn:m")],
        ),
        (
            "events",
            "AWSEvents.PutEvents",
            {"Entries": [{"EventBusName": "default"}]},
            [("events:PutEvents", "arn:aws:events:us-east-1:123456789012:event-bus/default")],
        ),
        (
            "secretsmanager",
            "secretsmanager.GetSecretValue",
            {"SecretId": "arn:s"},
            [("secretsmanager:GetSecretValue", "arn:s")],
        ),
    ],
)
def test_other_services_require_what_the_body_names(
    request_of: MakeRequest, service: str, target: str, body: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    request = request_of(
        "POST", "/", caller="F", service=service, headers={"x-amz-target": target}, body=json.dumps(body).encode()
    )
    call = identify_call(request, BUCKETS)
    assert call is not None
    assert find_required_permissions(call, request) == [
        RequiredPermission("F", action, resource) for action, resource in expected
    ]


def test_lambda_requires_the_arn_with_its_alias(request_of: MakeRequest) -> None:
    request = request_of("POST", "/2015-03-31/functions/f:live/invocations", caller="F", service="lambda")
    call = identify_call(request, BUCKETS)
    assert call is not None
    arn = "arn:aws:lambda:us-east-1:123456789012:function:f:live"
    assert find_required_permissions(call, request) == [RequiredPermission("F", "lambda:InvokeFunction", arn)]


@pytest.mark.parametrize(
    ("pattern", "resource", "covered"),
    [
        ("arn:aws:s3:::b/a/*", "arn:aws:s3:::b/a/x/y", True),
        ("arn:aws:s3:::b/a/*", "arn:aws:s3:::b/ab/x", False),
        ("arn:aws:s3:::b/*.json", "arn:aws:s3:::b/x.jsonl", False),
        ("arn:aws:s3:::b/?", "arn:aws:s3:::b/xy", False),
        ("arn:aws:s3:::b", "arn:aws:s3:::b/x", False),
        ("*", "*", True),
    ],
)
def test_a_grant_matches_as_in_iam(pattern: str, resource: str, covered: bool) -> None:
    grant = Grant("F", "s3:GetObject", pattern)
    assert grant.covers(RequiredPermission("F", "s3:getobject", resource)) is covered
    assert not grant.covers(RequiredPermission("G", "s3:GetObject", resource))
    assert not grant.covers(RequiredPermission("F", "s3:GetObjectVersion", resource))


def test_calls_that_are_not_allowed_are_denied_and_logged(request_of: MakeRequest, tmp_path: Path) -> None:
    permissions_log = RequiredPermissionsLog(tmp_path)
    policies = RolePolicies([Grant("F", "s3:GetObject", "arn:aws:s3:::temp/a/*")], permissions_log)

    def status(key: str, caller: str | None = "F") -> int | None:
        request = request_of("GET", f"/temp/{key}", caller=caller)
        call = identify_call(request, BUCKETS)
        assert call is not None
        response = policies.handle_request(call, request)
        return response.status if response else None

    assert status("a/1") is None
    assert status("b/1") == 403
    assert status("b/1", caller=None) is None, "the stack's users have no role of the stack"
    reading = "s3:GetObject"
    assert read_required_permissions(tmp_path) == {
        RequiredPermission("F", reading, "arn:aws:s3:::temp/a/1"),
        RequiredPermission("F", reading, "arn:aws:s3:::temp/b/1"),
    }


def test_an_absent_key_is_403_for_callers_that_may_not_list(request_of: MakeRequest) -> None:
    def absent(_environ: object, start: Any) -> list[bytes]:
        start("404 Not Found", [])
        return [b"<Error><Code>NoSuchKey</Code></Error>"]

    reading = Grant("F", "s3:GetObject", "arn:aws:s3:::temp/*")
    listing = Grant("F", "s3:ListBucket", "arn:aws:s3:::temp")

    def status(*grants: Grant, caller: str | None = "F") -> int | None:
        request = request_of("GET", "/temp/a", caller=caller)
        call = identify_call(request, BUCKETS)
        assert call is not None
        response = MaskedNotFound(RolePolicies(grants), absent).handle_request(call, request)
        return response.status if response else None

    assert status(reading) == 403
    assert status(reading, listing) is None, "left to S3 itself"
    assert status(reading, caller=None) is None
