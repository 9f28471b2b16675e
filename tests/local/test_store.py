"""Flushed entries are restored completely and in order, damage is reported, and erased data is gone."""

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from local.cloud.store import Store, StoreEntry
from local.cloud.store_file import FILE_NAME, FORMAT_VERSION, LOCK_FILE_NAME, StoreError

ROOT = Path(__file__).parents[2]
Open = Callable[..., Store]


@pytest.fixture
def open_store() -> Iterator[Open]:
    """Opens stores and closes them after the test."""
    stores: list[Store] = []

    def open_folder(folder: Path, **options: Any) -> Store:
        stores.append(Store(folder, **options))
        return stores[-1]

    yield open_folder
    for store in stores:
        if store._thread.is_alive():
            store.close()


def copy_after_crash(folder: Path, copy: Path) -> Path:
    """Copies the folder as a crash at this moment would leave it."""
    return Path(shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("*-shm")))


def read_entries(store: Store, kind: str = "item") -> dict[str, Any]:
    return {entry_id: value for entry_id, value, _ in store.entries(kind)}


def test_flushed_entries_survive_a_crash_in_order_with_their_bytes(tmp_path: Path, open_store: Open) -> None:
    store = open_store(tmp_path / "a")
    store.add(StoreEntry("object", "b", {"n": 1}, b"bytes"), StoreEntry("object", "a", {"n": 2}, b""))
    store.add(StoreEntry("object", "b", {"n": 3, "text": "Žofie \ud800"}, b"other bytes"))
    store.add(StoreEntry("object", "gone", {}, b"bytes"), StoreEntry("object", "gone", None))
    store.flush()
    reopened = open_store(copy_after_crash(tmp_path / "a", tmp_path / "b"))
    found = list(reopened.entries("object"))
    assert [(entry_id, value) for entry_id, value, _ in found] == [
        ("b", {"n": 3, "text": "Žofie \ud800"}),
        ("a", {"n": 2}),
    ]
    assert [reopened.body(digest) for _, _, digest in found if digest] == [b"other bytes", b""]
    assert read_entries(reopened, "item") == {}


def test_bytes_shared_by_two_entries_stay_until_both_are_gone(tmp_path: Path, open_store: Open) -> None:
    store = open_store(tmp_path)
    store.add(StoreEntry("object", "a", 1, b"same"), StoreEntry("object", "b", 1, b"same"))
    store.add(StoreEntry("object", "a", None))
    store.flush()
    ((_, _, digest),) = store.entries("object")
    assert digest and store.body(digest) == b"same"
    store.add(StoreEntry("object", "b", 2, b"another"))
    store.flush()
    with pytest.raises(StoreError):
        store.body(digest)


def test_a_truncated_log_contains_complete_transactions_from_the_first_on(tmp_path: Path, open_store: Open) -> None:
    store = open_store(tmp_path / "a", idle_seconds=60)
    for number in range(5):
        with store.transaction():
            store.add(StoreEntry("item", f"left {number}", "x" * 900))
            store.add(StoreEntry("item", f"right {number}", "y" * 5000))
        store.flush()
    log = (tmp_path / "a" / f"{FILE_NAME}-wal").read_bytes()
    frames = range(32, len(log) + 1, 24 + 4096)
    dice = random.Random(5)  # noqa: S311 -- positions to cut at
    lengths = {0, 31, *frames, *(end - 1 for end in frames), *(dice.randrange(len(log)) for _ in range(10))}
    counts = []
    for length in sorted(lengths):
        copy = copy_after_crash(tmp_path / "a", tmp_path / f"cut {length}")
        os.truncate(copy / f"{FILE_NAME}-wal", length)
        cut = open_store(copy)
        found = read_entries(cut)
        whole = len(found) // 2
        assert set(found) == {f"{side} {number}" for side in ("left", "right") for number in range(whole)}
        counts.append(whole)
        cut.close()
    assert counts == sorted(counts)
    assert (counts[0], counts[-1]) == (0, 5)


