"""Jobs of Textract: started once, looked at, told apart by how they ended, and their parts joined before parsing."""

from types import SimpleNamespace
from typing import Any

import pytest

from core.models import errors
from extract.ocr.async_jobs import AsyncJob, AsyncJobClient, AsyncJobResult, fetch_job_result
from tests.unit.extract.document_factory import block, line_blocks, page_blocks, stack_lines

PLACE = {"Bucket": "temp", "Name": "incoming/a", "Version": "v1"}
AT = "2030-05-06T07:08:09.000Z"


class Refusal(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.response = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": 400}}


class Client:
    """A client of Textract: the same token is the same job; `status` is what is said of it."""

    def __init__(self, status: str = "IN_PROGRESS", refuses: str = "") -> None:
        self.status, self.refuses = status, refuses
        self.exceptions = SimpleNamespace(ClientError=Refusal)
        self.started: dict[str, Any] = {}

    def start_document_text_detection(self, **asked: Any) -> dict[str, Any]:
        if self.refuses:
            raise Refusal(self.refuses)
        self.started.setdefault(asked["ClientRequestToken"], asked["DocumentLocation"])
        return {"JobId": f"job-of-{asked['ClientRequestToken']}"}

    def get_document_text_detection(self, **asked: Any) -> dict[str, Any]:
        assert asked == {"JobId": "job-of-a-1", "MaxResults": 1}, "a look asks for the status and for no text"
        return {"JobStatus": self.status, "Blocks": page_blocks([])}


def jobs(client: Client, at: str = AT) -> AsyncJobClient:
    return AsyncJobClient(client, clock=lambda: at)


def test_a_job_is_started_where_the_pinned_version_lies() -> None:
    client = Client()
    job = jobs(client).start(PLACE, "a-1")
    assert client.started == {"a-1": {"S3Object": PLACE}}
    assert job == AsyncJob("job-of-a-1", "IN_PROGRESS", AT, 3)
    assert AsyncJob.from_state(job.to_state()) == job


def test_starting_again_starts_no_second_job() -> None:
    client = Client()
    assert jobs(client).start(PLACE, "a-1") == jobs(client).start(PLACE, "a-1")
    assert len(client.started) == 1


@pytest.mark.parametrize("status", ["SUCCEEDED", "PARTIAL_SUCCESS", "FAILED", "IN_PROGRESS"])
def test_a_look_tells_the_status_and_nothing_else(status: str) -> None:
    job = jobs(Client(status)).poll(AsyncJob("job-of-a-1", "IN_PROGRESS", AT, 5))
    assert set(job.to_state()) == {"id", "status", "started_at", "wait_seconds"}
    assert (job.id, job.status, job.started_at) == ("job-of-a-1", status, AT)


def test_waits_grow_with_the_jobs_age_and_have_an_end() -> None:
    begun = AsyncJob("job-of-a-1", "IN_PROGRESS", AT, 3)
    for at, status, wait in (
        ("2030-05-06T07:08:10.000Z", "IN_PROGRESS", 3),
        ("2030-05-06T07:09:09.000Z", "IN_PROGRESS", 15),
        ("2030-05-06T07:20:09.000Z", "IN_PROGRESS", 30),
        ("2030-05-06T07:28:10.000Z", "OVERDUE", 30),
    ):
        seen = jobs(Client(), at).poll(begun)
        assert (seen.status, seen.wait_seconds, seen.started_at) == (status, wait, AT)


@pytest.mark.parametrize("error", ["UnsupportedDocument", "DocumentTooLarge", "InvalidS3Object"])
def test_a_document_that_no_job_takes_is_told_from_a_failed_call(error: str) -> None:
    assert jobs(Client(refuses=f"{error}Exception")).start(PLACE, "a-1").status == "REFUSED"


@pytest.mark.parametrize("code", ["AccessDeniedException", "IdempotentParameterMismatchException"])
def test_a_fault_of_ours_stays_what_it_is(code: str) -> None:
    with pytest.raises(Refusal, match=code):
        jobs(Client(refuses=code)).start(PLACE, "a-1")


def test_too_many_jobs_are_waited_for_within_the_same_bound() -> None:
    waiting = jobs(Client(refuses="LimitExceededException")).start(PLACE, "a-1")
    assert (waiting.id, waiting.status, waiting.wait_seconds) == ("", "IN_PROGRESS", 3)
    late = jobs(Client(refuses="LimitExceededException"), "2030-05-06T07:29:09.000Z").start(
        PLACE, "a-1", first_requested_at=AT
    )
    assert (late.id, late.status, late.started_at) == ("", "OVERDUE", AT)


def parts(blocks: list[dict[str, Any]], size: int, **more: Any) -> list[dict[str, Any]]:
    """One answer in parts of so many blocks, each naming the next."""
    cut = [blocks[at : at + size] for at in range(0, len(blocks), size)]
    return [
        {"JobStatus": "SUCCEEDED", "Blocks": part, **({"NextToken": str(number)} if number < len(cut) else {}), **more}
        for number, part in enumerate(cut, 1)
    ]


def answered(status: str, given: list[dict[str, Any]]) -> AsyncJobResult:
    return fetch_job_result(AsyncJob("a-job", status, AT, 5), lambda identity: given if identity == "a-job" else [])


@pytest.mark.parametrize("size", [1, 3, 7, 1_000])
def test_parts_are_joined_before_anything_is_parsed(size: int) -> None:
    """Lines find their words and pages their lines, wherever the answer was cut."""
    pages = [page_blocks(stack_lines([f"page {number} says", "two lines"]), Page=number) for number in (1, 2, 3)]
    given = parts([each for page in pages for each in page], size, DocumentMetadata={"Pages": 3})
    found = answered("SUCCEEDED", given)
    assert found.total == 3
    for number in (1, 2, 3):
        words = {each["Id"]: each["Text"] for each in found.pages[number] if each["BlockType"] == "WORD"}
        [first, _] = [each for each in found.pages[number] if each["BlockType"] == "LINE"]
        assert [words[child] for child in first["Relationships"][0]["Ids"]] == ["page", str(number), "says"]


def test_words_that_come_parts_before_their_line_and_pages_that_come_first_are_no_matter() -> None:
    line, *words = line_blocks("a line of words", (0.1, 0.1, 0.5, 0.02), Page=2)
    blocks = [block("PAGE", (0, 0, 1, 1), Page=1), block("PAGE", (0, 0, 1, 1), Page=2), *words, line]
    found = answered("SUCCEEDED", parts(blocks, 2, DocumentMetadata={"Pages": 2}))
    assert [each["BlockType"] for each in found.pages[1]] == ["PAGE"]
    assert {each["BlockType"] for each in found.pages[2]} == {"PAGE", "LINE", "WORD"}


def test_pages_that_a_partial_success_names_or_leaves_out_are_not_read() -> None:
    blocks = [each for number in (1, 2, 4) for each in page_blocks(stack_lines(["text"]), Page=number)]
    warnings = [{"ErrorCode": "INTERNAL_SERVER_ERROR", "Pages": [2]}]
    found = answered("PARTIAL_SUCCESS", parts(blocks, 1_000, DocumentMetadata={"Pages": 5}, Warnings=warnings))
    assert sorted(found.pages) == [1, 4]
    assert found.total == 5


@pytest.mark.parametrize("status", ["FAILED", "REFUSED", "OVERDUE"])
def test_a_job_that_has_read_nothing_is_not_asked_for_it(status: str) -> None:
    def never(identity: str) -> list[dict[str, Any]]:
        raise AssertionError(f"{identity} was asked for")

    assert fetch_job_result(AsyncJob("a-job", status, AT, 5), never) == AsyncJobResult()


def test_an_answer_that_ends_in_the_middle_is_no_answer() -> None:
    [first, *_] = parts(page_blocks(stack_lines(["a", "b", "c"]), Page=1), 3)
    with pytest.raises(errors.ReadingIncomplete):
        answered("SUCCEEDED", [first])
