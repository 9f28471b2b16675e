"""Reads moto's state as plain values and writes it back: objects in all versions, items, messages.

moto's public calls would give an object a new version and time, so this module builds moto's objects itself. It is the
only place that knows their internals; tests/local/test_persistence.py checks both directions against moto's responses.
"""

import base64
import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.s3.models import FakeDeleteMarker, FakeKey, s3_backends
from moto.sqs.models import Message, sqs_backends

from local.cloud.stack import ACCOUNT, REGION

_PARTITION = "aws"
# Attributes of moto's object that its responses show, by their own names; all are text or None.
_COPIED_ATTRIBUTES = (
    "checksum_algorithm",
    "checksum_value",
    "checksum_type",
    "encryption",
    "kms_key_id",
    "website_redirect_location",
)


@dataclass(frozen=True)
class ObjectVersion:
    """One version of an object, or a delete marker. `read` returns its bytes and is None for a marker."""

    id: str
    properties: dict[str, Any]
    read: Callable[[], bytes] | None


class _RestoredKey(FakeKey):  # type: ignore[misc] # moto is untyped
    """One of moto's objects whose bytes are read on demand."""

    def __init__(self, name: str, *, size: int, read: Callable[[], bytes], **arguments: Any) -> None:
        super().__init__(name, b"", **arguments)
        self._read = read
        self.contentsize = size

    @property
    def value(self) -> bytes:
        return self._read()

    @value.setter
    def value(self, _: bytes) -> None:
        """Ignored: the bytes come from the store."""


# ── objects ──────────────────────────────────────────────────────────────────────────────────────


def list_object_versions(bucket: str, key: str) -> list[ObjectVersion]:
    """Returns all versions under a key, oldest first."""
    backend = s3_backends[ACCOUNT][_PARTITION]
    return [_read_object_version(backend, current) for current in backend.get_bucket(bucket).keys.getlist(key, [])]


def _read_object_version(backend: Any, current: Any) -> ObjectVersion:
    modified = current.last_modified.isoformat()
    if isinstance(current, FakeDeleteMarker):
        return ObjectVersion(current.version_id, {"modified": modified}, None)
    properties = {
        "modified": modified,
        "size": current.size,
        "etag": current.etag.strip('"'),
        "storage_class": current.storage_class,
        "metadata": dict(current.metadata),
        "tags": backend.tagger.get_tag_dict_for_resource(current.arn),
        **{name: getattr(current, name) for name in _COPIED_ATTRIBUTES},
    }
    return ObjectVersion(current.version_id, properties, lambda: current.value)


def add_object_version(bucket: str, key: str, version: ObjectVersion) -> None:
    """Adds a version after the existing ones."""
    backend = s3_backends[ACCOUNT][_PARTITION]
    moto_bucket = backend.get_bucket(bucket)
    existing = moto_bucket.keys.getlist(key, [])
    if version.read is None:
        restored = _make_delete_marker(backend, moto_bucket, key, existing)
    else:
        restored = _make_object(backend, moto_bucket, key, version, version.read)
    restored._version_id = version.id
    restored.last_modified = datetime.datetime.fromisoformat(version.properties["modified"])
    if version.read is not None and version.properties["tags"]:
        tags = [{"Key": name, "Value": value} for name, value in version.properties["tags"].items()]
        backend.tagger.tag_resource(restored.arn, tags)
    moto_bucket.keys.setlist(key, [*existing, restored])


def _make_object(backend: Any, bucket: Any, key: str, version: ObjectVersion, read: Callable[[], bytes]) -> Any:
    properties = version.properties
    restored = _RestoredKey(
        key,
        size=properties["size"],
        read=read,
        account_id=ACCOUNT,
        region_name=backend.region_name,
        storage=properties["storage_class"],
        etag=properties["etag"],
        is_versioned=bucket.is_versioned,
        version_id=version.id,
        bucket_name=bucket.name,
    )
    for name in _COPIED_ATTRIBUTES:
        setattr(restored, name, properties[name])
    restored.set_metadata(dict(properties["metadata"]))
    return restored


def _make_delete_marker(backend: Any, bucket: Any, key: str, existing: list[Any]) -> Any:
    # A marker refers to the version that it hides; if that has been deleted since, only its name matters.
    hidden = existing[-1] if existing else FakeKey(key, b"", ACCOUNT, backend.region_name, bucket_name=bucket.name)
    return FakeDeleteMarker(key=hidden)


# ── items ────────────────────────────────────────────────────────────────────────────────────────


def read_item_key(table: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the primary key of an item, from a key or from a whole item."""
    current = _moto_table(table)
    names = [name for name in (current.hash_key_attr, current.range_key_attr) if name]
    return {name: _decode_key_value(attributes[name]) for name in names}


def _decode_key_value(value: Mapping[str, Any]) -> dict[str, Any]:
    """Decodes bytes: a request has them in base64, moto has them as they are."""
    return {"B": base64.b64decode(value["B"])} if "B" in value else dict(value)


def read_item(table: str, key: Mapping[str, Any]) -> dict[str, Any] | None:
    """Returns an item in DynamoDB's JSON, or None if there is none."""
    current = _moto_table(table)
    range_key = DynamoType(key[current.range_key_attr]) if current.range_key_attr else None
    stored_item = current.get_item(DynamoType(key[current.hash_key_attr]), range_key)
    if not stored_item:
        return None
    attributes: dict[str, Any] = _encode_bytes(stored_item.to_json()["Attributes"])
    return attributes


def put_item(table: str, attributes: dict[str, Any]) -> None:
    _moto_table(table).put_item(_decode_bytes(attributes))


def _encode_bytes(value: Any) -> Any:
    """Encodes bytes (of B and BS) for JSON. An attribute's value is never a bare string, so this cannot collide."""
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {name: _encode_bytes(part) for name, part in value.items()}
    return [_encode_bytes(part) for part in value] if isinstance(value, list | set) else value


def _decode_bytes(value: Any) -> Any:
    if isinstance(value, dict):
        if isinstance(value.get("base64"), str):
            return base64.b64decode(value["base64"])
        return {name: _decode_bytes(part) for name, part in value.items()}
    return [_decode_bytes(part) for part in value] if isinstance(value, list) else value


def _moto_table(name: str) -> Any:
    return dynamodb_backends[ACCOUNT][REGION].get_table(name.rpartition("/")[2])


# ── messages ─────────────────────────────────────────────────────────────────────────────────────


def read_messages(queue: str) -> dict[str, dict[str, Any]]:
    """Returns the messages of a queue by id, including those that a consumer has received."""
    return {
        message.id: {"body": message.body, "sent": message.sent_timestamp}
        for message in sqs_backends[ACCOUNT][REGION].queues[queue]._messages
    }


def add_message(queue: str, message_id: str, properties: Mapping[str, Any]) -> None:
    message = Message(message_id, properties["body"])
    message.sent_timestamp = properties["sent"]
    sqs_backends[ACCOUNT][REGION].queues[queue]._messages.append(message)
