"""A browser's form is checked against its policy with S3's errors, and stored completely."""

import base64
import datetime
import hashlib
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from local.cloud.aws_calls import identify_call
from local.cloud.gateway import SerializedMoto
from local.cloud.presigned import has_expired
from local.cloud.s3_service import S3Service
from local.cloud.wsgi import WsgiResponse

BODY = b"a scanned sheet"
SHA256 = base64.b64encode(hashlib.sha256(BODY).digest()).decode()
KEY = "uploads/0123"


@pytest.fixture
def s3_service() -> Iterator[S3Service]:
    from moto.core.base_backend import BackendDict
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    moto = SerializedMoto(DomainDispatcherApplication(create_backend_app))
    s3_service = S3Service(moto, {"temp": {"http://page"}})
    s3_service._call_moto("PUT", "temp", "")
    enabled = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
    s3_service._call_moto("PUT", "temp", "", query={"versioning": ""}, body=enabled)
    yield s3_service
    BackendDict.reset()


def presigned_form(**changes: Any) -> dict[str, str]:
    """The fields that boto3 presigns for one declared upload."""
    s3 = boto3.client(
        "s3",
        region_name="us-east-1",
        aws_access_key_id="ReceiveFunction",
        aws_secret_access_key="x",
        config=Config(signature_version="s3v4"),
    )
    fields = {"x-amz-meta-receipt": "sealed", "x-amz-checksum-sha256": SHA256, "Content-Type": "image/png"}
    conditions: list[Any] = [{name: value} for name, value in fields.items()]
    conditions.append(["content-length-range", 1, changes.pop("largest", 100)])
    form: dict[str, str] = s3.generate_presigned_post(
        "temp", KEY, Fields=fields, Conditions=conditions, ExpiresIn=changes.pop("seconds", 60)
    )["fields"]
    return form


def post_form(
    s3_service: S3Service, request_of: Any, form: dict[str, str], body: bytes = BODY, *, origin: str = ""
) -> WsgiResponse:
    boundary = "frontier"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in form.items()
    ]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="my sheet.png"\r\n'
    parts.append(head.encode() + b"Content-Type: application/x-whatever\r\n\r\n" + body + b"\r\n")
    content = b"".join(parts) + f"--{boundary}--\r\n".encode()
    headers = {"content-type": f"multipart/form-data; boundary={boundary}"} | ({"origin": origin} if origin else {})
    request = request_of("POST", "/temp", headers=headers, body=content)
    call = identify_call(request, ["temp"])
    assert call is not None
    response = s3_service.handle_request(call, request)
    assert response is not None
    return response


def error_code(response: WsgiResponse) -> str:
    return response.body.decode().split("<Code>")[1].split("</Code>")[0]


def test_a_presigned_form_is_stored_with_metadata_checksum_and_version(s3_service: S3Service, request_of: Any) -> None:
    response = post_form(s3_service, request_of, presigned_form())
    assert response.status == 204
    version = response.header("x-amz-version-id")
    assert version
    assert response.header("ETag") == f'"{hashlib.md5(BODY).hexdigest()}"'  # noqa: S324 -- S3's ETag
    assert response.header("Location") == f"/temp/{KEY}"
    stored = s3_service._call_moto(
        "HEAD", "temp", KEY, query={"versionId": version}, headers={"x-amz-checksum-mode": "ENABLED"}
    )
    assert stored.headers["x-amz-meta-receipt"] == "sealed"
    assert stored.headers["x-amz-checksum-sha256"] == SHA256
    assert stored.headers["Content-Type"] == "image/png"
    assert s3_service.read("temp", KEY, version) == BODY


@pytest.mark.parametrize(
    ("changed", "error", "status"),
    [
        ({"key": "uploads/another"}, "AccessDenied", 403),
        ({"x-amz-meta-receipt": "forged"}, "AccessDenied", 403),
        ({"x-amz-meta-more": "1"}, "AccessDenied", 403),
        ({"Content-Type": "text/html"}, "AccessDenied", 403),
        ({"policy": "bm90IGpzb24="}, "InvalidPolicyDocument", 400),
    ],
)
def test_a_form_that_differs_from_what_was_presigned_is_rejected(
    s3_service: S3Service, request_of: Any, changed: dict[str, str], error: str, status: int
) -> None:
    response = post_form(s3_service, request_of, presigned_form() | changed)
    assert (error_code(response), response.status) == (error, status)
    with pytest.raises(KeyError):
        s3_service.look_up("temp", changed.get("key", KEY), None)


def test_a_form_without_policy_or_after_its_expiry_is_rejected(s3_service: S3Service, request_of: Any) -> None:
    form = presigned_form()
    del form["policy"]
    assert error_code(post_form(s3_service, request_of, form)) == "AccessDenied"
    late = post_form(s3_service, request_of, presigned_form(seconds=-1))
    assert error_code(late) == "AccessDenied"
    assert b"Policy expired" in late.body


