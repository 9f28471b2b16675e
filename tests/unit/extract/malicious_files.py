"""Malformed and hostile files: valid documents damaged by a seeded generator, and files written to do harm."""

import io
import random
import zlib

import pypdf
from PIL import Image

from tests.unit.extract.document_factory import draw_all, encode_image, pdf, picture, scanned_page, typed_page


def minimal_pdf(page: bytes, *objects: bytes, pages: bytes = b"<</Type/Pages/Kids[3 0 R]/Count 1>>") -> bytes:
    """A PDF of catalog, page tree, one page and further objects from number 4 on, without a cross-reference table."""
    bodies = [b"<</Type/Catalog/Pages 2 0 R>>", pages, page, *objects]
    parts = [b"%d 0 obj\n%b\nendobj\n" % (number, body) for number, body in enumerate(bodies, start=1)]
    return b"%PDF-1.7\n" + b"".join(parts) + b"trailer\n<</Root 1 0 R/Size %d>>\n%%%%EOF\n" % (len(bodies) + 1)


def pdf_stream(content: bytes, extra: bytes = b"") -> bytes:
    return b"<<%b/Length %d>>\nstream\n%b\nendstream" % (extra, len(content), content)


def pdf_page(extra: bytes = b"/Contents 4 0 R", box: bytes = b"0 0 595 842") -> bytes:
    return b"<</Type/Page/Parent 2 0 R/MediaBox[%b]%b>>" % (box, extra)


def pdf_image(width: int, height: int, data: bytes, extra: bytes = b"") -> bytes:
    head = b"/Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 8/ColorSpace/DeviceRGB" % (width, height)
    return pdf_stream(data, head + extra)


def malicious_files() -> dict[str, bytes]:
    page_extra = b"/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>"
    content = pdf_stream(b"q 595 0 0 842 0 0 cm /X Do Q")
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]"
    deep = b"[" * 20_000 + b"]" * 20_000
    flate = b"/Filter/FlateDecode"
    return {
        "a page tree that is its own child": minimal_pdf(
            pdf_page(), pdf_stream(b""), pages=b"<</Type/Pages/Kids[2 0 R]/Count 9>>"
        ),
        "a page that is its own parent's parent": minimal_pdf(
            b"<</Type/Page/Parent 3 0 R/Contents 4 0 R>>",
            pdf_stream(b""),
            pages=b"<</Type/Pages/Kids[3 0 R]/Count 1/Parent 2 0 R>>",
        ),
        "a count of pages that are not there": minimal_pdf(
            pdf_page(), pdf_stream(b""), pages=b"<</Type/Pages/Kids[3 0 R]/Count 2000000000>>"
        ),
        "a form that draws itself": minimal_pdf(
            pdf_page(page_extra), content, pdf_stream(b"/X Do /X Do", form + b"/Resources<</XObject<</X 5 0 R>>>>")
        ),
        "forms that multiply": minimal_pdf(
            pdf_page(page_extra),
            content,
            *(
                pdf_stream(b"/X Do " * 30, form + b"/Resources<</XObject<</X %d 0 R>>>>" % (number + 1))
                for number in range(5, 15)
            ),
            pdf_stream(b"0 0 m 10 10 l S", form),
        ),
        "deeply nested arrays": minimal_pdf(pdf_page(b"/Contents 4 0 R/Annots " + deep), pdf_stream(b"")),
        "an image of a trillion pixels": minimal_pdf(
            pdf_page(page_extra), content, pdf_image(1_000_000, 1_000_000, b"x")
        ),
        "a decompression bomb as an image": minimal_pdf(
            pdf_page(page_extra), content, pdf_image(30_000, 30_000, zlib.compress(bytes(40_000_000), 9), flate)
        ),
        "an image of negative size": minimal_pdf(pdf_page(page_extra), content, pdf_image(-5, -7, b"x")),
        "a senseless filter chain": minimal_pdf(
            pdf_page(page_extra),
            content,
            pdf_image(10, 10, b"x" * 300, b"/Filter[/JBIG2Decode/CCITTFaxDecode/DCTDecode/LZWDecode]"),
        ),
        "a page of no size": minimal_pdf(pdf_page(box=b"0 0 0 0"), pdf_stream(b"")),
        "a page of a million points": minimal_pdf(pdf_page(box=b"0 0 1000000 1000000"), pdf_stream(b"")),
        "a page whose size is not a number": minimal_pdf(pdf_page(box=b"nan inf -1e99 1e99"), pdf_stream(b"")),
        "a million graphics states": minimal_pdf(pdf_page(), pdf_stream(zlib.compress(b"q " * 1_000_000), flate)),
        "a text of a million glyphs": minimal_pdf(
            pdf_page(b"/Contents 4 0 R/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>"),
            pdf_stream(zlib.compress(b"BT /F 9 Tf 10 10 Td (" + b"A" * 300_000 + b") Tj ET"), flate),
        ),
        "contents that refer to themselves": minimal_pdf(pdf_page(b"/Contents[4 0 R 4 0 R 3 0 R]"), b"[4 0 R 4 0 R]"),
        "a font that is a page": minimal_pdf(
            pdf_page(b"/Contents 4 0 R/Resources<</Font<</F 3 0 R>>>>"), pdf_stream(b"BT /F 9 Tf (x) Tj ET")
        ),
        "only a header": b"%PDF-1.7",
        "a header far from the start": bytes(900) + pdf(typed_page()),
        "a jpeg of one byte": b"\xff\xd8\xff",
        "a jpeg with an empty frame": b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03" + bytes(40),
        "a png that says it is huge": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
        + (60_000).to_bytes(4, "big") * 2
        + b"\x08\x06\x00\x00\x00"
        + bytes(60),
        "a tiff whose pages form a cycle": cyclic_tiff(),
        "a tiff with a garbage directory": b"II*\x00\x08\x00\x00\x00" + b"\xff" * 600,
    }


