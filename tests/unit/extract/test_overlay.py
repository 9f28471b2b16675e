"""What is written over a page is read and shown, also where the program that wrote it left no picture of it."""

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

from core.models.media_types import PDF
from core.models.submission import DocumentKind
from extract.document_reader import read_document
from extract.limits import DocumentLimits
from extract.sandbox.process import Sandbox
from tests.unit.extract.document_factory import RecordingOcr, pdf, typed_page

# Left, bottom, right, top in points: where the tests write.
PLACE = (100.0, 600.0, 380.0, 640.0)


def numbers(*values: float) -> ArrayObject:
    return ArrayObject(FloatObject(value) for value in values)


def field(canvas: Canvas) -> None:
    typed_page()(canvas)
    canvas.acroForm.textfield(name="q1", x=100, y=600, width=280, height=40, value="forty two metres", borderWidth=0)


def form(*, picture: bool, regenerate: bool = False) -> bytes:
    """A form field with its value, and with or without a picture of it."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf(field)))
    for reference in writer.pages[0]["/Annots"]:  # type: ignore[attr-defined]
        if not picture:
            del reference.get_object()["/AP"]
            reference.get_object().pop("/MK", None)  # no frame and no ground: only its words would show
    writer.root_object["/AcroForm"][NameObject("/NeedAppearances")] = pypdf.generic.BooleanObject(regenerate)  # type: ignore[index]
    return written(writer)


def noted(annotation: Any) -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf(typed_page())))
    writer.add_annotation(0, annotation)
    return written(writer)


def written(writer: pypdf.PdfWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def stroke() -> DictionaryObject:
    """Ink of a stylus."""
    return DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Annot"),
            NameObject("/Subtype"): NameObject("/Ink"),
            NameObject("/Rect"): numbers(*PLACE),
            NameObject("/InkList"): ArrayObject([numbers(110, 605, 200, 635, 250, 605, 370, 635)]),
            NameObject("/C"): numbers(0, 0, 0),
            NameObject("/F"): NumberObject(4),
        }
    )


OVERLAYS: dict[str, Callable[[], bytes]] = {
    "a field with its picture": lambda: form(picture=True),
    "a field without a picture": lambda: form(picture=False),
    "a field whose picture the reader is asked to make": lambda: form(picture=False, regenerate=True),
    "a stroke without a picture": lambda: noted(stroke()),
    "a typed note without a picture": lambda: noted(FreeText(text="a typed answer over the page", rect=PLACE)),
}


def ink(image: Image.Image) -> int:
    """Dark pixels where the tests write, at a pixel a point."""
    grey = image.convert("L").resize((595, 842))
    left, bottom, right, top = PLACE
    return sum(grey.crop((int(left), int(842 - top), int(right), int(842 - bottom))).histogram()[:150])


@pytest.mark.parametrize("name", OVERLAYS)
def test_what_is_written_over_a_page_is_in_the_bytes_for_ocr(name: str, sandbox: Sandbox) -> None:
    ocr = RecordingOcr()
    read_document(OVERLAYS[name](), ocr=ocr, kind=DocumentKind.ANSWER_SHEET, sandbox=sandbox)
    [body] = ocr.bodies
    page = pypdfium2.PdfDocument(body)[0]
    assert ink(page.render(scale=2, may_draw_forms=False).to_pil()) > 100
    assert pypdf.PdfReader(io.BytesIO(body)).pages[0].get("/Annots") is None


@pytest.mark.parametrize("name", OVERLAYS)
def test_what_is_written_over_a_page_is_in_the_picture_that_people_see(
    name: str, sandbox: Sandbox, tmp_path: Any
) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(OVERLAYS[name]())
    task = {"media_type": PDF, "show": 1, "longest": 1684, "turn": 0}
    with path.open("rb") as file, sandbox.run(task, file.fileno(), DocumentLimits()) as frames:
        [frame] = list(frames)
    assert ink(Image.open(io.BytesIO(frame.body))) > 100


def test_the_tests_would_see_that_nothing_is_written(sandbox: Sandbox) -> None:
    page = pypdfium2.PdfDocument(pdf(typed_page()))[0]
    assert ink(page.render(scale=2).to_pil()) == 0
