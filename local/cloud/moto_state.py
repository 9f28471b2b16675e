"""What moto holds, as plain values, and the same put back: objects in all versions, items, messages.

moto's public calls give an object another version and another time, so its own objects are made here. This is
the one place that knows how they look inside; tests/local/test_persistence.py holds both directions against
moto's answers.
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
# Attributes of moto's object that its answers show, by their own names; all of them are text or nothing.
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
    """One version of an object, or a delete marker. `read` gives its bytes; None: it is a marker."""

    id: str
    properties: dict[str, Any]
    read: Callable[[], bytes] | None


class _RestoredKey(FakeKey):
    """An object of moto's whose bytes are read when they are asked for."""

    def __init__(self, name: str, *, size: int, read: Callable[[], bytes], **given: Any) -> None:
        super().__init__(name, b"", **given)
        self._read = read
        self.contentsize = size

    @property
    def value(self) -> bytes:
        return self._read()

    @value.setter
    def value(self, _: bytes) -> None:
        """It has what it was kept with."""


# ── objects ──────────────────────────────────────────────────────────────────────────────────────


def list_object_versions(bucket: str, key: str) -> list[ObjectVersion]:
    """All versions under a key, oldest first; none where nothing is."""
    backend = s3_backends[ACCOUNT][_PARTITION]
    return [_read_object_version(backend, found) for found in backend.get_bucket(bucket).keys.getlist(key, [])]


def _read_object_version(backend: Any, found: Any) -> ObjectVersion:
    modified = found.last_modified.isoformat()
    if isinstance(found, FakeDeleteMarker):
        return ObjectVersion(found.version_id, {"modified": modified}, None)
    properties = {
        "modified": modified,
        "size": found.size,
        "etag": found.etag.strip('"'),
        "storage_class": found.storage_class,
        "metadata": dict(found.metadata),
        "tags": backend.tagger.get_tag_dict_for_resource(found.arn),
        **{name: getattr(found, name) for name in _COPIED_ATTRIBUTES},
    }
    return ObjectVersion(found.version_id, properties, lambda: found.value)


def add_object_version(bucket: str, key: str, version: ObjectVersion) -> None:
    """Puts a version back behind those that are there."""
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
    # A marker knows what it hides; where that has been deleted since, its name alone matters.
    hidden = existing[-1] if existing else FakeKey(key, b"", ACCOUNT, backend.region_name, bucket_name=bucket.name)
    return FakeDeleteMarker(key=hidden)


# ── items ────────────────────────────────────────────────────────────────────────────────────────


def read_item_key(table: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes that name an item in its table, of a key or of a whole item."""
    found = _moto_table(table)
    names = [name for name in (found.hash_key_attr, found.range_key_attr) if name]
    return {name: _decode_key_value(attributes[name]) for name in names}


def _decode_key_value(value: Mapping[str, Any]) -> dict[str, Any]:
    """A request has bytes in base64, moto has them as they are."""
    return {"B": base64.b64decode(value["B"])} if "B" in value else dict(value)


def read_item(table: str, key: Mapping[str, Any]) -> dict[str, Any] | None:
    """An item in DynamoDB's own JSON."""
    found = _moto_table(table)
    range_key = DynamoType(key[found.range_key_attr]) if found.range_key_attr else None
    stored_item = found.get_item(DynamoType(key[found.hash_key_attr]), range_key)
    if not stored_item:
        return None
    attributes: dict[str, Any] = _encode_bytes(stored_item.to_json()["Attributes"])
    return attributes


def put_item(table: str, attributes: dict[str, Any]) -> None:
    _moto_table(table).put_item(_decode_bytes(attributes))


def _encode_bytes(value: Any) -> Any:
    """Bytes (of B and BS) as JSON can say them; an attribute's value is never text alone, so this is no other."""
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
    """The messages of a queue by their ids, those in somebody's hands as well."""
    return {
        message.id: {"body": message.body, "sent": message.sent_timestamp}
        for message in sqs_backends[ACCOUNT][REGION].queues[queue]._messages
    }


def add_message(queue: str, message_id: str, properties: Mapping[str, Any]) -> None:
    message = Message(message_id, properties["body"])
    message.sent_timestamp = properties["sent"]
    sqs_backends[ACCOUNT][REGION].queues[queue]._messages.append(message)
