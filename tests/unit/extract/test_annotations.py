"""Annotations are read and displayed, even if they have no appearance stream."""

import io
from collections.abc import Callable
from typing import Any

import pypdf
import pypdfium2
import pytest
from PIL import Image
from pypdf.annotations import FreeText
from pypdf.generic import ArrayObject, DictionaryObject, FloatObject, NameObject, NumberObject
from reportlab.pdfgen.canvas import Canvas

from core.models.document_kinds import DocumentKind
from core.models.media_types import PDF
from extract.document_reader import read_document
from extract.limits import DocumentLimits
from extract.sandbox.process import Sandbox
from tests.unit.extract.document_factory import RecordingOcr, pdf, typed_page

# Where the tests put annotations: left, bottom, right, top in points.
RECTANGLE = (100.0, 600.0, 380.0, 640.0)


def float_array(*values: float) -> ArrayObject:
    return ArrayObject(FloatObject(value) for value in values)


def draw_form_field(canvas: Canvas) -> None:
    typed_page()(canvas)
    canvas.acroForm.textfield(name="q1", x=100, y=600, width=280, height=40, value="forty two metres", borderWidth=0)


def pdf_with_form_field(*, appearance: bool, regenerate: bool = False) -> bytes:
    """A form field with a value, and with or without an appearance stream."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf(draw_form_field)))
    for reference in writer.pages[0]["/Annots"]:  # type: ignore[attr-defined]
        if not appearance:
            del reference.get_object()["/AP"]
            reference.get_object().pop("/MK", None)  # without border and background only its text is visible
    writer.root_object["/AcroForm"][NameObject("/NeedAppearances")] = pypdf.generic.BooleanObject(regenerate)  # type: ignore[index]
    return write_pdf(writer)


def pdf_with_annotation(annotation: Any) -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf(typed_page())))
    writer.add_annotation(0, annotation)
    return write_pdf(writer)


def write_pdf(writer: pypdf.PdfWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def ink_annotation() -> DictionaryObject:
    """A stylus stroke without an appearance stream."""
    return DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Annot"),
            NameObject("/Subtype"): NameObject("/Ink"),
            NameObject("/Rect"): float_array(*RECTANGLE),
            NameObject("/InkList"): ArrayObject([float_array(110, 605, 200, 635, 250, 605, 370, 635)]),
            NameObject("/C"): float_array(0, 0, 0),
            NameObject("/F"): NumberObject(4),
        }
    )


ANNOTATED_PDFS: dict[str, Callable[[], bytes]] = {
    "a field with its appearance": lambda: pdf_with_form_field(appearance=True),
    "a field without an appearance": lambda: pdf_with_form_field(appearance=False),
    "a field that needs its appearance made": lambda: pdf_with_form_field(appearance=False, regenerate=True),
    "a stroke without an appearance": lambda: pdf_with_annotation(ink_annotation()),
    "a typed note without an appearance": lambda: pdf_with_annotation(
        FreeText(text="a typed answer over the page", rect=RECTANGLE)
    ),
}


def count_dark_pixels(image: Image.Image) -> int:
    """Count the dark pixels in the rectangle, at one pixel a point."""
    grey = image.convert("L").resize((595, 842))
    left, bottom, right, top = RECTANGLE
    return sum(grey.crop((int(left), int(842 - top), int(right), int(842 - bottom))).histogram()[:150])


@pytest.mark.parametrize("name", ANNOTATED_PDFS)
def test_annotations_are_part_of_the_page_sent_to_ocr(name: str, sandbox: Sandbox) -> None:
    ocr = RecordingOcr()
    read_document(ANNOTATED_PDFS[name](), ocr=ocr, kind=DocumentKind.ANSWER_SHEET, sandbox=sandbox)
    [body] = ocr.bodies
    page = pypdfium2.PdfDocument(body)[0]
    assert count_dark_pixels(page.render(scale=2, may_draw_forms=False).to_pil()) > 100
    assert pypdf.PdfReader(io.BytesIO(body)).pages[0].get("/Annots") is None


@pytest.mark.parametrize("name", ANNOTATED_PDFS)
def test_annotations_are_visible_in_the_page_image(name: str, sandbox: Sandbox, tmp_path: Any) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(ANNOTATED_PDFS[name]())
    task = {"media_type": PDF, "show": 1, "longest": 1684, "turn": 0}
    with path.open("rb") as file, sandbox.run(task, file.fileno(), DocumentLimits()) as frames:
        [frame] = list(frames)
    assert count_dark_pixels(Image.open(io.BytesIO(frame.body))) > 100


def test_a_page_without_annotations_has_no_dark_pixels_there(sandbox: Sandbox) -> None:
    page = pypdfium2.PdfDocument(pdf(typed_page()))[0]
    assert count_dark_pixels(page.render(scale=2).to_pil()) == 0
