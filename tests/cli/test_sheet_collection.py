"""Collecting sheets from files and folders; unusable entries are refused or skipped."""

import errno
import os
import unicodedata
from pathlib import Path
from typing import Any, NoReturn

import pytest

from local.cli import regular_files
from local.cli.main import main
from local.cli.sheet_collection import collect_sheets
from local.cli.submitted_files import UsageError


def sheets_of(*paths: Path) -> list[str | None]:
    return [submitted.student for submitted in collect_sheets(paths)[0]]


def test_a_folder_yields_its_sheets_and_its_skipped_files(sheet_folder: Path) -> None:
    sheets, skipped = collect_sheets([sheet_folder])

    assert [sheet.student for sheet in sheets] == ["Jonas Weber", "mina"]
    assert [path.name for path in skipped] == ["notes.docx"]


def test_files_and_folders_can_be_mixed(sheet_folder: Path) -> None:
    assert sheets_of(sheet_folder / "mina.jpg", sheet_folder / "old") == ["mina", "ana"]


def test_student_names_are_unicode_normalised(tmp_path: Path) -> None:
    path = tmp_path / (unicodedata.normalize("NFD", "Zoë") + ".png")
    path.write_bytes(b"x")

    assert sheets_of(path) == [unicodedata.normalize("NFC", "Zoë")]


def test_two_sheets_of_one_student_are_refused(tmp_path: Path) -> None:
    for name in ("mina.jpg", "mina.pdf"):
        (tmp_path / name).write_bytes(b"x")

    with pytest.raises(UsageError, match="both be the sheet of “mina”"):
        collect_sheets([tmp_path])


@pytest.mark.parametrize(
    ("name", "sentence"), [("gone.pdf", "no file"), ("notes.docx", "not a PDF, JPEG, PNG or TIFF")]
)
def test_a_named_file_that_cannot_be_a_sheet_is_a_usage_error(sheet_folder: Path, name: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        collect_sheets([sheet_folder / name])


def test_special_files_in_a_folder_are_skipped_with_the_reason(sheet_folder: Path, tmp_path_factory: Any) -> None:
    private = tmp_path_factory.mktemp("elsewhere") / "private.pdf"
    private.write_bytes(b"%PDF-")
    os.mkfifo(sheet_folder / "pipe.pdf")
    (sheet_folder / "outside.pdf").symlink_to(private)
    (sheet_folder / "inside.pdf").symlink_to("mina.jpg")
    (sheet_folder / "nowhere.pdf").symlink_to("gone.pdf")
    (sheet_folder / "folder.pdf").mkdir()

    sheets, skipped = collect_sheets([sheet_folder])

    assert [sheet.path.name for sheet in sheets] == ["Jonas Weber.PDF", "inside.pdf", "mina.jpg"]
    assert {path.name: detail for path, detail in skipped.items()} == {
        "notes.docx": "",
        "pipe.pdf": "is a named pipe, not a file",
        "outside.pdf": "is a link that leads out of its folder",
        "nowhere.pdf": "is a link that leads nowhere",
        "folder.pdf": "is a folder, not a file",
    }


@pytest.mark.parametrize(
    "arguments",
    [
        ["questions", "pipe.pdf"],
        ["extract", "pipe.pdf"],
        ["extract", "--textract-response", "pipe.pdf"],
        ["evaluate", "pipe.pdf"],
        ["grade", "--paper", "pipe.pdf", "mina.jpg"],
        ["grade", "--paper", "mina.jpg", "pipe.pdf"],
        ["grade", "--paper", "mina.jpg", "--scheme", "pipe.pdf", "Jonas Weber.PDF"],
        ["grade", "--paper", "mina.jpg", "--roster", "pipe.pdf", "Jonas Weber.PDF"],
    ],
)
def test_a_named_pipe_as_argument_is_bad_usage_and_does_not_block(
    sheet_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    os.mkfifo(sheet_folder / "pipe.pdf")
    monkeypatch.chdir(sheet_folder)

    assert main(arguments) == 2
    assert "is a named pipe, not a file" in capsys.readouterr().err


def test_an_unreadable_named_file_is_bad_usage(sheet_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(regular_files, "_read_bytes", fail)
    with pytest.raises(UsageError, match=r"mina.jpg cannot be read \(Input/output error\)"):
        collect_sheets([sheet_folder / "mina.jpg"])


def test_a_folder_that_cannot_be_listed_is_bad_usage(sheet_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Path) -> NoReturn:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", fail)
    with pytest.raises(UsageError, match=r"cannot be opened \(Permission denied\)"):
        collect_sheets([sheet_folder])
