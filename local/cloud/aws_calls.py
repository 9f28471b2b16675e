"""Identifies the AWS call behind an HTTP request, and keeps a log of calls in order.

Each function has its own access key (its logical id), so the credential of every request names the caller. The key
"ak" belongs to moto's Step Functions interpreter.
"""

import json
import re
import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

CLIENT = "client"
# The local cloud itself, while it provisions the stack.
PROVISION = "provision"
STATE_MACHINE = "stepfunctions"
_INTERPRETER_ACCESS_KEY = "ak"
_SERVICES = {"states": "stepfunctions"}
_TARGETS = {"awsstepfunctions": "stepfunctions", "awsevents": "events", "amazonsqs": "sqs"}
_CREDENTIAL = re.compile(r"Credential=([^/]+)/[^/]+/([^/]+)/([^/]+)/aws4_request")
# The SDK's application id, set in a worker's environment, appears in the user agent.
_WORKER_APP_ID = re.compile(r"\bapp/(\S+)")
_MAX_PARAMETER_LENGTH = 2048
_MAX_CALLS = 200_000


@dataclass
class Call:
    """One request to an AWS service.

    `started` and `ended` are seconds since the epoch. `status` is 0 while the call runs and after a dropped
    connection. `worker` names the function process that made the call. `parameters` holds the short parameters only,
    under boto3's names (Bucket, Key, VersionId, TableName, name …).
    """

    started: float
    caller: str
    service: str
    operation: str
    parameters: dict[str, Any]
    status: int = 0
    ended: float | None = None
    error: str | None = None
    worker: str | None = None

    @property
    def name(self) -> str:
        return f"{self.service}:{self.operation}"


@dataclass
class CallLog:
    """The calls in order. At most 200,000 are kept, oldest dropped first: a service may run for months."""

    _calls: deque[Call] = field(default_factory=lambda: deque(maxlen=_MAX_CALLS))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, call: Call) -> None:
        with self._lock:
            call.started = time.time()
            self._calls.append(call)

    def snapshot(self) -> list[Call]:
        with self._lock:
            return list(self._calls)

    def clear(self) -> None:
        with self._lock:
            self._calls.clear()


