"""A file or assessment that cannot be sent is reported once and delays no other."""

import io
import os
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from rich.console import Console

from local.cli.api_client import ApiClient
from local.cli.drop_folder import DropFolder
from local.cli.serve import poll_once
from tests.cli.drop_folder_fakes import DropFolderHarness, FakeBucket, FakeClock, write_sheet
from tests.cli.fake_api import FakeApi
from tests.cli.sample_class import status_document


def test_a_failed_upload_is_retried(drop_folder: DropFolder, bucket: FakeBucket, harness: DropFolderHarness) -> None:
    write_sheet(drop_folder, "Mina Okafor.pdf")
    bucket.down = True
    harness.run_rounds(2)
    harness.run_rounds(2)
    assert harness.lines == ["rivers/answers/Mina Okafor.pdf: The store does not answer."]
    bucket.down = False
    harness.run_rounds(1)

    assert bucket.objects == {"drop/rivers/answers/Mina Okafor.pdf": b"%PDF-"}


def test_a_folder_with_an_invalid_name_delays_no_other(
    drop_folder: DropFolder, harness: DropFolderHarness, bucket: FakeBucket, api: FakeApi
) -> None:
    (drop_folder.folder / "Year 10" / "answers").mkdir(parents=True)
    (drop_folder.folder / "Year 10" / "answers" / "Mina.pdf").write_bytes(b"%PDF-")
    write_sheet(drop_folder, "Mina Okafor.pdf")
    refusal = {"type": "InvalidAssessment", "title": "Invalid", "detail": "An assessment's name has …"}
    api.replies["GET", "/assessments/Year%2010/submissions"] = (400, refusal)
    api.documents["a" * 32] = status_document("a" * 32, door="drop", state="READY", result=None)
    harness.run_rounds()
    bucket.objects["drop/Year 10/answers/Mina.pdf.refused.json"] = b'{"message": "A name has no spaces."}'
    harness.run_rounds(12)

    assert "Year 10/answers/Mina.pdf: refused. A name has no spaces." in harness.lines
    assert "rivers/answers/Mina Okafor.pdf: ready" in harness.lines


def test_special_files_are_reported_once_and_skipped(
    drop_folder: DropFolder, harness: DropFolderHarness, bucket: FakeBucket, tmp_path: Path
) -> None:
    answers = drop_folder.folder / "rivers" / "answers"
    os.mkfifo(answers / "pipe.pdf")
    (answers / "folder.pdf").mkdir()
    (answers / "folder.pdf" / "page.pdf").write_bytes(b"%PDF-")
    (answers / "nowhere.pdf").symlink_to("gone.pdf")
    (tmp_path / "private.pdf").write_bytes(b"not meant to be sent")
    (answers / "outside.pdf").symlink_to(tmp_path / "private.pdf")
    write_sheet(drop_folder, "Aaron.pdf")
    harness.run_rounds(12)

    assert sorted(line for line in harness.lines if "skipped" in line) == [
        "rivers/answers/folder.pdf: skipped. It is a folder, not a file.",
        "rivers/answers/nowhere.pdf: skipped. It is a link that leads nowhere.",
        "rivers/answers/outside.pdf: skipped. It is a link that leads out of its folder.",
        "rivers/answers/pipe.pdf: skipped. It is a named pipe, not a file.",
    ]
    write_sheet(drop_folder, "Zoe.pdf")
    harness.run_rounds()
    assert bucket.puts == ["drop/rivers/answers/Aaron.pdf", "drop/rivers/answers/Zoe.pdf"]


def test_a_pipe_that_replaces_a_file_blocks_nothing(
    drop_folder: DropFolder, clock: FakeClock, harness: DropFolderHarness
) -> None:
    path = write_sheet(drop_folder, "Mina.pdf")
    harness.run_rounds(2)
    path.unlink()
    os.mkfifo(path)
    harness.run_rounds(12)

    assert harness.lines == ["rivers/answers/Mina.pdf: skipped. It is a named pipe, not a file."]
    path.unlink()
    write_sheet(drop_folder, "Mina.pdf")
    harness.run_rounds(4)
    assert "rivers/answers/Mina.pdf: received" in harness.lines