def test_a_file_longer_or_shorter_than_allowed_is_rejected(s3_service: S3Service, request_of: Any) -> None:
    too_large = post_form(s3_service, request_of, presigned_form(largest=5))
    assert (error_code(too_large), too_large.status) == ("EntityTooLarge", 400)
    assert b"<MaxSizeAllowed>5</MaxSizeAllowed>" in too_large.body
    assert error_code(post_form(s3_service, request_of, presigned_form(), b"")) == "EntityTooSmall"


def test_bytes_other_than_the_declared_ones_are_rejected(s3_service: S3Service, request_of: Any) -> None:
    response = post_form(s3_service, request_of, presigned_form(), b"another sheet!!")
    assert (error_code(response), response.status) == ("BadDigest", 400)


def test_a_page_of_an_allowed_origin_may_read_the_response(s3_service: S3Service, request_of: Any) -> None:
    allowed = post_form(s3_service, request_of, presigned_form(), origin="http://page")
    assert allowed.header("Access-Control-Allow-Origin") == "http://page"
    assert (
        post_form(s3_service, request_of, presigned_form(), origin="http://elsewhere").header(
            "Access-Control-Allow-Origin"
        )
        is None
    )


def test_the_file_name_can_be_part_of_the_key(s3_service: S3Service, request_of: Any) -> None:
    policy = {
        "expiration": (datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=1)).isoformat(),
        "conditions": [{"bucket": "temp"}, ["starts-with", "$key", "uploads/"], {"success_action_status": "201"}],
    }
    form = {"key": "uploads/${filename}", "success_action_status": "201"}
    form["policy"] = base64.b64encode(json.dumps(policy).encode()).decode()
    response = post_form(s3_service, request_of, form)
    assert response.status == 201
    assert b"<Key>uploads/my sheet.png</Key>" in response.body
    assert s3_service.read("temp", "uploads/my sheet.png", None) == BODY


@pytest.mark.parametrize(
    ("arguments", "expired"),
    [
        ({}, False),
        ({"X-Amz-Date": "20260101T000000Z", "X-Amz-Expires": "60"}, False),
        ({"X-Amz-Date": "20260101T000000Z", "X-Amz-Expires": "20"}, True),
        ({"AWSAccessKeyId": "k", "Expires": "1767225660"}, False),
        ({"AWSAccessKeyId": "k", "Expires": "1767225620"}, True),
        ({"X-Amz-Date": "yesterday", "X-Amz-Expires": "20"}, True),
    ],
)
def test_a_presigned_url_expires(arguments: dict[str, str], expired: bool) -> None:
    now = datetime.datetime(2026, 1, 1, 0, 0, 30, tzinfo=datetime.UTC)
    assert has_expired(arguments, now) is expired


def put_object(
    s3_service: S3Service, request_of: Any, headers: dict[str, str], *, key: str = "k"
) -> WsgiResponse | None:
    request = request_of("PUT", f"/temp/{key}", caller="ReceiveFunction", headers=headers, body=BODY)
    call = identify_call(request, ["temp"])
    assert call is not None
    return s3_service.handle_request(call, request)


def test_a_declared_checksum_is_checked_and_stored(s3_service: S3Service, request_of: Any) -> None:
    stored = put_object(s3_service, request_of, {"x-amz-checksum-sha256": SHA256})
    assert stored is not None
    assert stored.status == 200
    seen = s3_service._call_moto("HEAD", "temp", "k", headers={"x-amz-checksum-mode": "ENABLED"})
    assert seen.headers["x-amz-checksum-sha256"] == SHA256
    other_checksum = base64.b64encode(bytes(32)).decode()
    wrong = put_object(s3_service, request_of, {"x-amz-checksum-sha256": other_checksum}, key="wrong")
    assert wrong is not None
    assert error_code(wrong) == "BadDigest"
    with pytest.raises(KeyError):
        s3_service.look_up("temp", "wrong", None)


def test_conditions_of_a_copy_are_enforced(s3_service: S3Service, request_of: Any) -> None:
    s3_service._call_moto("PUT", "temp", "source", body=BODY)
    etag = s3_service.look_up("temp", "source", None).etag
    source = {"x-amz-copy-source": "temp/source"}
    for condition in ({"if-none-match": "*"}, {"x-amz-copy-source-if-match": f'"{etag}"'}):
        assert put_object(s3_service, request_of, source | condition, key="target") is None
    rejected = put_object(s3_service, request_of, source | {"if-none-match": "*"}, key="source")
    assert rejected is not None
    assert (error_code(rejected), rejected.status) == ("PreconditionFailed", 412)
    rejected = put_object(s3_service, request_of, source | {"x-amz-copy-source-if-match": '"other"'}, key="target")
    assert rejected is not None
    assert rejected.status == 412
