"""The drop folder: a file is sent once, when it is complete; a refused file gets a note next to it."""

import io
import json
import os
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from core.models.submission import DocumentKind
from local.cli.api_client import ApiClient
from local.cli.drop_folder import DropFolder
from local.cli.serve import poll_once
from tests.cli.drop_folder_fakes import DropFolderHarness, FakeBucket, FakeClock, make_drop_folder
from tests.cli.fake_api import FakeApi
from tests.cli.sample_class import picture, status_document, transcript


def put(drop_folder: DropFolder, name: str, body: bytes = b"%PDF-") -> Path:
    path = drop_folder.folder / "rivers" / "answers" / name
    path.write_bytes(body)
    return path


def scan_every_second(drop_folder: DropFolder, clock: FakeClock, seconds: int) -> list[str]:
    keys = []
    for _ in range(seconds):
        keys += [complete_file.key for complete_file in drop_folder.scan()]
        clock.now += 1
    return keys


def test_a_file_is_yielded_once(drop_folder: DropFolder, clock: FakeClock) -> None:
    put(drop_folder, "Mina Okafor.pdf")

    assert scan_every_second(drop_folder, clock, 20) == ["drop/rivers/answers/Mina Okafor.pdf"]


def test_a_file_still_being_copied_is_not_yielded(drop_folder: DropFolder, clock: FakeClock) -> None:
    for length in range(1, 8):
        put(drop_folder, "mina.pdf", b"x" * length)
        assert scan_every_second(drop_folder, clock, 1) == []

    clock.now += 1
    assert [complete_file.body for complete_file in drop_folder.scan()] == [b"x" * 7]


def test_an_empty_file_is_yielded_only_after_ten_seconds(drop_folder: DropFolder, clock: FakeClock) -> None:
    put(drop_folder, "mina.pdf", b"")
    assert scan_every_second(drop_folder, clock, 9) == []

    put(drop_folder, "mina.pdf", b"%PDF-")
    assert scan_every_second(drop_folder, clock, 5) == ["drop/rivers/answers/mina.pdf"]

    put(drop_folder, "zed.pdf", b"")
    assert scan_every_second(drop_folder, clock, 12) == ["drop/rivers/answers/zed.pdf"], (
        "it is sent in the end, to be refused visibly"
    )


def test_a_changed_file_is_yielded_again(drop_folder: DropFolder, clock: FakeClock) -> None:
    path = put(drop_folder, "mina.pdf")
    scan_every_second(drop_folder, clock, 5)
    path.write_bytes(b"%PDF-2")

    assert scan_every_second(drop_folder, clock, 5) == ["drop/rivers/answers/mina.pdf"]


def test_a_file_replaced_by_one_of_the_same_size_is_yielded_again(drop_folder: DropFolder, clock: FakeClock) -> None:
    path = put(drop_folder, "mina.pdf", b"abc")
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
    put(drop_folder, name)

    assert scan_every_second(drop_folder, clock, 15) == []


def test_keys_are_unicode_normalised(drop_folder: DropFolder, clock: FakeClock) -> None:
    put(drop_folder, unicodedata.normalize("NFD", "Zoë.pdf"))

    assert scan_every_second(drop_folder, clock, 5) == [
        "drop/rivers/answers/" + unicodedata.normalize("NFC", "Zoë.pdf")
    ]


def test_a_file_that_cannot_be_opened_is_retried(drop_folder: DropFolder, clock: FakeClock) -> None:
    put(drop_folder, "b.pdf")
    dangling_link = drop_folder.folder / "rivers" / "answers" / "a.pdf"
    dangling_link.symlink_to(drop_folder.folder / "nowhere.pdf")

    assert scan_every_second(drop_folder, clock, 5) == ["drop/rivers/answers/b.pdf"]

    (drop_folder.folder / "nowhere.pdf").write_bytes(b"%PDF-")
    assert "drop/rivers/answers/a.pdf" in scan_every_second(drop_folder, clock, 5)


def test_the_folder_has_a_readme_that_is_not_sent(drop_folder: DropFolder, clock: FakeClock) -> None:
    assert "answers/{student}.pdf" in (drop_folder.folder / "README.txt").read_text()
    assert scan_every_second(drop_folder, clock, 15) == []


