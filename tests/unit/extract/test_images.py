"""Images are sent unmodified if Textract accepts them, converted otherwise, and end upright either way."""

import io
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageOps

from core.models.document_kinds import DocumentKind
from core.models.transcript import Transcript
from extract import image_header
from extract.document_reader import build_image_page, read_document
from extract.image_header import ImageHeader
from extract.limits import DocumentLimits
from extract.ocr.response_parser import parse_page_lines
from extract.sandbox.process import Sandbox
from tests.unit.extract.document_factory import (
    PROSE,
    RecordingOcr,
    detect_text_response,
    encode_image,
    picture,
    rotate_response,
    stack_lines,
)

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
def test_an_image_is_sent_unmodified(read: Read, kind: str) -> None:
    body = encode_image(picture(), kind)
    transcript, sent = read(body)
    assert sent == [body]
    assert transcript.pages[0].aspect == pytest.approx(620 / 877, abs=1e-3)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_header_gives_size_and_orientation(orientation: int) -> None:
    head = image_header.read_image_header(JPEG, with_orientation(orientation)[:4000])
    assert (head.width, head.height, head.orientation) == (620, 877, orientation)
    displayed = ImageOps.exif_transpose(Image.open(io.BytesIO(with_orientation(orientation))))
    assert head.aspect == pytest.approx(displayed.width / displayed.height)


def test_header_after_other_segments_is_found() -> None:
    body = encode_image(picture(), "JPEG", icc_profile=bytes(3000), comment="x" * 500, progressive=True)
    assert (image_header.read_image_header(JPEG, body).width, image_header.read_image_header(JPEG, body).height) == (
        620,
        877,
    )


@pytest.mark.parametrize("length", [0, 1, 3, 10, 20, 30, 100, 400])
def test_a_truncated_header_is_unknown_and_raises_nothing(length: int) -> None:
    assert image_header.read_image_header(JPEG, with_orientation(6)[:length]).aspect > 0
    assert image_header.read_image_header(PNG, encode_image(picture())[:length]).aspect > 0


@pytest.mark.parametrize(("orientation", "stored_rotation"), [(6, 270), (3, 180), (8, 90)])
@pytest.mark.parametrize("applies_exif", [True, False])
def test_a_photo_is_upright_whether_or_not_textract_applies_exif(
    orientation: int, stored_rotation: int, applies_exif: bool
) -> None:
    """With EXIF orientation 6 the text runs upwards in the stored pixels: they are rotated by 270 degrees."""
    upright = detect_text_response(stack_lines(PROSE))
    response = upright if applies_exif else rotate_response(upright, stored_rotation)
    stored = (877, 620) if stored_rotation in (90, 270) else (620, 877)
    page = build_image_page(parse_page_lines(response), ImageHeader(*stored, orientation), "textract")
    assert [line.text for line in page.lines] == PROSE
    assert page.rotation == 0, "it is upright already, as every viewer shows it"
    assert page.aspect == pytest.approx(620 / 877, abs=1e-3)
    assert page.lines[0].box == pytest.approx((0.12, 0.08, 0.011 * len(PROSE[0]), 0.015), abs=1e-4)


def test_a_photo_of_a_rotated_page_is_made_upright() -> None:
    lines = parse_page_lines(rotate_response(detect_text_response(stack_lines(PROSE)), 90))
    page = build_image_page(lines, ImageHeader(877, 620), "textract")
    assert (page.rotation, page.aspect) == (270, pytest.approx(620 / 877, abs=1e-3))


def test_a_mirrored_photo_is_encoded_again(read: Read) -> None:
    body = with_orientation(5)
    _, (sent,) = read(body)
    displayed = ImageOps.exif_transpose(Image.open(io.BytesIO(body)))
    reencoded = Image.open(io.BytesIO(sent))
    assert reencoded.size == displayed.size
    assert 0x0112 not in reencoded.getexif()


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_an_image_with_too_many_pixels_a_side_is_scaled_down(read: Read, kind: str) -> None:
    body = encode_image(picture(size=(10_400, 1_000), mode="L"), kind)
    transcript, (sent,) = read(body)
    reencoded = Image.open(io.BytesIO(sent))
    assert max(reencoded.size) <= 10_000
    assert reencoded.size[0] >= 5_000, "it is not scaled down further than needed"
    assert transcript.pages[0].aspect == pytest.approx(10.4, rel=0.01)


def test_an_image_with_too_many_bytes_is_compressed(read: Read) -> None:
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


def test_a_fax_with_non_square_pixels_is_stretched(read: Read) -> None:
    body = encode_image(picture(size=(1728, 1143)).convert("1"), "TIFF", compression="group4", dpi=(204, 98))
    transcript, _ = read(body)
    assert transcript.pages[0].aspect == pytest.approx(1728 / 1143 * 98 / 204, rel=0.02)


@pytest.mark.parametrize("mode", ["I;16", "P", "LA", "RGBA", "CMYK", "F"])
def test_unusual_pixel_formats_become_black_on_white(read: Read, mode: str) -> None:
    source = picture(mode="L")
    if mode == "I;16":
        image = source.convert("I").point(lambda level: level * 250).convert("I;16")
    else:
        image = source.convert("RGBA" if mode == "LA" else mode) if mode != "LA" else source.convert("LA")
    _, (sent,) = read(encode_image(image, "TIFF"))
    reencoded = Image.open(io.BytesIO(sent)).convert("L")
    low, high = reencoded.getextrema()
    assert low < 60
    assert high > 200
    assert sum(reencoded.histogram()[128:]) > 0.8 * reencoded.width * reencoded.height, "mostly paper"


def test_a_page_image_fits_into_a_lambda_response(sandbox: Sandbox, tmp_path: Path) -> None:
    """Noise compresses worst as JPEG: at full size it has 6 MB, 8 MB as base64 in a response limited to 6 MB."""
    path = tmp_path / "noise.png"
    noise = random.Random(1).randbytes(9_000_000)  # noqa: S311
    Image.frombytes("L", (3000, 3000), noise).save(path, compress_level=1)
    task = {"media_type": PNG, "show": 1, "longest": 3000, "turn": 0}
    with path.open("rb") as file, sandbox.run(task, file.fileno(), DocumentLimits()) as frames:
        [frame] = list(frames)
    assert len(frame.body) * 4 / 3 < 6_000_000
    assert max(Image.open(io.BytesIO(frame.body)).size) > 1600
