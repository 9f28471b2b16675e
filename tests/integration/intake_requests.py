"""Requests and S3 events of the three intake channels: API bodies, presigned uploads and the drop folder."""

import hashlib
import json
from typing import Any
from urllib.parse import quote_plus

from receive import app as receive_app
from tests.integration.http_events import http_event, parse_response
from tests.integration.moto_cloud import TEMP, MotoCloud

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
SUBMIT = {"assessment": "biology-1", "kind": "answer_sheet", "student": "Ada Lovelace"}


def submit(context: Any, body: bytes = PDF, query: dict[str, str] | None = None, **more: Any) -> tuple[int, Any]:
    """Post a file to the API."""
    headers = more.pop("headers", {"content-type": "application/pdf"})
    event = http_event(
        "POST", "/submissions", query=SUBMIT if query is None else query, body=body, headers=headers, **more
    )
    return parse_response(receive_app.handler(event, context))


def multipart_body(
    fields: dict[str, str], body: bytes, name: bytes = b"sheet.pdf", value: bytes | None = None
) -> bytes:
    """Return a form with these fields (all with `value`, if given) and one file."""
    parts = [
        b'--edge\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (key.encode(), value or text.encode())
        for key, text in fields.items()
    ]
    parts.append(
        b'--edge\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n'
        b"Content-Type: application/pdf\r\n\r\n%s\r\n--edge--\r\n" % (name, body)
    )
    return b"".join(parts)


def request_upload(context: Any, **change: Any) -> tuple[int, Any]:
    """Request a presigned upload of `PDF`; `change` overrides fields of the request."""
    body = {
        **SUBMIT,
        "sha256": hashlib.sha256(PDF).hexdigest(),
        "size": len(PDF),
        "media_type": "application/pdf",
        **change,
    }
    return parse_response(receive_app.handler(http_event("POST", "/uploads", body=json.dumps(body).encode()), context))


def put_upload(cloud: MotoCloud, upload: dict[str, Any], body: bytes = PDF) -> str:
    """Upload a file with the fields of its presigned form; returns the version."""
    fields = upload["fields"]
    return cloud.put(
        fields["key"], body, Metadata={"receipt": fields["x-amz-meta-receipt"]}, ContentType=fields["Content-Type"]
    )


def complete_upload(context: Any, upload_id: str, tenant: str = "demo") -> tuple[int, Any]:
    """Report an upload as complete."""
    return parse_response(
        receive_app.handler(http_event("POST", f"/uploads/{upload_id}/complete", tenant=tenant), context)
    )


def s3_event(key: str, version: str, size: int) -> dict[str, Any]:
    """Return S3's event of a put."""
    record = {
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "eventTime": "2026-01-31T08:30:00.125Z",
        "s3": {
            "bucket": {"name": TEMP},
            "object": {"key": quote_plus(key, safe="/"), "versionId": version, "size": size, "eTag": "0" * 32},
        },
    }
    return {"Records": [record]}


def drop_file(cloud: MotoCloud, context: Any, key: str, body: bytes = PDF, times: int = 1) -> str:
    """Put a file into the drop folder and deliver its event `times` times; returns the version."""
    version = cloud.put(key, body)
    for _ in range(times):
        receive_app.handler(s3_event(key, version, len(body)), context)
    return version
