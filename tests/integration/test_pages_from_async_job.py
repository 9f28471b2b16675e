"""Which pages come from the asynchronous job, and which from the text layer or single calls."""

import io
from typing import Any

import pytest
from PIL import Image, TiffImagePlugin

from core.models.document_kinds import DocumentKind
from extract import app as extract_app
from extract import job_app
from tests.integration.fake_textract import FakeAsyncJobs, FakeTextract, Reader, raise_textract_quota
from tests.unit.extract.document_factory import (
    PROSE,
    draw_all,
    encode_image,
    pdf,
    picture,
    scanned_page,
    typed_page,
)


def test_only_scanned_pages_of_a_mixed_document_come_from_the_job(
    slow_reader: Reader, async_jobs: FakeAsyncJobs
) -> None:
    state = slow_reader.state(
        pdf(typed_page(), scanned_page(picture()), typed_page(["A third page of text that is typed."]))
    )
    async_jobs.pages = [["one"], ["two, by the job"], ["three"]]
    state["job"] = job_app.handler(state, slow_reader.context)
    state["job"] = job_app.handler(state, slow_reader.context)
    found = slow_reader.transcript(extract_app.handler(state, slow_reader.context))
    assert [page.source for page in found.pages] == ["text_layer", "textract", "text_layer"]
    assert found.pages[1].text == "two, by the job"


def test_text_layers_of_a_sheet_are_compared_with_the_job(slow_reader: Reader, async_jobs: FakeAsyncJobs) -> None:
    """The third page's layer differs from what is visible, in letters that also occur on the pages before."""
    lie = ["Photosynthesis is the process by which green leaves make water."] * 4
    state = slow_reader.state(pdf(typed_page(), typed_page(), typed_page(lie)), kind=DocumentKind.ANSWER_SHEET)
    async_jobs.pages = [PROSE, PROSE, PROSE]
    state["job"] = job_app.handler(state, slow_reader.context)
    state["job"] = job_app.handler(state, slow_reader.context)
    reading = extract_app.handler(state, slow_reader.context)
    found = slow_reader.transcript(reading)
    assert [page.source for page in found.pages] == ["textract"] * 3
    assert [line.text for line in found.pages[2].lines] == PROSE
    assert "Page 3" in found.warnings[0]


def test_matching_text_layers_of_a_sheet_are_kept(
    slow_reader: Reader, async_jobs: FakeAsyncJobs, textract: FakeTextract
) -> None:
    state = slow_reader.state(pdf(typed_page(), typed_page()), kind=DocumentKind.ANSWER_SHEET)
    async_jobs.pages = [PROSE, PROSE]
    state["job"] = job_app.handler(state, slow_reader.context)
    state["job"] = job_app.handler(state, slow_reader.context)
    reading = extract_app.handler(state, slow_reader.context)
    assert (reading["text_layer_pages"], textract.documents) == (2, [])


def test_annotated_pages_are_read_by_a_call_with_their_annotations(
    slow_reader: Reader,
    async_jobs: FakeAsyncJobs,
    textract: FakeTextract,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def note(canvas: Any) -> None:
        canvas.freeTextAnnotation("a note over it", Rect=[100, 100, 300, 140], DA="/Helv 12 Tf 0 g")

    raise_textract_quota(slow_reader, monkeypatch)
    state = slow_reader.state(pdf(draw_all(typed_page(), note), scanned_page(picture())))
    async_jobs.pages = [PROSE, ["two, by the job"]]
    state["job"] = job_app.handler(state, slow_reader.context)
    state["job"] = job_app.handler(state, slow_reader.context)
    found = slow_reader.transcript(extract_app.handler(state, slow_reader.context))
    assert [page.text for page in found.pages] == ["read by Textract", "two, by the job"]
    assert len(textract.documents) == 1


def test_a_tiffs_pages_come_from_the_job_unless_rotated(
    slow_reader: Reader,
    async_jobs: FakeAsyncJobs,
    textract: FakeTextract,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    raise_textract_quota(slow_reader, monkeypatch)
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[274] = 6
    frames = [picture(size=(310, 438)) for _ in range(3)]
    frames[1].encoderinfo = {"tiffinfo": tags}  # type: ignore[attr-defined]
    state = slow_reader.state(encode_image(frames[0], "TIFF", save_all=True, append_images=frames[1:]))
    async_jobs.pages = [["one"], ["two"], ["three"]]
    state["job"] = job_app.handler(state, slow_reader.context)
    state["job"] = job_app.handler(state, slow_reader.context)
    found = slow_reader.transcript(extract_app.handler(state, slow_reader.context))
    assert [page.text for page in found.pages] == ["one", "read by Textract", "three"]
    [sent] = textract.bodies
    assert Image.open(io.BytesIO(sent)).size == (438, 310)


@pytest.mark.parametrize("orientation", [1, 6])
def test_an_image_without_quota_is_read_by_the_job(
    slow_reader: Reader, async_jobs: FakeAsyncJobs, textract: FakeTextract, orientation: int
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    state = slow_reader.state(encode_image(picture(), "JPEG", exif=exif), media_type="image/jpeg")
    async_jobs.pages = [["seen by the job"]]
    state["job"] = job_app.handler(state, slow_reader.context)
    state["job"] = job_app.handler(state, slow_reader.context)
    reading = extract_app.handler(state, slow_reader.context)
    assert slow_reader.transcript(reading).text == "seen by the job"
    assert (textract.documents, slow_reader.progress()["pages_done"]) == ([], 1)


def test_a_large_image_is_read_by_the_job(
    slow_reader: Reader, async_jobs: FakeAsyncJobs, textract: FakeTextract
) -> None:
    state = slow_reader.state(encode_image(picture(size=(10_400, 60)), "JPEG"), media_type="image/jpeg")
    async_jobs.pages = [["seen by the job"]]
    state["job"] = job_app.handler(state, slow_reader.context)
    state["job"] = job_app.handler(state, slow_reader.context)
    assert slow_reader.transcript(extract_app.handler(state, slow_reader.context)).text == "seen by the job"
