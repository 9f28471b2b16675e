"""A document too large for synchronous calls is read by an asynchronous job: real template, state machine, handlers."""

import io
import json
from collections.abc import Iterator

import pypdf
import pytest
from PIL import Image

from core.models.transcript import Transcript
from local.cli.api_client import ApiClient
from local.cloud.local_cloud import LocalCloud
from local.cloud.ocr_pool import OcrError, OcrLine, OcrPage, OcrWord

PAGES = 24
FAILING = 7


class NumberedReader:
    """Reads its number from each page. One page fails in the job but not in a synchronous call."""

    def read(self, content: bytes, page: int | None = None) -> OcrPage:
        if page is None:
            return self._page_with("by a call")
        if page + 1 == FAILING:
            raise OcrError("InternalServerError", "this page was too much")
        return self._page_with(f"page {page + 1} by the job")

    def count(self, content: bytes) -> int:
        return len(pypdf.PdfReader(io.BytesIO(content)).pages)

    def close(self) -> None:
        """Has nothing to release."""

    @staticmethod
    def _page_with(text: str) -> OcrPage:
        box = ((0.1, 0.1), (0.5, 0.1), (0.5, 0.13), (0.1, 0.13))
        return OcrPage(100, 141, 0, (OcrLine(text, 0.99, box, (OcrWord(text, 0.99, box),)),))


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalCloud]:
    """A cloud whose Textract quota allows one page in eleven seconds."""
    with LocalCloud(reader=NumberedReader(), parameters={"TextractTps": "0.09"}) as running:
        yield running


def scanned_document() -> bytes:
    out = io.BytesIO()
    pages = [Image.new("L", (60, 84), 200 + number) for number in range(PAGES)]
    pages[0].save(out, "PDF", save_all=True, append_images=pages[1:])
    return out.getvalue()


def test_a_job_reads_a_large_document_and_a_call_its_failed_page(cloud: LocalCloud) -> None:
    with ApiClient(cloud.api_url, cloud.token()) as api:
        sent = api.submit("large", "question_paper", scanned_document(), media_type="application/pdf", student=None)
        for _ in range(20):
            found = api._json("GET", f"/submissions/{sent.id}", headers={"Prefer": "wait=5"})
            if found["ended_at"]:
                break
    # All pages are read, although none of them has a question.
    assert (found["state"], found["reason"]["type"]) == ("REJECTED", "NoQuestionsFound"), found
    assert found["lanes"]["reading"]["pages_done"] == PAGES

    stepfunctions = cloud.client("stepfunctions")
    arn = f"{cloud.stack.state_machine_arn.replace(':stateMachine:', ':execution:')}:{sent.id}-1"
    events = stepfunctions.get_execution_history(executionArn=arn, maxResults=1000)["events"]
    outputs = {
        event["stateExitedEventDetails"]["name"]: json.loads(event["stateExitedEventDetails"]["output"])
        for event in events
        if "stateExitedEventDetails" in event
    }
    assert outputs["LookAtJob"]["job"]["status"] == "PARTIAL_SUCCESS"
    assert all("by the job" not in json.dumps(output) for output in outputs.values()), "text must travel through S3"
    value = outputs["ReadWithJob"]["value"]
    assert (value["pages"], value["ocr_pages"]) == (PAGES, PAGES)
    body = cloud.client("s3").get_object(Bucket=value["transcript"]["bucket"], Key=value["transcript"]["key"])["Body"]
    texts = [page.text for page in Transcript.from_json(body.read()).pages]
    expected = [f"page {number} by the job" for number in range(1, PAGES + 1)]
    expected[FAILING - 1] = "by a call"
    assert texts == expected
    operations = [call.operation for call in cloud.calls() if call.service == "textract"]
    assert operations.count("StartDocumentTextDetection") == 1
    # Pages in progress when the synchronous calls were given up, and the page that failed in the job.
    assert operations.count("DetectDocumentText") <= 3