@dataclass(frozen=True)
class WsgiRequest:
    """One HTTP request. Header names are in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    environ: Mapping[str, Any] = field(repr=False)

    def arguments(self) -> dict[str, str]:
        return dict(parse_qsl(self.query, keep_blank_values=True))


def identify_call(request: WsgiRequest, buckets: Iterable[str]) -> Call | None:
    """Returns the AWS call that a request makes, or None if it is not an AWS request (then the HTTP API gets it)."""
    headers, arguments = request.headers, request.arguments()
    credential = _CREDENTIAL.search(headers.get("authorization", ""))
    target = headers.get("x-amz-target", "")
    if credential:
        key, service = credential[1], credential[3]
    elif "X-Amz-Credential" in arguments:
        parts = arguments["X-Amz-Credential"].split("/")
        key, service = parts[0], parts[3] if len(parts) == 5 else "s3"
    elif "AWSAccessKeyId" in arguments:
        key, service = arguments["AWSAccessKeyId"], "s3"
    elif target:
        key = CLIENT
        service = target.split(".")[0].split("_")[0].lower()
        service = _TARGETS.get(service, service)
    elif request.path.startswith("/2015-03-31/functions/"):
        key, service = CLIENT, "lambda"
    elif _bucket_name(request.path) in set(buckets):
        key, service = CLIENT, "s3"
    else:
        return None
    service = _SERVICES.get(service, service)
    caller = STATE_MACHINE if key == _INTERPRETER_ACCESS_KEY else key
    if service == "s3":
        operation, parameters = _read_s3_call(request, arguments)
    elif service == "lambda":
        operation, parameters = "Invoke", {"FunctionName": unquote("".join(request.path.split("/")[3:4]))}
        parameters["InvocationType"] = headers.get("x-amz-invocation-type", "RequestResponse")
    else:
        operation, parameters = (
            target.rpartition(".")[2] or arguments.get("Action", ""),
            _read_json_parameters(request.body),
        )
    worker = _WORKER_APP_ID.search(headers.get("user-agent", ""))
    return Call(0.0, caller, service, operation, parameters, worker=worker[1] if worker else None)


def is_provisioning(request: WsgiRequest) -> bool:
    credential = _CREDENTIAL.search(request.headers.get("authorization", ""))
    return credential is not None and credential[1] == PROVISION


def _bucket_name(path: str) -> str:
    return unquote(path.lstrip("/").partition("/")[0])


def _read_s3_call(request: WsgiRequest, arguments: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    bucket, _, key = request.path.lstrip("/").partition("/")
    parameters: dict[str, Any] = {"Bucket": bucket}
    if key:
        parameters["Key"] = key
    for name, argument in (("VersionId", "versionId"), ("UploadId", "uploadId"), ("Prefix", "prefix")):
        if argument in arguments:
            parameters[name] = arguments[argument]
    for name, header in (("IfNoneMatch", "if-none-match"), ("IfMatch", "if-match"), ("Range", "range")):
        if header in request.headers:
            parameters[name] = request.headers[header]
    if "x-amz-copy-source" in request.headers:
        parameters["CopySource"] = unquote(request.headers["x-amz-copy-source"]).lstrip("/")
    operations = _object_operation if key else _bucket_operation
    return operations(request, arguments), parameters


def _object_operation(request: WsgiRequest, arguments: Mapping[str, str]) -> str:
    copying = "x-amz-copy-source" in request.headers
    for argument, noun in (("tagging", "ObjectTagging"), ("attributes", "ObjectAttributes"), ("acl", "ObjectAcl")):
        if argument in arguments:
            return {"GET": "Get", "PUT": "Put", "DELETE": "Delete"}.get(request.method, request.method) + noun
    if "uploadId" in arguments:
        return {
            "PUT": "UploadPartCopy" if copying else "UploadPart",
            "POST": "CompleteMultipartUpload",
            "DELETE": "AbortMultipartUpload",
            "GET": "ListParts",
        }.get(request.method, request.method)
    if request.method == "POST" and "uploads" in arguments:
        return "CreateMultipartUpload"
    if request.method == "PUT" and copying:
        return "CopyObject"
    return {"GET": "GetObject", "HEAD": "HeadObject", "PUT": "PutObject", "DELETE": "DeleteObject"}.get(
        request.method, request.method
    )


def _bucket_operation(request: WsgiRequest, arguments: Mapping[str, str]) -> str:
    if request.method == "POST":
        return "DeleteObjects" if "delete" in arguments else "PostObject"
    if request.method == "GET":
        if "versions" in arguments:
            return "ListObjectVersions"
        return "ListObjectsV2" if arguments.get("list-type") == "2" else "ListObjects"
    return {"HEAD": "HeadBucket", "PUT": "CreateBucket", "DELETE": "DeleteBucket"}.get(request.method, request.method)


def _read_json_parameters(body: bytes) -> dict[str, Any]:
    """Returns the short parameters of a JSON request, without bytes and long texts."""
    try:
        tree = json.loads(body or b"{}")
    except ValueError:
        return {}
    if not isinstance(tree, dict):
        return {}
    short: dict[str, Any] = {name: value for name, value in tree.items() if isinstance(value, str | int | float | bool)}
    short = {
        name: value
        for name, value in short.items()
        if not isinstance(value, str) or len(value) <= _MAX_PARAMETER_LENGTH
    }
    for name in ("Key", "Item"):
        if isinstance(tree.get(name), dict) and len(str(tree[name])) <= _MAX_PARAMETER_LENGTH:
            short[name] = tree[name]
    if isinstance(tree.get("Document"), dict):
        short["Document"] = {"S3Object": tree["Document"]["S3Object"]} if "S3Object" in tree["Document"] else {}
    return short
