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
from local.cloud.calls import Call, Request
from local.cloud.edge import Response
from local.cloud.memory import Forgetful, Memories, QueuedCall
from local.cloud.moto_state import Version
from local.cloud.store import Fact, Store
from local.cloud.store_file import StoreError, damaged

_OBJECT_CHANGES = {
    "PutObject",
    "CopyObject",
    "PostObject",
    "DeleteObject",
    "CompleteMultipartUpload",
    "PutObjectTagging",
    "DeleteObjectTagging",
}
# Parts of an upload are nothing that anybody was told is kept.
_UNKEPT = {"CreateMultipartUpload", "UploadPart", "UploadPartCopy", "AbortMultipartUpload"}
_ITEM_CHANGES = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"}
_MESSAGE_CHANGES = {"SendMessage", "SendMessageBatch", "DeleteMessage", "DeleteMessageBatch", "PurgeQueue"}
_KNOWN = {"s3": _OBJECT_CHANGES | _UNKEPT | {"DeleteObjects"}, "dynamodb": _ITEM_CHANGES, "sqs": _MESSAGE_CHANGES}
_READING = ("Get", "Head", "List", "Query", "Scan", "Describe", "BatchGet", "TransactGet", "Receive", "ChangeMessage")
# Names of ended executions stay taken for so long, as on AWS.
_NAMES_KEPT = datetime.timedelta(days=90)


