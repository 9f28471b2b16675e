"""What moto's S3 does not enforce: declared checksums, conditions of a copy, presigned requests."""

import base64
import datetime
import hashlib
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import quote, unquote

from werkzeug.test import Client

from local.cloud import presigned
from local.cloud.aws_calls import Call, WsgiRequest
from local.cloud.gateway import forward_to_moto
from local.cloud.s3_notifications import StoredObject
from local.cloud.wsgi import WsgiResponse

_PRECONDITION_FAILED = "At least one of the pre-conditions you specified did not hold"
# Only identifies the caller to moto; not a secret.
_AUTHORIZATION = "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"


class S3Service:
    """Runs before moto's S3: answers or prepares the requests that moto would accept wrongly.

    `origins`: for each bucket, the origins whose pages may upload with a form by its CORS rules.
    """

    def __init__(self, moto: Any, origins: Mapping[str, Collection[str]] | None = None) -> None:
        self._moto = moto
        self._origins = origins or {}
        self._client = Client(moto, use_cookies=False)

    def handle_request(self, call: Call, request: WsgiRequest) -> WsgiResponse | None:
        if call.service != "s3":
            return None
        if presigned.has_expired(request.arguments()):
            return WsgiResponse.error("s3", "AccessDenied", "Request has expired", 403)
        if call.operation == "PostObject":
            response = self._store_post_form(call, request)
            origin = request.headers.get("origin", "")
            if origin in self._origins.get(call.parameters["Bucket"], ()):
                response.headers += [("Access-Control-Allow-Origin", origin), ("Vary", "Origin")]
            return response
        if call.operation == "PutObject" and "x-amz-checksum-sha256" in request.headers:
            return self._put_with_checksum(request)
        if call.operation == "CopyObject":
            return self._check_copy_conditions(call, request)
        return None

    def look_up(self, bucket: str, key: str, version_id: str | None) -> StoredObject:
        """Returns what is stored under a key.

        Raises
        ------
        KeyError
            There is no such object.
        """
        response = self._call_moto("HEAD", bucket, key, query={"versionId": version_id} if version_id else {})
        if response.status_code != 200:
            raise KeyError(key)
        headers = response.headers
        return StoredObject(
            bucket=bucket,
            key=key,
            version_id=headers.get("x-amz-version-id") or version_id,
            size=int(headers["Content-Length"]),
            etag=headers["ETag"].strip('"'),
        )

    def count_transferred_bytes(self, call: Call, request: WsgiRequest, response: WsgiResponse) -> int:
        """Returns the bytes that a completed call transferred, the larger direction; for a copy, the object's size."""
        if call.operation == "CopyObject" and response.status == 200:
            return self.look_up(call.parameters["Bucket"], call.parameters["Key"], None).size
        return max(len(request.body), len(response.body))

    def read(self, bucket: str, key: str, version_id: str | None) -> bytes:
        """Returns an object's bytes; raises KeyError if there is none."""
        response = self._call_moto("GET", bucket, key, query={"versionId": version_id} if version_id else {})
        if response.status_code != 200:
            raise KeyError(key)
        return bytes(response.data)

    def _put_with_checksum(self, request: WsgiRequest) -> WsgiResponse | None:
        if "aws-chunked" in request.headers.get("content-encoding", ""):
            return None
        if not matches_sha256(request.headers["x-amz-checksum-sha256"], request.body):
            return _bad_digest_response()
        # moto stores a checksum only if its algorithm is named as well.
        return forward_to_moto(self._moto, request, headers={"x-amz-sdk-checksum-algorithm": "SHA256"})

    def _check_copy_conditions(self, call: Call, request: WsgiRequest) -> WsgiResponse | None:
        if request.headers.get("if-none-match") == "*":
            try:
                self.look_up(call.parameters["Bucket"], call.parameters["Key"], None)
            except KeyError:
                pass
            else:
                return WsgiResponse.error(
                    "s3", "PreconditionFailed", _PRECONDITION_FAILED, 412, {"Condition": "If-None-Match"}
                )
        expected = request.headers.get("x-amz-copy-source-if-match")
        if expected:
            source, _, version = call.parameters["CopySource"].partition("?versionId=")
            bucket, _, key = source.partition("/")
            try:
                etag = self.look_up(bucket, unquote(key), version or None).etag
            except KeyError:
                return None
            if etag != expected.strip('"'):
                return WsgiResponse.error(
                    "s3", "PreconditionFailed", _PRECONDITION_FAILED, 412, {"Condition": "x-amz-copy-source-If-Match"}
                )
        return None

    def _store_post_form(self, call: Call, request: WsgiRequest) -> WsgiResponse:
        """Checks a browser's form against its policy and stores the file as S3 would."""
        bucket = call.parameters["Bucket"]
        try:
            form = presigned.read_post_form(request)
            call.parameters["Key"] = form.key
            presigned.enforce_policy(form, bucket, datetime.datetime.now(datetime.UTC))
        except presigned.PostPolicyError as refusal:
            return WsgiResponse.error("s3", refusal.code, str(refusal), refusal.status, refusal.details)
        declared = form.fields.get("x-amz-checksum-sha256")
        if declared and not matches_sha256(declared, form.content):
            return _bad_digest_response()
        headers = {"Content-Type": form.fields.get("content-type", "binary/octet-stream")}
        headers |= {name: value for name, value in form.fields.items() if name.startswith("x-amz-meta-")}
        headers |= {name: form.fields[name] for name in presigned.STORED_FIELDS if name in form.fields}
        if declared:
            headers |= {"x-amz-checksum-sha256": declared, "x-amz-sdk-checksum-algorithm": "SHA256"}
        stored = self._call_moto("PUT", bucket, form.key, headers=headers, body=form.content)
        if stored.status_code != 200:
            return WsgiResponse(stored.status_code, list(stored.headers.items()), stored.data)
        object_headers = [
            (name, stored.headers[name]) for name in ("ETag", "x-amz-version-id") if name in stored.headers
        ]
        return presigned.make_success_response(form, bucket, object_headers)

    def _call_moto(
        self,
        method: str,
        bucket: str,
        key: str,
        *,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
    ) -> Any:
        return self._client.open(
            f"/{bucket}/{quote(key)}",
            method=method,
            query_string=query or {},
            headers={"Authorization": _AUTHORIZATION, **(headers or {})},
            data=body,
        )


def matches_sha256(declared: str, body: bytes) -> bool:
    return base64.b64encode(hashlib.sha256(body).digest()).decode() == declared


def _bad_digest_response() -> WsgiResponse:
    return WsgiResponse.error("s3", "BadDigest", "The SHA256 you specified did not match the calculated checksum.", 400)
