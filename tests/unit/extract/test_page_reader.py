"""Pages are extracted as needed, sent as their own bytes and read in parallel, and none of them is lost."""

import base64
import io
import random
import threading
import time
from typing import Any

import pypdf
import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from core.models import errors
from core.models.document_kinds import DocumentKind
from extract.document_reader import read_document
from extract.ocr.engine import PageRefused
from extract.sandbox.process import Sandbox
from tests.unit.extract.document_factory import (
    RecordingOcr,
    TextractJson,
    detect_text_response,
    encode_image,
    pdf,
    picture,
    scanned_page,
    stack_lines,
    typed_page,
)


def scanned_pdf(count: int) -> bytes:
    return pdf(*[scanned_page(Image.effect_noise((300, 400), 100 + n)) for n in range(count)])


def get_page_number(body: bytes) -> int:
    """Which page of `numbered_scans` this is, by the width of its image."""
    (page,) = pypdf.PdfReader(io.BytesIO(body)).pages
    (image,) = page.images
    return image.image.width - 300


def numbered_scans(count: int) -> bytes:
    return pdf(*[scanned_page(Image.effect_noise((300 + n, 400), 100)) for n in range(1, count + 1)])


def test_pages_are_read_in_parallel_and_joined_in_order(sandbox: Sandbox) -> None:
    all_started = threading.Barrier(6)

    def ocr(body: bytes) -> dict[str, Any]:
        number = get_page_number(body)
        all_started.wait(10)  # raises unless all six calls run at once
        time.sleep(0.02 * (6 - number))
        return detect_text_response(stack_lines([f"text of page {number}"]))

    transcript = read_document(
        numbered_scans(6), ocr=TextractJson(ocr), kind=DocumentKind.ANSWER_SHEET, sandbox=sandbox, workers=6
    )
    assert [page.text for page in transcript.pages] == [f"text of page {n}" for n in range(1, 7)]


def test_only_the_pages_needed_soon_are_extracted(sandbox: Sandbox) -> None:
    """With one worker, one page is being read and two wait; the others are not extracted yet."""
    frames: list[int] = []
    at_first_call: list[int] = []

    class CountingListener:
        def pages(self, total: int) -> None: ...
        def ocr_call_started(self) -> None: ...
        def page_done(self) -> None: ...
        def should_stop(self) -> bool:
            frames.append(1)
            return False

    def ocr(body: bytes) -> dict[str, Any]:
        if not at_first_call:
            time.sleep(0.3)
            at_first_call.append(len(frames))
        return detect_text_response(stack_lines(["x"]))

    read_document(
        scanned_pdf(30),
        ocr=TextractJson(ocr),
        kind=DocumentKind.ANSWER_SHEET,
        sandbox=sandbox,
        workers=1,
        listener=CountingListener(),
    )
    assert at_first_call[0] <= 6


def test_a_pages_own_bytes_are_sent_and_not_a_rendering(sandbox: Sandbox) -> None:
    ocr = RecordingOcr()
    original = Image.effect_noise((300, 400), 100).convert("RGB")
    jpeg = encode_image(original, "JPEG", quality=71)

    def draw(canvas: Canvas) -> None:
        canvas.drawImage(ImageReader(io.BytesIO(jpeg)), 0, 0, 595, 842)

    read_document(pdf(draw), ocr=ocr, kind=DocumentKind.ANSWER_SHEET, sandbox=sandbox)
    (page,) = pypdf.PdfReader(io.BytesIO(ocr.bodies[0])).pages
    (image,) = page["/Resources"]["/XObject"].values()
    filters, data = image.get_object()["/Filter"], image.get_object()._data
    assert (base64.a85decode(data, adobe=True) if "/ASCII85Decode" in filters else data) == jpeg


