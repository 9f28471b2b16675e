"""What is settled is there again, whole and in order; what is damaged is said; what is erased is gone."""

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
def opened() -> Iterator[Open]:
    stores: list[Store] = []

    def open_store(folder: Path, **given: Any) -> Store:
        stores.append(Store(folder, **given))
        return stores[-1]

    yield open_store
    for store in stores:
        if store._thread.is_alive():
            store.close()


def crashed(folder: Path, copy: Path) -> Path:
    """The folder as a crash at this moment would leave it."""
    return Path(shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("*-shm")))


def all_of(store: Store, kind: str = "item") -> dict[str, Any]:
    return {fact_id: value for fact_id, value, _ in store.entries(kind)}


def test_what_was_settled_is_there_after_a_crash_in_its_order_with_its_bytes(tmp_path: Path, opened: Open) -> None:
    store = opened(tmp_path / "a")
    store.add(StoreEntry("object", "b", {"n": 1}, b"bytes"), StoreEntry("object", "a", {"n": 2}, b""))
    store.add(StoreEntry("object", "b", {"n": 3, "text": "Žofie \ud800"}, b"other bytes"))
    store.add(StoreEntry("object", "gone", {}, b"bytes"), StoreEntry("object", "gone", None))
    store.flush()
    again = opened(crashed(tmp_path / "a", tmp_path / "b"))
    found = list(again.entries("object"))
    assert [(fact_id, value) for fact_id, value, _ in found] == [
        ("b", {"n": 3, "text": "Žofie \ud800"}),
        ("a", {"n": 2}),
    ]
    assert [again.body(digest) for _, _, digest in found if digest] == [b"other bytes", b""]
    assert all_of(again, "item") == {}


def test_bytes_that_two_facts_share_stay_until_both_are_gone(tmp_path: Path, opened: Open) -> None:
    store = opened(tmp_path)
    store.add(StoreEntry("object", "a", 1, b"same"), StoreEntry("object", "b", 1, b"same"))
    store.add(StoreEntry("object", "a", None))
    store.flush()
    ((_, _, digest),) = store.entries("object")
    assert digest and store.body(digest) == b"same"
    store.add(StoreEntry("object", "b", 2, b"another"))
    store.flush()
    with pytest.raises(StoreError):
        store.body(digest)


def test_a_log_that_was_cut_off_anywhere_gives_whole_units_from_the_first_on(tmp_path: Path, opened: Open) -> None:
    store = opened(tmp_path / "a", idle_seconds=60)
    for number in range(5):
        with store.transaction():
            store.add(StoreEntry("item", f"left {number}", "x" * 900))
            store.add(StoreEntry("item", f"right {number}", "y" * 5000))
        store.flush()
    log = (tmp_path / "a" / f"{FILE_NAME}-wal").read_bytes()
    frames = range(32, len(log) + 1, 24 + 4096)
    dice = random.Random(5)  # noqa: S311 -- places to look at
    lengths = {0, 31, *frames, *(end - 1 for end in frames), *(dice.randrange(len(log)) for _ in range(10))}
    counts = []
    for length in sorted(lengths):
        copy = crashed(tmp_path / "a", tmp_path / f"cut {length}")
        os.truncate(copy / f"{FILE_NAME}-wal", length)
        cut = opened(copy)
        kept = all_of(cut)
        whole = len(kept) // 2
        assert set(kept) == {f"{side} {number}" for side in ("left", "right") for number in range(whole)}
        counts.append(whole)
        cut.close()
    assert counts == sorted(counts)
    assert (counts[0], counts[-1]) == (0, 5)


def test_a_log_that_is_damaged_before_its_end_is_refused_and_left_alone(tmp_path: Path, opened: Open) -> None:
    store = opened(tmp_path / "a", idle_seconds=60)
    for number in range(6):
        store.add(StoreEntry("item", str(number), "x" * 3000))
        store.flush()
    size = (tmp_path / "a" / f"{FILE_NAME}-wal").stat().st_size
    # The head, a frame's salt, a frame's page.
    for place in (9, 32 + 9, 32 + 4120 + 2000):
        copy = crashed(tmp_path / "a", tmp_path / f"at {place}")
        flip(copy / f"{FILE_NAME}-wal", place)
        before = (copy / f"{FILE_NAME}-wal").read_bytes()
        for _ in range(2):
            with pytest.raises(StoreError, match=rf"^The file .*{FILE_NAME} is damaged .*\.$"):
                opened(copy)
        assert (copy / f"{FILE_NAME}-wal").read_bytes() == before
    # In the last transaction it cannot be told from one that was cut off: that one was never settled.
    copy = crashed(tmp_path / "a", tmp_path / "last")
    flip(copy / f"{FILE_NAME}-wal", size - 100)
    assert set(all_of(opened(copy))) == {"0", "1", "2", "3", "4"}


