"""Documents that would take too long page by page: an asynchronous job reads them, and the handler continues."""

import itertools
import json
import threading

import pytest

from core.models import errors
from extract import app as extract_app
from extract import job_app
from extract.ocr.async_job_policy import AsyncJobPolicy
from tests.integration.fake_textract import (
    ID,
    PAGES,
    FakeAsyncJobs,
    FakeTextract,
    Reader,
    raise_textract_quota,
    run_job,
    scans,
)
from tests.integration.moto_cloud import TEMP, MotoCloud


def test_a_large_document_is_left_to_a_job_at_once(slow_reader: Reader, textract: FakeTextract) -> None:
    with pytest.raises(errors.ReadingTakesLong):
        slow_reader(scans())
    assert len(textract.documents) <= 2
    response = slow_reader.progress()
    assert (response["pages_total"], response["ended_at"]) == (PAGES, None)


def test_a_jobs_pages_become_the_transcript_without_further_calls(
    slow_reader: Reader,
    async_jobs: FakeAsyncJobs,
    textract: FakeTextract,
) -> None:
    state = run_job(slow_reader.state(scans()), slow_reader.context)
    calls = len(textract.documents)
    reading = extract_app.handler(state, slow_reader.context)
    assert [page.text for page in slow_reader.transcript(reading).pages] == [
        lines[0] for lines in async_jobs.pages if lines
    ]
    assert (reading["pages"], reading["ocr_pages"], reading["warnings"]) == (PAGES, PAGES, 0)
    assert len(textract.documents) == calls
    assert reading["started_at"] == reading["first_ocr_at"] == state["job"]["started_at"]
    assert slow_reader.progress()["pages_done"] == PAGES


def test_the_job_reads_the_pinned_version_once_per_run(
    slow_reader: Reader, async_jobs: FakeAsyncJobs, cloud: MotoCloud
) -> None:
    state = slow_reader.state(scans(2))
    first, again = job_app.handler(state, slow_reader.context), job_app.handler(state, slow_reader.context)
    assert first["id"] == again["id"]
    s3_object = {"Bucket": TEMP, "Name": f"incoming/{ID}", "Version": state["file"]["version_id"]}
    expected = {"DocumentLocation": {"S3Object": s3_object}, "ClientRequestToken": f"{ID}-1"}
    assert async_jobs.started == [expected, expected]


def test_the_state_has_a_jobs_status_and_no_text(slow_reader: Reader, async_jobs: FakeAsyncJobs) -> None:
    state = slow_reader.state(scans(2))
    state["job"] = job_app.handler(state, slow_reader.context)
    polled = job_app.handler(state, slow_reader.context)
    assert polled == {**state["job"], "status": "SUCCEEDED"}
    assert "by the job" not in json.dumps(polled)


def test_pages_missing_from_a_partial_success_are_read_singly(
    slow_reader: Reader,
    async_jobs: FakeAsyncJobs,
    textract: FakeTextract,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async_jobs.status, async_jobs.pages[4], async_jobs.pages[9] = "PARTIAL_SUCCESS", None, None
    state = run_job(slow_reader.state(scans()), slow_reader.context)
    calls = len(textract.documents)
    raise_textract_quota(slow_reader, monkeypatch)
    reading = extract_app.handler(state, slow_reader.context)
    texts = [page.text for page in slow_reader.transcript(reading).pages]
    assert texts[4] == texts[9] == "read by Textract"
    assert len(set(texts)) == PAGES - 1
    assert len(textract.documents) == calls + 2


def test_an_unreadable_page_after_a_job_is_named(
    slow_reader: Reader,
    async_jobs: FakeAsyncJobs,
    textract: FakeTextract,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async_jobs.status, async_jobs.pages[4] = "PARTIAL_SUCCESS", None
    state = run_job(slow_reader.state(scans()), slow_reader.context)
    raise_textract_quota(slow_reader, monkeypatch)
    textract.faults = [(400, "BadDocumentException")] * 2
    with pytest.raises(errors.PageUnreadable, match="Page 5 "):
        extract_app.handler(state, slow_reader.context)


@pytest.mark.parametrize("status", ["FAILED", "OVERDUE", "REFUSED"])
def test_after_a_failed_job_all_pages_are_read_by_calls(
    slow_reader: Reader,
    textract: FakeTextract,
    monkeypatch: pytest.MonkeyPatch,
    status: str,
) -> None:
    raise_textract_quota(slow_reader, monkeypatch)
    state = slow_reader.state(scans())
    state["job"] = {
        "id": "a-job",
        "status": status,
        "started_at": state["submission"]["received_at"],
        "wait_seconds": 5,
    }
    reading = extract_app.handler(state, slow_reader.context)
    assert len(textract.documents) == reading["ocr_pages"] == PAGES


def test_no_second_job_is_started_however_slow_the_calls_are(
    slow_reader: Reader, textract: FakeTextract, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds, polled = itertools.count(0.0, 100.0), threading.Event()

    def clock() -> float:
        now = next(seconds)
        if now >= 500.0:
            polled.set()
        return now

    defaults = {**(AsyncJobPolicy.__init__.__kwdefaults__ or {}), "clock": clock}
    monkeypatch.setattr(AsyncJobPolicy.__init__, "__kwdefaults__", defaults)
    raise_textract_quota(slow_reader, monkeypatch)
    textract.wait = lambda: polled.wait(2) and None
    state = slow_reader.state(scans(3))
    job = {"id": "", "status": "REFUSED", "started_at": state["submission"]["received_at"], "wait_seconds": 0}
    assert extract_app.handler({**state, "job": job}, slow_reader.context)["ocr_pages"] == 3


def test_a_job_with_another_page_count_is_ignored(
    slow_reader: Reader,
    async_jobs: FakeAsyncJobs,
    textract: FakeTextract,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state = run_job(slow_reader.state(scans()), slow_reader.context)
    async_jobs.pages = async_jobs.pages[:-1]
    calls = len(textract.documents)
    raise_textract_quota(slow_reader, monkeypatch)
    assert extract_app.handler(state, slow_reader.context)["ocr_pages"] == PAGES
    assert len(textract.documents) == calls + PAGES


def test_a_throttled_part_of_the_result_is_requested_again(
    slow_reader: Reader, async_jobs: FakeAsyncJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = run_job(slow_reader.state(scans()), slow_reader.context)
    monkeypatch.setattr("extract.ocr.textract._FIRST_PAUSE", 0.01)
    async_jobs.faults = [(400, "ProvisionedThroughputExceededException"), (500, "InternalServerError")]
    reading = extract_app.handler(state, slow_reader.context)
    assert not async_jobs.faults
    assert reading["ocr_pages"] == PAGES
