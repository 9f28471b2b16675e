"""Words and lines of a text layer are built from the positions of its glyphs, in whatever order they were drawn."""

import random
from collections.abc import Callable

import pytest
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from core.models.document_kinds import DocumentKind
from core.models.transcript import Page
from extract.document_reader import read_document
from extract.sandbox.process import Sandbox
from tests.unit.extract.document_factory import A4, PROSE, RecordingOcr, draw_all, pdf, typed_page

Read = Callable[[bytes], Page]


@pytest.fixture
def read(sandbox: Sandbox) -> Read:
    def read(body: bytes) -> Page:
        page = read_document(body, ocr=RecordingOcr(), kind=DocumentKind.QUESTION_PAPER, sandbox=sandbox).pages[0]
        assert page.source == "text_layer"
        return page

    return read


def glyph_by_glyph(lines: list[str], *, order: Callable[[list[tuple[float, float, str]]], None]) -> bytes:
    """A page on which every glyph is placed separately, as some producers do."""

    def draw(canvas: Canvas) -> None:
        canvas.setFont("Times-Roman", 12)
        glyphs = [
            (72 + stringWidth(line[:at], "Times-Roman", 12), 760 - 20 * number, letter)
            for number, line in enumerate(lines)
            for at, letter in enumerate(line)
            if letter != " "
        ]
        order(glyphs)
        for x, y, letter in glyphs:
            canvas.drawString(x, y, letter)

    return pdf(draw)


def test_separately_placed_glyphs_are_joined_into_words(read: Read) -> None:
    assert read(glyph_by_glyph(PROSE, order=lambda glyphs: None)).text.split("\n") == PROSE


@pytest.mark.parametrize("seed", range(3))
def test_glyphs_drawn_in_random_order_are_sorted(read: Read, seed: int) -> None:
    page = read(glyph_by_glyph(PROSE, order=random.Random(seed).shuffle))  # noqa: S311
    assert page.text.split("\n") == PROSE


def test_lines_drawn_bottom_up_are_read_top_down(read: Read) -> None:
    def draw(canvas: Canvas) -> None:
        for number in reversed(range(len(PROSE))):
            canvas.drawString(72, 760 - 20 * number, PROSE[number])

    assert read(pdf(draw)).text.split("\n") == PROSE


def test_words_without_spaces_are_separated_by_their_gaps(read: Read) -> None:
    """TeX draws no spaces at all."""

    def draw(canvas: Canvas) -> None:
        x = 72.0
        for word in PROSE[0].split():
            canvas.drawString(x, 700, word)
            x += stringWidth(word, "Helvetica", 12) + 3.0

    assert read(pdf(draw)).lines[0].text == PROSE[0]


def test_a_letterspaced_heading_is_read_as_words(read: Read) -> None:
    def draw(canvas: Canvas) -> None:
        text = canvas.beginText(72, 700)
        text.setCharSpace(4)
        text.textLine("SECTION ONE")
        canvas.drawText(text)

    assert read(pdf(draw_all(typed_page(), draw))).lines[-1].text == "SECTION ONE"


def test_exponents_and_indices_stay_with_their_words(read: Read) -> None:
    """10 with a raised 2 is not 102; a lowered 2 is an index."""

    def draw(canvas: Canvas) -> None:
        text = canvas.beginText(72, 700)
        text.textOut("Area is 10")
        text.setRise(5)
        text.setFont("Helvetica", 7)
        text.textOut("2")
        text.setRise(0)
        text.setFont("Helvetica", 12)
        text.textOut(" of H")
        text.setRise(-3)
        text.setFont("Helvetica", 7)
        text.textOut("2")
        text.setRise(0)
        text.setFont("Helvetica", 12)
        text.textOut("O here")
        canvas.drawText(text)

    assert read(pdf(draw)).lines[0].text == "Area is 10² of H2O here"


def test_a_mark_in_the_margin_is_a_separate_line_after_its_question(read: Read) -> None:
    def draw(canvas: Canvas) -> None:
        for number, line in enumerate(PROSE):
            canvas.drawString(72, 700 - 20 * number, f"{number + 1}. {line[:40]}")
            canvas.drawRightString(540, 700 - 20 * number, f"[{number + 2}]")

    texts = read(pdf(draw)).text.split("\n")
    assert texts[1::2] == ["[2]", "[3]", "[4]", "[5]"]
    assert texts[0].startswith("1.")


def test_boxes_are_fractions_of_the_page(read: Read) -> None:
    line = read(pdf(typed_page(["Hello world"], x=119, y=421))).lines[0]
    left, top, width, height = line.box
    assert left == pytest.approx(119 / A4[0], abs=0.005)
    assert top + height == pytest.approx(0.5, abs=0.01)
    assert 0.01 < height < 0.02
    assert [word.text for word in line.words] == ["Hello", "world"]
    assert line.words[1].box[0] > line.words[0].box[0] + line.words[0].box[2]
    assert left + width == pytest.approx(line.words[1].box[0] + line.words[1].box[2], abs=1e-4)
    assert line.confidence == 100


@pytest.mark.parametrize("rotation_key", [90, 180, 270])
def test_a_page_with_a_rotate_key_is_read_as_displayed(read: Read, rotation_key: int) -> None:
    import io

    import pypdf

    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf(rotated_drawing(rotation_key))))
    writer.pages[0].rotate(rotation_key)
    out = io.BytesIO()
    writer.write(out)
    page = read(out.getvalue())
    assert page.rotation == 0
    assert page.text.split("\n") == PROSE
    assert page.aspect == pytest.approx(842 / 595 if rotation_key in (90, 270) else 595 / 842, abs=0.001)


def rotated_drawing(rotation_key: int) -> Callable[[Canvas], None]:
    def draw(canvas: Canvas) -> None:
        width, height = A4
        canvas.translate(width / 2, height / 2)
        canvas.rotate(rotation_key)
        typed_page(x=-200, y=100)(canvas)

    return draw


@pytest.mark.parametrize(("rotation_key", "rotation"), [(90, 90), (180, 180), (270, 270)])
def test_a_page_with_rotated_text_is_made_upright(read: Read, rotation_key: int, rotation: int) -> None:
    """Text drawn counterclockwise is upright after the page is rotated clockwise by the same angle."""
    page = read(pdf(rotated_drawing(rotation_key)))
    assert page.rotation == rotation
    assert page.text.split("\n") == PROSE
    assert page.aspect == pytest.approx(842 / 595 if rotation_key in (90, 270) else 595 / 842, abs=0.001)
    tops = [line.box[1] for line in page.lines]
    assert tops == sorted(tops)
    assert all(line.box[2] > 5 * line.box[3] for line in page.lines)


def test_a_vertical_note_in_the_margin_is_one_line(read: Read) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.translate(30, 200)
        canvas.rotate(90)
        canvas.drawString(0, 0, "Do not write here")

    texts = read(pdf(draw_all(typed_page(), draw))).text.split("\n")
    assert "Do not write here" in texts
    assert [text for text in texts if text != "Do not write here"] == PROSE


def test_accented_letters_and_symbols_are_kept(read: Read) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(72, 700, "Größe der Kräfte, où ça déçoit: 25 °C ± 2 µm")

    assert read(pdf(draw)).lines[0].text == "Größe der Kräfte, où ça déçoit: 25 °C ± 2 µm"