@pytest.mark.parametrize("what", ["value", "page", "head", "body", "bodies"])
def test_a_damaged_file_is_a_sentence_that_names_it(tmp_path: Path, opened: Open, what: str) -> None:
    store = opened(tmp_path)
    for number in range(40):
        store.add(
            StoreEntry("item", f"item {number}", f"value {number} " + "z" * 500, f"body {number} ".encode() * 400)
        )
    store.close()
    path = tmp_path / FILE_NAME
    content = path.read_bytes()
    if what == "value":
        flip(path, content.index(b"value 7 ") + 2)
    elif what == "page":
        path.write_bytes(content[:8192] + b"\xff" * 4096 + content[12288:])
    elif what == "head":
        path.write_bytes(b"no database" + content[11:])
    elif what == "body":
        flip(path, content.index(b"body 7 body") + 20)
    else:
        with sqlite3.connect(path) as connection:
            connection.execute("DELETE FROM bodies WHERE rowid = 3")
    with pytest.raises(StoreError, match=rf"^The file .*{FILE_NAME} is damaged .*copy of the whole folder.*\.$"):
        again = opened(tmp_path)
        for _, _, digest in list(again.entries("item")):
            again.body(str(digest))


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 0x10
    path.write_bytes(bytes(content))


def test_a_file_of_another_format_or_of_somebody_else_is_refused(tmp_path: Path, opened: Open) -> None:
    opened(tmp_path / "a").close()
    with sqlite3.connect(tmp_path / "a" / FILE_NAME) as connection:
        connection.execute(f"PRAGMA user_version = {FORMAT_VERSION + 1}")
    with pytest.raises(StoreError, match=rf"format {FORMAT_VERSION + 1}, this one knows {FORMAT_VERSION}"):
        opened(tmp_path / "a")
    (tmp_path / "b").mkdir()
    with sqlite3.connect(tmp_path / "b" / FILE_NAME) as connection:
        connection.execute("CREATE TABLE mine (x)")
    with pytest.raises(StoreError, match=r"is none of Gradeline's"):
        opened(tmp_path / "b")
    (tmp_path / "c").write_text("a file")
    with pytest.raises(StoreError, match=r"^The folder .* cannot be used \(.*\)\.$"):
        opened(tmp_path / "c")


HOLDER = """
import sys, time
from pathlib import Path
from local.cloud.store import Store

store = Store(Path(sys.argv[1]))
print("open", flush=True)
time.sleep(600)
"""


def test_one_process_has_a_folder_and_its_death_gives_it_free(tmp_path: Path, opened: Open) -> None:
    program = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout and holder.stdout.readline() == "open\n"
            with pytest.raises(StoreError, match=r"^The folder .* is in use by another gradeline; .*\.$"):
                opened(tmp_path)
        finally:
            holder.kill()
    opened(tmp_path).flush()


FILLER = """
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
    print("refused", flush=True)
"""


def test_a_full_disk_is_a_sentence_and_loses_nothing_that_was_settled(tmp_path: Path, opened: Open) -> None:
    program = [sys.executable, "-c", FILLER, str(tmp_path)]
    ended = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    *settled, sentence, refused = ended.stdout.splitlines()
    assert sentence.startswith(f"The file {tmp_path / FILE_NAME} cannot be written (") and sentence.endswith(
        "start again."
    )
    assert refused == "refused"
    assert 10 < len(settled) < 999
    assert set(settled) <= set(all_of(opened(tmp_path)))


def test_what_is_erased_is_in_no_file_of_the_folder_also_while_it_runs(tmp_path: Path, opened: Open) -> None:
    store = opened(tmp_path, idle_seconds=0.01)
    for number in range(30):
        store.add(StoreEntry("item", f"item {number}", f"Zdenka {number} " * 20, f"Ludmila {number} ".encode() * 700))
        store.add(StoreEntry("item", f"kept {number}", "something else" * 50, b"kept bytes" * 700))
    store.flush()
    assert b"Zdenka" in everything(tmp_path) and b"Ludmila" in everything(tmp_path)
    for number in range(30):
        # One half is deleted, the other replaced.
        store.add(StoreEntry("item", f"item {number}", None if number % 2 else "a tombstone"))
    store.flush()
    deadline = time.monotonic() + 20
    while (b"Zdenka" in everything(tmp_path) or b"Ludmila" in everything(tmp_path)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert b"Zdenka" not in everything(tmp_path)
    assert b"Ludmila" not in everything(tmp_path)
    assert len(all_of(store)) == 45


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())


def test_room_of_what_is_gone_is_given_back_at_the_next_start(tmp_path: Path, opened: Open) -> None:
    store = opened(tmp_path)
    store.add(*(StoreEntry("object", str(number), 1, os.urandom(100_000)) for number in range(40)))
    store.add(*(StoreEntry("object", str(number), None) for number in range(39)))
    store.close()
    store = opened(tmp_path)
    assert len(all_of(store, "object")) == 1
    store.close()
    assert (tmp_path / FILE_NAME).stat().st_size < 300_000


def test_many_threads_settle_together(tmp_path: Path, opened: Open) -> None:
    store = opened(tmp_path / "a")

    def work(thread: int) -> None:
        for number in range(40):
            store.add(StoreEntry("item", f"{thread}/{number}", number))
            store.flush()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert len(all_of(opened(crashed(tmp_path / "a", tmp_path / "b")))) == 320


def test_the_files_are_for_this_user_alone(tmp_path: Path, opened: Open) -> None:
    folder = tmp_path / "new"
    store = opened(folder)
    store.add(StoreEntry("item", "a", 1))
    store.flush()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.name for path in folder.iterdir()} >= {FILE_NAME, f"{FILE_NAME}-wal", LOCK_FILE_NAME}
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