def pdf_with_shared_resources(count: int) -> bytes:
    """Pages that share one dictionary with the images of all pages."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(numbered_scans(count)))
    from pypdf.generic import DictionaryObject, NameObject

    pictures = DictionaryObject()
    for number, page in enumerate(writer.pages):
        (name,) = page["/Resources"]["/XObject"]
        pictures[NameObject(f"/Im {number}")] = page["/Resources"]["/XObject"].raw_get(name)
        content = page.get_contents().get_data().replace(name.encode(), f"/Im#20{number}".encode())
        stream = pypdf.generic.StreamObject()
        stream.set_data(content)
        page[NameObject("/Contents")] = writer._add_object(stream)
    shared = writer._add_object(DictionaryObject({NameObject("/XObject"): pictures}))
    for page in writer.pages:
        page[NameObject("/Resources")] = shared
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_an_extracted_page_leaves_out_the_other_pages_images(sandbox: Sandbox) -> None:
    body = pdf_with_shared_resources(8)
    ocr = RecordingOcr()
    read_document(body, ocr=ocr, kind=DocumentKind.ANSWER_SHEET, sandbox=sandbox)
    assert len(ocr.bodies) == 8
    assert sorted(get_page_number(sent) for sent in ocr.bodies) == list(range(1, 9))
    assert sum(map(len, ocr.bodies)) < 1.3 * len(body)


def test_a_hidden_optional_content_layer_stays_hidden(sandbox: Sandbox) -> None:
    """A teacher's hidden layer of answers must not become visible because a page was extracted."""
    from pypdf.generic import ArrayObject, DictionaryObject, NameObject, TextStringObject

    writer = pypdf.PdfWriter(clone_from=io.BytesIO(numbered_scans(1)))
    group = writer._add_object(
        DictionaryObject({NameObject("/Type"): NameObject("/OCG"), NameObject("/Name"): TextStringObject("answers")})
    )
    config = DictionaryObject({NameObject("/OFF"): ArrayObject([group])})
    writer.root_object[NameObject("/OCProperties")] = DictionaryObject(
        {NameObject("/OCGs"): ArrayObject([group]), NameObject("/D"): config}
    )
    writer.pages[0]["/Resources"][NameObject("/Properties")] = DictionaryObject({NameObject("/MC0"): group})
    out = io.BytesIO()
    writer.write(out)
    ocr = RecordingOcr()
    read_document(out.getvalue(), ocr=ocr, kind=DocumentKind.ANSWER_SHEET, sandbox=sandbox)
    sent = pypdf.PdfReader(io.BytesIO(ocr.bodies[0]))
    assert len(sent.root_object["/OCProperties"]["/D"]["/OFF"]) == 1


def test_a_page_with_too_many_bytes_is_rendered(sandbox: Sandbox) -> None:
    noise = Image.frombytes("L", (3400, 3400), random.Random(1).randbytes(3400 * 3400))  # noqa: S311

    def draw(canvas: Canvas) -> None:
        canvas.drawImage(ImageReader(noise), 0, 0, 595, 842)

    body = pdf(draw, pageCompression=0)
    assert len(body) > 10_000_000
    ocr = RecordingOcr()
    read_document(body, ocr=ocr, kind=DocumentKind.ANSWER_SHEET, sandbox=sandbox)
    (sent,) = ocr.bodies
    assert len(sent) <= 10_000_000
    assert Image.open(io.BytesIO(sent)).format == "JPEG"


def test_a_page_too_large_for_a_call_is_rendered_smaller(sandbox: Sandbox) -> None:
    ocr = RecordingOcr()
    read_document(
        pdf(scanned_page(picture()), size=(9_500, 12_000)), ocr=ocr, kind=DocumentKind.ANSWER_SHEET, sandbox=sandbox
    )
    image = Image.open(io.BytesIO(ocr.bodies[0]))
    assert image.format == "JPEG"
    assert max(image.size) <= 10_000


def test_failed_pages_are_named_and_the_reading_is_incomplete(sandbox: Sandbox) -> None:
    def ocr(body: bytes) -> dict[str, Any]:
        if get_page_number(body) in (2, 4):
            raise errors.ServiceUnavailable("Textract gave no answer.")
        return detect_text_response(stack_lines(["x"]))

    with pytest.raises(errors.ReadingIncomplete) as raised:
        read_document(numbered_scans(5), ocr=TextractJson(ocr), kind=DocumentKind.ANSWER_SHEET, sandbox=sandbox)
    assert raised.value.pages == (2, 4)


def test_refused_pages_are_retried_as_images_and_then_named(sandbox: Sandbox) -> None:
    rendered: list[bytes] = []

    def ocr(body: bytes) -> dict[str, Any]:
        if not body.startswith(b"%PDF"):
            rendered.append(body)
            raise PageRefused("BadDocumentException")
        if get_page_number(body) in (2, 3):
            raise PageRefused("UnsupportedDocumentException")
        return detect_text_response(stack_lines(["x"]))

    with pytest.raises(errors.PageUnreadable, match="Pages 2 and 3"):
        read_document(numbered_scans(4), ocr=TextractJson(ocr), kind=DocumentKind.ANSWER_SHEET, sandbox=sandbox)
    assert len(rendered) == 2


def test_an_error_of_ours_ends_the_reading_at_once(sandbox: Sandbox) -> None:
    calls: list[int] = []

    def ocr(body: bytes) -> dict[str, Any]:
        calls.append(1)
        raise PermissionError("no access")

    with pytest.raises(PermissionError):
        read_document(
            scanned_pdf(40), ocr=TextractJson(ocr), kind=DocumentKind.ANSWER_SHEET, sandbox=sandbox, workers=2
        )
    assert len(calls) < 20


def test_a_hundred_typed_pages_need_no_ocr(sandbox: Sandbox) -> None:
    lines = [f"{n}. A line of a question paper with about as many words as such lines have." for n in range(40)]
    ocr = RecordingOcr()
    transcript = read_document(
        pdf(*[typed_page(lines)] * 100), ocr=ocr, kind=DocumentKind.QUESTION_PAPER, sandbox=sandbox
    )
    assert len(transcript.pages) == 100
    assert all(len(page.lines) == 40 for page in transcript.pages)
    assert ocr.bodies == []
