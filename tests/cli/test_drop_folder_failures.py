"""What fails for one file or one assessment of the drop folder is tried again, and holds up no other."""

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.platform.settings import Settings
from local.cli import drop_folder_service, regular_files
from local.cli.drop_folder import DropFolder
from local.cli.grading_session import GradingSession
from tests.cli.drop_folder_fakes import DropFolderHarness, FakeBucket
from tests.cli.fake_api import FakeApi
from tests.cli.sample_class import status_document, transcript


def fails(number: int, error: BaseException, real: Callable[..., Any]) -> Callable[..., Any]:
    """`real`, which fails the first so many times."""
    left = number

    def call(*args: Any, **named: Any) -> Any:
        nonlocal left
        if left > 0:
            left -= 1
            raise error
        return real(*args, **named)

    return call


def fails_for(name: str, error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading any file of this name fails."""
    read = regular_files._read_bytes

    def read_bytes(file: Any, number: int) -> bytes:
        if Path(f"/proc/self/fd/{file.fileno()}").readlink().name == name:
            raise error
        return read(file, number)

    monkeypatch.setattr(regular_files, "_read_bytes", read_bytes)


def graded(api: FakeApi, letter: str, **changes: Any) -> None:
    api.documents[letter * 32] = status_document(letter * 32, door="drop", **changes)
    api.replies["GET", f"/submissions/{letter * 32}/transcript"] = (200, transcript().to_dict())


REJECTED = {"state": "REJECTED", "result": None, "reason": {"type": "NoPages", "message": "It has no pages."}}


def test_a_file_beyond_the_limit_is_told_once_and_says_so_beside_itself(
    drop: DropFolder, harness: DropFolderHarness, bucket: FakeBucket
) -> None:
    answers = drop.folder / "rivers" / "answers"
    with (answers / "big.pdf").open("wb") as out:
        out.truncate(6 << 30)
    for name in ("anna.pdf", "zoe.pdf"):
        (answers / name).write_bytes(b"%PDF-")
    harness.run_rounds(8)

    why = f"has {6 << 30} bytes; at most {Settings.max_file_bytes} can be read."
    assert sorted(bucket.puts) == ["drop/rivers/answers/anna.pdf", "drop/rivers/answers/zoe.pdf"]
    assert [line for line in harness.lines if "big" in line] == [f"rivers/answers/big.pdf: passed over. It {why}"]
    assert (answers / "big.pdf.refused.txt").read_text() == f"This file {why}\n"

    (answers / "big.pdf").write_bytes(b"%PDF-")
    harness.run_rounds()
    assert "rivers/answers/big.pdf: received" in harness.lines
    assert not (answers / "big.pdf.refused.txt").exists()


@pytest.mark.parametrize(
    ("error", "why"),
    [(OSError(errno.EIO, "Input/output error"), "(Input/output error)"), (MemoryError(), "larger than the memory")],
)
def test_a_file_whose_reading_fails_holds_up_no_other_and_is_tried_again(
    *,
    drop: DropFolder,
    harness: DropFolderHarness,
    bucket: FakeBucket,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    why: str,
) -> None:
    for name in ("anna.pdf", "bad.pdf", "zoe.pdf"):
        (drop.folder / "rivers" / "answers" / name).write_bytes(b"%PDF-")
    with monkeypatch.context() as failing:
        fails_for("bad.pdf", error, failing)
        harness.run_rounds(8)

    assert sorted(bucket.puts) == ["drop/rivers/answers/anna.pdf", "drop/rivers/answers/zoe.pdf"]
    (told,) = [line for line in harness.lines if "bad.pdf" in line]
    assert told.startswith("rivers/answers/bad.pdf: passed over. It ") and why in told
    harness.run_rounds(2)
    assert "rivers/answers/bad.pdf: received" in harness.lines


def test_a_file_that_could_not_be_noted_as_sent_is_not_sent_again_and_again(
    drop: DropFolder, harness: DropFolderHarness, bucket: FakeBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = OSError(errno.ENOSPC, "No space left on device")
    monkeypatch.setattr(drop.ledger, "note", fails(1000, fault, drop.ledger.note))
    (drop.folder / "rivers" / "answers" / "anna.pdf").write_bytes(b"%PDF-")
    harness.run_rounds(8)

    assert bucket.puts == ["drop/rivers/answers/anna.pdf"]
    assert harness.lines == ["rivers/answers/anna.pdf: received", f"rivers/answers/anna.pdf: {fault}"]


def test_where_the_folder_cannot_be_looked_through_following_goes_on(
    drop: DropFolder, harness: DropFolderHarness, api: FakeApi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (drop.folder / "rivers" / "answers" / "Mina Okafor.pdf").write_bytes(b"%PDF-")
    harness.run_rounds(4)
    monkeypatch.setattr(drop, "_list_files", fails(100, OSError(errno.EIO, "Input/output error"), drop._list_files))
    graded(api, "a")
    harness.run_rounds(4)

    assert sum("Input/output error" in line for line in harness.lines) == 1
    assert "rivers/answers/Mina Okafor.pdf: 8 / 11" in harness.lines
    assert (tmp_path / "results" / "rivers" / "results.csv").exists()


@pytest.mark.parametrize("step", ["load_paper", "load_report_data", "write_report"])
def test_marks_that_could_not_be_written_are_written_later(
    *,
    drop: DropFolder,
    harness: DropFolderHarness,
    api: FakeApi,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    step: str,
) -> None:
    fault = OSError(errno.ENOSPC, "No space left on device")
    monkeypatch.setattr(GradingSession, step, fails(3, fault, getattr(GradingSession, step)))
    (drop.folder / "rivers" / "answers" / "Mina Okafor.pdf").write_bytes(b"%PDF-")
    graded(api, "a")
    harness.run_rounds(12)

    assert sum("No space left" in line for line in harness.lines) == 1
    assert harness.lines[-1] == f"rivers: 1 sheet, marks in {tmp_path / 'results' / 'rivers'}"
    assert (tmp_path / "results" / "rivers" / "report.html").exists()


@pytest.mark.parametrize("fault", [OSError(errno.ENOSPC, "No space left on device"), ValueError("odd")])
def test_a_note_that_cannot_be_written_keeps_no_other_sheet_from_its_ending(
    *,
    drop: DropFolder,
    harness: DropFolderHarness,
    api: FakeApi,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    fault: Exception,
) -> None:
    answers = drop.folder / "rivers" / "answers"
    for name in ("Anna.pdf", "Mina Okafor.pdf"):
        (answers / name).write_bytes(b"%PDF-")
    harness.run_rounds(4)
    graded(api, "a", student="Anna", **REJECTED)
    graded(api, "b")
    with monkeypatch.context() as failing:
        failing.setattr(DropFolder, "note", fails(1000, fault, DropFolder.note))
        harness.run_rounds(6)

    assert "rivers/answers/Anna.pdf: cannot be used. It has no pages." in harness.lines
    assert "rivers/answers/Mina Okafor.pdf: 8 / 11" in harness.lines
    assert sum("Anna.pdf.refused.txt: " in line for line in harness.lines) == 1
    assert (tmp_path / "results" / "rivers" / "results.csv").exists()
    harness.run_rounds(1)
    assert (answers / "Anna.pdf.refused.txt").read_text() == "It has no pages.\n", "and the note is tried again"


def test_an_assessment_whose_folder_was_moved_away_gets_its_marks(
    drop: DropFolder, harness: DropFolderHarness, api: FakeApi, tmp_path: Path
) -> None:
    for name in ("Anna.pdf", "Mina Okafor.pdf"):
        (drop.folder / "rivers" / "answers" / name).write_bytes(b"%PDF-")
    harness.run_rounds(4)
    (drop.folder / "rivers").rename(tmp_path / "elsewhere")
    graded(api, "a", student="Anna", **REJECTED)
    graded(api, "b")
    harness.run_rounds(4)

    assert not [line for line in harness.lines if "Errno" in line]
    assert b"Mina Okafor" in (tmp_path / "results" / "rivers" / "results.csv").read_bytes()


def test_a_sheet_that_cannot_be_asked_about_keeps_no_other_from_its_ending(
    drop: DropFolder, harness: DropFolderHarness, api: FakeApi
) -> None:
    for name in ("Anna.pdf", "Mina Okafor.pdf"):
        (drop.folder / "rivers" / "answers" / name).write_bytes(b"%PDF-")
    harness.run_rounds(4)
    graded(api, "a", student="Anna")
    graded(api, "b")
    api.replies["GET", f"/submissions/{'a' * 32}"] = (400, {"title": "No", "detail": "This record is damaged."})
    harness.run_rounds(6)

    assert "rivers/answers/Mina Okafor.pdf: 8 / 11" in harness.lines
    assert harness.lines.count("Anna.pdf: This record is damaged.") == 1
    del api.replies["GET", f"/submissions/{'a' * 32}"]
    harness.run_rounds(4)
    assert "rivers/answers/Anna.pdf: 8 / 11" in harness.lines


def test_an_ending_that_was_seen_in_a_round_that_failed_is_told_in_the_next(
    drop: DropFolder, harness: DropFolderHarness, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    (drop.folder / "rivers" / "answers" / "Mina Okafor.pdf").write_bytes(b"%PDF-")
    harness.run_rounds(4)
    graded(api, "a")
    refresh = drop_folder_service.refresh_statuses

    def refresh_then_fail(*args: Any, **named: Any) -> None:
        refresh(*args, **named)
        raise OSError("The line went dead.")

    monkeypatch.setattr(drop_folder_service, "refresh_statuses", refresh_then_fail)
    harness.run_rounds(4)

    assert harness.lines.count("rivers/answers/Mina Okafor.pdf: 8 / 11") == 1
