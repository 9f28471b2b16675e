"""A document that calls would take too long for: the lane's door gives it up, a job reads it, the door goes on."""

import io
import itertools
import json
import threading
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image, TiffImagePlugin

from core.models import errors
from core.models.submission import DocumentKind
from core.platform import aws
from core.platform.settings import settings
from extract import app as door
from extract import job_app
from extract.ocr.async_job_policy import AsyncJobPolicy
from extract.ocr.rate_limiter import RATE_LIMIT_KEY
from tests.integration import test_extract_handler as lane
from tests.integration.conftest import TABLE, TEMP, MotoCloud
from tests.integration.test_extract_handler import ID, FakeTextract, Reader
from tests.unit.extract.document_factory import (
    PROSE,
    draw_all,
    encode_image,
    page_blocks,
    pdf,
    picture,
    scanned_page,
    stack_lines,
    typed_page,
)

PAGES = 24
# The fixtures of the lane's own tests.
textract, read = lane.textract, lane.read


class FakeJobs:
    """Textract's asynchronous pair behind the real client: `pages` gives each page's lines, None where it failed."""

    def __init__(self, status: str = "SUCCEEDED") -> None:
        self.status = status
        self.pages: list[list[str] | None] = [[f"page {number} by the job"] for number in range(1, PAGES + 1)]
        self.started: list[dict[str, Any]] = []
        self.part = 40
        self.faults: list[tuple[int, str]] = []

    def __call__(self, request: Any, **_: Any) -> Any:
        asked = json.loads(request.body)
        operation = request.headers["X-Amz-Target"].decode().rpartition(".")[2]
        if operation == "StartDocumentTextDetection":
            self.started.append(asked)
            return FakeTextract._response(request.url, 200, {"JobId": "a-job"})
        assert asked["JobId"] == "a-job"
        if "NextToken" in asked and self.faults:
            status, code = self.faults.pop(0)
            return FakeTextract._response(request.url, status, {"__type": code, "message": "slow down"})
        if self.status in ("IN_PROGRESS", "FAILED"):
            return FakeTextract._response(request.url, 200, {"JobStatus": self.status})
        return FakeTextract._response(request.url, 200, self._part(int(asked.get("NextToken", 0)), asked["MaxResults"]))

    def _part(self, start: int, most: int) -> dict[str, Any]:
        if start == 0:
            # Made once an answer: its parts name each other's blocks.
            self._blocks = [
                each
                for number, lines in enumerate(self.pages, 1)
                if lines is not None
                for each in page_blocks(stack_lines(lines), Page=number)
            ]
        end = start + min(most, self.part)
        failed = [number for number, lines in enumerate(self.pages, 1) if lines is None]
        told = {"JobStatus": self.status, "DocumentMetadata": {"Pages": len(self.pages)}}
        told |= {"Blocks": self._blocks[start:end]}
        if failed:
            told["Warnings"] = [{"ErrorCode": "INTERNAL_SERVER_ERROR", "Pages": failed}]
        return told | ({"NextToken": str(end)} if end < len(self._blocks) else {})


@pytest.fixture
def jobs(cloud: MotoCloud) -> FakeJobs:
    fake = FakeJobs()
    for operation in ("StartDocumentTextDetection", "GetDocumentTextDetection"):
        aws._session().events.register_first(f"before-send.textract.{operation}", fake)
    return fake


@pytest.fixture
def slow(read: Reader, monkeypatch: pytest.MonkeyPatch) -> Reader:
    """An account that takes a page in twenty seconds: twenty-four are eight minutes."""
    monkeypatch.setenv("TEXTRACT_TPS", "0.05")
    settings.cache_clear()
    door.get_textract_client.cache_clear()
    read.context = SimpleNamespace(**{**vars(read.context), "get_remaining_time_in_millis": lambda: 840_000})
    return read


def scans(count: int = PAGES) -> bytes:
    return pdf(*[scanned_page(picture([f"Page {number}"], size=(310, 438))) for number in range(1, count + 1)])