def cyclic_tiff() -> bytes:
    body = bytearray(encode_image(picture(size=(40, 40)), "TIFF"))
    at = int.from_bytes(body[4:8], "little")
    count = int.from_bytes(body[at : at + 2], "little")
    body[at + 2 + 12 * count : at + 6 + 12 * count] = at.to_bytes(4, "little")
    return bytes(body)


def valid_files() -> list[bytes]:
    writer = pypdf.PdfWriter(
        clone_from=io.BytesIO(pdf(typed_page(), draw_all(typed_page(), scanned_page(picture(size=(120, 170))))))
    )
    writer.compress_identical_objects()
    packed = io.BytesIO()
    writer.write(packed)
    small = picture(size=(160, 220))
    return [
        pdf(typed_page(), scanned_page(small), typed_page(["Another page"])),
        packed.getvalue(),
        pdf(scanned_page(small.convert("1"))),
        encode_image(small, "JPEG"),
        encode_image(small, "PNG"),
        encode_image(small, "TIFF", compression="tiff_lzw"),
        encode_image(
            small.convert("1"), "TIFF", compression="group4", save_all=True, append_images=[Image.new("1", (9, 9))]
        ),
    ]


def corrupt_bytes(body: bytes, seed: int) -> bytes:
    """The same file with some bytes changed, deleted, duplicated, moved or truncated."""
    rng = random.Random(seed)  # noqa: S311 - the same files in every run
    result = bytearray(body)
    for _ in range(rng.randint(1, 8)):
        at = rng.randrange(max(1, len(result)))
        length = rng.choice([1, 1, 2, 4, 16, 200])
        operation = rng.randrange(7)
        if operation == 0:
            result[at : at + length] = rng.randbytes(length)
        elif operation == 1:
            del result[at : at + length]
        elif operation == 2:
            result[at:at] = result[at : at + length] * rng.choice([1, 2, 50])
        elif operation == 3 and len(result) > 40:
            del result[-rng.randrange(1, len(result) // 2) :]
        elif operation == 4:
            result[at : at + 1] = rng.choice([b"\x00", b"\xff", b"9999999999", b"-1", b"<<", b"]", b"/", b"%"])
        elif operation == 5:
            number = rng.choice([b" 0 R", b"/Length", b"/Kids", b"/Width", b"xref", b"endobj", b"stream", b"/Count"])
            found = result.find(number, at)
            if found >= 0:
                result[found : found + len(number)] = rng.choice([b"", b" 1 R", b"/Parent", b" 4294967296 "])
        else:
            other_at = rng.randrange(max(1, len(result)))
            result[at : at + length], result[other_at : other_at + length] = (
                result[other_at : other_at + length],
                result[at : at + length],
            )
    return bytes(result)
