"""Hypothesis strategies for malformed and hostile files: damaged originals, and random combinations of the keywords of
their formats."""

import zlib

from hypothesis import strategies as st

from tests.unit.extract.malicious_files import corrupt_bytes, malicious_files, valid_files

_NAMES = """
Type Subtype Page Pages Kids Count Parent Contents Resources Font XObject Image Form Width Height
BitsPerComponent ColorSpace DeviceRGB DeviceGray DeviceCMYK Indexed ICCBased Pattern Shading Filter FlateDecode
DCTDecode LZWDecode ASCII85Decode ASCIIHexDecode RunLengthDecode CCITTFaxDecode JBIG2Decode JPXDecode Crypt
DecodeParms Predictor Columns Colors K SMask Mask Decode Annots Annot Widget FreeText Ink AcroForm Fields
Encrypt ObjStm XRef W Index Prev First N Length MediaBox CropBox Rotate UserUnit Matrix BBox BaseFont Helvetica
Type0 Type1 Type3 TrueType CIDFontType2 ToUnicode Encoding Differences CharProcs FirstChar LastChar Widths
FontDescriptor FontFile2 OCProperties OCGs D OFF Group Transparency S Metadata Names Outlines Dest A JavaScript
JS Root Info ID Size
""".split()  # noqa: SIM905 - a list of keywords, easier to read as one text
_OPERATORS = (
    b"q Q cm re f S n W BT ET Tf Tj TJ Td Tm Tr Do gs cs scn rg RG k K sh BI ID EI d0 d1 BDC EMC 0 1 -1 12 842 595 1e9 "
    b"/F /X /P (words) <0041> [(a) -200 (b)] << >>"
).split()
_NUMBERS = st.one_of(st.integers(-3, 20), st.sampled_from([0, 255, 595, 842, 65536, 2**31, -(2**31), 2**63, 10**30]))

_leaves = st.one_of(
    _NUMBERS.map(lambda number: b"%d" % number),
    st.floats(allow_nan=True, width=32).map(lambda number: repr(number).encode()),
    st.sampled_from(_NAMES).map(lambda name: b"/" + name.encode()),
    st.integers(0, 14).map(lambda number: b"%d 0 R" % number),
    st.binary(max_size=12).map(lambda text: b"(" + text.replace(b"(", b"").replace(b")", b"") + b")"),
    st.sampled_from([b"true", b"false", b"null", b"<>", b"[0 0 595 842]", b"[1 0 0 1 0 0]"]),
)


def _dictionaries(values: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    entry = st.tuples(st.sampled_from(_NAMES), values).map(lambda pair: b"/%b %b" % (pair[0].encode(), pair[1]))
    return st.lists(entry, max_size=8).map(lambda entries: b"<<" + b" ".join(entries) + b">>")


_objects = st.recursive(
    _leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=5).map(lambda items: b"[" + b" ".join(items) + b"]"), _dictionaries(inner)
    ),
    max_leaves=12,
)


