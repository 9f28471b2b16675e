"""What the local cloud keeps in its folder: facts in one SQLite file, each durable before anybody is told of it.

A fact is a JSON value under a kind and an id, with the bytes of an object where it has any. Who adds facts goes on
at once; `settle` returns when all that was added before is on the disk. One thread writes whatever has gathered
meanwhile in one transaction, so a busy cloud shares the price of a sync. A transaction that was cut off by
a crash is no part of the file when it is opened again; SQLite's write-ahead log sees to that.

What is deleted or replaced is overwritten in the file and leaves the log within moments: erased is erased.
"""

import contextlib
import hashlib
import json
import logging
import sqlite3
import threading
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.cloud import store_file
from local.cloud.store_file import StoreError

logger = logging.getLogger("gradeline.local")

_IDLE_SECONDS = 0.5


@dataclass(frozen=True)
class Fact:
    """`value` is what JSON can say; None: the fact is gone. `body` are the bytes of an object."""

    kind: str
    id: str
    value: Any
    body: bytes | None = None


class Store:
    """The facts of one folder. Nobody else can open it meanwhile.

    Raises
    ------
    StoreError
        When it is opened: the folder is in use, cannot be written, or its file is damaged or of another format.
        From `settle`: something could not be written; nothing is accepted from then on.
    """

    def __init__(self, folder: Path, *, idle_seconds: float = _IDLE_SECONDS) -> None:
        self.path = folder / store_file.NAME
        self._idle_seconds = idle_seconds
        with contextlib.ExitStack() as failed:
            self._lock_file = failed.enter_context(store_file.lock(folder))
            self._connection = store_file.connect(self.path)
            failed.callback(self._connection.close)
            store_file.check(self._connection, self.path)
            failed.pop_all()
        self._reading = threading.Lock()
        self._units: list[Sequence[Fact]] = []
        self._open_unit = threading.local()
        self._changed = threading.Condition()
        self._asked = self._done = 0
        self._closing = False
        self._failure: StoreError | None = None
        # What the log still holds although it has been replaced.
        self._stale = True
        self._thread = threading.Thread(target=self._write, daemon=True, name="store")
        self._thread.start()

    # ── adding ───────────────────────────────────────────────────────────────────────────────────

    def add(self, *facts: Fact) -> None:
        """Facts that become durable together, in the order in which they are added."""
        gathered: list[Fact] | None = getattr(self._open_unit, "facts", None)
        if gathered is not None:
            gathered.extend(facts)
        elif facts:
            self._queue(facts)

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """What this thread adds inside becomes durable as one, or not at all."""
        if getattr(self._open_unit, "facts", None) is not None:
            yield
            return
        facts: list[Fact] = []
        self._open_unit.facts = facts
        try:
            yield
        finally:
            self._open_unit.facts = None
            if facts:
                self._queue(facts)

    def settle(self) -> None:
        """Returns when everything that was added before is durable."""
        with self._changed:
            wanted = self._asked
            self._changed.wait_for(lambda: self._done >= wanted or self._failure is not None)
            if self._failure is not None:
                raise self._failure

    @property
    def failure(self) -> StoreError | None:
        """Why nothing is accepted any more."""
        return self._failure

    def close(self) -> None:
        """Writes what is left and gives the folder free."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        self._failure = self._failure or StoreError("The local cloud has stopped.")
        with self._reading:
            self._connection.close()
        self._lock_file.close()

    def _queue(self, facts: Sequence[Fact]) -> None:
        with self._changed:
            self._asked += 1
            self._units.append(facts)
            self._changed.notify_all()

    # ── reading, at the start and for bytes ──────────────────────────────────────────────────────

    def facts(self, kind: str) -> Iterator[tuple[str, Any, str | None]]:
        """Id, value and the digest of the bytes of every fact of a kind, in the order of their first writing."""
        query = "SELECT id, value, body, checksum FROM facts WHERE kind = ? ORDER BY number"
        with self._reading:
            try:
                rows = self._connection.execute(query, (kind,)).fetchall()
            except sqlite3.DatabaseError as error:
                raise store_file.damaged(self.path, str(error)) from error
        for fact_id, value, body, checksum in rows:
            if checksum != _checksum(kind, fact_id, value, body):
                raise store_file.damaged(self.path, f"the {kind} {fact_id[:60]} is not what was written")
            yield fact_id, json.loads(value), body

    def body(self, digest: str) -> bytes:
        """The bytes of a SHA-256; StoreError where they are not what was written."""
        with self._reading:
            try:
                row = self._connection.execute("SELECT content FROM bodies WHERE digest = ?", (digest,)).fetchone()
            except sqlite3.DatabaseError as error:
                raise store_file.damaged(self.path, str(error)) from error
        if row is None or hashlib.sha256(row[0]).hexdigest() != digest:
            raise store_file.damaged(self.path, f"the bytes {digest[:16]}… are not what was written")
        return bytes(row[0])

    # ── the thread that writes ───────────────────────────────────────────────────────────────────

    def _write(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(
                    lambda: self._units or self._closing, self._idle_seconds if self._stale else None
                )
                units, self._units, number, closing = self._units, [], self._asked, self._closing
            try:
                with self._reading:
                    if units:
                        self._commit(units)
                    else:
                        self._forget_stale()
            except Exception as error:
                # Whatever it was: nobody may be told that something is kept which is not.
                logger.exception("What is sent can no longer be kept")
                self._fail(error)
                return
            with self._changed:
                self._done = number
                self._changed.notify_all()
            if closing and not units:
                return

    def _fail(self, error: Exception) -> None:
        with self._changed:
            self._failure = StoreError(
                f"The file {self.path} cannot be written ({error}). Nothing sent since then is accepted; "
                "what was accepted before is safe. Make room or mend the rights, and start again."
            )
            self._changed.notify_all()

    def _commit(self, units: Iterable[Sequence[Fact]]) -> None:
        connection = self._connection
        orphans: set[str] = set()
        connection.execute("BEGIN IMMEDIATE")
        try:
            for unit in units:
                for fact in unit:
                    orphans.update(_replaced_body(connection, fact))
                    _apply(connection, fact)
            connection.executemany(
                "DELETE FROM bodies WHERE digest = ?1 AND NOT EXISTS (SELECT 1 FROM facts WHERE body = ?1)",
                [(digest,) for digest in orphans],
            )
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        self._stale = True

    def _forget_stale(self) -> None:
        """Brings the log into the file and empties it: nothing that was replaced or deleted stays readable there."""
        blocked, _, _ = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        self._stale = bool(blocked)


def _replaced_body(connection: sqlite3.Connection, fact: Fact) -> list[str]:
    row = connection.execute("SELECT body FROM facts WHERE kind = ? AND id = ?", (fact.kind, fact.id)).fetchone()
    return [row[0]] if row and row[0] else []


def _apply(connection: sqlite3.Connection, fact: Fact) -> None:
    if fact.value is None:
        connection.execute("DELETE FROM facts WHERE kind = ? AND id = ?", (fact.kind, fact.id))
        return
    value = json.dumps(fact.value, separators=(",", ":"))
    digest = None
    if fact.body is not None:
        digest = hashlib.sha256(fact.body).hexdigest()
        connection.execute("INSERT OR IGNORE INTO bodies VALUES (?, ?)", (digest, fact.body))
    connection.execute(
        "INSERT INTO facts (kind, id, value, body, checksum) VALUES (?, ?, ?, ?, ?) ON CONFLICT (kind, id) "
        "DO UPDATE SET value = excluded.value, body = excluded.body, checksum = excluded.checksum",
        (fact.kind, fact.id, value, digest, _checksum(fact.kind, fact.id, value, digest)),
    )


def _checksum(kind: str, fact_id: str, value: str, body: str | None) -> int:
    return zlib.crc32("\0".join((kind, fact_id, value, body or "")).encode())
