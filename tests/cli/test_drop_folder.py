"""The drop folder: a file goes in once it is whole, once; what is refused says so beside itself."""

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


def put(drop: DropFolder, name: str, body: bytes = b"%PDF-") -> Path:
    path = drop.folder / "rivers" / "answers" / name
    path.write_bytes(body)
    return path


def looks(drop: DropFolder, clock: FakeClock, seconds: int) -> list[str]:
    keys = []
    for _ in range(seconds):
        keys += [whole.key for whole in drop.scan()]
        clock.now += 1
    return keys


def test_a_file_goes_in_once(drop: DropFolder, clock: FakeClock) -> None:
    put(drop, "Mina Okafor.pdf")

    assert looks(drop, clock, 20) == ["drop/rivers/answers/Mina Okafor.pdf"]


def test_a_file_still_being_copied_is_waited_for(drop: DropFolder, clock: FakeClock) -> None:
    for length in range(1, 8):
        put(drop, "mina.pdf", b"x" * length)
        assert looks(drop, clock, 1) == []

    clock.now += 1
    assert [whole.body for whole in drop.scan()] == [b"x" * 7]


def test_an_empty_file_may_only_have_been_begun(drop: DropFolder, clock: FakeClock) -> None:
    put(drop, "mina.pdf", b"")
    assert looks(drop, clock, 9) == []

    put(drop, "mina.pdf", b"%PDF-")
    assert looks(drop, clock, 5) == ["drop/rivers/answers/mina.pdf"]

    put(drop, "zed.pdf", b"")
    assert looks(drop, clock, 12) == ["drop/rivers/answers/zed.pdf"], "in the end it is put, to be refused visibly"


def test_a_changed_file_goes_in_again(drop: DropFolder, clock: FakeClock) -> None:
    path = put(drop, "mina.pdf")
    looks(drop, clock, 5)
    path.write_bytes(b"%PDF-2")

    assert looks(drop, clock, 5) == ["drop/rivers/answers/mina.pdf"]


def test_a_file_replaced_by_one_of_the_same_size_goes_in_again(drop: DropFolder, clock: FakeClock) -> None:
    path = put(drop, "mina.pdf", b"abc")
    looks(drop, clock, 5)
    path.write_bytes(b"abd")
    os.utime(path, ns=(1, 2_000_000_000_000_000_000))

    assert looks(drop, clock, 5) == ["drop/rivers/answers/mina.pdf"]


@pytest.mark.parametrize(
    "name",
    [".DS_Store", "~$mina.pdf", "Thumbs.db", "desktop.ini", "mina.pdf.part", "x.crdownload", "a.pdf.refused.txt"],
)
def test_clutter_and_unfinished_downloads_stay_outside(drop: DropFolder, clock: FakeClock, name: str) -> None:
    put(drop, name)

    assert looks(drop, clock, 15) == []


def test_a_name_is_one_name_on_every_file_system(drop: DropFolder, clock: FakeClock) -> None:
    put(drop, unicodedata.normalize("NFD", "Zoë.pdf"))

    assert looks(drop, clock, 5) == ["drop/rivers/answers/" + unicodedata.normalize("NFC", "Zoë.pdf")]


def test_a_file_that_cannot_be_opened_is_tried_again(drop: DropFolder, clock: FakeClock) -> None:
    put(drop, "b.pdf")
    is_missing = drop.folder / "rivers" / "answers" / "a.pdf"
    is_missing.symlink_to(drop.folder / "nowhere.pdf")

    assert looks(drop, clock, 5) == ["drop/rivers/answers/b.pdf"]

    (drop.folder / "nowhere.pdf").write_bytes(b"%PDF-")
    assert "drop/rivers/answers/a.pdf" in looks(drop, clock, 5)


def test_the_folder_says_how_it_is_used(drop: DropFolder, clock: FakeClock) -> None:
    assert "answers/{student}.pdf" in (drop.folder / "README.txt").read_text()
    assert looks(drop, clock, 15) == []


def test_what_is_refused_says_so_beside_itself(
    drop: DropFolder, bucket: FakeBucket, harness: DropFolderHarness
) -> None:
    path = put(drop, "notes.docx")
    report = {"refused": "InvalidDropKey", "message": "Put a file as drop/ASSESSMENT/question-paper.EXT …"}
    harness.run_rounds()
    bucket.objects["drop/rivers/answers/notes.docx.refused.json"] = json.dumps(report).encode()
    harness.run_rounds()

    assert path.with_name("notes.docx.refused.txt").read_text().startswith("Put a file as drop/")
    assert harness.lines[-1].startswith("rivers/answers/notes.docx: refused. Put a file as")

    del bucket.objects["drop/rivers/answers/notes.docx.refused.json"]
    path.write_bytes(b"another")
    harness.run_rounds()
    assert not path.with_name("notes.docx.refused.txt").exists(), "a new file is not judged by the old one's report"


