"""Failures of one file or one assessment of the drop folder are retried and do not affect the others."""

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


def fail_first(number: int, error: BaseException, real: Callable[..., Any]) -> Callable[..., Any]:
    """Return `real` wrapped so that its first `number` calls raise `error`."""
    left = number

    def call(*args: Any, **named: Any) -> Any:
        nonlocal left
        if left > 0:
            left -= 1
            raise error
        return real(*args, **named)

    return call


def fail_reading_of(name: str, error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make reading any file of this name raise `error`."""
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


def test_a_file_above_the_limit_is_reported_once_and_gets_a_note(
    drop_folder: DropFolder, harness: DropFolderHarness, bucket: FakeBucket
) -> None:
    answers = drop_folder.folder / "rivers" / "answers"
    with (answers / "big.pdf").open("wb") as out:
        out.truncate(6 << 30)
    for name in ("anna.pdf", "zoe.pdf"):
        (answers / name).write_bytes(b"%PDF-")
    harness.run_rounds(8)

    detail = f"has {6 << 30} bytes; at most {Settings.max_file_bytes} can be read."
    assert sorted(bucket.puts) == ["drop/rivers/answers/anna.pdf", "drop/rivers/answers/zoe.pdf"]
    assert [line for line in harness.lines if "big" in line] == [f"rivers/answers/big.pdf: skipped. It {detail}"]
    assert (answers / "big.pdf.refused.txt").read_text() == f"This file {detail}\n"

    (answers / "big.pdf").write_bytes(b"%PDF-")
    harness.run_rounds()
    assert "rivers/answers/big.pdf: received" in harness.lines
    assert not (answers / "big.pdf.refused.txt").exists()


@pytest.mark.parametrize(
    ("error", "detail"),
    [(OSError(errno.EIO, "Input/output error"), "(Input/output error)"), (MemoryError(), "larger than the memory")],
)
def test_a_file_that_cannot_be_read_is_retried_without_delaying_others(
    *,
    drop_folder: DropFolder,
    harness: DropFolderHarness,
    bucket: FakeBucket,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    detail: str,
) -> None:
    for name in ("anna.pdf", "bad.pdf", "zoe.pdf"):
        (drop_folder.folder / "rivers" / "answers" / name).write_bytes(b"%PDF-")
    with monkeypatch.context() as failing:
        fail_reading_of("bad.pdf", error, failing)
        harness.run_rounds(8)

    assert sorted(bucket.puts) == ["drop/rivers/answers/anna.pdf", "drop/rivers/answers/zoe.pdf"]
    (message,) = [line for line in harness.lines if "bad.pdf" in line]
    assert message.startswith("rivers/answers/bad.pdf: skipped. It ") and detail in message
    harness.run_rounds(2)
    assert "rivers/answers/bad.pdf: received" in harness.lines


def test_a_file_that_could_not_be_logged_as_sent_is_sent_once(
    drop_folder: DropFolder, harness: DropFolderHarness, bucket: FakeBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = OSError(errno.ENOSPC, "No space left on device")
    monkeypatch.setattr(drop_folder.sent_log, "record_sent", fail_first(1000, fault, drop_folder.sent_log.record_sent))
    (drop_folder.folder / "rivers" / "answers" / "anna.pdf").write_bytes(b"%PDF-")
    harness.run_rounds(8)

    assert bucket.puts == ["drop/rivers/answers/anna.pdf"]
    assert harness.lines == ["rivers/answers/anna.pdf: received", f"rivers/answers/anna.pdf: {fault}"]


def test_sent_files_are_tracked_while_the_folder_cannot_be_listed(
    drop_folder: DropFolder, harness: DropFolderHarness, api: FakeApi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (drop_folder.folder / "rivers" / "answers" / "Mina Okafor.pdf").write_bytes(b"%PDF-")
    harness.run_rounds(4)
    monkeypatch.setattr(
        drop_folder, "_list_files", fail_first(100, OSError(errno.EIO, "Input/output error"), drop_folder._list_files)
    )
    graded(api, "a")
    harness.run_rounds(4)

    assert sum("Input/output error" in line for line in harness.lines) == 1
    assert "rivers/answers/Mina Okafor.pdf: 8 / 11" in harness.lines
    assert (tmp_path / "results" / "rivers" / "results.csv").exists()


@pytest.mark.parametrize("step", ["load_paper", "load_report_data", "write_report"])
def test_writing_marks_is_retried(
    *,
    drop_folder: DropFolder,
    harness: DropFolderHarness,
    api: FakeApi,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    step: str,
) -> None:
    fault = OSError(errno.ENOSPC, "No space left on device")
    monkeypatch.setattr(GradingSession, step, fail_first(3, fault, getattr(GradingSession, step)))
    (drop_folder.folder / "rivers" / "answers" / "Mina Okafor.pdf").write_bytes(b"%PDF-")
    graded(api, "a")
    harness.run_rounds(12)

    assert sum("No space left" in line for line in harness.lines) == 1
    assert harness.lines[-1] == f"rivers: 1 sheet, marks in {tmp_path / 'results' / 'rivers'}"
    assert (tmp_path / "results" / "rivers" / "report.html").exists()


@pytest.mark.parametrize("fault", [OSError(errno.ENOSPC, "No space left on device"), ValueError("odd")])
def test_a_note_that_cannot_be_written_delays_no_other_sheet(
    *,
    drop_folder: DropFolder,
    harness: DropFolderHarness,
    api: FakeApi,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    fault: Exception,
) -> None:
    answers = drop_folder.folder / "rivers" / "answers"
    for name in ("Anna.pdf", "Mina Okafor.pdf"):
        (answers / name).write_bytes(b"%PDF-")
    harness.run_rounds(4)
    graded(api, "a", student="Anna", **REJECTED)
    graded(api, "b")
    with monkeypatch.context() as failing:
        failing.setattr(DropFolder, "write_refusal_note", fail_first(1000, fault, DropFolder.write_refusal_note))
        harness.run_rounds(6)

    assert "rivers/answers/Anna.pdf: cannot be used. It has no pages." in harness.lines
    assert "rivers/answers/Mina Okafor.pdf: 8 / 11" in harness.lines
    assert sum("Anna.pdf.refused.txt: " in line for line in harness.lines) == 1
    assert (tmp_path / "results" / "rivers" / "results.csv").exists()
    harness.run_rounds(1)
    assert (answers / "Anna.pdf.refused.txt").read_text() == "It has no pages.\n", "writing the note is retried"


def test_an_assessment_whose_folder_was_moved_gets_its_marks(
    drop_folder: DropFolder, harness: DropFolderHarness, api: FakeApi, tmp_path: Path
) -> None:
    for name in ("Anna.pdf", "Mina Okafor.pdf"):
        (drop_folder.folder / "rivers" / "answers" / name).write_bytes(b"%PDF-")
    harness.run_rounds(4)
    (drop_folder.folder / "rivers").rename(tmp_path / "elsewhere")
    graded(api, "a", student="Anna", **REJECTED)
    graded(api, "b")
    harness.run_rounds(4)

    assert not [line for line in harness.lines if "Errno" in line]
    assert b"Mina Okafor" in (tmp_path / "results" / "rivers" / "results.csv").read_bytes()


def test_a_sheet_whose_status_fails_delays_no_other(
    drop_folder: DropFolder, harness: DropFolderHarness, api: FakeApi
) -> None:
    for name in ("Anna.pdf", "Mina Okafor.pdf"):
        (drop_folder.folder / "rivers" / "answers" / name).write_bytes(b"%PDF-")
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


def test_an_outcome_seen_in_a_failed_round_is_reported_in_the_next(
    drop_folder: DropFolder, harness: DropFolderHarness, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    (drop_folder.folder / "rivers" / "answers" / "Mina Okafor.pdf").write_bytes(b"%PDF-")
    harness.run_rounds(4)
    graded(api, "a")
    refresh = drop_folder_service.refresh_statuses

    def refresh_then_fail(*args: Any, **named: Any) -> None:
        refresh(*args, **named)
        raise OSError("The line went dead.")

    monkeypatch.setattr(drop_folder_service, "refresh_statuses", refresh_then_fail)
    harness.run_rounds(4)

    assert harness.lines.count("rivers/answers/Mina Okafor.pdf: 8 / 11") == 1
