"""Pictures: sent as they are where that will do, made fit where it will not, upright either way."""

import io
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageOps

from core.models.submission import DocumentKind
from core.models.transcript import Transcript
from extract import image_header
from extract.document_reader import build_image_page, read_document
from extract.image_header import ImageHeader
from extract.limits import DocumentLimits
from extract.sandbox.process import Sandbox
from tests.unit.extract.document_factory import (
    PROSE,
    RecordingOcr,
    detect_text_response,
    encode_image,
    picture,
    stack_lines,
)
from tests.unit.extract.test_textract_responses import turned

Read = Callable[[bytes], tuple[Transcript, list[bytes]]]
JPEG, PNG = "image/jpeg", "image/png"


@pytest.fixture
def read(sandbox: Sandbox) -> Read:
    def read(body: bytes) -> tuple[Transcript, list[bytes]]:
        ocr = RecordingOcr()
        return read_document(body, ocr=ocr, kind=DocumentKind.ANSWER_SHEET, sandbox=sandbox), ocr.bodies

    return read


def with_orientation(orientation: int, kind: str = "JPEG", image: Image.Image | None = None) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encode_image(image or picture(), kind, exif=exif)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_picture_is_sent_byte_by_byte_as_it_came(read: Read, kind: str) -> None:
    body = encode_image(picture(), kind)
    transcript, sent = read(body)
    assert sent == [body]
    assert transcript.pages[0].aspect == pytest.approx(620 / 877, abs=1e-3)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_head_tells_size_and_orientation(orientation: int) -> None:
    head = image_header.read_image_header(JPEG, with_orientation(orientation)[:4000])
    assert (head.width, head.height, head.orientation) == (620, 877, orientation)
    shown = ImageOps.exif_transpose(Image.open(io.BytesIO(with_orientation(orientation))))
    assert head.aspect == pytest.approx(shown.width / shown.height)


def test_head_behind_other_segments_is_found() -> None:
    body = encode_image(picture(), "JPEG", icc_profile=bytes(3000), comment="x" * 500, progressive=True)
    assert (image_header.read_image_header(JPEG, body).width, image_header.read_image_header(JPEG, body).height) == (
        620,
        877,
    )


@pytest.mark.parametrize("length", [0, 1, 3, 10, 20, 30, 100, 400])
def test_head_that_is_cut_off_tells_nothing_and_fails_nothing(length: int) -> None:
    assert image_header.read_image_header(JPEG, with_orientation(6)[:length]).aspect > 0
    assert image_header.read_image_header(PNG, encode_image(picture())[:length]).aspect > 0


@pytest.mark.parametrize(("orientation", "lies"), [(6, 270), (3, 180), (8, 90)])
@pytest.mark.parametrize("heeds_exif", [True, False])
def test_photo_is_upright_whether_or_not_textract_heeds_its_orientation(
    orientation: int, lies: int, heeds_exif: bool
) -> None:
    """Stored turned by EXIF 6, the text runs upwards in the pixels: the picture lies turned by 270 degrees."""
    upright = detect_text_response(stack_lines(PROSE))
    given = upright if heeds_exif else turned(upright, lies)
    stored = (877, 620) if lies in (90, 270) else (620, 877)
    page = build_image_page(given, ImageHeader(*stored, orientation))
    assert [line.text for line in page.lines] == PROSE
    assert page.rotation == 0, "as every viewer shows it, it stands already"
    assert page.aspect == pytest.approx(620 / 877, abs=1e-3)
    assert page.lines[0].box == pytest.approx((0.12, 0.08, 0.011 * len(PROSE[0]), 0.015), abs=1e-4)


def test_photo_laid_down_turned_is_set_upright() -> None:
    page = build_image_page(turned(detect_text_response(stack_lines(PROSE)), 90), ImageHeader(877, 620))
    assert (page.rotation, page.aspect) == (270, pytest.approx(620 / 877, abs=1e-3))


