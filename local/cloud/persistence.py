"""Stores what AWS would store: objects, items, messages, unfinished asynchronous invocations, and executions.

After each call that changes something, the resulting state is stored, never the change itself: conditions are not
evaluated a second time.
"""

import datetime
import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any
from xml.etree import ElementTree

from local.cloud import moto_state
from local.cloud.aws_calls import Call, WsgiRequest
from local.cloud.moto_state import ObjectVersion
from local.cloud.null_persistence import NullPersistence, QueuedInvocation, RestoredWork
from local.cloud.store import Store, StoreEntry
from local.cloud.store_file import StoreError, damaged_store_error
from local.cloud.wsgi import WsgiResponse

_OBJECT_WRITES = {
    "PutObject",
    "CopyObject",
    "PostObject",
    "DeleteObject",
    "CompleteMultipartUpload",
    "PutObjectTagging",
    "DeleteObjectTagging",
}
# Not stored: nobody has been told that the parts of an unfinished upload are safe.
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
# Names of ended executions stay reserved this long, as on AWS.
_NAME_RETENTION = datetime.timedelta(days=90)


class StorePersistence(NullPersistence):
    """Stores everything in a `Store`. Records changes after `start`; before that, stored state can be restored."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._recording = False
        # Fingerprints of what is stored, by group (an object's key, a queue) and id: only differences are written.
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

    # ── recording ────────────────────────────────────────────────────────────────────────────────

    def reject_unsupported(self, call: Call) -> WsgiResponse | None:
        supported = _SUPPORTED_WRITES.get(call.service)
        if not self._recording or supported is None:
            return None
        if call.operation in supported or call.operation.startswith(_READ_PREFIXES):
            return None
        text = f"This local cloud keeps its data in a folder and cannot store what {call.operation} changes."
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

    def invocation_queued(self, invocation: QueuedInvocation) -> None:
        value = {"function": invocation.function, "payload": invocation.payload.decode("utf-8", "surrogateescape")}
        self._store.add(StoreEntry("call", invocation.id, value))

    def invocation_completed(self, request_id: str) -> None:
        self._store.add(StoreEntry("call", request_id, None))

    def execution_started(self, arn: str, execution_input: str) -> None:
        self._store.add(StoreEntry("execution", arn, {"input": execution_input, "started": _now(), "ended": None}))

    def execution_ended(self, arn: str) -> None:
        # The input is dropped: only the name has to stay reserved.
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
        """Writes the differences between a group and its stored state. Callers hold the lock of the group's service."""
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

    # ── restoring ────────────────────────────────────────────────────────────────────────────────

    def restore(self) -> RestoredWork:
        """Restores everything into moto, which must be provisioned and otherwise empty.

        Returns the work that was in progress.

        Raises
        ------
        StoreError
            The store is damaged, or contains something that this template has no resource for.
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
        return RestoredWork(self._queued_invocations(), *self._executions())

    def _queued_invocations(self) -> list[QueuedInvocation]:
        return [
            QueuedInvocation(request_id, value["function"], value["payload"].encode("utf-8", "surrogateescape"))
            for request_id, value, _ in self._store.entries("call")
        ]

    def _executions(self) -> tuple[dict[str, str], set[str]]:
        """Returns the inputs of running executions by ARN, and the ARNs of those that have ended."""
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
    """Hash of a value, to detect changes: the values are too many to keep in memory."""
    return hash(json.dumps(value, sort_keys=True))


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat()


def _written_items(operation: str, request: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yields table and key (or whole item) of everything that a request writes."""
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
    tree = ElementTree.fromstring(body)  # noqa: S314 -- moto has already parsed and executed it
    return [element.text or "" for element in tree.iter() if element.tag.rpartition("}")[2] == "Key"]