def test_marks_are_written_when_an_assessment_has_come_to_rest(
    drop: DropFolder, harness: DropFolderHarness, api: FakeApi, tmp_path: Path
) -> None:
    picture(drop.folder / "rivers" / "answers" / "Mina Okafor.png", size=(300, 420))
    harness.run_rounds(4)
    api.documents["a" * 32] = status_document("a" * 32, door="drop")
    api.replies["GET", f"/submissions/{'a' * 32}/transcript"] = (200, transcript().to_dict())
    harness.run_rounds(2)

    assert "rivers/answers/Mina Okafor.png: 8 / 11" in harness.lines
    assert "Mina Okafor" in (tmp_path / "results" / "rivers" / "report.html").read_text()
    assert b"Mina Okafor" in (tmp_path / "results" / "rivers" / "results.csv").read_bytes()


def test_a_rejected_sheet_says_why_beside_itself(drop: DropFolder, harness: DropFolderHarness, api: FakeApi) -> None:
    path = put(drop, "Mina Okafor.pdf")
    reason = {"type": "EncryptedDocument", "message": "The PDF asks for a password."}
    api.documents["a" * 32] = status_document("a" * 32, door="drop", state="REJECTED", result=None, reason=reason)
    harness.run_rounds(6)

    assert "rivers/answers/Mina Okafor.pdf: cannot be used. The PDF asks for a password." in harness.lines
    assert path.with_name("Mina Okafor.pdf.refused.txt").read_text() == "The PDF asks for a password.\n"


def test_a_replaced_sheet_is_not_taken_for_the_one_before(
    drop: DropFolder, harness: DropFolderHarness, api: FakeApi
) -> None:
    path = put(drop, "Mina Okafor.pdf")
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


def test_sheets_that_a_later_paper_sends_through_again_are_told_again(
    drop: DropFolder, harness: DropFolderHarness, api: FakeApi
) -> None:
    put(drop, "Mina Okafor.pdf")
    api.documents["a" * 32] = status_document("a" * 32, door="drop", state="READY", result=None)
    harness.run_rounds(5)
    api.documents["a" * 32] = status_document("a" * 32, door="drop", run=2)
    api.replies["GET", f"/submissions/{'a' * 32}/transcript"] = (200, transcript().to_dict())
    harness.run_rounds(12)

    assert "rivers/answers/Mina Okafor.pdf: 8 / 11" in harness.lines


def test_what_could_not_be_put_is_offered_again(
    drop: DropFolder, bucket: FakeBucket, harness: DropFolderHarness
) -> None:
    put(drop, "Mina Okafor.pdf")
    bucket.down = True
    harness.run_rounds(2)
    harness.run_rounds(2)
    assert harness.lines == ["rivers/answers/Mina Okafor.pdf: The store does not answer."]
    bucket.down = False
    harness.run_rounds(1)

    assert bucket.objects == {"drop/rivers/answers/Mina Okafor.pdf": b"%PDF-"}


def test_a_marking_scheme_goes_to_the_api(
    drop: DropFolder, harness: DropFolderHarness, bucket: FakeBucket, api: FakeApi
) -> None:
    (drop.folder / "rivers" / "marking-scheme.yaml").write_text("questions: []\n")
    harness.run_rounds()

    assert api.asked[0].path == "/assessments/rivers/marking-scheme" and api.asked[0].body == b"questions: []\n"
    assert api.asked[0].headers["content-type"] == "application/yaml"
    assert harness.lines == ["rivers/marking-scheme.yaml: set, 4 questions"] and not bucket.objects


def test_an_error_in_a_scheme_stands_beside_it(drop: DropFolder, harness: DropFolderHarness, api: FakeApi) -> None:
    path = drop.folder / "rivers" / "marking-scheme.json"
    path.write_text("{}")
    failure = {"type": "InvalidMarkingScheme", "title": "Invalid", "detail": "line 1: “questions” is missing."}
    api.replies["PUT", "/assessments/rivers/marking-scheme"] = (422, failure)
    harness.run_rounds()

    assert path.with_name("marking-scheme.json.refused.txt").read_text() == "line 1: “questions” is missing.\n"


