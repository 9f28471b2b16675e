"""The drop folder yields each file once, when it is complete, and again when it has changed."""

import os
import unicodedata
from pathlib import Path

import pytest

from local.cli.drop_folder import DropFolder
from tests.cli.drop_folder_fakes import FakeClock, write_sheet


def scan_every_second(drop_folder: DropFolder, clock: FakeClock, seconds: int) -> list[str]:
    keys = []
    for _ in range(seconds):
        keys += [complete_file.key for complete_file in drop_folder.scan()]
        clock.now += 1
    return keys


def test_a_file_is_yielded_once(drop_folder: DropFolder, clock: FakeClock) -> None:
    write_sheet(drop_folder, "Mina Okafor.pdf")

    assert scan_every_second(drop_folder, clock, 20) == ["drop/rivers/answers/Mina Okafor.pdf"]


def test_a_file_still_being_copied_is_not_yielded(drop_folder: DropFolder, clock: FakeClock) -> None:
    for length in range(1, 8):
        write_sheet(drop_folder, "mina.pdf", b"x" * length)
        assert scan_every_second(drop_folder, clock, 1) == []

    clock.now += 1
    assert [complete_file.body for complete_file in drop_folder.scan()] == [b"x" * 7]


def test_an_empty_file_is_yielded_only_after_ten_seconds(drop_folder: DropFolder, clock: FakeClock) -> None:
    write_sheet(drop_folder, "mina.pdf", b"")
    assert scan_every_second(drop_folder, clock, 9) == []

    write_sheet(drop_folder, "mina.pdf", b"%PDF-")
    assert scan_every_second(drop_folder, clock, 5) == ["drop/rivers/answers/mina.pdf"]

    write_sheet(drop_folder, "zed.pdf", b"")
    assert scan_every_second(drop_folder, clock, 12) == ["drop/rivers/answers/zed.pdf"], (
        "it is sent in the end, to be refused visibly"
    )


def test_a_changed_file_is_yielded_again(drop_folder: DropFolder, clock: FakeClock) -> None:
    path = write_sheet(drop_folder, "mina.pdf")
    scan_every_second(drop_folder, clock, 5)
    path.write_bytes(b"%PDF-2")

    assert scan_every_second(drop_folder, clock, 5) == ["drop/rivers/answers/mina.pdf"]


def test_a_file_replaced_by_one_of_the_same_size_is_yielded_again(drop_folder: DropFolder, clock: FakeClock) -> None:
    path = write_sheet(drop_folder, "mina.pdf", b"abc")
    scan_every_second(drop_folder, clock, 5)
    path.write_bytes(b"abd")
    os.utime(path, ns=(1, 2_000_000_000_000_000_000))

    assert scan_every_second(drop_folder, clock, 5) == ["drop/rivers/answers/mina.pdf"]


@pytest.mark.parametrize(
    "name",
    [".DS_Store", "~$mina.pdf", "Thumbs.db", "desktop.ini", "mina.pdf.part", "x.crdownload", "a.pdf.refused.txt"],
)
def test_hidden_files_and_unfinished_downloads_are_ignored(
    drop_folder: DropFolder, clock: FakeClock, name: str
) -> None:
    write_sheet(drop_folder, name)

    assert scan_every_second(drop_folder, clock, 15) == []


def test_keys_are_unicode_normalised(drop_folder: DropFolder, clock: FakeClock) -> None:
    write_sheet(drop_folder, unicodedata.normalize("NFD", "Zoë.pdf"))

    assert scan_every_second(drop_folder, clock, 5) == [
        "drop/rivers/answers/" + unicodedata.normalize("NFC", "Zoë.pdf")
    ]


def test_a_file_that_cannot_be_opened_is_retried(drop_folder: DropFolder, clock: FakeClock) -> None:
    write_sheet(drop_folder, "b.pdf")
    dangling_link = drop_folder.folder / "rivers" / "answers" / "a.pdf"
    dangling_link.symlink_to(drop_folder.folder / "nowhere.pdf")

    assert scan_every_second(drop_folder, clock, 5) == ["drop/rivers/answers/b.pdf"]

    (drop_folder.folder / "nowhere.pdf").write_bytes(b"%PDF-")
    assert "drop/rivers/answers/a.pdf" in scan_every_second(drop_folder, clock, 5)


def test_the_folder_has_a_readme_that_is_not_sent(drop_folder: DropFolder, clock: FakeClock) -> None:
    assert "answers/{student}.pdf" in (drop_folder.folder / "README.txt").read_text()
    assert scan_every_second(drop_folder, clock, 15) == []


def test_an_assessment_may_have_a_name_with_an_extension(drop_folder: DropFolder, clock: FakeClock) -> None:
    (drop_folder.folder / "bio.pdf" / "answers").mkdir(parents=True)
    (drop_folder.folder / "bio.pdf" / "answers" / "Ada.pdf").write_bytes(b"%PDF-")

    assert scan_every_second(drop_folder, clock, 5) == ["drop/bio.pdf/answers/Ada.pdf"]


def test_a_note_replaces_whatever_is_at_its_path(drop_folder: DropFolder, tmp_path: Path) -> None:
    path = write_sheet(drop_folder, "Mina.pdf")
    os.mkfifo(path.with_name("Mina.pdf.refused.txt"))
    drop_folder.write_refusal_note(path, "It is empty.")
    assert path.with_name("Mina.pdf.refused.txt").read_text() == "It is empty.\n"