def after_job(state: dict[str, Any], context: Any) -> dict[str, Any]:
    """The states between: the job is started and looked at, as the state machine does it."""
    with pytest.raises(errors.ReadingTakesLong):
        door.handler(state, context)
    state = {**state, "job": job_app.handler(state, context)}
    return {**state, "job": job_app.handler(state, context)}


def test_large_document_is_given_up_before_its_pages_have_been_read(slow: Reader, textract: FakeTextract) -> None:
    with pytest.raises(errors.ReadingTakesLong):
        slow(scans())
    assert len(textract.documents) <= 2
    told = slow.progress()
    assert (told["pages_total"], told["ended_at"]) == (PAGES, None)


def test_what_a_job_has_read_becomes_the_transcript_and_costs_no_call(
    slow: Reader,
    jobs: FakeJobs,
    textract: FakeTextract,
) -> None:
    state = after_job(slow.state(scans()), slow.context)
    calls = len(textract.documents)
    reading = door.handler(state, slow.context)
    assert [page.text for page in slow.transcript(reading).pages] == [lines[0] for lines in jobs.pages if lines]
    assert (reading["pages"], reading["ocr_pages"], reading["warnings"]) == (PAGES, PAGES, 0)
    assert len(textract.documents) == calls
    assert reading["started_at"] == reading["first_ocr_at"] == state["job"]["started_at"]
    assert slow.progress()["pages_done"] == PAGES


def test_the_job_reads_the_pinned_version_once_a_run(slow: Reader, jobs: FakeJobs, cloud: MotoCloud) -> None:
    state = slow.state(scans(2))
    first, again = job_app.handler(state, slow.context), job_app.handler(state, slow.context)
    assert first["id"] == again["id"]
    place = {"Bucket": TEMP, "Name": f"incoming/{ID}", "Version": state["file"]["version_id"]}
    wanted = {"DocumentLocation": {"S3Object": place}, "ClientRequestToken": f"{ID}-1"}
    assert jobs.started == [wanted, wanted]


def test_the_state_holds_a_jobs_status_and_no_text(slow: Reader, jobs: FakeJobs) -> None:
    state = slow.state(scans(2))
    state["job"] = job_app.handler(state, slow.context)
    looked = job_app.handler(state, slow.context)
    assert looked == {**state["job"], "status": "SUCCEEDED"}
    assert "by the job" not in json.dumps(looked)