def test_a_refused_file_gets_a_note_until_it_is_replaced(
    drop_folder: DropFolder, bucket: FakeBucket, harness: DropFolderHarness
) -> None:
    path = put(drop_folder, "notes.docx")
    report = {"refused": "InvalidDropKey", "message": "Put a file as drop/ASSESSMENT/question-paper.EXT …"}
    harness.run_rounds()
    bucket.objects["drop/rivers/answers/notes.docx.refused.json"] = json.dumps(report).encode()
    harness.run_rounds()

    assert path.with_name("notes.docx.refused.txt").read_text().startswith("Put a file as drop/")
    assert harness.lines[-1].startswith("rivers/answers/notes.docx: refused. Put a file as")

    del bucket.objects["drop/rivers/answers/notes.docx.refused.json"]
    path.write_bytes(b"another")
    harness.run_rounds()
    assert not path.with_name("notes.docx.refused.txt").exists(), "the report is about the old file"


def test_marks_are_written_when_all_sheets_have_ended(
    drop_folder: DropFolder, harness: DropFolderHarness, api: FakeApi, tmp_path: Path
) -> None:
    picture(drop_folder.folder / "rivers" / "answers" / "Mina Okafor.png", size=(300, 420))
    harness.run_rounds(4)
    api.documents["a" * 32] = status_document("a" * 32, door="drop")
    api.replies["GET", f"/submissions/{'a' * 32}/transcript"] = (200, transcript().to_dict())
    harness.run_rounds(2)

    assert "rivers/answers/Mina Okafor.png: 8 / 11" in harness.lines
    assert "Mina Okafor" in (tmp_path / "results" / "rivers" / "report.html").read_text()
    assert b"Mina Okafor" in (tmp_path / "results" / "rivers" / "results.csv").read_bytes()


def test_a_rejected_sheet_gets_a_note_with_the_reason(
    drop_folder: DropFolder, harness: DropFolderHarness, api: FakeApi
) -> None:
    path = put(drop_folder, "Mina Okafor.pdf")
    reason = {"type": "EncryptedDocument", "message": "The PDF asks for a password."}
    api.documents["a" * 32] = status_document("a" * 32, door="drop", state="REJECTED", result=None, reason=reason)
    harness.run_rounds(6)

    assert "rivers/answers/Mina Okafor.pdf: cannot be used. The PDF asks for a password." in harness.lines
    assert path.with_name("Mina Okafor.pdf.refused.txt").read_text() == "The PDF asks for a password.\n"


def test_a_replaced_sheet_does_not_get_the_old_submission(
    drop_folder: DropFolder, harness: DropFolderHarness, api: FakeApi
) -> None:
    path = put(drop_folder, "Mina Okafor.pdf")
    locked = {"state": "REJECTED", "result": None, "reason": {"type": "NoPages", "message": "It has no pages."}}
    api.documents["a" * 32] = status_document("a" * 32, door="drop", **locked)
    harness.run_rounds(6)
    path.write_bytes(b"%PDF-better")
    harness.run_rounds(5)
    assert not path.with_name("Mina Okafor.pdf.refused.txt").exists()

    api.documents["b" * 32] = status_document("b" * 32, door="drop")
    api.replies["GET", f"/submissions/{'b' * 32}/transcript"] = (200, transcript().to_dict())
    harness.run_rounds(3)

    assert "rivers/answers/Mina Okafor.pdf: 8 / 11" in harness.lines


def test_new_runs_started_by_a_later_paper_are_reported(
    drop_folder: DropFolder, harness: DropFolderHarness, api: FakeApi
) -> None:
    put(drop_folder, "Mina Okafor.pdf")
    api.documents["a" * 32] = status_document("a" * 32, door="drop", state="READY", result=None)
    harness.run_rounds(5)
    api.documents["a" * 32] = status_document("a" * 32, door="drop", run=2)
    api.replies["GET", f"/submissions/{'a' * 32}/transcript"] = (200, transcript().to_dict())
    harness.run_rounds(12)

    assert "rivers/answers/Mina Okafor.pdf: 8 / 11" in harness.lines


