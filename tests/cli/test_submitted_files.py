"""Collecting sheets from paths, sending each file by its channel, and polling until all have ended."""

import errno
import os
import threading
import unicodedata
from pathlib import Path
from typing import Any, NoReturn

import pytest

from core.models.submission import DocumentKind, IntakeChannel
from local.cli import regular_files, submitted_files
from local.cli.api_client import ApiClient, ApiError
from local.cli.main import main
from local.cli.status_polling import PollingTimedOut, poll_until_finished, refresh_statuses
from local.cli.submitted_files import SubmittedFile, UsageError, collect_sheets, drop_key, send_file, send_files
from tests.cli.fake_api import FakeApi, RecordedRequest
from tests.cli.sample_class import status_document


def sheets_of(*paths: Path) -> list[str | None]:
    return [submitted.student for submitted in collect_sheets(paths)[0]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("mina.jpg", "Jonas Weber.PDF", ".DS_Store", "~$notes.pdf", "notes.docx", "Thumbs.db"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "ana.png").write_bytes(b"x")
    return tmp_path


def test_a_folder_yields_its_sheets_and_its_skipped_files(folder: Path) -> None:
    sheets, skipped = collect_sheets([folder])

    assert [sheet.student for sheet in sheets] == ["Jonas Weber", "mina"]
    assert [path.name for path in skipped] == ["notes.docx"]


def test_files_and_folders_can_be_mixed(folder: Path) -> None:
    assert sheets_of(folder / "mina.jpg", folder / "old") == ["mina", "ana"]


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
def test_a_named_file_that_cannot_be_a_sheet_is_a_usage_error(folder: Path, name: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        collect_sheets([folder / name])


def test_each_file_is_sent_by_its_channel(api: FakeApi, client: ApiClient, folder: Path) -> None:
    dropped: list[tuple[str, bytes, str]] = []
    sheets = [
        SubmittedFile(folder / "mina.jpg", DocumentKind.ANSWER_SHEET, "mina", IntakeChannel.API),
        SubmittedFile(folder / "Jonas Weber.PDF", DocumentKind.ANSWER_SHEET, "Jonas Weber", IntakeChannel.UPLOAD),
        SubmittedFile(folder / "old" / "ana.png", DocumentKind.ANSWER_SHEET, "Ana Pires", IntakeChannel.DROP),
    ]

    send_files(
        sheets, client, "rivers", drop_folder_put=lambda key, body, media_type: dropped.append((key, body, media_type))
    )

    assert sorted(request.path for request in api.requests if request.path != "/store")[:2] == [
        "/submissions",
        "/uploads",
    ]
    assert dropped == [("drop/rivers/answers/Ana Pires.png", b"x", "image/png")]
    assert sheets[0].id and sheets[1].id and sheets[2].id is None


def test_a_file_too_large_for_a_body_is_uploaded(api: FakeApi, client: ApiClient, tmp_path: Path) -> None:
    (tmp_path / "big.pdf").write_bytes(bytes(4_400_001))
    big = SubmittedFile(tmp_path / "big.pdf", DocumentKind.ANSWER_SHEET, "big")

    send_file(big, client, "rivers")

    assert big.channel is IntakeChannel.UPLOAD and api.requests[0].path == "/uploads"


def test_a_refusal_is_stored_in_its_file_and_stops_no_other(api: FakeApi, client: ApiClient, folder: Path) -> None:
    api.on_submit = lambda query, body: {}
    answer = api.answer
    api.answer = lambda request: (  # type: ignore[method-assign]
        (400, {"type": "EmptyFile", "title": "Empty", "detail": "The file is empty."})
        if request.query.get("student") == "mina"
        else answer(request)
    )
    sheets, _ = collect_sheets([folder])

    send_files(sheets, client, "rivers")
    refresh_statuses(sheets, client, "rivers")

    jonas, mina = sheets
    assert (mina.refusal, mina.ended, mina.succeeded) == ("The file is empty.", True, False)
    assert jonas.succeeded and jonas.result


def test_a_refused_token_stops_everything(api: FakeApi, client: ApiClient, folder: Path) -> None:
    api.replies["POST", "/submissions"] = (401, {"message": "Unauthorized"})

    with pytest.raises(ApiError, match="token"):
        send_files(collect_sheets([folder])[0], client, "rivers")


def test_stopping_does_not_wait_for_outstanding_responses(api: FakeApi, client: ApiClient, folder: Path) -> None:
    requested, released, answered = threading.Event(), threading.Event(), threading.Event()

    def answer(request: RecordedRequest) -> tuple[int, Any]:
        if request.query["student"] == "mina":
            requested.set()
            released.wait(20)
            answered.set()
        else:
            requested.wait(20)
        return 401, {"message": "Unauthorized"}

    api.answer = answer  # type: ignore[method-assign]
    try:
        with pytest.raises(ApiError, match="token"):
            send_files(collect_sheets([folder])[0], client, "rivers")

        assert requested.is_set() and not answered.is_set(), "the other request is still waiting for its answer"
    finally:
        released.set()


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        (DocumentKind.QUESTION_PAPER, "drop/rivers/question-paper.pdf"),
        (DocumentKind.ANSWER_KEY, "drop/rivers/answer-key.pdf"),
        (DocumentKind.ANSWER_SHEET, "drop/rivers/answers/Mina.pdf"),
    ],
)
def test_each_kind_has_its_key_in_the_drop_folder(kind: DocumentKind, key: str) -> None:
    assert drop_key(SubmittedFile(Path("x.PDF"), kind, "Mina"), "rivers") == key


