"""Turns created objects into S3 events for the functions that the template's triggers name.

The message is S3's own: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

import datetime
import fnmatch
import json
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

from local.cloud.aws_calls import Call, WsgiRequest
from local.cloud.resources import Notification
from local.cloud.stack import REGION
from local.cloud.wsgi import WsgiResponse

_EVENT_NAMES = {
    "PutObject": "ObjectCreated:Put",
    "PostObject": "ObjectCreated:Post",
    "CopyObject": "ObjectCreated:Copy",
    "CompleteMultipartUpload": "ObjectCreated:CompleteMultipartUpload",
}


@dataclass(frozen=True)
class StoredObject:
    """The facts about an object in an event. `etag` is without quotes."""

    bucket: str
    key: str
    version_id: str | None
    size: int
    etag: str


class BucketNotifications:
    """Observes completed S3 calls and invokes the functions to be notified.

    `invoke` receives a function's logical id and the event as JSON, `look_up` (bucket, key, version id) returns what is
    stored.
    """

    def __init__(
        self,
        notifications: Iterable[Notification],
        *,
        invoke: Callable[[str, bytes], Any],
        look_up: Callable[[str, str, str | None], StoredObject],
    ) -> None:
        self._notifications = tuple(notifications)
        self._invoke = invoke
        self._look_up = look_up

    def observe(self, call: Call, _request: WsgiRequest, response: WsgiResponse) -> None:
        event_name = _EVENT_NAMES.get(call.operation) if call.service == "s3" else None
        if event_name is None or not 200 <= response.status < 300:
            return
        bucket, key = call.parameters["Bucket"], call.parameters.get("Key", "")
        matching = [entry for entry in self._notifications if _matches_notification(entry, bucket, key, event_name)]
        if not matching:
            return
        stored = self._look_up(bucket, key, response.header("x-amz-version-id"))
        for notification in matching:
            event = make_s3_event(stored, event_name=event_name, configuration=notification.id)
            self._invoke(notification.function, json.dumps(event).encode())


def _matches_notification(notification: Notification, bucket: str, key: str, event_name: str) -> bool:
    return (
        notification.bucket == bucket
        and key.startswith(notification.prefix)
        and key.endswith(notification.suffix)
        and any(fnmatch.fnmatchcase(f"s3:{event_name}", pattern) for pattern in notification.events)
    )


def quote_key(key: str) -> str:
    """Encodes a key as in S3 events: form encoding with slashes kept."""
    return quote_plus(key, safe="/*").replace("~", "%7E")


def make_s3_event(
    stored: StoredObject, *, event_name: str = "ObjectCreated:Put", configuration: str = "local"
) -> dict[str, Any]:
    """Returns the event that S3 sends about one object."""
    body: dict[str, Any] = {
        "key": quote_key(stored.key),
        "size": stored.size,
        "eTag": stored.etag,
        # Orders the events of one key; larger is later.
        "sequencer": f"{time.time_ns():016X}",
    }
    if stored.version_id:
        body["versionId"] = stored.version_id
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": REGION,
        "eventTime": now,
        "eventName": event_name,
        "userIdentity": {"principalId": "AWS:LOCAL"},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {"x-amz-request-id": uuid.uuid4().hex[:16].upper(), "x-amz-id-2": uuid.uuid4().hex},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": configuration,
            "bucket": {
                "name": stored.bucket,
                "ownerIdentity": {"principalId": "LOCAL"},
                "arn": f"arn:aws:s3:::{stored.bucket}",
            },
            "object": body,
        },
    }
    return {"Records": [record]}
