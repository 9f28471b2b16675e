"""The store's database file: its lock, its format, and the detection of damage.

The format's version is in the file's header (`user_version`), next to the mark that the file is Gradeline's
(`application_id`): https://www.sqlite.org/pragma.html#pragma_user_version
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from local.cloud import private_files, wal_check
from local.cloud.process_setup import CloudError

FILE_NAME = "kept.sqlite"
LOCK_FILE_NAME = "lock"
FORMAT_VERSION = 1
_APPLICATION_ID = 0x47524C4E  # "GRLN"
_SCHEMA = (
    # One number per entry, assigned once: versions of an object are read back in their order.
    "CREATE TABLE facts (number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, id TEXT NOT NULL, "
    "value TEXT NOT NULL, body TEXT, checksum INTEGER NOT NULL, UNIQUE (kind, id))",
    "CREATE INDEX facts_by_body ON facts (body) WHERE body IS NOT NULL",
    "CREATE TABLE bodies (digest TEXT PRIMARY KEY, content BLOB NOT NULL)",
    f"PRAGMA application_id = {_APPLICATION_ID}",
    f"PRAGMA user_version = {FORMAT_VERSION}",
)
# The file is compacted when its free pages exceed this number and a quarter of the file.
_MAX_FREE_PAGES = 256


class StoreError(CloudError):
    """Stored data cannot be read or written; the message is a sentence that says what to do."""


class _FolderLock:
    """The lock of a folder. `close` releases it, and so does the end of the process."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def __enter__(self) -> "_FolderLock":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()


def lock_folder(folder: Path) -> _FolderLock:
    """Locks the folder for this process.

    Raises
    ------
    StoreError
        Another process has locked the folder, or it cannot be written.
    """
    try:
        private_files.make_folder(folder)
        file = os.fdopen(os.open(folder / LOCK_FILE_NAME, os.O_RDWR | os.O_CREAT, 0o600), "r+")
    except OSError as error:
        raise StoreError(f"The folder {folder} cannot be used ({error.strerror}).") from error
    try:
        # The lock belongs to the process, not to the file: children that outlive it for a moment do not hold it.
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        text = f"The folder {folder} is in use by another gradeline; stop that one, or name another folder."
        raise StoreError(text) from None
    return _FolderLock(file)


def connect(path: Path) -> sqlite3.Connection:
    """Opens the file, or creates it, and prepares it for durable writes."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        wal_check.check_wal(path)
    except wal_check.WalDamagedError as damage:
        raise damaged_store_error(path, str(damage)) from damage
    except OSError as error:
        raise StoreError(f"The file {path} cannot be used ({error.strerror}).") from error
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=64)
    try:
        with _translate_sqlite_errors(path):
            _prepare_database(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare_database(connection: sqlite3.Connection, path: Path) -> None:
    (number,) = connection.execute("PRAGMA user_version").fetchone()
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if tables and application_id != _APPLICATION_ID:
        raise StoreError(f"The file {path} was not written by Gradeline; name another folder.")
    if tables and number != FORMAT_VERSION:
        raise StoreError(
            f"The file {path} was written by another version of Gradeline (format {number}, this version reads "
            f"{FORMAT_VERSION}). Start it with that version, or name another folder."
        )
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")
    if not tables:
        connection.execute("BEGIN IMMEDIATE")
        for statement in _SCHEMA:
            connection.execute(statement)
        connection.execute("COMMIT")
        private_files.sync_folder(path.parent)


def check_database(connection: sqlite3.Connection, path: Path) -> None:
    """Rejects a file whose structure is damaged or in which referenced bytes are missing; compacts it if needed.

    Each entry has its own checksum and each body its digest: these are verified on reading.
    """
    with _translate_sqlite_errors(path):
        for (result,) in connection.execute("PRAGMA quick_check('facts')").fetchall():
            if result != "ok":
                raise damaged_store_error(path, str(result))
        missing = connection.execute(
            "SELECT count(*) FROM facts WHERE body IS NOT NULL AND body NOT IN (SELECT digest FROM bodies)"
        ).fetchone()[0]
        if missing:
            raise damaged_store_error(path, f"{missing} of the files that it refers to are missing")
        (free,) = connection.execute("PRAGMA freelist_count").fetchone()
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        if free > max(_MAX_FREE_PAGES, pages // 4):
            connection.execute("VACUUM")


@contextmanager
def _translate_sqlite_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise StoreError(f"The file {path} cannot be used ({error}).") from error
    except sqlite3.DatabaseError as error:
        raise damaged_store_error(path, str(error)) from error


def damaged_store_error(path: Path, reason: str) -> StoreError:
    reason = " ".join(reason.split())
    return StoreError(
        f"The file {path} is damaged ({reason}); nothing in it was used or changed. Restore a copy of the whole "
        f"folder, or move it away and start with an empty one; `sqlite3 {path} .recover` shows what can still be read."
    )