def submitted_with_status(api: FakeApi, number: int, **changes: object) -> list[SubmittedFile]:
    found = []
    for index in range(number):
        name = f"{index:032x}"
        api.documents[name] = status_document(name, student=f"s{index}", **changes)
        found.append(SubmittedFile(Path(f"s{index}.png"), DocumentKind.ANSWER_SHEET, f"s{index}", id=name))
    return found


def test_many_sheets_are_polled_with_few_requests(api: FakeApi, client: ApiClient) -> None:
    submitted_files = submitted_with_status(api, 30, state="READING", result=None)

    refresh_statuses(submitted_files, client, "rivers")

    assert len(api.requests) <= 7
    assert all(submitted.status for submitted in submitted_files)


def test_a_sheet_that_ended_in_a_listing_gets_its_marks(api: FakeApi, client: ApiClient) -> None:
    submitted_files = submitted_with_status(api, 8)

    refresh_statuses(submitted_files, client, "rivers")

    assert all(submitted.result for submitted in submitted_files)


def test_a_dropped_file_is_found_in_the_listing_by_its_student(api: FakeApi, client: ApiClient) -> None:
    submitted_with_status(api, 3, door="drop")
    dropped = SubmittedFile(Path("s1.png"), DocumentKind.ANSWER_SHEET, "s1", IntakeChannel.DROP)

    refresh_statuses([dropped], client, "rivers")

    assert dropped.id == f"{1:032x}" and dropped.result


def test_a_dropped_file_is_found_by_label_if_the_roster_name_differs(api: FakeApi, client: ApiClient) -> None:
    name = "e" * 32
    listed = {"student": "Lind, Maya", "label": "maya-lind", "on_roster": True}
    api.documents[name] = status_document(name, door="drop", **listed)
    dropped = SubmittedFile(Path("maya-lind.png"), DocumentKind.ANSWER_SHEET, "maya-lind", IntakeChannel.DROP)

    refresh_statuses([dropped], client, "rivers")

    assert (dropped.id, dropped.student_label, dropped.name) == (name, "Lind, Maya", "Lind, Maya")


def test_a_duplicate_gets_the_marks_of_the_first_submission(api: FakeApi, client: ApiClient) -> None:
    (first,) = submitted_with_status(api, 1)
    api.documents["d" * 32] = status_document("d" * 32, state="DUPLICATE_OF", duplicate_of=first.id, result=None)
    again = SubmittedFile(Path("again.png"), DocumentKind.ANSWER_SHEET, "again", id="d" * 32)

    refresh_statuses([again], client, "rivers")

    assert again.succeeded and again.result and again.result.max_marks == 11


def test_polling_ends_when_the_last_file_has_ended(api: FakeApi, client: ApiClient) -> None:
    (submitted,) = submitted_with_status(api, 1, state="READING", result=None)
    shown = 0

    def show() -> None:
        nonlocal shown
        shown += 1
        if shown == 5:
            api.documents[submitted.id or ""] = status_document(submitted.id or "")

    poll_until_finished(
        [submitted], client, "rivers", poll_seconds=0.05, timeout_seconds=30, show=show, pause=lambda _: None
    )

    assert submitted.result and shown > 5


def test_polling_times_out(api: FakeApi, client: ApiClient) -> None:
    submitted_files = submitted_with_status(api, 1, state="AWAITING_PAPER", result=None)

    with pytest.raises(PollingTimedOut, match="s0"):
        poll_until_finished(
            submitted_files,
            client,
            "rivers",
            poll_seconds=0.01,
            timeout_seconds=0.05,
            show=lambda: None,
            pause=lambda _: None,
        )


