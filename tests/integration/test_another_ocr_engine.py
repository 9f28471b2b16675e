"""An OCR engine is added by its definition alone: the extract handler reads with it, and Textract is not asked."""

import hashlib
from collections.abc import Iterator

import pytest
from PIL import Image, ImageDraw

from core.platform.settings import settings
from core.storage.branch_items import ReadingItem
from extract import app as extract_app
from extract.ocr.registry import OCR_ENGINES, get_engine_definition
from extract.transcript_cache import READER_VERSION
from tests.integration import ink_engine
from tests.integration.fake_textract import FakeAsyncJobs, FakeTextract, Reader
from tests.integration.moto_cloud import MotoCloud
from tests.unit.extract.document_factory import encode_image, pdf, scanned_page, typed_page

# Each line's top, as pixels of a page of 600 by 800.
TOPS = (80, 200, 320)


@pytest.fixture
def ink_reader(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    """A reader in a stack that has selected the ink engine; afterwards the engine is no longer registered."""
    monkeypatch.setitem(OCR_ENGINES, ink_engine.DEFINITION.name, ink_engine.DEFINITION)
    monkeypatch.setenv("OCR_ENGINE", ink_engine.DEFINITION.name)
    settings.cache_clear()
    yield reader
    settings.cache_clear()


def picture_of_lines() -> Image.Image:
    page = Image.new("L", (600, 800), 255)
    pen = ImageDraw.Draw(page)
    for top in TOPS:
        pen.rectangle((60, top, 359, top + 19), fill=0)
    return page


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_is_read_by_the_selected_engine(ink_reader: Reader, textract: FakeTextract, kind: str) -> None:
    body = encode_image(picture_of_lines(), kind)
    reading = ink_reader(body, media_type=f"image/{kind.lower()}")
    (page,) = ink_reader.transcript(reading).pages
    assert page.source == "ink"
    assert [line.text for line in page.lines] == ["line 1", "line 2", "line 3"], "the layout has ordered the lines"
    assert page.lines[0].box == pytest.approx((0.1, 0.1, 0.5, 0.025), abs=0.002)
    assert (reading["ocr_pages"], reading["text_layer_pages"]) == (1, 0)
    assert textract.documents == []
    progress = ReadingItem.from_item(ink_reader.progress())
    assert (progress.pages_done, sum(progress.ocr_calls.values())) == (1, 1)


def test_a_pdf_is_sent_as_pictures_to_an_engine_that_refuses_pdfs(ink_reader: Reader, textract: FakeTextract) -> None:
    reading = ink_reader(pdf(typed_page(), scanned_page(picture_of_lines())))
    typed, scanned = ink_reader.transcript(reading).pages
    assert (typed.source, scanned.source) == ("text_layer", "ink")
    assert [line.text for line in scanned.lines] == ["line 1", "line 2", "line 3"]
    assert textract.documents == []


def test_each_engine_has_transcripts_of_its_own(
    ink_reader: Reader, textract: FakeTextract, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = encode_image(picture_of_lines())
    by_ink = ink_reader(body)
    monkeypatch.setenv("OCR_ENGINE", "textract")
    settings.cache_clear()
    by_textract = ink_reader(body)
    stem = f"transcripts/demo/{hashlib.sha256(body).hexdigest()}.{READER_VERSION}"
    assert by_ink["transcript"]["key"] == f"{stem}-ink.json"
    assert by_textract["transcript"]["key"] == f"{stem}.json"
    assert ink_reader.transcript(by_textract).text == "read by Textract"


def test_a_job_of_textract_is_left_alone_by_an_engine_without_jobs(
    ink_reader: Reader, async_jobs: FakeAsyncJobs, cloud: MotoCloud
) -> None:
    """The engine was changed while a job was running: the pages are read again, one by one."""
    job = {"id": "a-job", "status": "SUCCEEDED", "started_at": "2026-01-31T08:30:00.125Z", "wait_seconds": 3}
    state = {**ink_reader.state(encode_image(picture_of_lines())), "job": job}
    reading = extract_app.handler(state, ink_reader.context)
    assert ink_reader.transcript(reading).pages[0].source == "ink"
    assert "GetDocumentTextDetection" not in cloud.calls


def test_an_unknown_engine_is_refused_with_the_known_ones(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCR_ENGINE", "textrakt")
    settings.cache_clear()
    with pytest.raises(ValueError, match="OCR_ENGINE is 'textrakt', but the known OCR engines are: textract"):
        reader(encode_image(picture_of_lines()))
    settings.cache_clear()


def test_the_default_engine_is_textract() -> None:
    assert settings().ocr_engine == "textract"
    assert get_engine_definition("textract").reads_by_job
    assert "ink" not in OCR_ENGINES
