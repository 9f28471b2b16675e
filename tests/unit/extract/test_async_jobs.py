"""Asynchronous Textract jobs: started once, polled, handled by their status, and their parts joined before parsing."""

from types import SimpleNamespace
from typing import Any

import pytest

from core.models import errors
from core.models.execution_state import AsyncJob
from core.platform.aws_error_codes import THROTTLING_CODES
from extract.ocr.async_jobs import AsyncJobClient, fetch_job_result
from extract.ocr.aws_errors import REFUSED_CODES
from extract.ocr.engine import AsyncJobResult
from tests.unit.extract.document_factory import block, line_blocks, page_blocks, stack_lines

S3_OBJECT = {"Bucket": "temp", "Name": "incoming/a", "Version": "v1"}
STARTED_AT = "2030-05-06T07:08:09.000Z"


class FakeClientError(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.response = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": 400}}


class FakeTextract:
    """A Textract client: the same token returns the same job; `status` is the status of every job."""

    def __init__(self, status: str = "IN_PROGRESS", error_code: str = "") -> None:
        self.status, self.error_code = status, error_code
        self.exceptions = SimpleNamespace(ClientError=FakeClientError)
        self.started: dict[str, Any] = {}

    def start_document_text_detection(self, **params: Any) -> dict[str, Any]:
        if self.error_code:
            raise FakeClientError(self.error_code)
        self.started.setdefault(params["ClientRequestToken"], params["DocumentLocation"])
        return {"JobId": f"job-of-{params['ClientRequestToken']}"}

    def get_document_text_detection(self, **params: Any) -> dict[str, Any]:
        assert params == {"JobId": "job-of-a-1", "MaxResults": 1}, "polling requests the status and no text"
        return {"JobStatus": self.status, "Blocks": page_blocks([])}


def make_client(client: FakeTextract, now: str = STARTED_AT) -> AsyncJobClient:
    return AsyncJobClient(client, clock=lambda: now)


def test_a_job_is_started_for_the_pinned_object_version() -> None:
    client = FakeTextract()
    job = make_client(client).start(S3_OBJECT, "a-1")
    assert client.started == {"a-1": {"S3Object": S3_OBJECT}}
    assert job == AsyncJob("job-of-a-1", "IN_PROGRESS", STARTED_AT, 3)
    assert AsyncJob.from_state(job.to_state()) == job


def test_starting_again_with_the_same_token_returns_the_same_job() -> None:
    client = FakeTextract()
    assert make_client(client).start(S3_OBJECT, "a-1") == make_client(client).start(S3_OBJECT, "a-1")
    assert len(client.started) == 1


@pytest.mark.parametrize("status", ["SUCCEEDED", "PARTIAL_SUCCESS", "FAILED", "IN_PROGRESS"])
def test_polling_returns_the_status_and_no_text(status: str) -> None:
    job = make_client(FakeTextract(status)).poll(AsyncJob("job-of-a-1", "IN_PROGRESS", STARTED_AT, 5))
    assert set(job.to_state()) == {"id", "status", "started_at", "wait_seconds"}
    assert (job.id, job.status, job.started_at) == ("job-of-a-1", status, STARTED_AT)


def test_waits_grow_with_the_jobs_age_until_it_is_overdue() -> None:
    job = AsyncJob("job-of-a-1", "IN_PROGRESS", STARTED_AT, 3)
    for now, status, wait in (
        ("2030-05-06T07:08:10.000Z", "IN_PROGRESS", 3),
        ("2030-05-06T07:09:09.000Z", "IN_PROGRESS", 15),
        ("2030-05-06T07:20:09.000Z", "IN_PROGRESS", 30),
        ("2030-05-06T07:28:10.000Z", "OVERDUE", 30),
    ):
        polled = make_client(FakeTextract(), now).poll(job)
        assert (polled.status, polled.wait_seconds, polled.started_at) == (status, wait, STARTED_AT)


@pytest.mark.parametrize("code", sorted(REFUSED_CODES))
def test_a_refused_document_is_distinguished_from_a_failed_call(code: str) -> None:
    assert make_client(FakeTextract(error_code=code)).start(S3_OBJECT, "a-1").status == "REFUSED"


@pytest.mark.parametrize("code", ["AccessDeniedException", "IdempotentParameterMismatchException"])
def test_an_error_of_ours_is_raised_unchanged(code: str) -> None:
    with pytest.raises(FakeClientError, match=code):
        make_client(FakeTextract(error_code=code)).start(S3_OBJECT, "a-1")


@pytest.mark.parametrize("code", sorted(THROTTLING_CODES))
def test_a_throttled_start_is_repeated_later(code: str) -> None:
    assert make_client(FakeTextract(error_code=code)).start(S3_OBJECT, "a-1").status == "IN_PROGRESS"


def test_waiting_for_a_free_job_slot_has_the_same_time_limit() -> None:
    job = make_client(FakeTextract(error_code="LimitExceededException")).start(S3_OBJECT, "a-1")
    assert (job.id, job.status, job.wait_seconds) == ("", "IN_PROGRESS", 3)
    overdue = make_client(FakeTextract(error_code="LimitExceededException"), "2030-05-06T07:29:09.000Z").start(
        S3_OBJECT, "a-1", first_requested_at=STARTED_AT
    )
    assert (overdue.id, overdue.status, overdue.started_at) == ("", "OVERDUE", STARTED_AT)


def split_parts(blocks: list[dict[str, Any]], size: int, **more: Any) -> list[dict[str, Any]]:
    """One result in parts of `size` blocks, each with the token of the next."""
    chunks = [blocks[at : at + size] for at in range(0, len(blocks), size)]
    return [
        {
            "JobStatus": "SUCCEEDED",
            "Blocks": part,
            **({"NextToken": str(number)} if number < len(chunks) else {}),
            **more,
        }
        for number, part in enumerate(chunks, 1)
    ]


def fetch_result(status: str, parts: list[dict[str, Any]]) -> AsyncJobResult:
    return fetch_job_result(
        AsyncJob("a-job", status, STARTED_AT, 5), lambda identity: parts if identity == "a-job" else []
    )


@pytest.mark.parametrize("size", [1, 3, 7, 1_000])
def test_parts_are_joined_before_anything_is_parsed(size: int) -> None:
    """Lines find their words and pages their lines, wherever the result was split."""
    pages = [page_blocks(stack_lines([f"page {number} says", "two lines"]), Page=number) for number in (1, 2, 3)]
    parts = split_parts([each for page in pages for each in page], size, DocumentMetadata={"Pages": 3})
    result = fetch_result("SUCCEEDED", parts)
    assert result.total == 3
    for number in (1, 2, 3):
        [first, second] = result.pages[number]()
        assert [word.text for word in first.words] == ["page", str(number), "says"]
        assert [word.text for word in second.words] == ["two", "lines"]


def test_words_and_pages_may_come_in_parts_before_their_lines() -> None:
    line, *words = line_blocks("a line of words", (0.1, 0.1, 0.5, 0.02), Page=2)
    blocks = [block("PAGE", (0, 0, 1, 1), Page=1), block("PAGE", (0, 0, 1, 1), Page=2), *words, line]
    result = fetch_result("SUCCEEDED", split_parts(blocks, 2, DocumentMetadata={"Pages": 2}))
    assert result.pages[1]() == []
    [line_of_page_2] = result.pages[2]()
    assert [word.text for word in line_of_page_2.words] == ["a", "line", "of", "words"]


def test_pages_missing_from_a_partial_success_are_not_counted_as_read() -> None:
    blocks = [each for number in (1, 2, 4) for each in page_blocks(stack_lines(["text"]), Page=number)]
    warnings = [{"ErrorCode": "INTERNAL_SERVER_ERROR", "Pages": [2]}]
    result = fetch_result(
        "PARTIAL_SUCCESS", split_parts(blocks, 1_000, DocumentMetadata={"Pages": 5}, Warnings=warnings)
    )
    assert sorted(result.pages) == [1, 4]
    assert result.total == 5


@pytest.mark.parametrize("status", ["FAILED", "REFUSED", "OVERDUE"])
def test_the_result_of_an_unsuccessful_job_is_not_fetched(status: str) -> None:
    def never(identity: str) -> list[dict[str, Any]]:
        raise AssertionError(f"{identity} was fetched")

    assert fetch_job_result(AsyncJob("a-job", status, STARTED_AT, 5), never) == AsyncJobResult()


def test_a_result_without_its_last_part_is_incomplete() -> None:
    [first, *_] = split_parts(page_blocks(stack_lines(["a", "b", "c"]), Page=1), 3)
    with pytest.raises(errors.ReadingIncomplete):
        fetch_result("SUCCEEDED", [first])