@st.composite
def _streams(draw: st.DrawFn) -> bytes:
    """A stream whose contents may or may not match its dictionary."""
    content = draw(
        st.one_of(st.binary(max_size=300), st.lists(st.sampled_from(_OPERATORS), max_size=120).map(b" ".join))
    )
    content *= draw(st.sampled_from([1, 1, 1, 40, 2000]))
    head = draw(_dictionaries(_leaves))[2:-2]
    if draw(st.booleans()):
        content, head = zlib.compress(content), b"/Filter/FlateDecode " + head
    length = draw(st.sampled_from([len(content), len(content), 0, len(content) // 2, 10**9]))
    return b"<<%b/Length %d>>\nstream\n%b\nendstream" % (head, length, content)


@st.composite
def any_pdfs(draw: st.DrawFn) -> bytes:
    """A PDF with a mostly valid catalogue, page tree and pages, and arbitrary other objects."""
    count = draw(st.integers(1, 3))
    kids = b" ".join(b"%d 0 R" % draw(st.sampled_from([3 + number, 3 + number, 2])) for number in range(count))
    bodies = [
        b"<</Type/Catalog/Pages 2 0 R %b>>" % draw(_dictionaries(_leaves))[2:-2],
        b"<</Type/Pages/Kids[%b]/Count %d>>" % (kids, draw(st.sampled_from([count, count, 0, 99]))),
    ]
    for _ in range(count):
        more = draw(_dictionaries(_objects))[2:-2]
        resources = b"/Resources<</Font<</F 8 0 R>>/XObject<</X 9 0 R>>>>"
        bodies.append(b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 7 0 R%b%b>>" % (resources, more))
    while len(bodies) < 12:
        bodies.append(draw(st.one_of(_streams(), _objects)))
    parts = [b"%d 0 obj\n%b\nendobj\n" % (number, body) for number, body in enumerate(bodies, start=1)]
    return b"%PDF-1.7\n" + b"".join(parts) + b"trailer\n<</Root 1 0 R/Size 13>>\n%%EOF\n"


@st.composite
def any_pngs(draw: st.DrawFn) -> bytes:
    """Chunks with correct checksums, in any order, with any content; the first is usually a header."""
    side = st.sampled_from([0, 1, 7, 300, 40_000, 2**31 - 1])
    header = draw(side).to_bytes(4, "big") + draw(side).to_bytes(4, "big") + draw(st.binary(min_size=5, max_size=5))
    kinds = st.sampled_from([b"IDAT", b"PLTE", b"tRNS", b"eXIf", b"iCCP", b"zTXt", b"acTL", b"fcTL", b"IEND", b"IHDR"])
    data = st.one_of(st.binary(max_size=80), st.integers(0, 20_000).map(lambda size: zlib.compress(bytes(size))))
    chunks = [(b"IHDR", header), *draw(st.lists(st.tuples(kinds, data), max_size=6))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big") for kind, body in chunks
    )


@st.composite
def any_jpegs(draw: st.DrawFn) -> bytes:
    """Segments in any order; most of their lengths are correct."""
    markers = st.sampled_from([0xC0, 0xC2, 0xC4, 0xDB, 0xDA, 0xDD, 0xE0, 0xE1, 0xE2, 0xEE, 0xFE, 0xD9])
    result = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    for marker, body in draw(st.lists(st.tuples(markers, st.binary(max_size=120)), max_size=8)):
        length = draw(st.sampled_from([len(body) + 2, len(body) + 2, 2, 0xFFFF]))
        result += b"\xff" + bytes([marker]) + length.to_bytes(2, "big") + body
    return result


@st.composite
def any_tiffs(draw: st.DrawFn) -> bytes:
    """Directories of known tags with any values; their links lead to the next one, into a cycle or nowhere."""
    tags = st.sampled_from([254, 256, 257, 258, 259, 262, 266, 273, 274, 277, 278, 279, 282, 283, 317, 320, 330, 34665])
    values = st.sampled_from([0, 1, 2, 3, 4, 5, 7, 8, 60, 300, 32_773, 50_000, 2**31, 2**32 - 1])
    entries = st.tuples(tags, st.integers(0, 13), values, values)
    result = b"II*\x00\x08\x00\x00\x00"
    for directory in draw(st.lists(st.lists(entries, max_size=14), min_size=1, max_size=4)):
        ahead = len(result) + 2 + 12 * len(directory) + 4
        result += len(directory).to_bytes(2, "little")
        for tag, kind, count, value in directory:
            result += tag.to_bytes(2, "little") + kind.to_bytes(2, "little")
            result += count.to_bytes(4, "little") + value.to_bytes(4, "little")
        result += draw(st.sampled_from([ahead, ahead, 0, 8, 2**32 - 1])).to_bytes(4, "little")
    return result + draw(st.binary(max_size=200))


def any_files() -> st.SearchStrategy[bytes]:
    damaged = st.tuples(st.sampled_from(valid_files()), st.integers(0, 2**32)).map(lambda drawn: corrupt_bytes(*drawn))
    malicious = st.sampled_from(list(malicious_files().values()))
    damaged_twice = st.tuples(st.one_of(any_pdfs(), malicious), st.integers(0, 2**32)).map(
        lambda drawn: corrupt_bytes(*drawn)
    )
    return st.one_of(damaged, damaged, any_pdfs(), any_pdfs(), damaged_twice, any_pngs(), any_jpegs(), any_tiffs())