def test_a_log_damaged_before_its_end_is_rejected_and_unchanged(tmp_path: Path, open_store: Open) -> None:
    store = open_store(tmp_path / "a", idle_seconds=60)
    for number in range(6):
        store.add(StoreEntry("item", str(number), "x" * 3000))
        store.flush()
    size = (tmp_path / "a" / f"{FILE_NAME}-wal").stat().st_size
    # In the header, a frame's salt, a frame's page.
    for position in (9, 32 + 9, 32 + 4120 + 2000):
        copy = copy_after_crash(tmp_path / "a", tmp_path / f"at {position}")
        flip_bit(copy / f"{FILE_NAME}-wal", position)
        before = (copy / f"{FILE_NAME}-wal").read_bytes()
        for _ in range(2):
            with pytest.raises(StoreError, match=rf"^The file .*{FILE_NAME} is damaged .*\.$"):
                open_store(copy)
        assert (copy / f"{FILE_NAME}-wal").read_bytes() == before
    # Damage in the last transaction looks like a truncated one, which was never flushed.
    copy = copy_after_crash(tmp_path / "a", tmp_path / "last")
    flip_bit(copy / f"{FILE_NAME}-wal", size - 100)
    assert set(read_entries(open_store(copy))) == {"0", "1", "2", "3", "4"}


@pytest.mark.parametrize("damage", ["value", "page", "head", "body", "bodies"])
def test_a_damaged_file_is_named_in_the_error(tmp_path: Path, open_store: Open, damage: str) -> None:
    store = open_store(tmp_path)
    for number in range(40):
        store.add(
            StoreEntry("item", f"item {number}", f"value {number} " + "z" * 500, f"body {number} ".encode() * 400)
        )
    store.close()
    path = tmp_path / FILE_NAME
    content = path.read_bytes()
    if damage == "value":
        flip_bit(path, content.index(b"value 7 ") + 2)
    elif damage == "page":
        path.write_bytes(content[:8192] + b"\xff" * 4096 + content[12288:])
    elif damage == "head":
        path.write_bytes(b"no database" + content[11:])
    elif damage == "body":
        flip_bit(path, content.index(b"body 7 body") + 20)
    else:
        with sqlite3.connect(path) as connection:
            connection.execute("DELETE FROM bodies WHERE rowid = 3")
    with pytest.raises(StoreError, match=rf"^The file .*{FILE_NAME} is damaged .*copy of the whole folder.*\.$"):
        reopened = open_store(tmp_path)
        for _, _, digest in list(reopened.entries("item")):
            reopened.body(str(digest))


def flip_bit(path: Path, position: int) -> None:
    content = bytearray(path.read_bytes())
    content[position] ^= 0x10
    path.write_bytes(bytes(content))


def test_a_file_of_another_format_or_application_is_rejected(tmp_path: Path, open_store: Open) -> None:
    open_store(tmp_path / "a").close()
    with sqlite3.connect(tmp_path / "a" / FILE_NAME) as connection:
        connection.execute(f"PRAGMA user_version = {FORMAT_VERSION + 1}")
    with pytest.raises(StoreError, match=rf"format {FORMAT_VERSION + 1}, this version reads {FORMAT_VERSION}"):
        open_store(tmp_path / "a")
    (tmp_path / "b").mkdir()
    with sqlite3.connect(tmp_path / "b" / FILE_NAME) as connection:
        connection.execute("CREATE TABLE mine (x)")
    with pytest.raises(StoreError, match=r"was not written by Gradeline"):
        open_store(tmp_path / "b")
    (tmp_path / "c").write_text("a file")
    with pytest.raises(StoreError, match=r"^The folder .* cannot be used \(.*\)\.$"):
        open_store(tmp_path / "c")


STORE_HOLDER = """
import sys, time
from pathlib import Path
from local.cloud.store import Store

store = Store(Path(sys.argv[1]))
print("open", flush=True)
time.sleep(600)
"""


