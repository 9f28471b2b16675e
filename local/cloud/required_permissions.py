"""Finds the permissions that AWS requires for a call: actions and resources, read from the request.

Follows the Service Authorization Reference: the action is not always the operation's name (a pinned version is
s3:GetObjectVersion), and one call may require several (a copy reads and writes; Textract reads with its caller's
permissions).
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote
from xml.sax.saxutils import unescape

from local.cloud.aws_calls import Call, WsgiRequest
from local.cloud.stack import ACCOUNT, REGION

_ACTION_PREFIXES = {"stepfunctions": "states"}
_FORM_SIGNER = re.compile(rb'name="x-amz-credential"\r\n\r\n([^/\r\n]+)/', re.IGNORECASE)
_FORM_KEY = re.compile(rb'name="key"\r\n\r\n([^\r\n]+)\r\n', re.IGNORECASE)
_DELETED_OBJECT = re.compile(r"<Key>(.*?)</Key>(?:\s*<VersionId>(.*?)</VersionId>)?", re.DOTALL)
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
_TRANSACTION_ACTIONS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}


@dataclass(frozen=True, order=True)
class RequiredPermission:
    """`principal` (a function's logical id, or "stepfunctions") needs `action` on `resource` (an ARN or *)."""

    principal: str
    action: str
    resource: str


def find_required_permissions(call: Call, request: WsgiRequest) -> list[RequiredPermission]:
    """Returns the permissions that a call requires; none if its service is not part of the stack."""
    found = _PERMISSIONS_BY_SERVICE.get(call.service, _default_permissions)(call, request)
    principal = call.caller
    if call.operation == "PostObject" and (signer := _FORM_SIGNER.search(request.body)):
        # Anybody may post a form; the permissions of its signer count.
        principal = signer[1].decode()
    return [RequiredPermission(principal, action, resource) for action, resource in found]


_Permissions = Iterator[tuple[str, str]]


def _s3_permissions(call: Call, request: WsgiRequest) -> _Permissions:
    bucket, key = call.parameters["Bucket"], unquote(call.parameters.get("Key", ""))
    operation = call.operation
    if operation in ("GetObject", "HeadObject"):
        yield _read_permission(bucket, key, call.parameters.get("VersionId"))
    elif operation in ("CopyObject", "UploadPartCopy"):
        source, _, query = call.parameters["CopySource"].partition("?")
        version = parse_qs(query).get("versionId", [None])[0]
        source_bucket, _, source_key = source.partition("/")
        yield _read_permission(source_bucket, source_key, version)
        yield "s3:PutObject", _object_arn(bucket, key)
    elif operation == "PostObject":
        form_key = _FORM_KEY.search(request.body)
        yield "s3:PutObject", _object_arn(bucket, form_key[1].decode() if form_key else "")
    elif operation in ("DeleteObject", "DeleteObjects"):
        yield from _delete_permissions(call, request, bucket, key)
    else:
        yield "s3:" + _S3_ACTIONS.get(operation, operation), _object_arn(bucket, key)
    if operation == "PutObject" and "IfMatch" in call.parameters:
        yield "s3:GetObject", _object_arn(bucket, key)
    if "x-amz-tagging" in request.headers:
        yield "s3:PutObjectTagging", _object_arn(bucket, key)


def _delete_permissions(call: Call, request: WsgiRequest, bucket: str, key: str) -> _Permissions:
    if call.operation == "DeleteObject":
        objects = [(key, call.parameters.get("VersionId"))]
    else:
        found = _DELETED_OBJECT.findall(request.body.decode("utf-8"))
        objects = [(unescape(object_key), version or None) for object_key, version in found]
    for object_key, version in objects:
        yield "s3:DeleteObjectVersion" if version else "s3:DeleteObject", _object_arn(bucket, object_key)


def _read_permission(bucket: str, key: str, version: str | None) -> tuple[str, str]:
    return "s3:GetObjectVersion" if version else "s3:GetObject", _object_arn(bucket, key)


def _object_arn(bucket: str, key: str) -> str:
    return f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"


def _dynamodb_permissions(call: Call, request: WsgiRequest) -> _Permissions:
    body = _json_body(request)
    if call.operation == "TransactWriteItems":
        for item in body.get("TransactItems", ()):
            for kind, written in item.items():
                yield "dynamodb:" + _TRANSACTION_ACTIONS[kind], _table_arn(written["TableName"])
    elif call.operation == "TransactGetItems":
        for item in body.get("TransactItems", ()):
            yield "dynamodb:GetItem", _table_arn(item["Get"]["TableName"])
    elif call.operation in ("BatchWriteItem", "BatchGetItem"):
        for name in body.get("RequestItems", ()):
            yield "dynamodb:" + call.operation, _table_arn(name)
    else:
        index = f"/index/{body['IndexName']}" if "IndexName" in body else ""
        yield "dynamodb:" + call.operation, _table_arn(body.get("TableName", "")) + index


def _table_arn(name: str) -> str:
    return name if name.startswith("arn:") else f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"


def _textract_permissions(call: Call, request: WsgiRequest) -> _Permissions:
    yield "textract:" + call.operation, "*"
    body = _json_body(request)
    s3_object = (body.get("Document") or body.get("DocumentLocation") or {}).get("S3Object")
    if s3_object:
        # Textract reads the object with its caller's permissions.
        yield _read_permission(s3_object["Bucket"], s3_object["Name"], s3_object.get("Version"))
    output = body.get("OutputConfig")
    if output:
        yield "s3:PutObject", _object_arn(output["S3Bucket"], output.get("S3Prefix", "textract_output") + "/")


def _lambda_permissions(call: Call, _request: WsgiRequest) -> _Permissions:
    name = call.parameters["FunctionName"]
    arn = name if name.startswith("arn:") else f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
    yield "lambda:InvokeFunction", arn


def _events_permissions(call: Call, request: WsgiRequest) -> _Permissions:
    for entry in _json_body(request).get("Entries", ()):
        bus = entry.get("EventBusName", "default")
        yield "events:" + call.operation, f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{bus}"


def _sqs_permissions(call: Call, request: WsgiRequest) -> _Permissions:
    queue = str(_json_body(request).get("QueueUrl", "")).rpartition("/")[2]
    yield "sqs:" + call.operation, f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"


def _default_permissions(call: Call, request: WsgiRequest) -> _Permissions:
    """Requires one action with the operation's name, on the resource whose ARN the request has."""
    body = _json_body(request)
    identifiers = ("stateMachineArn", "executionArn", "SecretId", "TopicArn", "KeyId")
    resource = next((str(body[name]) for name in identifiers if body.get(name)), "*")
    yield f"{_ACTION_PREFIXES.get(call.service, call.service)}:{call.operation}", resource


def _json_body(request: WsgiRequest) -> dict[str, Any]:
    try:
        body = json.loads(request.body or b"{}")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


_PERMISSIONS_BY_SERVICE: dict[str, Callable[[Call, WsgiRequest], _Permissions]] = {
    "s3": _s3_permissions,
    "dynamodb": _dynamodb_permissions,
    "textract": _textract_permissions,
    "lambda": _lambda_permissions,
    "events": _events_permissions,
    "sqs": _sqs_permissions,
}
