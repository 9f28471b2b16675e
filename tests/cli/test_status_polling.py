"""Polling the status of submitted files until all have ended."""

from pathlib import Path
from typing import Any

import pytest

from core.models.document_kinds import DocumentKind
from core.models.submission import IntakeChannel
from local.cli.api_client import ApiClient
from local.cli.status_polling import PollingTimedOut, poll_until_finished, refresh_statuses
from local.cli.submitted_files import SubmittedFile
from tests.cli.fake_api import FakeApi
from tests.cli.sample_class import status_document


def submitted_with_status(api: FakeApi, number: int, **changes: object) -> list[SubmittedFile]:
    found = []
    for index in range(number):
        name = f"{index:032x}"
        api.documents[name] = status_document(name, student=f"s{index}", **changes)
        found.append(SubmittedFile(Path(f"s{index}.png"), DocumentKind.ANSWER_SHEET, f"s{index}", id=name))
    return found


def submitted_sheets(api: FakeApi, number: int, changes: dict[str, Any]) -> list[SubmittedFile]:
    """Return sheets with an id whose status has these fields."""
    names = [f"{index:032x}" for index in range(number)]
    api.documents |= {name: status_document(name, student=f"S{name[-2:]}", **changes) for name in names}
    return [SubmittedFile(Path(f"{name}.pdf"), DocumentKind.ANSWER_SHEET, f"S{name[-2:]}", id=name) for name in names]


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
