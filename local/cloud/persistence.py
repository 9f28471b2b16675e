"""Keeps what AWS would keep: objects, items, messages, asynchronous calls that are not done, and executions.

Beside every call that changes something, what then stands there is written down, never the change itself: a
condition is not decided a second time.
"""

import datetime
import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any
from xml.etree import ElementTree

from local.cloud import moto_state
from local.cloud.aws_calls import Call, WsgiRequest
from local.cloud.gateway import WsgiResponse
from local.cloud.moto_state import ObjectVersion
from local.cloud.null_persistence import NullPersistence, QueuedInvocation, RestoredWork
from local.cloud.store import Store, StoreEntry
from local.cloud.store_file import StoreError, damaged_store_error

_OBJECT_WRITES = {
    "PutObject",
    "CopyObject",
    "PostObject",
    "DeleteObject",
    "CompleteMultipartUpload",
    "PutObjectTagging",
    "DeleteObjectTagging",
}
# Parts of an upload are nothing that anybody was told is kept.
_UPLOAD_PART_OPERATIONS = {"CreateMultipartUpload", "UploadPart", "UploadPartCopy", "AbortMultipartUpload"}
_ITEM_WRITES = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"}
_MESSAGE_WRITES = {"SendMessage", "SendMessageBatch", "DeleteMessage", "DeleteMessageBatch", "PurgeQueue"}
_SUPPORTED_WRITES = {
    "s3": _OBJECT_WRITES | _UPLOAD_PART_OPERATIONS | {"DeleteObjects"},
    "dynamodb": _ITEM_WRITES,
    "sqs": _MESSAGE_WRITES,
}
_READ_PREFIXES = (
    "Get",
    "Head",
    "List",
    "Query",
    "Scan",
    "Describe",
    "BatchGet",
    "TransactGet",
    "Receive",
    "ChangeMessage",
)
# Names of ended executions stay taken for so long, as on AWS.
_NAME_RETENTION = datetime.timedelta(days=90)


