"""The drop folder service reports outcomes, writes notes and marks, and continues after a restart."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.models.document_kinds import DocumentKind
from local.cli.api_client import ApiClient
from local.cli.drop_folder import DropFolder
from tests.cli.drop_folder_fakes import DropFolderHarness, FakeBucket, FakeClock, make_drop_folder, write_sheet
from tests.cli.fake_api import FakeApi
from tests.cli.sample_class import picture, status_document, transcript


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


def test_a_refused_file_gets_a_note_until_it_is_replaced(
    drop_folder: DropFolder, bucket: FakeBucket, harness: DropFolderHarness
) -> None:
    path = write_sheet(drop_folder, "notes.docx")
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
    path = write_sheet(drop_folder, "Mina Okafor.pdf")
    reason = {"type": "EncryptedDocument", "message": "The PDF asks for a password."}
    api.documents["a" * 32] = status_document("a" * 32, door="drop", state="REJECTED", result=None, reason=reason)
    harness.run_rounds(6)

    assert "rivers/answers/Mina Okafor.pdf: cannot be used. The PDF asks for a password." in harness.lines
    assert path.with_name("Mina Okafor.pdf.refused.txt").read_text() == "The PDF asks for a password.\n"


def test_a_replaced_sheet_does_not_get_the_old_submission(
    drop_folder: DropFolder, harness: DropFolderHarness, api: FakeApi
) -> None:
    path = write_sheet(drop_folder, "Mina Okafor.pdf")
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
    write_sheet(drop_folder, "Mina Okafor.pdf")
    api.documents["a" * 32] = status_document("a" * 32, door="drop", state="READY", result=None)
    harness.run_rounds(5)
    api.documents["a" * 32] = status_document("a" * 32, door="drop", run=2)
    api.replies["GET", f"/submissions/{'a' * 32}/transcript"] = (200, transcript().to_dict())
    harness.run_rounds(12)

    assert "rivers/answers/Mina Okafor.pdf: 8 / 11" in harness.lines


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


def test_a_question_paper_is_tracked_as_a_paper(
    drop_folder: DropFolder, harness: DropFolderHarness, api: FakeApi
) -> None:
    (drop_folder.folder / "rivers" / "question-paper.pdf").write_bytes(b"%PDF-")
    ready = {"kind": "question_paper", "student": None, "state": "READY", "result": None}
    api.documents["c" * 32] = status_document("c" * 32, door="drop", **ready)
    harness.run_rounds(6)

    assert "rivers/question-paper.pdf: ready" in harness.lines
    assert next(iter(harness.service._submitted.values())).kind is DocumentKind.QUESTION_PAPER


def test_a_restarted_service_sends_only_new_files(
    drop_folder: DropFolder, harness: DropFolderHarness, bucket: FakeBucket, restart: Restart
) -> None:
    write_sheet(drop_folder, "Mina.pdf")
    changed = write_sheet(drop_folder, "Otis.pdf")
    harness.run_rounds()
    assert sorted(bucket.puts) == ["drop/rivers/answers/Mina.pdf", "drop/rivers/answers/Otis.pdf"]

    changed.write_bytes(b"%PDF-another")
    write_sheet(drop_folder, "Žofie.pdf")
    restarted = restart()
    restarted.run_rounds()
    assert sorted(bucket.puts[2:]) == ["drop/rivers/answers/Otis.pdf", "drop/rivers/answers/Žofie.pdf"]
    restart().run_rounds()
    assert len(bucket.puts) == 4


def test_a_service_killed_after_an_upload_does_not_repeat_it(
    drop_folder: DropFolder, harness: DropFolderHarness, bucket: FakeBucket, restart: Restart, tmp_path: Path
) -> None:
    write_sheet(drop_folder, "Mina.pdf")
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
    path = write_sheet(drop_folder, "Mina.pdf")
    harness.run_rounds()
    path.unlink()
    restart()
    assert (tmp_path / "dropped.jsonl").read_bytes() == b""
    assert (tmp_path / "dropped.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_sheet_with_an_unusable_paper_is_reported_without_a_note(
    drop_folder: DropFolder, harness: DropFolderHarness, api: FakeApi
) -> None:
    path = write_sheet(drop_folder, "Mina Okafor.pdf")
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
    path = write_sheet(drop_folder, "Mina Okafor.pdf")
    reason = {"type": "ReadingLimitExceeded", "message": "It took too long."}
    api.documents["a" * 32] = status_document("a" * 32, door="drop", state="FAILED", result=None, reason=reason)
    harness.run_rounds(6)
    assert path.with_name("Mina Okafor.pdf.refused.txt").exists()

    api.documents["a" * 32] = status_document("a" * 32, door="drop", run=2)
    api.replies["GET", f"/submissions/{'a' * 32}/transcript"] = (200, transcript().to_dict())
    harness.run_rounds(12)
    assert not path.with_name("Mina Okafor.pdf.refused.txt").exists()