def test_pages_that_a_partial_success_leaves_out_are_read_one_by_one(
    slow: Reader,
    jobs: FakeJobs,
    textract: FakeTextract,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    jobs.status, jobs.pages[4], jobs.pages[9] = "PARTIAL_SUCCESS", None, None
    state = after_job(slow.state(scans()), slow.context)
    calls = len(textract.documents)
    quick(slow, monkeypatch)
    reading = door.handler(state, slow.context)
    texts = [page.text for page in slow.transcript(reading).pages]
    assert texts[4] == texts[9] == "read by Textract"
    assert len(set(texts)) == PAGES - 1
    assert len(textract.documents) == calls + 2


def test_a_page_that_neither_job_nor_call_can_read_is_named(
    slow: Reader,
    jobs: FakeJobs,
    textract: FakeTextract,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    jobs.status, jobs.pages[4] = "PARTIAL_SUCCESS", None
    state = after_job(slow.state(scans()), slow.context)
    quick(slow, monkeypatch)
    textract.faults = [(400, "BadDocumentException")] * 2
    with pytest.raises(errors.PageUnreadable, match="Page 5 "):
        door.handler(state, slow.context)


@pytest.mark.parametrize("status", ["FAILED", "OVERDUE", "REFUSED"])
def test_after_a_job_that_has_read_nothing_all_pages_are_read_by_calls(
    slow: Reader,
    textract: FakeTextract,
    monkeypatch: pytest.MonkeyPatch,
    status: str,
) -> None:
    quick(slow, monkeypatch)
    state = slow.state(scans())
    state["job"] = {
        "id": "a-job",
        "status": status,
        "started_at": state["submission"]["received_at"],
        "wait_seconds": 5,
    }
    reading = door.handler(state, slow.context)
    assert len(textract.documents) == reading["ocr_pages"] == PAGES


def test_after_a_job_no_other_job_comes_however_slow_the_calls_are(
    slow: Reader, textract: FakeTextract, monkeypatch: pytest.MonkeyPatch
) -> None:
    minutes, looked = itertools.count(0.0, 100.0), threading.Event()

    def clock() -> float:
        now = next(minutes)
        if now >= 500.0:
            looked.set()
        return now

    slowly = {**(AsyncJobPolicy.__init__.__kwdefaults__ or {}), "clock": clock}
    monkeypatch.setattr(AsyncJobPolicy.__init__, "__kwdefaults__", slowly)
    quick(slow, monkeypatch)
    textract.wait = lambda: looked.wait(2) and None
    state = slow.state(scans(3))
    job = {"id": "", "status": "REFUSED", "started_at": state["submission"]["received_at"], "wait_seconds": 0}
    assert door.handler({**state, "job": job}, slow.context)["ocr_pages"] == 3


def test_a_job_that_counts_pages_otherwise_is_not_believed(
    slow: Reader,
    jobs: FakeJobs,
    textract: FakeTextract,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state = after_job(slow.state(scans()), slow.context)
    jobs.pages = jobs.pages[:-1]
    calls = len(textract.documents)
    quick(slow, monkeypatch)
    assert door.handler(state, slow.context)["ocr_pages"] == PAGES
    assert len(textract.documents) == calls + PAGES


def test_in_a_mixed_document_layers_are_read_and_only_scans_come_from_the_job(slow: Reader, jobs: FakeJobs) -> None:
    state = slow.state(pdf(typed_page(), scanned_page(picture()), typed_page(["A third page of text that is typed."])))
    jobs.pages = [["one"], ["two, by the job"], ["three"]]
    state["job"] = job_app.handler(state, slow.context)
    state["job"] = job_app.handler(state, slow.context)
    found = slow.transcript(door.handler(state, slow.context))
    assert [page.source for page in found.pages] == ["text_layer", "textract", "text_layer"]
    assert found.pages[1].text == "two, by the job"


def test_layers_of_a_sheet_are_held_against_the_job_on_every_page(slow: Reader, jobs: FakeJobs) -> None:
    """The third page's layer says something else than can be seen, in letters that stood on pages before."""
    lie = ["Photosynthesis is the process by which green leaves make water."] * 4
    state = slow.state(pdf(typed_page(), typed_page(), typed_page(lie)), kind=DocumentKind.ANSWER_SHEET)
    jobs.pages = [PROSE, PROSE, PROSE]
    state["job"] = job_app.handler(state, slow.context)
    state["job"] = job_app.handler(state, slow.context)
    reading = door.handler(state, slow.context)
    found = slow.transcript(reading)
    assert [page.source for page in found.pages] == ["textract"] * 3
    assert [line.text for line in found.pages[2].lines] == PROSE
    assert "Page 3" in found.warnings[0]


def test_honest_layers_of_a_sheet_are_kept(slow: Reader, jobs: FakeJobs, textract: FakeTextract) -> None:
    state = slow.state(pdf(typed_page(), typed_page()), kind=DocumentKind.ANSWER_SHEET)
    jobs.pages = [PROSE, PROSE]
    state["job"] = job_app.handler(state, slow.context)
    state["job"] = job_app.handler(state, slow.context)
    reading = door.handler(state, slow.context)
    assert (reading["text_layer_pages"], textract.documents) == (2, [])


def test_pages_written_over_are_read_by_call_with_what_is_written(
    slow: Reader,
    jobs: FakeJobs,
    textract: FakeTextract,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def note(canvas: Any) -> None:
        canvas.freeTextAnnotation("a note over it", Rect=[100, 100, 300, 140], DA="/Helv 12 Tf 0 g")

    quick(slow, monkeypatch)
    state = slow.state(pdf(draw_all(typed_page(), note), scanned_page(picture())))
    jobs.pages = [PROSE, ["two, by the job"]]
    state["job"] = job_app.handler(state, slow.context)
    state["job"] = job_app.handler(state, slow.context)
    found = slow.transcript(door.handler(state, slow.context))
    assert [page.text for page in found.pages] == ["read by Textract", "two, by the job"]
    assert len(textract.documents) == 1


def test_tiff_of_many_pages_is_read_by_the_job_but_for_pages_that_are_not_stored_upright(
    slow: Reader,
    jobs: FakeJobs,
    textract: FakeTextract,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    quick(slow, monkeypatch)
    lying = TiffImagePlugin.ImageFileDirectory_v2()
    lying[274] = 6
    frames = [picture(size=(310, 438)) for _ in range(3)]
    frames[1].encoderinfo = {"tiffinfo": lying}  # type: ignore[attr-defined]
    state = slow.state(encode_image(frames[0], "TIFF", save_all=True, append_images=frames[1:]))
    jobs.pages = [["one"], ["two"], ["three"]]
    state["job"] = job_app.handler(state, slow.context)
    state["job"] = job_app.handler(state, slow.context)
    found = slow.transcript(door.handler(state, slow.context))
    assert [page.text for page in found.pages] == ["one", "read by Textract", "three"]
    [sent] = textract.bodies
    assert Image.open(io.BytesIO(sent)).size == (438, 310)


@pytest.mark.parametrize("turn", [1, 6])
def test_picture_that_came_when_the_quota_was_given_away_is_read_by_the_job(
    slow: Reader, jobs: FakeJobs, textract: FakeTextract, turn: int
) -> None:
    exif = Image.Exif()
    exif[0x0112] = turn
    state = slow.state(encode_image(picture(), "JPEG", exif=exif), media_type="image/jpeg")
    jobs.pages = [["seen by the job"]]
    state["job"] = job_app.handler(state, slow.context)
    state["job"] = job_app.handler(state, slow.context)
    reading = door.handler(state, slow.context)
    assert slow.transcript(reading).text == "seen by the job"
    assert (textract.documents, slow.progress()["pages_done"]) == ([], 1)


def test_large_picture_after_a_job_is_taken_from_it_as_well(
    slow: Reader, jobs: FakeJobs, textract: FakeTextract
) -> None:
    state = slow.state(encode_image(picture(size=(10_400, 60)), "JPEG"), media_type="image/jpeg")
    jobs.pages = [["seen by the job"]]
    state["job"] = job_app.handler(state, slow.context)
    state["job"] = job_app.handler(state, slow.context)
    assert slow.transcript(door.handler(state, slow.context)).text == "seen by the job"


def test_a_throttled_part_is_asked_for_again(slow: Reader, jobs: FakeJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    state = after_job(slow.state(scans()), slow.context)
    monkeypatch.setattr("extract.ocr.textract._FIRST_PAUSE", 0.01)
    jobs.faults = [(400, "ProvisionedThroughputExceededException"), (500, "InternalServerError")]
    reading = door.handler(state, slow.context)
    assert not jobs.faults
    assert reading["ocr_pages"] == PAGES


def quick(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """The account's quota is large again, and nothing of it given away."""
    monkeypatch.setenv("TEXTRACT_TPS", "200")
    settings.cache_clear()
    door.get_textract_client.cache_clear()
    schedule = {"pk": {"S": RATE_LIMIT_KEY[0]}, "sk": {"S": RATE_LIMIT_KEY[1]}}
    reader.cloud.client("dynamodb").delete_item(TableName=TABLE, Key=schedule)
