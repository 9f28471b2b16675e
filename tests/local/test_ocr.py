"""The real OCR engine reads real pixels, however the page is rotated, and ends when its cloud does."""

import io
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from local.cloud.ocr_pool import OcrError, OcrPage, OcrProcessPool
from local.cloud.process_setup import CloudError

FONT = Path(__file__).parents[2] / "samples" / "fonts" / "ComicNeue-Regular.otf"
LINES = ("1. The water boils at a hundred", "2. Light is faster than sound", "3. Plants need carbon dioxide")


def sheet_image() -> Image.Image:
    page = Image.new("L", (1000, 700), 255)
    draw = ImageDraw.Draw(page)
    font = ImageFont.truetype(FONT, 44)
    for number, line in enumerate(LINES):
        draw.text((80, 90 + 120 * number), line, fill=20, font=font)
    return page


def png_bytes(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


@pytest.fixture(scope="module")
def ocr_pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OcrProcessPool]:
    processes = OcrProcessPool(1, tmp_path_factory.mktemp("ocr") / "ocr.log")
    yield processes
    processes.close()


def text(page: OcrPage) -> list[str]:
    return [" ".join(line.text.split()) for line in page.lines]


def test_lines_and_words_are_read_with_their_positions(ocr_pool: OcrProcessPool) -> None:
    page = ocr_pool.read(png_bytes(sheet_image()))
    assert (page.width, page.height, page.rotation) == (1000, 700, 0)
    assert text(page) == list(LINES)
    first = page.lines[0]
    assert first.confidence > 0.8
    assert [word.text for word in first.words] == LINES[0].split()
    left, top = first.polygon[0]
    assert left == pytest.approx(0.08, abs=0.03)
    assert top == pytest.approx(0.14, abs=0.04)
    lefts = [word.polygon[0][0] for word in first.words]
    assert lefts == sorted(lefts)
    assert all(left - 0.02 <= x <= first.polygon[1][0] + 0.02 for x in lefts)


@pytest.mark.parametrize("clockwise", [90, 180, 270])
def test_a_rotated_page_is_read_upright_with_boxes_as_it_lies(ocr_pool: OcrProcessPool, clockwise: int) -> None:
    page = ocr_pool.read(png_bytes(sheet_image().rotate(-clockwise, expand=True)))
    assert page.rotation == clockwise
    assert text(page) == list(LINES)
    start, end = page.lines[0].polygon[0], page.lines[0].polygon[1]
    # The text runs to the right on an upright page, and down on one rotated clockwise by 90 degrees.
    run = (end[0] - start[0], end[1] - start[1])
    towards = {90: (0, 1), 180: (-1, 0), 270: (0, -1)}[clockwise]
    assert run[0] * towards[0] + run[1] * towards[1] > 0.3


def test_a_few_short_lines_on_an_empty_page_are_read(ocr_pool: OcrProcessPool) -> None:
    page = Image.new("L", (1654, 2339), 255)
    draw, font = ImageDraw.Draw(page), ImageFont.truetype(FONT, 34)
    for number, line in enumerate(("1. B", "2. True", "3. 12.5 m/s")):
        draw.text((170, 160 + 60 * number), line, fill=20, font=font)
    found = ocr_pool.read(png_bytes(page))
    assert [line.replace(" ", "") for line in text(found)] == ["1.B", "2.True", "3.12.5m/s"]
    left, top = found.lines[0].polygon[0]
    assert (left * 1654, top * 2339) == pytest.approx((170, 165), abs=15)


def test_a_blank_page_has_no_lines(ocr_pool: OcrProcessPool) -> None:
    assert ocr_pool.read(png_bytes(Image.new("L", (600, 800), 255))).lines == ()


def test_a_page_of_a_longer_document_is_read_by_its_number(ocr_pool: OcrProcessPool) -> None:
    out = io.BytesIO()
    Image.new("L", (600, 400), 255).save(out, "TIFF", save_all=True, append_images=[sheet_image()])
    assert ocr_pool.count(out.getvalue()) == 2
    assert text(ocr_pool.read(out.getvalue(), 1)) == list(LINES)


def test_an_unreadable_document_is_rejected_and_the_process_continues(ocr_pool: OcrProcessPool) -> None:
    with pytest.raises(OcrError) as raised:
        ocr_pool.read(b"no picture at all")
    assert raised.value.code == "UnsupportedDocumentException"
    assert text(ocr_pool.read(png_bytes(sheet_image()))) == list(LINES)


def test_a_dead_process_is_replaced(ocr_pool: OcrProcessPool) -> None:
    (process,) = ocr_pool._engines
    process._process.kill()
    process._process.wait()
    with pytest.raises(OcrError) as raised:
        ocr_pool.read(png_bytes(sheet_image()))
    assert raised.value.code == "InternalServerError"
    assert text(ocr_pool.read(png_bytes(sheet_image()))) == list(LINES)


def test_closing_ends_the_process_even_while_it_loads(tmp_path: Path) -> None:
    processes = OcrProcessPool(1, tmp_path / "ocr.log")
    (process,) = processes._engines
    started = time.monotonic()
    processes.close()
    assert process._process.poll() is not None
    assert time.monotonic() - started < 2


def test_a_missing_ocr_engine_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.cloud.ocr_pool._REQUIRED_PACKAGES", ("an_engine_that_is_not_installed",))
    with pytest.raises(CloudError, match="OCR engine is not installed"):
        OcrProcessPool(1, tmp_path / "ocr.log")


@pytest.mark.parametrize(("work", "ends"), [("burn()", -signal.SIGPROF), ("time.sleep(0.5)", 0)])
def test_a_page_is_limited_in_processor_time_not_wall_clock_time(work: str, ends: int) -> None:
    program = (
        "import itertools, time\n"
        "from local.cloud.ocr_process import cpu_limit\n"
        "def burn():\n    for _ in itertools.count(): pass\n"
        f"with cpu_limit(0.2): {work}\n"
    )
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", program], cwd=root, check=False).returncode == ends
