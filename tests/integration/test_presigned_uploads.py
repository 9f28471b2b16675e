"""Presigned uploads: one execution from `complete` and the S3 event together, only for what was declared."""

import base64
import hashlib
import json
from typing import Any

import pytest

from core.platform.clock import now
from receive import app as receive_app
from tests.integration.http_events import http_event
from tests.integration.intake_requests import (
    PDF,
    SUBMIT,
    complete_upload,
    put_upload,
    request_upload,
    s3_event,
    submit,
)
from tests.integration.moto_cloud import (
    MotoCloud,
)


def test_an_upload_form_takes_exactly_the_declared_bytes(cloud: MotoCloud, context: Any) -> None:
    status, upload = request_upload(context)
    assert status == 201
    policy = json.loads(base64.b64decode(upload["fields"]["policy"]))["conditions"]
    assert ["content-length-range", len(PDF), len(PDF)] in policy
    assert {"x-amz-checksum-sha256": base64.b64encode(hashlib.sha256(PDF).digest()).decode()} in policy
    assert {"x-amz-meta-receipt": upload["fields"]["x-amz-meta-receipt"]} in policy
    assert upload["fields"]["x-amz-algorithm"] == "AWS4-HMAC-SHA256"
    assert cloud.calls == []


def test_an_unpaired_surrogate_is_refused_in_valid_utf_8(cloud: MotoCloud, context: Any) -> None:
    body = json.dumps({**SUBMIT, "sha256": "0" * 64, "size": 1, "media_type": "\ud800"}).encode()
    response = receive_app.handler(http_event("POST", "/uploads", body=body), context)
    assert response is not None and response["statusCode"] == 415
    assert response["body"].encode()


def test_complete_and_its_event_start_one_execution(cloud: MotoCloud, context: Any) -> None:
    _, upload = request_upload(context)
    version = put_upload(cloud, upload)
    receive_app.handler(s3_event(upload["fields"]["key"], version, len(PDF)), context)
    status, receipt = complete_upload(context, upload["id"])
    receive_app.handler(s3_event(upload["fields"]["key"], version, len(PDF)), context)
    assert (status, receipt["id"]) == (202, upload["id"])
    assert list(cloud.executions()) == [f"{upload['id']}-1"]


def test_of_two_uploads_in_one_second_the_later_is_newer(cloud: MotoCloud, context: Any) -> None:
    requested_at: dict[str, str] = {}
    for number in range(4):
        before = now()
        body = PDF + b"%" + bytes(f"{number}", "ascii")
        _, upload = request_upload(context, sha256=hashlib.sha256(body).hexdigest(), size=len(body))
        requested_at[f"{upload['id']}-1"] = before
        version = put_upload(cloud, upload, body)
        assert complete_upload(context, upload["id"])[0] == 202
        # Its S3 event gives the same input.
        receive_app.handler(s3_event(upload["fields"]["key"], version, len(body)), context)
    started = cloud.executions()
    receive_sheet = [started[name]["submission"]["received_at"] for name in requested_at]
    assert receive_sheet == sorted(receive_sheet)
    assert all(at >= before for at, before in zip(receive_sheet, requested_at.values(), strict=True))


def test_an_upload_and_an_api_body_of_one_file_are_one_submission(cloud: MotoCloud, context: Any) -> None:
    _, upload = request_upload(context)
    assert submit(context)[1]["id"] == upload["id"]


def test_metadata_that_was_not_encrypted_here_starts_nothing(cloud: MotoCloud, context: Any) -> None:
    upload_id = "0" * 32
    forged = json.dumps({"tenant": "victim", "assessment": "a", "kind": "answer_sheet", "student": None})
    version = cloud.put(f"uploads/{upload_id}", PDF, Metadata={"receipt": forged})
    receive_app.handler(s3_event(f"uploads/{upload_id}", version, len(PDF)), context)
    assert complete_upload(context, upload_id, tenant="victim")[0] == 404
    assert cloud.executions() == {}


def test_an_unreadable_upload_fails_so_that_its_event_is_retried(cloud: MotoCloud, context: Any) -> None:
    with pytest.raises(Exception, match="HeadObject"):
        receive_app.handler(s3_event("uploads/" + "0" * 32, "none", 9), context)


def test_complete_before_the_file_is_a_conflict(cloud: MotoCloud, context: Any) -> None:
    _, upload = request_upload(context)
    status, body = complete_upload(context, upload["id"])
    assert (status, body["type"]) == (409, "urn:gradeline:problem:UploadIncomplete")
    assert cloud.executions() == {}


def test_another_tenant_cannot_complete_an_upload(cloud: MotoCloud, context: Any) -> None:
    _, upload = request_upload(context)
    put_upload(cloud, upload)
    assert complete_upload(context, upload["id"], tenant="other")[0] == 404
    assert complete_upload(context, "../../drop/x")[0] == 404
    assert cloud.executions() == {}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"sha256": "abc"}, "InvalidUpload"),
        ({"sha256": None}, "InvalidUpload"),
        ({"size": True}, "InvalidUpload"),
        ({"size": 0}, "EmptyFile"),
        ({"size": 200_000_000}, "FileTooLarge"),
        ({"media_type": "text/html"}, "UnsupportedFileType"),
        ({"assessment": ""}, "MissingAssessment"),
        ({"assessment": 7}, "InvalidUpload"),
        ({"kind": "essay"}, "UnknownKind"),
    ],
)
def test_a_bad_upload_request_is_refused_by_name(
    cloud: MotoCloud, context: Any, change: dict[str, Any], problem: str
) -> None:
    assert request_upload(context, **change)[1]["type"] == f"urn:gradeline:problem:{problem}"
