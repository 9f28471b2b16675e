"""Durable store of the local cloud: entries in one SQLite file, each durable before any response shows it.

An entry is a JSON value under a kind and an id, with an object's bytes if it has any. `add` returns at once; `flush`
returns when everything added before is on disk. One thread writes all queued transactions in one SQLite transaction, so
a busy cloud shares the cost of a sync. A transaction that a crash cut off is not in the file when it is opened again:
SQLite's write-ahead log takes care of that.

Deleted and replaced data is overwritten in the file and leaves the log within moments, so that erased data is gone.
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

_CHECKPOINT_IDLE_SECONDS = 0.5


@dataclass(frozen=True)
class StoreEntry:
    """`value` is a JSON value, or None if the entry is to be deleted. `body` has the bytes of an object."""

    kind: str
    id: str
    value: Any
    body: bytes | None = None


class Store:
    """The entries of one folder, which only one process can open at a time.

    Raises
    ------
    StoreError
        When opened: the folder is in use or cannot be written, or its file is damaged or has another format.
        From `flush`: something could not be written; nothing is accepted from then on.
    """

    def __init__(self, folder: Path, *, idle_seconds: float = _CHECKPOINT_IDLE_SECONDS) -> None:
        self.path = folder / store_file.FILE_NAME
        self._idle_seconds = idle_seconds
        with contextlib.ExitStack() as cleanup:
            self._lock_file = cleanup.enter_context(store_file.lock_folder(folder))
            self._connection = store_file.connect(self.path)
            cleanup.callback(self._connection.close)
            store_file.check_database(self._connection, self.path)
            cleanup.pop_all()
        self._connection_lock = threading.Lock()
        self._queued_transactions: list[Sequence[StoreEntry]] = []
        self._open_transaction = threading.local()
        self._condition = threading.Condition()
        self._queued_count = self._written_count = 0
        self._closing = False
        self._failure: StoreError | None = None
        # Whether the log may still contain replaced data.
        self._needs_checkpoint = True
        self._thread = threading.Thread(target=self._run_writer, daemon=True, name="store")
        self._thread.start()

    # ── adding ───────────────────────────────────────────────────────────────────────────────────

    def add(self, *entries: StoreEntry) -> None:
        """Queues entries that become durable together, in the order in which they are added."""
        open_entries: list[StoreEntry] | None = getattr(self._open_transaction, "entries", None)
        if open_entries is not None:
            open_entries.extend(entries)
        elif entries:
            self._queue(entries)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything that this thread adds inside becomes durable as one, or not at all."""
        if getattr(self._open_transaction, "entries", None) is not None:
            yield
            return
        entries: list[StoreEntry] = []
        self._open_transaction.entries = entries
        try:
            yield
        finally:
            self._open_transaction.entries = None
            if entries:
                self._queue(entries)

    def flush(self) -> None:
        """Returns when everything that was added before is durable."""
        with self._condition:
            target_count = self._queued_count
            self._condition.wait_for(lambda: self._written_count >= target_count or self._failure is not None)
            if self._failure is not None:
                raise self._failure

    @property
    def failure(self) -> StoreError | None:
        """Why nothing is accepted any more, or None."""
        return self._failure

    def close(self) -> None:
        """Writes the remaining entries and releases the folder."""
        with self._condition:
            self._closing = True
            self._condition.notify_all()
        self._thread.join()
        self._failure = self._failure or StoreError("The local cloud has stopped.")
        with self._connection_lock:
            self._connection.close()
        self._lock_file.close()

    def _queue(self, entries: Sequence[StoreEntry]) -> None:
        with self._condition:
            self._queued_count += 1
            self._queued_transactions.append(entries)
            self._condition.notify_all()

    # ── reading ──────────────────────────────────────────────────────────────────────────────────

    def entries(self, kind: str) -> Iterator[tuple[str, Any, str | None]]:
        """Yields id, value and digest of the bytes of every entry of a kind, in the order in which they were added."""
        query = "SELECT id, value, body, checksum FROM facts WHERE kind = ? ORDER BY number"
        with self._connection_lock:
            try:
                rows = self._connection.execute(query, (kind,)).fetchall()
            except sqlite3.DatabaseError as error:
                raise store_file.damaged_store_error(self.path, str(error)) from error
        for entry_id, value, body, checksum in rows:
            if checksum != _checksum(kind, entry_id, value, body):
                raise store_file.damaged_store_error(self.path, f"the {kind} {entry_id[:60]} is not what was written")
            yield entry_id, json.loads(value), body

    def body(self, digest: str) -> bytes:
        """Returns the bytes with this SHA-256; raises StoreError if they are missing or changed."""
        with self._connection_lock:
            try:
                row = self._connection.execute("SELECT content FROM bodies WHERE digest = ?", (digest,)).fetchone()
            except sqlite3.DatabaseError as error:
                raise store_file.damaged_store_error(self.path, str(error)) from error
        if row is None or hashlib.sha256(row[0]).hexdigest() != digest:
            raise store_file.damaged_store_error(self.path, f"the bytes {digest[:16]}… are not what was written")
        return bytes(row[0])

    # ── writer thread ────────────────────────────────────────────────────────────────────────────

    def _run_writer(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(
                    lambda: self._queued_transactions or self._closing,
                    self._idle_seconds if self._needs_checkpoint else None,
                )
                transactions, self._queued_transactions, number, closing = (
                    self._queued_transactions,
                    [],
                    self._queued_count,
                    self._closing,
                )
            try:
                with self._connection_lock:
                    if transactions:
                        self._commit(transactions)
                    else:
                        self._checkpoint_wal()
            except Exception as error:
                # Whatever the failure: nothing may be reported as stored that is not.
                logger.exception("Data can no longer be stored")
                self._fail(error)
                return
            with self._condition:
                self._written_count = number
                self._condition.notify_all()
            if closing and not transactions:
                return

    def _fail(self, error: Exception) -> None:
        with self._condition:
            self._failure = StoreError(
                f"The file {self.path} cannot be written ({error}). Nothing sent since then is accepted; "
                "what was accepted before is safe. Free disk space or correct the permissions, and start again."
            )
            self._condition.notify_all()

    def _commit(self, transactions: Iterable[Sequence[StoreEntry]]) -> None:
        connection = self._connection
        orphans: set[str] = set()
        connection.execute("BEGIN IMMEDIATE")
        try:
            for transaction_entries in transactions:
                for entry in transaction_entries:
                    orphans.update(_find_replaced_body(connection, entry))
                    _write_entry(connection, entry)
            connection.executemany(
                "DELETE FROM bodies WHERE digest = ?1 AND NOT EXISTS (SELECT 1 FROM facts WHERE body = ?1)",
                [(digest,) for digest in orphans],
            )
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        self._needs_checkpoint = True

    def _checkpoint_wal(self) -> None:
        """Moves the log into the file and empties it, so that replaced and deleted data is not readable there."""
        blocked, _, _ = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        self._needs_checkpoint = bool(blocked)


def _find_replaced_body(connection: sqlite3.Connection, entry: StoreEntry) -> list[str]:
    row = connection.execute("SELECT body FROM facts WHERE kind = ? AND id = ?", (entry.kind, entry.id)).fetchone()
    return [row[0]] if row and row[0] else []


def _write_entry(connection: sqlite3.Connection, entry: StoreEntry) -> None:
    if entry.value is None:
        connection.execute("DELETE FROM facts WHERE kind = ? AND id = ?", (entry.kind, entry.id))
        return
    value = json.dumps(entry.value, separators=(",", ":"))
    digest = None
    if entry.body is not None:
        digest = hashlib.sha256(entry.body).hexdigest()
        connection.execute("INSERT OR IGNORE INTO bodies VALUES (?, ?)", (digest, entry.body))
    connection.execute(
        "INSERT INTO facts (kind, id, value, body, checksum) VALUES (?, ?, ?, ?, ?) ON CONFLICT (kind, id) "
        "DO UPDATE SET value = excluded.value, body = excluded.body, checksum = excluded.checksum",
        (entry.kind, entry.id, value, digest, _checksum(entry.kind, entry.id, value, digest)),
    )


def _checksum(kind: str, entry_id: str, value: str, body: str | None) -> int:
    return zlib.crc32("\0".join((kind, entry_id, value, body or "")).encode())