def test_a_folder_whose_name_cannot_be_one_does_not_hold_up_the_others(
    drop: DropFolder, harness: DropFolderHarness, bucket: FakeBucket, api: FakeApi
) -> None:
    (drop.folder / "Year 10" / "answers").mkdir(parents=True)
    (drop.folder / "Year 10" / "answers" / "Mina.pdf").write_bytes(b"%PDF-")
    put(drop, "Mina Okafor.pdf")
    refusal = {"type": "InvalidAssessment", "title": "Invalid", "detail": "An assessment's name has …"}
    api.replies["GET", "/assessments/Year%2010/submissions"] = (400, refusal)
    api.documents["a" * 32] = status_document("a" * 32, door="drop", state="READY", result=None)
    harness.run_rounds()
    bucket.objects["drop/Year 10/answers/Mina.pdf.refused.json"] = b'{"message": "A name has no spaces."}'
    harness.run_rounds(12)

    assert "Year 10/answers/Mina.pdf: refused. A name has no spaces." in harness.lines
    assert "rivers/answers/Mina Okafor.pdf: ready" in harness.lines


def test_papers_are_followed_as_papers(drop: DropFolder, harness: DropFolderHarness, api: FakeApi) -> None:
    (drop.folder / "rivers" / "question-paper.pdf").write_bytes(b"%PDF-")
    ready = {"kind": "question_paper", "student": None, "state": "READY", "result": None}
    api.documents["c" * 32] = status_document("c" * 32, door="drop", **ready)
    harness.run_rounds(6)

    assert "rivers/question-paper.pdf: ready" in harness.lines
    assert next(iter(harness.service._submitted.values())).kind is DocumentKind.QUESTION_PAPER


@dataclass
class Restart:
    """The service once more on the same folder."""

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


def test_a_service_started_again_sends_what_is_new_and_nothing_twice(
    drop: DropFolder, harness: DropFolderHarness, bucket: FakeBucket, restart: Restart
) -> None:
    put(drop, "Mina.pdf")
    changed = put(drop, "Otis.pdf")
    harness.run_rounds()
    assert sorted(bucket.puts) == ["drop/rivers/answers/Mina.pdf", "drop/rivers/answers/Otis.pdf"]

    changed.write_bytes(b"%PDF-another")
    put(drop, "Žofie.pdf")
    retry_later = restart()
    retry_later.run_rounds()
    assert sorted(bucket.puts[2:]) == ["drop/rivers/answers/Otis.pdf", "drop/rivers/answers/Žofie.pdf"]
    restart().run_rounds()
    assert len(bucket.puts) == 4


def test_a_service_killed_right_after_a_put_does_not_put_it_again(
    drop: DropFolder, harness: DropFolderHarness, bucket: FakeBucket, restart: Restart, tmp_path: Path
) -> None:
    put(drop, "Mina.pdf")
    harness.run_rounds()
    ledger = tmp_path / "dropped.jsonl"
    ledger.write_bytes(ledger.read_bytes()[:-3])
    restart().run_rounds()
    assert bucket.puts == ["drop/rivers/answers/Mina.pdf"]
    # And it is noted now: the object itself does not stay for ever.
    bucket.objects.clear()
    restart().run_rounds()
    assert bucket.puts == ["drop/rivers/answers/Mina.pdf"]


def test_what_was_sent_before_is_followed_on_and_its_marks_are_written(
    drop: DropFolder, harness: DropFolderHarness, api: FakeApi, restart: Restart, tmp_path: Path
) -> None:
    for name in ("Mina Okafor.png", "Otis.png"):
        picture(drop.folder / "rivers" / "answers" / name, size=(300, 420))
    harness.run_rounds(4)
    api.documents["a" * 32] = status_document("a" * 32, door="drop")
    reading = {"state": "READING", "result": None, "student": "Otis"}
    api.documents["b" * 32] = status_document("b" * 32, door="drop", **reading)
    for letter in "ab":
        api.replies["GET", f"/submissions/{letter * 32}/transcript"] = (200, transcript().to_dict())
    retry_later = restart()
    retry_later.run_rounds(2)
    assert retry_later.lines == ["2 files sent before: followed on"], "what had ended is not told again"
    api.documents["b" * 32] = status_document("b" * 32, door="drop", student="Otis")
    retry_later.run_rounds(2)
    assert "rivers/answers/Otis.png: 8 / 11" in retry_later.lines
    assert b"Mina Okafor" in (tmp_path / "results" / "rivers" / "results.csv").read_bytes()