def test_a_failed_upload_is_retried(drop_folder: DropFolder, bucket: FakeBucket, harness: DropFolderHarness) -> None:
    put(drop_folder, "Mina Okafor.pdf")
    bucket.down = True
    harness.run_rounds(2)
    harness.run_rounds(2)
    assert harness.lines == ["rivers/answers/Mina Okafor.pdf: The store does not answer."]
    bucket.down = False
    harness.run_rounds(1)

    assert bucket.objects == {"drop/rivers/answers/Mina Okafor.pdf": b"%PDF-"}


def test_a_marking_scheme_goes_to_the_api(
    drop_folder: DropFolder, harness: DropFolderHarness, bucket: FakeBucket, api: FakeApi
) -> None:
    (drop_folder.folder / "rivers" / "marking-scheme.yaml").write_text("questions: []\n")
    harness.run_rounds()

    assert api.requests[0].path == "/assessments/rivers/marking-scheme" and api.requests[0].body == b"questions: []\n"
    assert api.requests[0].headers["content-type"] == "application/yaml"
    assert harness.lines == ["rivers/marking-scheme.yaml: set, 4 questions"] and not bucket.objects


def test_an_invalid_scheme_gets_a_note_with_the_error(
    drop_folder: DropFolder, harness: DropFolderHarness, api: FakeApi
) -> None:
    path = drop_folder.folder / "rivers" / "marking-scheme.json"
    path.write_text("{}")
    failure = {"type": "InvalidMarkingScheme", "title": "Invalid", "detail": "line 1: “questions” is missing."}
    api.replies["PUT", "/assessments/rivers/marking-scheme"] = (422, failure)
    harness.run_rounds()

    assert path.with_name("marking-scheme.json.refused.txt").read_text() == "line 1: “questions” is missing.\n"


def test_a_folder_with_an_invalid_name_delays_no_other(
    drop_folder: DropFolder, harness: DropFolderHarness, bucket: FakeBucket, api: FakeApi
) -> None:
    (drop_folder.folder / "Year 10" / "answers").mkdir(parents=True)
    (drop_folder.folder / "Year 10" / "answers" / "Mina.pdf").write_bytes(b"%PDF-")
    put(drop_folder, "Mina Okafor.pdf")
    refusal = {"type": "InvalidAssessment", "title": "Invalid", "detail": "An assessment's name has …"}
    api.replies["GET", "/assessments/Year%2010/submissions"] = (400, refusal)
    api.documents["a" * 32] = status_document("a" * 32, door="drop", state="READY", result=None)
    harness.run_rounds()
    bucket.objects["drop/Year 10/answers/Mina.pdf.refused.json"] = b'{"message": "A name has no spaces."}'
    harness.run_rounds(12)

    assert "Year 10/answers/Mina.pdf: refused. A name has no spaces." in harness.lines
    assert "rivers/answers/Mina Okafor.pdf: ready" in harness.lines


def test_a_question_paper_is_tracked_as_a_paper(
    drop_folder: DropFolder, harness: DropFolderHarness, api: FakeApi
) -> None:
    (drop_folder.folder / "rivers" / "question-paper.pdf").write_bytes(b"%PDF-")
    ready = {"kind": "question_paper", "student": None, "state": "READY", "result": None}
    api.documents["c" * 32] = status_document("c" * 32, door="drop", **ready)
    harness.run_rounds(6)

    assert "rivers/question-paper.pdf: ready" in harness.lines
    assert next(iter(harness.service._submitted.values())).kind is DocumentKind.QUESTION_PAPER


@dataclass
class Restart:
    """Starts the service again on the same folder."""

    make: Callable[[], DropFolderHarness]

    def __call__(self) -> DropFolderHarness:
        harness = self.make()
        harness.service.resume_tracking()
        return harness


@pytest.fixture
def restart(tmp_path: Path, clock: FakeClock, bucket: FakeBucket, client: ApiClient) -> Restart:
    return Restart(
        lambda: DropFolderHarness(make_drop_folder(tmp_path, clock), clock, bucket, client, tmp_path / "results")
    )


def test_a_restarted_service_sends_only_new_files(
    drop_folder: DropFolder, harness: DropFolderHarness, bucket: FakeBucket, restart: Restart
) -> None:
    put(drop_folder, "Mina.pdf")
    changed = put(drop_folder, "Otis.pdf")
    harness.run_rounds()
    assert sorted(bucket.puts) == ["drop/rivers/answers/Mina.pdf", "drop/rivers/answers/Otis.pdf"]

    changed.write_bytes(b"%PDF-another")
    put(drop_folder, "Žofie.pdf")
    restarted = restart()
    restarted.run_rounds()
    assert sorted(bucket.puts[2:]) == ["drop/rivers/answers/Otis.pdf", "drop/rivers/answers/Žofie.pdf"]
    restart().run_rounds()
    assert len(bucket.puts) == 4


