"""Reads the submission records: through the table's own interface at the end, and from its memory during the run."""

import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from core.storage.encryption import TextCipher
from local.cloud.local_cloud import LocalCloud
from local.cloud.stack import ACCOUNT, REGION

_deserialise = TypeDeserializer().deserialize
_SAMPLE_SECONDS = 0.2


@dataclass(frozen=True)
class StoredRecord:
    """A submission's record and its file.

    `identity` is that of a document (`documents.ChaosDocument`), None where its bytes were never read or it was
    erased.
    """

    id: str
    item: dict[str, Any]
    identity: tuple[str, str, str, str, str] | None
    version: str

    @property
    def state(self) -> str:
        return str(self.item["state"])

    @property
    def run(self) -> int:
        return int(self.item["run"])

    @property
    def channel(self) -> str:
        return str(self.item["door"])


def read_records(cloud: LocalCloud, secret: bytes) -> dict[str, StoredRecord]:
    """Return every record by its submission's id."""
    partitions: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for item in _scan(cloud):
        if item["pk"].startswith("submission#"):
            partitions[item["pk"].removeprefix("submission#")][item["sk"]] = item
    cipher = TextCipher(secret)
    return {
        name: _record(name, items, cipher) for name, items in partitions.items() if "state" in items.get("record", {})
    }


def _scan(cloud: LocalCloud) -> Iterator[dict[str, Any]]:
    for page in cloud.client("dynamodb").get_paginator("scan").paginate(TableName=cloud.stack.table):
        for item in page["Items"]:
            yield {name: _deserialise(value) for name, value in item.items()}


def _record(name: str, items: dict[str, dict[str, Any]], cipher: TextCipher) -> StoredRecord:
    record = items["record"]
    file = json.loads(record["input"])["file"] if "input" in record else {}
    stored = [item["sha256"] for sk, item in items.items() if sk.endswith("#storing") and item.get("sha256")]
    sha256 = file.get("sha256") or next(iter(stored), None)
    identity = None
    if sha256:
        student = cipher.decrypt(record["student"], associated_data=name) if record.get("student") else ""
        identity = (record["tenant"], record["assessment"], record["kind"], student, sha256)
    return StoredRecord(name, record, identity, str(file.get("version_id", "")))


@dataclass
class RecordSampler:
    """Samples all records during a run. `regressions` are state changes that must not happen."""

    table: str
    samples: int = 0
    regressions: list[str] = field(default_factory=list)
    _last: dict[str, tuple[int, int, str]] = field(default_factory=dict)
    _stopping: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> Callable[[], None]:
        """Start sampling. The returned function stops it."""
        thread = threading.Thread(target=self._sample, daemon=True, name="sampler")
        thread.start()

        def end() -> None:
            self._stopping.set()
            thread.join()

        return end

    def _sample(self) -> None:
        while not self._stopping.wait(_SAMPLE_SECONDS):
            for name, run, state in _records_in_memory(self.table):
                self.observe(name, run, state)
            self.samples += 1

    def observe(self, name: str, run: int, state: str) -> None:
        """Check one record at one moment: runs only grow, and within a run READING precedes the one terminal state."""
        current = (run, int(state != "READING"), state)
        previous = self._last.get(name)
        self._last[name] = current
        if previous is None or previous == current or state == "ERASED":
            return
        if current[:2] <= previous[:2]:
            self.regressions.append(f"{name} went from run {previous[0]} {previous[2]} to run {run} {state}")


def _records_in_memory(table: str) -> Iterator[tuple[str, int, str]]:
    """Yield (id, run, state) of every record from moto's own objects, since it is called several times a second."""
    from moto.dynamodb.models import dynamodb_backends

    backend: Any = dynamodb_backends[ACCOUNT][REGION]
    items = backend.tables[table].items if table in backend.tables else {}
    for key, by_range in list(items.items()):
        if not str(key.value).startswith("submission#"):
            continue
        item = next((one for name, one in list(by_range.items()) if name is not None and name.value == "record"), None)
        if item is not None and "state" in item.attrs and "run" in item.attrs:
            attrs = item.attrs
            yield str(key.value).removeprefix("submission#"), int(attrs["run"].value), str(attrs["state"].value)