def test_the_ledger_forgets_files_that_are_gone(
    drop: DropFolder, harness: DropFolderHarness, restart: Restart, tmp_path: Path
) -> None:
    path = put(drop, "Mina.pdf")
    harness.run_rounds()
    path.unlink()
    restart()
    assert (tmp_path / "dropped.jsonl").read_bytes() == b""
    assert (tmp_path / "dropped.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_sheet_whose_paper_cannot_be_used_is_told_and_not_called_refused(
    drop: DropFolder, harness: DropFolderHarness, api: FakeApi
) -> None:
    path = put(drop, "Mina Okafor.pdf")
    reason = {"type": "PaperNotReady", "message": "The question paper cannot be used: it is locked."}
    waiting = {"state": "AWAITING_PAPER", "result": None, "ended_at": None, "reason": reason}
    api.documents["a" * 32] = status_document("a" * 32, door="drop", **waiting)
    harness.run_rounds(6)
    told = f"rivers/answers/Mina Okafor.pdf: waiting for its question paper. {reason['message']}"
    assert harness.lines.count(told) == 1
    assert not path.with_name("Mina Okafor.pdf.refused.txt").exists()

    api.documents["a" * 32] = status_document("a" * 32, door="drop", run=2)
    api.replies["GET", f"/submissions/{'a' * 32}/transcript"] = (200, transcript().to_dict())
    harness.run_rounds(12)
    assert "rivers/answers/Mina Okafor.pdf: 8 / 11" in harness.lines


def test_what_was_rejected_and_is_marked_after_all_is_not_called_refused_any_more(
    drop: DropFolder, harness: DropFolderHarness, api: FakeApi
) -> None:
    path = put(drop, "Mina Okafor.pdf")
    reason = {"type": "ReadingLimitExceeded", "message": "It took too long."}
    api.documents["a" * 32] = status_document("a" * 32, door="drop", state="FAILED", result=None, reason=reason)
    harness.run_rounds(6)
    assert path.with_name("Mina Okafor.pdf.refused.txt").exists()

    api.documents["a" * 32] = status_document("a" * 32, door="drop", run=2)
    api.replies["GET", f"/submissions/{'a' * 32}/transcript"] = (200, transcript().to_dict())
    harness.run_rounds(12)
    assert not path.with_name("Mina Okafor.pdf.refused.txt").exists()


# ── one bad entry never stops the others ─────────────────────────────────────────────────────────


def test_what_is_no_file_is_told_once_and_the_watcher_goes_on(
    drop: DropFolder, harness: DropFolderHarness, bucket: FakeBucket, tmp_path: Path
) -> None:
    answers = drop.folder / "rivers" / "answers"
    os.mkfifo(answers / "pipe.pdf")
    (answers / "folder.pdf").mkdir()
    (answers / "folder.pdf" / "page.pdf").write_bytes(b"%PDF-")
    (answers / "nowhere.pdf").symlink_to("gone.pdf")
    (tmp_path / "private.pdf").write_bytes(b"not meant to be sent")
    (answers / "outside.pdf").symlink_to(tmp_path / "private.pdf")
    put(drop, "Aaron.pdf")
    harness.run_rounds(12)

    assert sorted(line for line in harness.lines if "passed over" in line) == [
        "rivers/answers/folder.pdf: passed over. It is a folder, not a file.",
        "rivers/answers/nowhere.pdf: passed over. It is a link that leads nowhere.",
        "rivers/answers/outside.pdf: passed over. It is a link that leads out of its folder.",
        "rivers/answers/pipe.pdf: passed over. It is a named pipe, not a file.",
    ]
    put(drop, "Zoe.pdf")
    harness.run_rounds()
    assert bucket.puts == ["drop/rivers/answers/Aaron.pdf", "drop/rivers/answers/Zoe.pdf"]


def test_an_assessment_may_be_called_as_files_are(drop: DropFolder, clock: FakeClock) -> None:
    (drop.folder / "bio.pdf" / "answers").mkdir(parents=True)
    (drop.folder / "bio.pdf" / "answers" / "Ada.pdf").write_bytes(b"%PDF-")

    assert looks(drop, clock, 5) == ["drop/bio.pdf/answers/Ada.pdf"]


def test_a_pipe_that_takes_a_files_place_while_it_is_read_holds_nothing_up(
    drop: DropFolder, clock: FakeClock, harness: DropFolderHarness
) -> None:
    path = put(drop, "Mina.pdf")
    harness.run_rounds(2)
    path.unlink()
    os.mkfifo(path)
    harness.run_rounds(12)

    assert harness.lines == ["rivers/answers/Mina.pdf: passed over. It is a named pipe, not a file."]
    path.unlink()
    put(drop, "Mina.pdf")
    harness.run_rounds(4)
    assert "rivers/answers/Mina.pdf: received" in harness.lines


