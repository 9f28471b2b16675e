"""Sending each file by its channel; a refusal or a vanished file stops no other."""

import errno
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from core.models.document_kinds import DocumentKind
from core.models.submission import IntakeChannel
from local.cli import regular_files, sheet_collection
from local.cli.api_client import ApiClient, ApiError
from local.cli.file_sending import drop_key, send_file, send_files
from local.cli.sheet_collection import collect_sheets
from local.cli.status_polling import refresh_statuses
from local.cli.submitted_files import SubmittedFile
from tests.cli.fake_api import FakeApi, RecordedRequest


def test_each_file_is_sent_by_its_channel(api: FakeApi, client: ApiClient, sheet_folder: Path) -> None:
    dropped: list[tuple[str, bytes, str]] = []
    sheets = [
        SubmittedFile(sheet_folder / "mina.jpg", DocumentKind.ANSWER_SHEET, "mina", IntakeChannel.API),
        SubmittedFile(sheet_folder / "Jonas Weber.PDF", DocumentKind.ANSWER_SHEET, "Jonas Weber", IntakeChannel.UPLOAD),
        SubmittedFile(sheet_folder / "old" / "ana.png", DocumentKind.ANSWER_SHEET, "Ana Pires", IntakeChannel.DROP),
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


def test_a_refusal_is_stored_in_its_file_and_stops_no_other(
    api: FakeApi, client: ApiClient, sheet_folder: Path
) -> None:
    api.on_submit = lambda query, body: {}
    answer = api.answer
    api.answer = lambda request: (  # type: ignore[method-assign]
        (400, {"type": "EmptyFile", "title": "Empty", "detail": "The file is empty."})
        if request.query.get("student") == "mina"
        else answer(request)
    )
    sheets, _ = collect_sheets([sheet_folder])

    send_files(sheets, client, "rivers")
    refresh_statuses(sheets, client, "rivers")

    jonas, mina = sheets
    assert (mina.refusal, mina.ended, mina.succeeded) == ("The file is empty.", True, False)
    assert jonas.succeeded and jonas.result


def test_a_refused_token_stops_everything(api: FakeApi, client: ApiClient, sheet_folder: Path) -> None:
    api.replies["POST", "/submissions"] = (401, {"message": "Unauthorized"})

    with pytest.raises(ApiError, match="token"):
        send_files(collect_sheets([sheet_folder])[0], client, "rivers")


def test_stopping_does_not_wait_for_outstanding_responses(api: FakeApi, client: ApiClient, sheet_folder: Path) -> None:
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
            send_files(collect_sheets([sheet_folder])[0], client, "rivers")

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


@pytest.mark.parametrize("becomes", ["gone", "a pipe", "a link"])
def test_a_file_that_is_replaced_before_sending_stops_no_other(
    api: FakeApi, client: ApiClient, sheet_folder: Path, becomes: str
) -> None:
    sheets, _ = collect_sheets([sheet_folder])
    path = sheet_folder / "mina.jpg"
    path.unlink()
    if becomes == "a pipe":
        os.mkfifo(path)
    elif becomes == "a link":
        path.symlink_to("/etc/hostname")

    send_files(sheets, client, "rivers")

    by_name = {sheet.path.name: sheet for sheet in sheets}
    assert by_name["Jonas Weber.PDF"].id and by_name["Jonas Weber.PDF"].refusal is None
    assert (by_name["mina.jpg"].refusal or "").startswith(f"{path} is ")


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO])
def test_an_unreadable_sheet_in_a_folder_is_refused_before_sending(
    api: FakeApi, client: ApiClient, sheet_folder: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    opened = regular_files._open_inside

    def open_inside(path: Path, within: Path) -> int:
        if path.name == "mina.jpg":
            raise OSError(number, os.strerror(number))
        return opened(path, within)

    monkeypatch.setattr(regular_files, "_open_inside", open_inside)
    sheets, _ = collect_sheets([sheet_folder])
    jonas, mina = sheets
    assert (
        mina.refusal == f"{sheet_folder / 'mina.jpg'} cannot be opened ({os.strerror(number)})." and not jonas.refusal
    )

    send_files(sheets, client, "rivers")
    assert [request.query["student"] for request in api.requests] == ["Jonas Weber"]


@pytest.mark.parametrize("after", ["stat_regular", "check_regular"])
def test_a_file_that_vanishes_after_listing_stops_no_other(
    api: FakeApi, client: ApiClient, sheet_folder: Path, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    check = getattr(sheet_collection, after)

    def check_then_remove(path: Path, **named: Any) -> Any:
        found = check(path, **named)
        if path.name == "mina.jpg":
            path.unlink()
        return found

    monkeypatch.setattr(sheet_collection, after, check_then_remove)
    sheets, _ = collect_sheets([sheet_folder])
    send_files(sheets, client, "rivers")

    assert [request.query["student"] for request in api.requests] == ["Jonas Weber"]
    assert [sheet.refusal for sheet in sheets[1:]] in ([], [f"{sheet_folder / 'mina.jpg'} is not there."])