def test_mirrored_photo_is_written_anew(read: Read) -> None:
    body = with_orientation(5)
    _, (sent,) = read(body)
    shown = ImageOps.exif_transpose(Image.open(io.BytesIO(body)))
    again = Image.open(io.BytesIO(sent))
    assert again.size == shown.size
    assert 0x0112 not in again.getexif()


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_picture_of_too_many_pixels_a_side_is_scaled(read: Read, kind: str) -> None:
    body = encode_image(picture(size=(10_400, 1_000), mode="L"), kind)
    transcript, (sent,) = read(body)
    again = Image.open(io.BytesIO(sent))
    assert max(again.size) <= 10_000
    assert again.size[0] >= 5_000, "no more is taken away than is needed"
    assert transcript.pages[0].aspect == pytest.approx(10.4, rel=0.01)


def test_picture_of_too_many_bytes_is_made_smaller(read: Read) -> None:
    body = encode_image(Image.frombytes("L", (3400, 3400), random.Random(1).randbytes(3400 * 3400)), compress_level=0)  # noqa: S311
    assert len(body) > 10_000_000
    _, (sent,) = read(body)
    assert len(sent) <= 10_000_000
    assert Image.open(io.BytesIO(sent)).size == (3400, 3400)


def tiff(*frames: Image.Image, **options: Any) -> bytes:
    return encode_image(frames[0], "TIFF", save_all=True, append_images=list(frames[1:]), **options)


def test_each_page_of_a_tiff_is_read(read: Read) -> None:
    body = tiff(picture(size=(620, 877)), picture(size=(877, 620)), picture().convert("1"), picture(mode="RGB"))
    transcript, sent = read(body)
    assert [page.number for page in transcript.pages] == [1, 2, 3, 4]
    assert [round(page.aspect, 2) for page in transcript.pages] == [0.71, 1.41, 0.71, 0.71]
    assert sorted(Image.open(io.BytesIO(body)).format for body in sent) == ["JPEG", "JPEG", "JPEG", "PNG"]


def test_fax_with_pixels_that_are_not_square_is_stretched_to_its_shape(read: Read) -> None:
    body = encode_image(picture(size=(1728, 1143)).convert("1"), "TIFF", compression="group4", dpi=(204, 98))
    transcript, _ = read(body)
    assert transcript.pages[0].aspect == pytest.approx(1728 / 1143 * 98 / 204, rel=0.02)


@pytest.mark.parametrize("mode", ["I;16", "P", "LA", "RGBA", "CMYK", "F"])
def test_odd_pixel_formats_become_black_on_white(read: Read, mode: str) -> None:
    source = picture(mode="L")
    if mode == "I;16":
        image = source.convert("I").point(lambda level: level * 250).convert("I;16")
    else:
        image = source.convert("RGBA" if mode == "LA" else mode) if mode != "LA" else source.convert("LA")
    _, (sent,) = read(encode_image(image, "TIFF"))
    again = Image.open(io.BytesIO(sent)).convert("L")
    low, high = again.getextrema()
    assert low < 60
    assert high > 200
    assert sum(again.histogram()[128:]) > 0.8 * again.width * again.height, "mostly paper"


def test_a_picture_for_people_is_small_enough_for_an_answer(sandbox: Sandbox, tmp_path: Path) -> None:
    """Noise is what a JPEG holds worst: at full size it has 6 MB, 8 in an answer that may have 6."""
    path = tmp_path / "noise.png"
    noise = random.Random(1).randbytes(9_000_000)  # noqa: S311
    Image.frombytes("L", (3000, 3000), noise).save(path, compress_level=1)
    task = {"media_type": PNG, "show": 1, "longest": 3000, "turn": 0}
    with path.open("rb") as file, sandbox.run(task, file.fileno(), DocumentLimits()) as frames:
        [frame] = list(frames)
    assert len(frame.body) * 4 / 3 < 6_000_000
    assert max(Image.open(io.BytesIO(frame.body)).size) > 1600