def test_a_service_killed_after_an_upload_does_not_repeat_it(
    drop_folder: DropFolder, harness: DropFolderHarness, bucket: FakeBucket, restart: Restart, tmp_path: Path
) -> None:
    put(drop_folder, "Mina.pdf")
    harness.run_rounds()
    sent_log = tmp_path / "dropped.jsonl"
    sent_log.write_bytes(sent_log.read_bytes()[:-3])
    restart().run_rounds()
    assert bucket.puts == ["drop/rivers/answers/Mina.pdf"]
    # The log has the file now, so it is not sent again after the object has expired.
    bucket.objects.clear()
    restart().run_rounds()
    assert bucket.puts == ["drop/rivers/answers/Mina.pdf"]


def test_files_sent_before_are_tracked_and_their_marks_written(
    drop_folder: DropFolder, harness: DropFolderHarness, api: FakeApi, restart: Restart, tmp_path: Path
) -> None:
    for name in ("Mina Okafor.png", "Otis.png"):
        picture(drop_folder.folder / "rivers" / "answers" / name, size=(300, 420))
    harness.run_rounds(4)
    api.documents["a" * 32] = status_document("a" * 32, door="drop")
    reading = {"state": "READING", "result": None, "student": "Otis"}
    api.documents["b" * 32] = status_document("b" * 32, door="drop", **reading)
    for letter in "ab":
        api.replies["GET", f"/submissions/{letter * 32}/transcript"] = (200, transcript().to_dict())
    restarted = restart()
    restarted.run_rounds(2)
    assert restarted.lines == ["2 files sent before: still tracked"], "what had ended is not reported again"
    api.documents["b" * 32] = status_document("b" * 32, door="drop", student="Otis")
    restarted.run_rounds(2)
    assert "rivers/answers/Otis.png: 8 / 11" in restarted.lines
    assert b"Mina Okafor" in (tmp_path / "results" / "rivers" / "results.csv").read_bytes()


def test_the_sent_log_drops_entries_of_deleted_files(
    drop_folder: DropFolder, harness: DropFolderHarness, restart: Restart, tmp_path: Path
) -> None:
    path = put(drop_folder, "Mina.pdf")
    harness.run_rounds()
    path.unlink()
    restart()
    assert (tmp_path / "dropped.jsonl").read_bytes() == b""
    assert (tmp_path / "dropped.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_sheet_with_an_unusable_paper_is_reported_without_a_note(
    drop_folder: DropFolder, harness: DropFolderHarness, api: FakeApi
) -> None:
    path = put(drop_folder, "Mina Okafor.pdf")
    reason = {"type": "PaperNotReady", "message": "The question paper cannot be used: it is locked."}
    waiting = {"state": "AWAITING_PAPER", "result": None, "ended_at": None, "reason": reason}
    api.documents["a" * 32] = status_document("a" * 32, door="drop", **waiting)
    harness.run_rounds(6)
    line = f"rivers/answers/Mina Okafor.pdf: waiting for its question paper. {reason['message']}"
    assert harness.lines.count(line) == 1
    assert not path.with_name("Mina Okafor.pdf.refused.txt").exists()

    api.documents["a" * 32] = status_document("a" * 32, door="drop", run=2)
    api.replies["GET", f"/submissions/{'a' * 32}/transcript"] = (200, transcript().to_dict())
    harness.run_rounds(12)
    assert "rivers/answers/Mina Okafor.pdf: 8 / 11" in harness.lines


def test_the_note_of_a_failed_sheet_is_removed_when_it_is_marked(
    drop_folder: DropFolder, harness: DropFolderHarness, api: FakeApi
) -> None:
    path = put(drop_folder, "Mina Okafor.pdf")
    reason = {"type": "ReadingLimitExceeded", "message": "It took too long."}
    api.documents["a" * 32] = status_document("a" * 32, door="drop", state="FAILED", result=None, reason=reason)
    harness.run_rounds(6)
    assert path.with_name("Mina Okafor.pdf.refused.txt").exists()

    api.documents["a" * 32] = status_document("a" * 32, door="drop", run=2)
    api.replies["GET", f"/submissions/{'a' * 32}/transcript"] = (200, transcript().to_dict())
    harness.run_rounds(12)
    assert not path.with_name("Mina Okafor.pdf.refused.txt").exists()


