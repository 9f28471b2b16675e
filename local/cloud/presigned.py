"""Presigned requests: checks POST forms against their policy, and presigned URLs for expiry.

Rules and errors are S3's: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
Signatures are not checked: whoever can reach the loopback port could sign as well.
"""

import base64
import datetime
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

from werkzeug.formparser import FormDataParser

from local.cloud.aws_calls import WsgiRequest
from local.cloud.wsgi import WsgiResponse

# Form fields that S3 stores with the object, in addition to x-amz-meta-*.
STORED_FIELDS = (
    "cache-control",
    "content-disposition",
    "content-encoding",
    "expires",
    "x-amz-tagging",
    "x-amz-storage-class",
    "x-amz-server-side-encryption",
)
_FIELDS_WITHOUT_CONDITION = {"x-amz-signature", "file", "policy", "awsaccesskeyid", "signature"}


class PostPolicyError(Exception):
    """S3 rejects a form: error code, HTTP status and further details."""

    def __init__(self, code: str, message: str, status: int = 403, details: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.details = dict(details or {})


@dataclass(frozen=True)
class PostForm:
    """A POST form: fields by lower-case name, the file's bytes, and the key with `${filename}` substituted."""

    fields: dict[str, str]
    content: bytes
    key: str


def read_post_form(request: WsgiRequest) -> PostForm:
    """Parses the form of a browser upload; raises PostPolicyError if it is malformed."""
    environ = dict(request.environ) | {"wsgi.input": io.BytesIO(request.body), "CONTENT_LENGTH": str(len(request.body))}
    environ.pop("wsgi.input_terminated", None)
    try:
        _, values, files = FormDataParser(silent=False).parse_from_environ(environ)
    except ValueError as error:
        text = "The body of your POST request is not well-formed multipart/form-data."
        raise PostPolicyError("MalformedPOSTRequest", text, 400) from error
    fields = {name.lower(): value for name, value in values.items()}
    file = files.get("file")
    content = file.read() if file is not None else fields.pop("file", "").encode()
    if "key" not in fields:
        raise PostPolicyError("InvalidArgument", "Bucket POST must contain a field named 'key'.", 400)
    filename = (file.filename if file is not None else "") or ""
    key = fields["key"].replace("${filename}", filename.replace("\\", "/").rsplit("/", 1)[-1])
    return PostForm(fields, content, key)


def enforce_policy(form: PostForm, bucket: str, now: datetime.datetime) -> None:
    """Checks a form against its policy.

    Raises
    ------
    PostPolicyError
        With S3's error code.
    """
    if "policy" not in form.fields:
        raise PostPolicyError("AccessDenied", "Access Denied")
    policy = _read_policy(form.fields["policy"])
    if _parse_time(policy["expiration"]) <= now:
        raise PostPolicyError("AccessDenied", "Invalid according to Policy: Policy expired.")
    values = {**form.fields, "key": form.key, "bucket": bucket}
    allowed: set[str] = set()
    for condition in policy["conditions"]:
        for operator, name, value in _parse_condition(condition):
            if operator == "content-length-range":
                _check_length(len(form.content), int(name), int(value))
                continue
            allowed.add(name)
            _check_field(operator, name, str(value), values.get(name, ""))
    extra = sorted(
        name
        for name in form.fields
        if name not in allowed and name not in _FIELDS_WITHOUT_CONDITION and not name.startswith("x-ignore-")
    )
    if extra:
        raise PostPolicyError("AccessDenied", f"Invalid according to Policy: Extra input fields: {', '.join(extra)}")


def make_success_response(form: PostForm, bucket: str, object_headers: list[tuple[str, str]]) -> WsgiResponse:
    """Returns S3's response to a form that it has stored; `object_headers` name the stored object."""
    location = f"/{bucket}/{quote(form.key)}"
    headers = [*object_headers, ("Location", location)]
    redirect = form.fields.get("success_action_redirect") or form.fields.get("redirect")
    if redirect:
        return WsgiResponse(303, [*object_headers, ("Location", redirect)])
    status = form.fields.get("success_action_status")
    if status == "201":
        etag = escape(dict(object_headers).get("ETag", ""))
        inner = f"<Location>{escape(location)}</Location><Bucket>{escape(bucket)}</Bucket>"
        body = f"<PostResponse>{inner}<Key>{escape(form.key)}</Key><ETag>{etag}</ETag></PostResponse>"
        return WsgiResponse(201, [*headers, ("Content-Type", "application/xml")], body.encode())
    return WsgiResponse(200 if status == "200" else 204, headers)


def has_expired(arguments: Mapping[str, str], now: datetime.datetime | None = None) -> bool:
    """Whether a presigned URL (either signature version) has expired. A request that is not presigned has not."""
    now = now or datetime.datetime.now(datetime.UTC)
    try:
        if "X-Amz-Date" in arguments and "X-Amz-Expires" in arguments:
            signed = datetime.datetime.strptime(arguments["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.UTC)
            return now > signed + datetime.timedelta(seconds=int(arguments["X-Amz-Expires"]))
        if "AWSAccessKeyId" in arguments and "Expires" in arguments:
            return now.timestamp() > int(arguments["Expires"])
    except ValueError:
        return True
    return False


def _read_policy(encoded: str) -> dict[str, Any]:
    try:
        policy = json.loads(base64.b64decode(encoded, validate=True))
        _parse_time(policy["expiration"])
        list(policy["conditions"])
    except (ValueError, KeyError, TypeError) as error:
        raise PostPolicyError("InvalidPolicyDocument", "Invalid Policy: Invalid JSON.", 400) from error
    return dict(policy)


def _parse_time(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def _parse_condition(condition: Any) -> list[tuple[str, str, Any]]:
    """Returns (operator, field, value) of a condition; for content-length-range the two bounds."""
    if isinstance(condition, dict):
        return [("eq", name.lower(), value) for name, value in condition.items()]
    if isinstance(condition, list) and len(condition) == 3:
        operator, name, value = condition
        if operator == "content-length-range":
            return [(operator, str(name), value)]
        if operator in ("eq", "starts-with"):
            return [(operator, str(name).removeprefix("$").lower(), value)]
    raise PostPolicyError("InvalidPolicyDocument", "Invalid Policy: Invalid condition.", 400)


def _check_field(operator: str, name: str, expected: str, actual: str) -> None:
    if actual == expected if operator == "eq" else actual.startswith(expected):
        return
    condition = json.dumps([operator, f"${name}", expected])
    raise PostPolicyError("AccessDenied", f"Invalid according to Policy: Policy Condition failed: {condition}")


def _check_length(length: int, smallest: int, largest: int) -> None:
    if length > largest:
        details = {"ProposedSize": str(length), "MaxSizeAllowed": str(largest)}
        raise PostPolicyError("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", 400, details)
    if length < smallest:
        details = {"ProposedSize": str(length), "MinSizeAllowed": str(smallest)}
        text = "Your proposed upload is smaller than the minimum allowed size"
        raise PostPolicyError("EntityTooSmall", text, 400, details)