class SlowPaper:
    """A paper of ten pages; one page is read every 600 seconds of a fake clock, up to page `stuck_at`."""

    def __init__(self, api: FakeApi, *, stuck_at: int) -> None:
        self.api, self.stuck_at = api, stuck_at
        self.seconds = 0.0
        (self.submitted,) = submitted_with_status(api, 1, state="READING", result=None)

    def clock(self) -> float:
        return self.seconds

    def pause(self, _: float) -> None:
        self.seconds += 100
        done = min(int(self.seconds // 600), self.stuck_at)
        name = self.submitted.id or ""
        reading = {"state": "running", "pages_total": 10, "pages_done": done}
        under_way = {"state": "READING", "result": None, "ended_at": None, "lanes": {"reading": reading}}
        self.api.documents[name] = status_document(name, **({} if done == 10 else under_way))

    def poll(self, client: ApiClient, *, timeout_seconds: float) -> None:
        poll_until_finished(
            [self.submitted],
            client,
            "rivers",
            poll_seconds=50,
            timeout_seconds=timeout_seconds,
            show=lambda: None,
            clock=self.clock,
            pause=self.pause,
        )


def test_a_slow_paper_is_polled_as_long_as_pages_are_read(api: FakeApi, client: ApiClient) -> None:
    paper = SlowPaper(api, stuck_at=10)
    paper.poll(client, timeout_seconds=900)

    assert paper.submitted.succeeded and paper.seconds >= 6000


def test_a_stuck_paper_is_polled_no_longer_than_the_timeout(api: FakeApi, client: ApiClient) -> None:
    paper = SlowPaper(api, stuck_at=3)
    with pytest.raises(PollingTimedOut, match="Nothing has happened for 15 minutes, still not done: s0"):
        paper.poll(client, timeout_seconds=900)

    assert 1800 + 900 <= paper.seconds <= 1800 + 900 + 300


UNUSABLE = {"type": "PaperNotReady", "message": "The question paper cannot be used: No question was found in it."}


@pytest.mark.parametrize("number", [1, 10], ids=["single requests", "listing"])
def test_sheets_with_an_unusable_paper_are_not_waited_for(api: FakeApi, client: ApiClient, number: int) -> None:
    waiting = {"state": "AWAITING_PAPER", "result": None, "ended_at": None, "reason": UNUSABLE}
    sheets = submitted_sheets(api, number, waiting)

    poll_until_finished(sheets, client, "rivers", poll_seconds=0.01, timeout_seconds=60, show=lambda: None)

    assert all(sheet.ended and not sheet.succeeded for sheet in sheets)
    assert {sheet.failure for sheet in sheets} == {UNUSABLE["message"]}


def test_sheets_whose_paper_is_missing_are_waited_for(api: FakeApi, client: ApiClient) -> None:
    sheets = submitted_sheets(api, 2, {"state": "AWAITING_PAPER", "result": None, "ended_at": None})

    with pytest.raises(PollingTimedOut):
        poll_until_finished(sheets, client, "rivers", poll_seconds=0.01, timeout_seconds=0.05, show=lambda: None)


@pytest.mark.parametrize(
    ("state", "reason"),
    [("REJECTED", UNUSABLE), ("FAILED", UNUSABLE), ("NEEDS_REVIEW", None)],
    ids=["rejected", "failed", "as an older release ended it"],
)
def test_a_duplicate_of_an_unusable_paper_is_unusable(
    api: FakeApi, client: ApiClient, state: str, reason: dict[str, str] | None
) -> None:
    ended = {"kind": "question_paper", "student": None, "state": state, "reason": reason, "result": None}
    api.documents["a" * 32] = status_document("a" * 32, **ended)
    again = {**ended, "state": "DUPLICATE_OF", "reason": None, "duplicate_of": "a" * 32}
    api.documents["b" * 32] = status_document("b" * 32, **again)
    papers = [SubmittedFile(Path("p.pdf"), DocumentKind.QUESTION_PAPER, id=letter * 32) for letter in "ab"]

    refresh_statuses(papers, client, "rivers")

    assert [paper.succeeded for paper in papers] == [False, False]
    assert [paper.failure for paper in papers] == [reason["message"] if reason else "It ended without a reason."] * 2


def submitted_sheets(api: FakeApi, number: int, changes: dict[str, Any]) -> list[SubmittedFile]:
    """Return sheets with an id whose status has these fields."""
    names = [f"{index:032x}" for index in range(number)]
    api.documents |= {name: status_document(name, student=f"S{name[-2:]}", **changes) for name in names}
    return [SubmittedFile(Path(f"{name}.pdf"), DocumentKind.ANSWER_SHEET, f"S{name[-2:]}", id=name) for name in names]


def test_special_files_in_a_folder_are_skipped_with_the_reason(folder: Path, tmp_path_factory: Any) -> None:
    private = tmp_path_factory.mktemp("elsewhere") / "private.pdf"
    private.write_bytes(b"%PDF-")
    os.mkfifo(folder / "pipe.pdf")
    (folder / "outside.pdf").symlink_to(private)
    (folder / "inside.pdf").symlink_to("mina.jpg")
    (folder / "nowhere.pdf").symlink_to("gone.pdf")
    (folder / "folder.pdf").mkdir()

    sheets, skipped = collect_sheets([folder])

    assert [sheet.path.name for sheet in sheets] == ["Jonas Weber.PDF", "inside.pdf", "mina.jpg"]
    assert {path.name: detail for path, detail in skipped.items()} == {
        "notes.docx": "",
        "pipe.pdf": "is a named pipe, not a file",
        "outside.pdf": "is a link that leads out of its folder",
        "nowhere.pdf": "is a link that leads nowhere",
        "folder.pdf": "is a folder, not a file",
    }


@pytest.mark.parametrize("becomes", ["gone", "a pipe", "a link"])
def test_a_file_that_is_replaced_before_sending_stops_no_other(
    api: FakeApi, client: ApiClient, folder: Path, becomes: str
) -> None:
    sheets, _ = collect_sheets([folder])
    path = folder / "mina.jpg"
    path.unlink()
    if becomes == "a pipe":
        os.mkfifo(path)
    elif becomes == "a link":
        path.symlink_to("/etc/hostname")

    send_files(sheets, client, "rivers")

    by_name = {sheet.path.name: sheet for sheet in sheets}
    assert by_name["Jonas Weber.PDF"].id and by_name["Jonas Weber.PDF"].refusal is None
    assert (by_name["mina.jpg"].refusal or "").startswith(f"{path} is ")


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
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    os.mkfifo(folder / "pipe.pdf")
    monkeypatch.chdir(folder)

    assert main(arguments) == 2
    assert "is a named pipe, not a file" in capsys.readouterr().err


# ── files that cannot be read ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO])
def test_an_unreadable_sheet_in_a_folder_is_refused_before_sending(
    api: FakeApi, client: ApiClient, folder: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    opened = regular_files._open_inside

    def open_inside(path: Path, within: Path) -> int:
        if path.name == "mina.jpg":
            raise OSError(number, os.strerror(number))
        return opened(path, within)

    monkeypatch.setattr(regular_files, "_open_inside", open_inside)
    sheets, _ = collect_sheets([folder])
    jonas, mina = sheets
    assert mina.refusal == f"{folder / 'mina.jpg'} cannot be opened ({os.strerror(number)})." and not jonas.refusal

    send_files(sheets, client, "rivers")
    assert [request.query["student"] for request in api.requests] == ["Jonas Weber"]


def test_an_unreadable_named_file_is_bad_usage(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(regular_files, "_read_bytes", fail)
    with pytest.raises(UsageError, match=r"mina.jpg cannot be read \(Input/output error\)"):
        collect_sheets([folder / "mina.jpg"])


@pytest.mark.parametrize("after", ["stat_regular", "check_regular"])
def test_a_file_that_vanishes_after_listing_stops_no_other(
    api: FakeApi, client: ApiClient, folder: Path, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    check = getattr(submitted_files, after)

    def check_then_remove(path: Path, **named: Any) -> Any:
        found = check(path, **named)
        if path.name == "mina.jpg":
            path.unlink()
        return found

    monkeypatch.setattr(submitted_files, after, check_then_remove)
    sheets, _ = collect_sheets([folder])
    send_files(sheets, client, "rivers")

    assert [request.query["student"] for request in api.requests] == ["Jonas Weber"]
    assert [sheet.refusal for sheet in sheets[1:]] in ([], [f"{folder / 'mina.jpg'} is not there."])


def test_a_folder_that_cannot_be_listed_is_bad_usage(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Path) -> NoReturn:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", fail)
    with pytest.raises(UsageError, match=r"cannot be opened \(Permission denied\)"):
        collect_sheets([folder])
