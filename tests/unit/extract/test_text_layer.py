"""A text layer's words and lines stand where their glyphs stand, whatever order they were drawn in."""

import random
from collections.abc import Callable

import pytest
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from core.models.submission import DocumentKind
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
    """A page on which every glyph is placed by itself, as some producers do."""

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


def test_glyph_by_glyph_layer_reads_as_words(read: Read) -> None:
    assert read(glyph_by_glyph(PROSE, order=lambda glyphs: None)).text.split("\n") == PROSE


@pytest.mark.parametrize("seed", range(3))
def test_shuffled_layer_is_put_in_order(read: Read, seed: int) -> None:
    page = read(glyph_by_glyph(PROSE, order=random.Random(seed).shuffle))  # noqa: S311
    assert page.text.split("\n") == PROSE


def test_lines_drawn_from_the_bottom_up_are_read_from_the_top_down(read: Read) -> None:
    def draw(canvas: Canvas) -> None:
        for number in reversed(range(len(PROSE))):
            canvas.drawString(72, 760 - 20 * number, PROSE[number])

    assert read(pdf(draw)).text.split("\n") == PROSE


def test_words_without_spaces_between_them_are_told_by_their_gaps(read: Read) -> None:
    """TeX draws no spaces at all."""

    def draw(canvas: Canvas) -> None:
        x = 72.0
        for word in PROSE[0].split():
            canvas.drawString(x, 700, word)
            x += stringWidth(word, "Helvetica", 12) + 3.0

    assert read(pdf(draw)).lines[0].text == PROSE[0]


def test_spaced_out_heading_is_words_and_not_letters(read: Read) -> None:
    def draw(canvas: Canvas) -> None:
        text = canvas.beginText(72, 700)
        text.setCharSpace(4)
        text.textLine("SECTION ONE")
        canvas.drawText(text)

    assert read(pdf(draw_all(typed_page(), draw))).lines[-1].text == "SECTION ONE"


def test_exponent_stays_with_its_number(read: Read) -> None:
    """10 and a raised 2 are not 102; a lowered 2 is an index."""

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


def test_mark_in_the_margin_is_a_line_of_its_own_behind_its_question(read: Read) -> None:
    def draw(canvas: Canvas) -> None:
        for number, line in enumerate(PROSE):
            canvas.drawString(72, 700 - 20 * number, f"{number + 1}. {line[:40]}")
            canvas.drawRightString(540, 700 - 20 * number, f"[{number + 2}]")

    texts = read(pdf(draw)).text.split("\n")
    assert texts[1::2] == ["[2]", "[3]", "[4]", "[5]"]
    assert texts[0].startswith("1.")


def test_boxes_are_fractions_of_the_page_around_the_ink(read: Read) -> None:
    line = read(pdf(typed_page(["Hello world"], x=119, y=421))).lines[0]
    left, top, width, height = line.box
    assert left == pytest.approx(119 / A4[0], abs=0.005)
    assert top + height == pytest.approx(0.5, abs=0.01)
    assert 0.01 < height < 0.02
    assert [word.text for word in line.words] == ["Hello", "world"]
    assert line.words[1].box[0] > line.words[0].box[0] + line.words[0].box[2]
    assert left + width == pytest.approx(line.words[1].box[0] + line.words[1].box[2], abs=1e-4)
    assert line.confidence == 100


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_page_turned_by_its_rotate_key_is_read_as_it_is_shown(read: Read, turn: int) -> None:
    import io

    import pypdf

    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf(upright_when_turned(turn))))
    writer.pages[0].rotate(turn)
    out = io.BytesIO()
    writer.write(out)
    page = read(out.getvalue())
    assert page.rotation == 0
    assert page.text.split("\n") == PROSE
    assert page.aspect == pytest.approx(842 / 595 if turn in (90, 270) else 595 / 842, abs=0.001)


def upright_when_turned(turn: int) -> Callable[[Canvas], None]:
    def draw(canvas: Canvas) -> None:
        width, height = A4
        canvas.translate(width / 2, height / 2)
        canvas.rotate(turn)
        typed_page(x=-200, y=100)(canvas)

    return draw


@pytest.mark.parametrize(("turn", "rotation"), [(90, 90), (180, 180), (270, 270)])
def test_page_whose_text_lies_on_its_side_is_set_upright(read: Read, turn: int, rotation: int) -> None:
    """Text drawn turned counterclockwise stands when the page is turned clockwise by as much."""
    page = read(pdf(upright_when_turned(turn)))
    assert page.rotation == rotation
    assert page.text.split("\n") == PROSE
    assert page.aspect == pytest.approx(842 / 595 if turn in (90, 270) else 595 / 842, abs=0.001)
    tops = [line.box[1] for line in page.lines]
    assert tops == sorted(tops)
    assert all(line.box[2] > 5 * line.box[3] for line in page.lines)


def test_note_along_the_margin_stays_one_line(read: Read) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.translate(30, 200)
        canvas.rotate(90)
        canvas.drawString(0, 0, "Do not write here")

    texts = read(pdf(draw_all(typed_page(), draw))).text.split("\n")
    assert "Do not write here" in texts
    assert [text for text in texts if text != "Do not write here"] == PROSE


def test_letters_in_other_scripts_are_kept(read: Read) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(72, 700, "Größe der Kräfte, où ça déçoit: 25 °C ± 2 µm")

    assert read(pdf(draw)).lines[0].text == "Größe der Kräfte, où ça déçoit: 25 °C ± 2 µm"