def test_a_name_of_other_bytes_than_text_is_passed_over(
    drop: DropFolder, harness: DropFolderHarness, bucket: FakeBucket
) -> None:
    answers = os.fsencode(drop.folder / "rivers" / "answers")
    Path(os.fsdecode(answers + b"/M\xfcller.pdf")).write_bytes(b"%PDF-")
    Path(os.fsdecode(answers + b"/\xff")).mkdir()
    put(drop, "Zoe.pdf")
    harness.run_rounds(6)

    assert [line for line in harness.lines if "passed over" in line] == [
        "rivers/answers/M\\udcfcller.pdf: passed over. It has a name that is no UTF-8 text.",
        "rivers/answers/\\udcff: passed over. It has a name that is no UTF-8 text.",
    ]
    assert bucket.puts == ["drop/rivers/answers/Zoe.pdf"]


def test_a_file_with_the_longest_name_there_is_is_sent(
    drop: DropFolder, harness: DropFolderHarness, bucket: FakeBucket
) -> None:
    name = "x" * 251 + ".pdf"
    put(drop, name)
    put(drop, "Zoe.pdf")
    harness.run_rounds()
    bucket.objects[f"drop/rivers/answers/{name}.refused.json"] = b'{"message": "The name is too long."}'
    harness.run_rounds(2)

    assert sorted(bucket.puts) == ["drop/rivers/answers/Zoe.pdf", f"drop/rivers/answers/{name}"]
    assert harness.lines[-1] == f"rivers/answers/{name}: refused. The name is too long."


def test_a_note_is_not_written_through_what_stands_in_its_place(drop: DropFolder, tmp_path: Path) -> None:
    path = put(drop, "Mina.pdf")
    os.mkfifo(path.with_name("Mina.pdf.refused.txt"))
    drop.note(path, "It is empty.")
    assert path.with_name("Mina.pdf.refused.txt").read_text() == "It is empty.\n"


class Refusing(FakeBucket):
    """A store that does not take some files."""

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, ContentType: str) -> None:  # noqa: N803
        if "bad" in Key:
            raise ClientError({"Error": {"Code": "KeyTooLongError", "Message": "Your key is too long"}}, "PutObject")
        if "odd" in Key:
            raise ValueError("nobody had thought of this")
        super().put_object(Bucket=Bucket, Key=Key, Body=Body, ContentType=ContentType)


def test_a_file_that_the_store_does_not_take_is_told_once_and_holds_up_no_other(
    drop: DropFolder, clock: FakeClock, client: ApiClient, tmp_path: Path
) -> None:
    bucket = Refusing()
    harness = DropFolderHarness(drop, clock, bucket, client, tmp_path / "results")
    for name in ("a bad one.pdf", "an odd one.pdf", "Zoe.pdf"):
        put(drop, name)
    harness.run_rounds(8)

    assert bucket.puts == ["drop/rivers/answers/Zoe.pdf"]
    assert sum("KeyTooLongError" in line for line in harness.lines) == 1
    assert sum("ValueError: nobody had thought of this" in line for line in harness.lines) == 1


def test_an_assessment_that_cannot_be_asked_for_holds_up_no_other(
    drop: DropFolder, harness: DropFolderHarness, api: FakeApi
) -> None:
    (drop.folder / "alps").mkdir()
    (drop.folder / "alps" / "question-paper.pdf").write_bytes(b"%PDF-")
    put(drop, "Mina Okafor.pdf")
    api.replies["GET", "/assessments/alps/submissions"] = (403, {"title": "No", "detail": "Not for you."})
    api.documents["a" * 32] = status_document("a" * 32, door="drop", state="READY", result=None)
    harness.run_rounds(6)

    assert harness.lines.count("alps: Not for you.") == 1
    assert "rivers/answers/Mina Okafor.pdf: ready" in harness.lines


def test_whatever_a_round_meets_the_service_goes_on_and_tells_it_once() -> None:
    class Round:
        def __init__(self) -> None:
            self.faults: list[Exception | None] = [OSError("Unplugged."), OSError("Unplugged."), KeyError("x"), None]

        def poll_once(self) -> None:
            fault = self.faults.pop(0)
            if fault:
                raise fault

    service: Any = Round()
    stderr, told = Console(file=io.StringIO(), width=80), ""
    for _ in range(4):
        told = poll_once(service, stderr, told)

    assert isinstance(stderr.file, io.StringIO)
    assert stderr.file.getvalue().splitlines() == ["Unplugged.", "KeyError: 'x'"]