class StorePersistence(NullPersistence):
    """Keeps everything in a store. Records from `begin` on; until then what the store has can be put back."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._recording = False
        # What is kept already, by group (an object's key, a queue) and id: only differences are written.
        self._stored_fingerprints: dict[tuple[str, ...], dict[str, Any]] = {}

    @property
    def failure(self) -> StoreError | None:
        return self._store.failure

    def start(self) -> None:
        self._recording = True

    def transaction(self) -> AbstractContextManager[None]:
        return self._store.transaction()

    def flush(self) -> None:
        self._store.flush()

    # ── while it runs ────────────────────────────────────────────────────────────────────────────

    def reject_unsupported(self, call: Call) -> WsgiResponse | None:
        supported = {
            "s3": _OBJECT_WRITES | _UPLOAD_PART_OPERATIONS | {"DeleteObjects"},
            "dynamodb": _ITEM_WRITES,
            "sqs": _MESSAGE_WRITES,
        }
        if not self._recording or call.service not in supported:
            return None
        if call.operation in supported[call.service] or call.operation.startswith(_READ_PREFIXES):
            return None
        text = f"This local cloud keeps its data in a folder, and would not keep what {call.operation} changes."
        return WsgiResponse.error(call.service, "NotImplemented", text, 501)

    def observe(self, call: Call, request: WsgiRequest, response: WsgiResponse) -> None:
        if not self._recording:
            return
        if call.service == "s3" and call.operation in _OBJECT_WRITES and "Key" in call.parameters:
            self._save_object(call.parameters["Bucket"], call.parameters["Key"])
        elif call.service == "s3" and call.operation == "DeleteObjects" and response.status < 300:
            for key in _parse_deleted_keys(request.body):
                self._save_object(call.parameters["Bucket"], key)
        elif call.service == "dynamodb" and call.operation in _ITEM_WRITES and response.status < 500:
            for table, attributes in _written_items(call.operation, json.loads(request.body)):
                self._save_item(table, attributes)
        elif call.service == "sqs" and call.operation in _MESSAGE_WRITES and response.status < 300:
            queue = json.loads(request.body)["QueueUrl"].rpartition("/")[2]
            current = {f"{queue}/{name}": (value, None) for name, value in moto_state.read_messages(queue).items()}
            self._save_group("message", (queue,), current)

    def invocation_queued(self, call: QueuedInvocation) -> None:
        value = {"function": call.function, "payload": call.payload.decode("utf-8", "surrogateescape")}
        self._store.add(StoreEntry("call", call.id, value))

    def invocation_completed(self, call_id: str) -> None:
        self._store.add(StoreEntry("call", call_id, None))

    def execution_started(self, arn: str, execution_input: str) -> None:
        self._store.add(StoreEntry("execution", arn, {"input": execution_input, "started": _now(), "ended": None}))

    def execution_ended(self, arn: str) -> None:
        # The input goes: the name is what has to stay taken.
        self._store.add(StoreEntry("execution", arn, {"input": None, "ended": _now()}))

    def _save_object(self, bucket: str, key: str) -> None:
        current = {
            _object_version_id(bucket, key, version.id): (version.properties, version.read)
            for version in moto_state.list_object_versions(bucket, key)
        }
        self._save_group("object", (bucket, key), current)

    def _save_item(self, table: str, attributes: Mapping[str, Any]) -> None:
        key = moto_state.read_item_key(table, attributes)
        item_id = json.dumps([table, key], sort_keys=True, default=bytes.hex)
        current_item = moto_state.read_item(table, key)
        self._save_group("item", (item_id,), {} if current_item is None else {item_id: (current_item, None)})

    def _save_group(self, kind: str, name: tuple[str, ...], current: Mapping[str, tuple[Any, Any]]) -> None:
        """Writes what differs from what is kept of a group. Its callers hold the lock of the group's service."""
        group = (kind, *name)
        stored = self._stored_fingerprints.get(group, {})
        deletions = [StoreEntry(kind, entry_id, None) for entry_id in stored if entry_id not in current]
        updates = [
            StoreEntry(kind, entry_id, value, read() if read else None)
            for entry_id, (value, read) in current.items()
            if stored.get(entry_id) != _fingerprint(value)
        ]
        self._store.add(*deletions, *updates)
        if current:
            self._stored_fingerprints[group] = {
                entry_id: _fingerprint(value) for entry_id, (value, _) in current.items()
            }
        else:
            self._stored_fingerprints.pop(group, None)

    # ── at the start ─────────────────────────────────────────────────────────────────────────────

    def restore(self) -> RestoredWork:
        """Puts everything back into moto, which has to be provisioned and otherwise empty.

        Returns what was under way.

        Raises
        ------
        StoreError
            The store is damaged, or holds what this template has no place for.
        """
        try:
            for entry_id, value, body in self._store.entries("object"):
                bucket, key, version_id = json.loads(entry_id)
                read = None if body is None else (lambda body=body: self._store.body(body))
                moto_state.add_object_version(bucket, key, ObjectVersion(version_id, value, read))
                self._stored_fingerprints.setdefault(("object", bucket, key), {})[entry_id] = _fingerprint(value)
            for entry_id, value, _ in self._store.entries("item"):
                moto_state.put_item(json.loads(entry_id)[0], value)
                self._stored_fingerprints[("item", entry_id)] = {entry_id: _fingerprint(value)}
            for entry_id, value, _ in self._store.entries("message"):
                queue, _, message_id = entry_id.partition("/")
                moto_state.add_message(queue, message_id, value)
                self._stored_fingerprints.setdefault(("message", queue), {})[entry_id] = _fingerprint(value)
        except StoreError:
            raise
        except Exception as error:
            raise damaged_store_error(self._store.path, f"{type(error).__name__}: {error}") from error
        return RestoredWork(self._queued_calls(), *self._executions())

    def _queued_calls(self) -> list[QueuedInvocation]:
        return [
            QueuedInvocation(call_id, value["function"], value["payload"].encode("utf-8", "surrogateescape"))
            for call_id, value, _ in self._store.entries("call")
        ]

    def _executions(self) -> tuple[dict[str, str], set[str]]:
        """The input of each execution that was running, by ARN, and the ARNs of those that have ended."""
        running: dict[str, str] = {}
        ended: set[str] = set()
        oldest = (datetime.datetime.now(datetime.UTC) - _NAME_RETENTION).isoformat()
        for arn, value, _ in self._store.entries("execution"):
            if value["ended"] is None:
                running[arn] = value["input"]
            elif value["ended"] < oldest:
                self._store.add(StoreEntry("execution", arn, None))
            else:
                ended.add(arn)
        return running, ended


def _object_version_id(bucket: str, key: str, version_id: str) -> str:
    return json.dumps([bucket, key, version_id])


def _fingerprint(value: Any) -> int:
    """Tells values apart; they are too many to be held twice."""
    return hash(json.dumps(value, sort_keys=True))


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat()


def _written_items(operation: str, request: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Table and key (or whole item) of everything that a request writes."""
    if operation == "BatchWriteItem":
        for table, writes in request.get("RequestItems", {}).items():
            for write in writes:
                for part in write.values():
                    yield table, part.get("Item") or part["Key"]
    elif operation == "TransactWriteItems":
        for write in request.get("TransactItems", ()):
            for name, part in write.items():
                if name != "ConditionCheck":
                    yield part["TableName"], part.get("Item") or part["Key"]
    else:
        yield request["TableName"], request.get("Item") or request["Key"]


def _parse_deleted_keys(body: bytes) -> list[str]:
    tree = ElementTree.fromstring(body)  # noqa: S314 -- moto has read and carried it out
    return [element.text or "" for element in tree.iter() if element.tag.rpartition("}")[2] == "Key"]