# ── a bad entry does not affect the others ───────────────────────────────────────────────────────


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
    put(drop_folder, "Aaron.pdf")
    harness.run_rounds(12)

    assert sorted(line for line in harness.lines if "skipped" in line) == [
        "rivers/answers/folder.pdf: skipped. It is a folder, not a file.",
        "rivers/answers/nowhere.pdf: skipped. It is a link that leads nowhere.",
        "rivers/answers/outside.pdf: skipped. It is a link that leads out of its folder.",
        "rivers/answers/pipe.pdf: skipped. It is a named pipe, not a file.",
    ]
    put(drop_folder, "Zoe.pdf")
    harness.run_rounds()
    assert bucket.puts == ["drop/rivers/answers/Aaron.pdf", "drop/rivers/answers/Zoe.pdf"]


def test_an_assessment_may_have_a_name_with_an_extension(drop_folder: DropFolder, clock: FakeClock) -> None:
    (drop_folder.folder / "bio.pdf" / "answers").mkdir(parents=True)
    (drop_folder.folder / "bio.pdf" / "answers" / "Ada.pdf").write_bytes(b"%PDF-")

    assert scan_every_second(drop_folder, clock, 5) == ["drop/bio.pdf/answers/Ada.pdf"]


def test_a_pipe_that_replaces_a_file_blocks_nothing(
    drop_folder: DropFolder, clock: FakeClock, harness: DropFolderHarness
) -> None:
    path = put(drop_folder, "Mina.pdf")
    harness.run_rounds(2)
    path.unlink()
    os.mkfifo(path)
    harness.run_rounds(12)

    assert harness.lines == ["rivers/answers/Mina.pdf: skipped. It is a named pipe, not a file."]
    path.unlink()
    put(drop_folder, "Mina.pdf")
    harness.run_rounds(4)
    assert "rivers/answers/Mina.pdf: received" in harness.lines


def test_a_name_that_is_not_utf8_is_skipped(
    drop_folder: DropFolder, harness: DropFolderHarness, bucket: FakeBucket
) -> None:
    answers = os.fsencode(drop_folder.folder / "rivers" / "answers")
    Path(os.fsdecode(answers + b"/M\xfcller.pdf")).write_bytes(b"%PDF-")
    Path(os.fsdecode(answers + b"/\xff")).mkdir()
    put(drop_folder, "Zoe.pdf")
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
    put(drop_folder, name)
    put(drop_folder, "Zoe.pdf")
    harness.run_rounds()
    bucket.objects[f"drop/rivers/answers/{name}.refused.json"] = b'{"message": "The name is too long."}'
    harness.run_rounds(2)

    assert sorted(bucket.puts) == ["drop/rivers/answers/Zoe.pdf", f"drop/rivers/answers/{name}"]
    assert harness.lines[-1] == f"rivers/answers/{name}: refused. The name is too long."


def test_a_note_replaces_whatever_is_at_its_path(drop_folder: DropFolder, tmp_path: Path) -> None:
    path = put(drop_folder, "Mina.pdf")
    os.mkfifo(path.with_name("Mina.pdf.refused.txt"))
    drop_folder.write_refusal_note(path, "It is empty.")
    assert path.with_name("Mina.pdf.refused.txt").read_text() == "It is empty.\n"


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
        put(drop_folder, name)
    harness.run_rounds(8)

    assert bucket.puts == ["drop/rivers/answers/Zoe.pdf"]
    assert sum("KeyTooLongError" in line for line in harness.lines) == 1
    assert sum("ValueError: unexpected" in line for line in harness.lines) == 1


def test_an_assessment_whose_listing_fails_delays_no_other(
    drop_folder: DropFolder, harness: DropFolderHarness, api: FakeApi
) -> None:
    (drop_folder.folder / "alps").mkdir()
    (drop_folder.folder / "alps" / "question-paper.pdf").write_bytes(b"%PDF-")
    put(drop_folder, "Mina Okafor.pdf")
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
