"""A document too large for calls, through the real template, state machine and handlers: a job reads it whole."""

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
    """Reads from each page which it is; one page is more than it can read in a job, not by itself."""

    def read(self, content: bytes, page: int | None = None) -> OcrPage:
        if page is None:
            return self._saying("by a call")
        if page + 1 == FAILING:
            raise OcrError("InternalServerError", "this page was too much")
        return self._saying(f"page {page + 1} by the job")

    def count(self, content: bytes) -> int:
        return len(pypdf.PdfReader(io.BytesIO(content)).pages)

    def close(self) -> None:
        """Nothing to end."""

    @staticmethod
    def _saying(text: str) -> OcrPage:
        box = ((0.1, 0.1), (0.5, 0.1), (0.5, 0.13), (0.1, 0.13))
        return OcrPage(100, 141, 0, (OcrLine(text, 0.99, box, (OcrWord(text, 0.99, box),)),))


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalCloud]:
    """An account that takes a page in eleven seconds."""
    with LocalCloud(reader=NumberedReader(), parameters={"TextractTps": "0.09"}) as running:
        yield running


def scans() -> bytes:
    out = io.BytesIO()
    pages = [Image.new("L", (60, 84), 200 + number) for number in range(PAGES)]
    pages[0].save(out, "PDF", save_all=True, append_images=pages[1:])
    return out.getvalue()


def test_large_document_is_read_whole_by_a_job_and_the_page_it_failed_on_by_a_call(cloud: LocalCloud) -> None:
    with ApiClient(cloud.api_url, cloud.token()) as api:
        sent = api.submit("large", "question_paper", scans(), media_type="application/pdf", student=None)
        for _ in range(20):
            found = api._json("GET", f"/submissions/{sent.id}", headers={"Prefer": "wait=5"})
            if found["ended_at"]:
                break
    # Whatever these pages say, they are read to the last; a question is not among it.
    assert (found["state"], found["reason"]["type"]) == ("REJECTED", "NoQuestionsFound"), found
    assert found["lanes"]["reading"]["pages_done"] == PAGES

    stepfunctions = cloud.client("stepfunctions")
    arn = f"{cloud.stack.state_machine_arn.replace(':stateMachine:', ':execution:')}:{sent.id}-1"
    events = stepfunctions.get_execution_history(executionArn=arn, maxResults=1000)["events"]
    left = {
        event["stateExitedEventDetails"]["name"]: json.loads(event["stateExitedEventDetails"]["output"])
        for event in events
        if "stateExitedEventDetails" in event
    }
    assert left["LookAtJob"]["job"]["status"] == "PARTIAL_SUCCESS"
    assert all("by the job" not in json.dumps(output) for output in left.values()), "text travels by S3 alone"
    value = left["ReadWithJob"]["value"]
    assert (value["pages"], value["ocr_pages"]) == (PAGES, PAGES)
    body = cloud.client("s3").get_object(Bucket=value["transcript"]["bucket"], Key=value["transcript"]["key"])["Body"]
    texts = [page.text for page in Transcript.from_json(body.read()).pages]
    wanted = [f"page {number} by the job" for number in range(1, PAGES + 1)]
    wanted[FAILING - 1] = "by a call"
    assert texts == wanted
    asked = [call.operation for call in cloud.calls() if call.service == "textract"]
    assert asked.count("StartDocumentTextDetection") == 1
    # What was under way when the document was given up, and the page that the job had failed on.
    assert asked.count("DetectDocumentText") <= 3