def test_one_process_at_a_time_has_a_folder_until_it_ends(tmp_path: Path, open_store: Open) -> None:
    program = [sys.executable, "-c", STORE_HOLDER, str(tmp_path)]
    with subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout and holder.stdout.readline() == "open\n"
            with pytest.raises(StoreError, match=r"^The folder .* is in use by another gradeline; .*\.$"):
                open_store(tmp_path)
        finally:
            holder.kill()
    open_store(tmp_path).flush()


DISK_FILLER = """
import resource, sys
from pathlib import Path
from local.cloud.store import Store, StoreEntry
from local.cloud.store_file import StoreError

store = Store(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
try:
    for number in range(1000):
        store.add(StoreEntry("item", str(number), "x" * 2000))
        store.flush()
        print(number, flush=True)
except StoreError as error:
    print(error, flush=True)
try:
    store.add(StoreEntry("item", "later", "x"))
    store.flush()
except StoreError as error:
    print("rejected", flush=True)
"""


def test_a_full_disk_is_reported_and_loses_nothing_flushed(tmp_path: Path, open_store: Open) -> None:
    program = [sys.executable, "-c", DISK_FILLER, str(tmp_path)]
    ended = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    *flushed, sentence, rejected = ended.stdout.splitlines()
    assert sentence.startswith(f"The file {tmp_path / FILE_NAME} cannot be written (") and sentence.endswith(
        "start again."
    )
    assert rejected == "rejected"
    assert 10 < len(flushed) < 999
    assert set(flushed) <= set(read_entries(open_store(tmp_path)))


def test_erased_data_leaves_all_files_while_the_store_is_open(tmp_path: Path, open_store: Open) -> None:
    store = open_store(tmp_path, idle_seconds=0.01)
    for number in range(30):
        store.add(StoreEntry("item", f"item {number}", f"Zdenka {number} " * 20, f"Ludmila {number} ".encode() * 700))
        store.add(StoreEntry("item", f"kept {number}", "something else" * 50, b"kept bytes" * 700))
    store.flush()
    assert b"Zdenka" in all_bytes(tmp_path) and b"Ludmila" in all_bytes(tmp_path)
    for number in range(30):
        # Half of them are deleted, the others replaced.
        store.add(StoreEntry("item", f"item {number}", None if number % 2 else "a tombstone"))
    store.flush()
    deadline = time.monotonic() + 20
    while (b"Zdenka" in all_bytes(tmp_path) or b"Ludmila" in all_bytes(tmp_path)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert b"Zdenka" not in all_bytes(tmp_path)
    assert b"Ludmila" not in all_bytes(tmp_path)
    assert len(read_entries(store)) == 45


def all_bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())


def test_free_space_is_returned_at_the_next_start(tmp_path: Path, open_store: Open) -> None:
    store = open_store(tmp_path)
    store.add(*(StoreEntry("object", str(number), 1, os.urandom(100_000)) for number in range(40)))
    store.add(*(StoreEntry("object", str(number), None) for number in range(39)))
    store.close()
    store = open_store(tmp_path)
    assert len(read_entries(store, "object")) == 1
    store.close()
    assert (tmp_path / FILE_NAME).stat().st_size < 300_000


def test_many_threads_can_flush_at_once(tmp_path: Path, open_store: Open) -> None:
    store = open_store(tmp_path / "a")

    def work(thread: int) -> None:
        for number in range(40):
            store.add(StoreEntry("item", f"{thread}/{number}", number))
            store.flush()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert len(read_entries(open_store(copy_after_crash(tmp_path / "a", tmp_path / "b")))) == 320


def test_files_are_readable_by_this_user_only(tmp_path: Path, open_store: Open) -> None:
    folder = tmp_path / "new"
    store = open_store(folder)
    store.add(StoreEntry("item", "a", 1))
    store.flush()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.name for path in folder.iterdir()} >= {FILE_NAME, f"{FILE_NAME}-wal", LOCK_FILE_NAME}
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
