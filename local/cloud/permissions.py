"""Which permissions AWS asks for at a call: actions and the resources they are about, read off the request.

After the Service Authorization Reference: the action is not always the operation's name (a pinned version is
s3:GetObjectVersion), and one call may need several (a copy reads and writes; Textract reads with its caller's rights).
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote
from xml.sax.saxutils import unescape

from local.cloud.calls import Call, Request
from local.cloud.stack import ACCOUNT, REGION

_PREFIXES = {"stepfunctions": "states"}
_SIGNER = re.compile(rb'name="x-amz-credential"\r\n\r\n([^/\r\n]+)/', re.IGNORECASE)
_FORM_KEY = re.compile(rb'name="key"\r\n\r\n([^\r\n]+)\r\n', re.IGNORECASE)
_DELETED = re.compile(r"<Key>(.*?)</Key>(?:\s*<VersionId>(.*?)</VersionId>)?", re.DOTALL)
_S3_ACTIONS = {
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "ListParts": "ListMultipartUploadParts",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "HeadBucket": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
}
_TRANSACTED = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}


@dataclass(frozen=True, order=True)
class Need:
    """`holder` (a function's logical id, or "stepfunctions") has to be allowed `action` on `resource` (an ARN or *)."""

    holder: str
    action: str
    resource: str


def needs(call: Call, request: Request) -> list[Need]:
    """What has to be allowed for this call; nothing where its service is none of the stack's."""
    found = _BY_SERVICE.get(call.service, _plain)(call, request)
    holder = call.caller
    if call.operation == "PostObject" and (signer := _SIGNER.search(request.body)):
        # A form is posted by anybody; what counts is the right of who signed it.
        holder = signer[1].decode()
    return [Need(holder, action, resource) for action, resource in found]


_Found = Iterator[tuple[str, str]]


def _s3(call: Call, request: Request) -> _Found:
    bucket, key = call.parameters["Bucket"], unquote(call.parameters.get("Key", ""))
    operation = call.operation
    if operation in ("GetObject", "HeadObject"):
        yield _reading(bucket, key, call.parameters.get("VersionId"))
    elif operation in ("CopyObject", "UploadPartCopy"):
        source, _, query = call.parameters["CopySource"].partition("?")
        version = parse_qs(query).get("versionId", [None])[0]
        yield _reading(*source.partition("/")[::2], version)
        yield "s3:PutObject", _object(bucket, key)
    elif operation == "PostObject":
        form_key = _FORM_KEY.search(request.body)
        yield "s3:PutObject", _object(bucket, form_key[1].decode() if form_key else "")
    elif operation in ("DeleteObject", "DeleteObjects"):
        yield from _deleting(call, request, bucket, key)
    else:
        yield "s3:" + _S3_ACTIONS.get(operation, operation), _object(bucket, key)
    if operation == "PutObject" and "IfMatch" in call.parameters:
        yield "s3:GetObject", _object(bucket, key)
    if "x-amz-tagging" in request.headers:
        yield "s3:PutObjectTagging", _object(bucket, key)


def _deleting(call: Call, request: Request, bucket: str, key: str) -> _Found:
    if call.operation == "DeleteObject":
        named = [(key, call.parameters.get("VersionId"))]
    else:
        found = _DELETED.findall(request.body.decode("utf-8"))
        named = [(unescape(one), version or None) for one, version in found]
    for one, version in named:
        yield "s3:DeleteObjectVersion" if version else "s3:DeleteObject", _object(bucket, one)


def _reading(bucket: str, key: str, version: str | None) -> tuple[str, str]:
    return "s3:GetObjectVersion" if version else "s3:GetObject", _object(bucket, key)


def _object(bucket: str, key: str) -> str:
    return f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"


def _dynamodb(call: Call, request: Request) -> _Found:
    body = _body(request)
    if call.operation == "TransactWriteItems":
        for item in body.get("TransactItems", ()):
            for kind, written in item.items():
                yield "dynamodb:" + _TRANSACTED[kind], _table(written["TableName"])
    elif call.operation == "TransactGetItems":
        for item in body.get("TransactItems", ()):
            yield "dynamodb:GetItem", _table(item["Get"]["TableName"])
    elif call.operation in ("BatchWriteItem", "BatchGetItem"):
        for name in body.get("RequestItems", ()):
            yield "dynamodb:" + call.operation, _table(name)
    else:
        index = f"/index/{body['IndexName']}" if "IndexName" in body else ""
        yield "dynamodb:" + call.operation, _table(body.get("TableName", "")) + index


def _table(name: str) -> str:
    return name if name.startswith("arn:") else f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"


def _textract(call: Call, request: Request) -> _Found:
    yield "textract:" + call.operation, "*"
    body = _body(request)
    place = (body.get("Document") or body.get("DocumentLocation") or {}).get("S3Object")
    if place:
        # Textract opens the object with the rights of who asks.
        yield _reading(place["Bucket"], place["Name"], place.get("Version"))
    output = body.get("OutputConfig")
    if output:
        yield "s3:PutObject", _object(output["S3Bucket"], output.get("S3Prefix", "textract_output") + "/")


def _lambda(call: Call, _request: Request) -> _Found:
    name = call.parameters["FunctionName"]
    arn = name if name.startswith("arn:") else f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
    yield "lambda:InvokeFunction", arn


def _events(call: Call, request: Request) -> _Found:
    for entry in _body(request).get("Entries", ()):
        bus = entry.get("EventBusName", "default")
        yield "events:" + call.operation, f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{bus}"


def _sqs(call: Call, request: Request) -> _Found:
    queue = str(_body(request).get("QueueUrl", "")).rpartition("/")[2]
    yield "sqs:" + call.operation, f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"


def _plain(call: Call, request: Request) -> _Found:
    """One action named as the operation, about the resource whose ARN is given."""
    body = _body(request)
    named = ("stateMachineArn", "executionArn", "SecretId", "TopicArn", "KeyId")
    resource = next((str(body[name]) for name in named if body.get(name)), "*")
    yield f"{_PREFIXES.get(call.service, call.service)}:{call.operation}", resource


def _body(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(request.body or b"{}")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


_BY_SERVICE: dict[str, Callable[[Call, Request], _Found]] = {
    "s3": _s3,
    "dynamodb": _dynamodb,
    "textract": _textract,
    "lambda": _lambda,
    "events": _events,
    "sqs": _sqs,
}