def test_a_name_that_is_not_utf8_is_skipped(
    drop_folder: DropFolder, harness: DropFolderHarness, bucket: FakeBucket
) -> None:
    answers = os.fsencode(drop_folder.folder / "rivers" / "answers")
    Path(os.fsdecode(answers + b"/M\xfcller.pdf")).write_bytes(b"%PDF-")
    Path(os.fsdecode(answers + b"/\xff")).mkdir()
    write_sheet(drop_folder, "Zoe.pdf")
    harness.run_rounds(6)

    assert [line for line in harness.lines if "skipped" in line] == [
        "rivers/answers/M\\udcfcller.pdf: skipped. It has a name that is not UTF-8 text.",
        "rivers/answers/\\udcff: skipped. It has a name that is not UTF-8 text.",
    ]
    assert bucket.puts == ["drop/rivers/answers/Zoe.pdf"]


def test_a_file_with_the_longest_possible_name_is_sent(
    drop_folder: DropFolder, harness: DropFolderHarness, bucket: FakeBucket
) -> None:
    name = "x" * 251 + ".pdf"
    write_sheet(drop_folder, name)
    write_sheet(drop_folder, "Zoe.pdf")
    harness.run_rounds()
    bucket.objects[f"drop/rivers/answers/{name}.refused.json"] = b'{"message": "The name is too long."}'
    harness.run_rounds(2)

    assert sorted(bucket.puts) == ["drop/rivers/answers/Zoe.pdf", f"drop/rivers/answers/{name}"]
    assert harness.lines[-1] == f"rivers/answers/{name}: refused. The name is too long."


class RefusingBucket(FakeBucket):
    """A bucket that refuses some files."""

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, ContentType: str) -> None:  # noqa: N803
        if "bad" in Key:
            raise ClientError({"Error": {"Code": "KeyTooLongError", "Message": "Your key is too long"}}, "PutObject")
        if "odd" in Key:
            raise ValueError("unexpected")
        super().put_object(Bucket=Bucket, Key=Key, Body=Body, ContentType=ContentType)


def test_a_file_refused_by_s3_is_reported_once_and_delays_no_other(
    drop_folder: DropFolder, clock: FakeClock, client: ApiClient, tmp_path: Path
) -> None:
    bucket = RefusingBucket()
    harness = DropFolderHarness(drop_folder, clock, bucket, client, tmp_path / "results")
    for name in ("a bad one.pdf", "an odd one.pdf", "Zoe.pdf"):
        write_sheet(drop_folder, name)
    harness.run_rounds(8)

    assert bucket.puts == ["drop/rivers/answers/Zoe.pdf"]
    assert sum("KeyTooLongError" in line for line in harness.lines) == 1
    assert sum("ValueError: unexpected" in line for line in harness.lines) == 1


def test_an_assessment_whose_listing_fails_delays_no_other(
    drop_folder: DropFolder, harness: DropFolderHarness, api: FakeApi
) -> None:
    (drop_folder.folder / "alps").mkdir()
    (drop_folder.folder / "alps" / "question-paper.pdf").write_bytes(b"%PDF-")
    write_sheet(drop_folder, "Mina Okafor.pdf")
    api.replies["GET", "/assessments/alps/submissions"] = (403, {"title": "No", "detail": "Not for you."})
    api.documents["a" * 32] = status_document("a" * 32, door="drop", state="READY", result=None)
    harness.run_rounds(6)

    assert harness.lines.count("alps: Not for you.") == 1
    assert "rivers/answers/Mina Okafor.pdf: ready" in harness.lines


def test_a_failed_round_is_reported_once_and_does_not_end_the_service() -> None:
    class FailingService:
        def __init__(self) -> None:
            self.faults: list[Exception | None] = [OSError("Unplugged."), OSError("Unplugged."), KeyError("x"), None]

        def poll_once(self) -> None:
            fault = self.faults.pop(0)
            if fault:
                raise fault

    service: Any = FailingService()
    stderr, last_error = Console(file=io.StringIO(), width=80), ""
    for _ in range(4):
        last_error = poll_once(service, stderr, last_error)

    assert isinstance(stderr.file, io.StringIO)
    assert stderr.file.getvalue().splitlines() == ["Unplugged.", "KeyError: 'x'"]