class Keeper(Forgetful):
    """Keeps everything in a store. Records from `begin` on; until then what the store has can be put back."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._recording = False
        # What is kept already, by group (an object's key, a queue) and id: only differences are written.
        self._kept: dict[tuple[str, ...], dict[str, Any]] = {}

    @property
    def failure(self) -> StoreError | None:
        return self._store.failure

    def begin(self) -> None:
        self._recording = True

    def together(self) -> AbstractContextManager[None]:
        return self._store.together()

    def settle(self) -> None:
        self._store.settle()

    # ── while it runs ────────────────────────────────────────────────────────────────────────────

    def refuses(self, call: Call) -> Response | None:
        known = {
            "s3": _OBJECT_CHANGES | _UNKEPT | {"DeleteObjects"},
            "dynamodb": _ITEM_CHANGES,
            "sqs": _MESSAGE_CHANGES,
        }
        if not self._recording or call.service not in known:
            return None
        if call.operation in known[call.service] or call.operation.startswith(_READING):
            return None
        text = f"This local cloud keeps its data in a folder, and would not keep what {call.operation} changes."
        return Response.error(call.service, "NotImplemented", text, 501)

    def observe(self, call: Call, request: Request, response: Response) -> None:
        if not self._recording:
            return
        if call.service == "s3" and call.operation in _OBJECT_CHANGES and "Key" in call.parameters:
            self._keep_object(call.parameters["Bucket"], call.parameters["Key"])
        elif call.service == "s3" and call.operation == "DeleteObjects" and response.status < 300:
            for key in _deleted_keys(request.body):
                self._keep_object(call.parameters["Bucket"], key)
        elif call.service == "dynamodb" and call.operation in _ITEM_CHANGES and response.status < 500:
            for table, attributes in _items_of(call.operation, json.loads(request.body)):
                self._keep_item(table, attributes)
        elif call.service == "sqs" and call.operation in _MESSAGE_CHANGES and response.status < 300:
            queue = json.loads(request.body)["QueueUrl"].rpartition("/")[2]
            current = {f"{queue}/{name}": (value, None) for name, value in moto_state.messages(queue).items()}
            self._keep_group("message", (queue,), current)

    def call_queued(self, call: QueuedCall) -> None:
        value = {"function": call.function, "payload": call.payload.decode("utf-8", "surrogateescape")}
        self._store.add(Fact("call", call.id, value))

    def call_done(self, call_id: str) -> None:
        self._store.add(Fact("call", call_id, None))

    def execution_started(self, arn: str, given: str) -> None:
        self._store.add(Fact("execution", arn, {"input": given, "started": _now(), "ended": None}))

    def execution_ended(self, arn: str) -> None:
        # The input goes: the name is what has to stay taken.
        self._store.add(Fact("execution", arn, {"input": None, "ended": _now()}))

    def _keep_object(self, bucket: str, key: str) -> None:
        current = {
            _object_id(bucket, key, version.id): (version.described, version.read)
            for version in moto_state.versions(bucket, key)
        }
        self._keep_group("object", (bucket, key), current)

    def _keep_item(self, table: str, attributes: Mapping[str, Any]) -> None:
        key = moto_state.item_key(table, attributes)
        item_id = json.dumps([table, key], sort_keys=True, default=bytes.hex)
        standing = moto_state.item(table, key)
        self._keep_group("item", (item_id,), {} if standing is None else {item_id: (standing, None)})

    def _keep_group(self, kind: str, name: tuple[str, ...], current: Mapping[str, tuple[Any, Any]]) -> None:
        """Writes what differs from what is kept of a group. Its callers hold the lock of the group's service."""
        group = (kind, *name)
        kept = self._kept.get(group, {})
        gone = [Fact(kind, fact_id, None) for fact_id in kept if fact_id not in current]
        fresh = [
            Fact(kind, fact_id, value, read() if read else None)
            for fact_id, (value, read) in current.items()
            if kept.get(fact_id) != _print(value)
        ]
        self._store.add(*gone, *fresh)
        if current:
            self._kept[group] = {fact_id: _print(value) for fact_id, (value, _) in current.items()}
        else:
            self._kept.pop(group, None)

    # ── at the start ─────────────────────────────────────────────────────────────────────────────

    def restore(self) -> Memories:
        """Puts everything back into moto, which has to be provisioned and otherwise empty.

        Returns what was under way.

        Raises
        ------
        StoreError
            The store is damaged, or holds what this template has no place for.
        """
        try:
            for fact_id, value, body in self._store.facts("object"):
                bucket, key, version_id = json.loads(fact_id)
                read = None if body is None else (lambda body=body: self._store.body(body))
                moto_state.add_version(bucket, key, Version(version_id, value, read))
                self._kept.setdefault(("object", bucket, key), {})[fact_id] = _print(value)
            for fact_id, value, _ in self._store.facts("item"):
                moto_state.put_item(json.loads(fact_id)[0], value)
                self._kept[("item", fact_id)] = {fact_id: _print(value)}
            for fact_id, value, _ in self._store.facts("message"):
                queue, _, message_id = fact_id.partition("/")
                moto_state.add_message(queue, message_id, value)
                self._kept.setdefault(("message", queue), {})[fact_id] = _print(value)
        except StoreError:
            raise
        except Exception as error:
            raise damaged(self._store.path, f"{type(error).__name__}: {error}") from error
        return Memories(self._queued_calls(), *self._executions())

    def _queued_calls(self) -> list[QueuedCall]:
        return [
            QueuedCall(call_id, value["function"], value["payload"].encode("utf-8", "surrogateescape"))
            for call_id, value, _ in self._store.facts("call")
        ]

    def _executions(self) -> tuple[dict[str, str], set[str]]:
        """The input of each execution that was running, by ARN, and the ARNs of those that have ended."""
        running: dict[str, str] = {}
        ended: set[str] = set()
        oldest = (datetime.datetime.now(datetime.UTC) - _NAMES_KEPT).isoformat()
        for arn, value, _ in self._store.facts("execution"):
            if value["ended"] is None:
                running[arn] = value["input"]
            elif value["ended"] < oldest:
                self._store.add(Fact("execution", arn, None))
            else:
                ended.add(arn)
        return running, ended


def _object_id(bucket: str, key: str, version_id: str) -> str:
    return json.dumps([bucket, key, version_id])


def _print(value: Any) -> int:
    """Tells values apart; they are too many to be held twice."""
    return hash(json.dumps(value, sort_keys=True))


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat()


def _items_of(operation: str, request: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
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


def _deleted_keys(body: bytes) -> list[str]:
    tree = ElementTree.fromstring(body)  # noqa: S314 -- moto has read and carried it out
    return [element.text or "" for element in tree.iter() if element.tag.rpartition("}")[2] == "Key"]
