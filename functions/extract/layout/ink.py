"""Measures what is visible on a PDF page: its ink, its images, and whether its words are visible.

The page is rendered small and grey, which costs a few milliseconds. The rendering is sent nowhere: it only shows
whether the text layer says what a person sees.
"""

import ctypes
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pypdfium2.raw as pdfium

from extract.pdf.glyphs import GlyphPage, Matrix, TextFragment

_DPI = 50
_MAX_PIXELS_PER_SIDE = 1000
# By how many grey levels ink differs from the paper, and a visible word from what is around it.
_INK_CONTRAST = 70
_VISIBLE_CONTRAST = 24
_MIN_RULE_LENGTH = 12
_LONG_RUN = re.compile(rb"\x01{%d,}" % _MIN_RULE_LENGTH)
_MAX_FLAT_ROWS = 3
_GRID_SIZE = 40
_MAX_OBJECTS = 20_000
_VISIBLE_ANNOTATIONS = frozenset(
    {
        pdfium.FPDF_ANNOT_FREETEXT,
        pdfium.FPDF_ANNOT_INK,
        pdfium.FPDF_ANNOT_STAMP,
        pdfium.FPDF_ANNOT_WIDGET,
        pdfium.FPDF_ANNOT_LINE,
        pdfium.FPDF_ANNOT_POLYGON,
        pdfium.FPDF_ANNOT_POLYLINE,
    }
)


@dataclass(slots=True)
class PageBitmap:
    """The upright page in grey, 8 bits a pixel; `scale` is in pixels a point.

    `contrast_mask` has a 1 for every pixel that differs visibly from the paper.
    """

    grey: bytes
    width: int
    height: int
    scale: float
    paper: int = 255
    contrast_mask: bytes = b""

    def __post_init__(self) -> None:
        self.paper = _find_paper_level(self.grey)
        self.contrast_mask = self.grey.translate(
            bytes(int(abs(level - self.paper) >= _VISIBLE_CONTRAST) for level in range(256))
        )

    def box(self, fragment: TextFragment) -> tuple[int, int, int, int]:
        """A word's pixel box, clipped to the page; empty if the word lies outside."""
        scale, width, height = self.scale, self.width, self.height
        x0, y0 = int(fragment.x0 * scale), int(fragment.y0 * scale)
        x1, y1 = int(fragment.x1 * scale) + 1, int(fragment.y1 * scale) + 1
        # Called for every word of a document: comparisons are cheaper than calls of min and max.
        if x0 < 0 or y0 < 0 or x1 > width or y1 > height:
            return max(0, x0), max(0, y0), min(width, x1), min(height, y1)
        return x0, y0, x1, y1

    def is_visible(self, fragment: TextFragment) -> bool:
        """Whether anything is visible inside the word's box."""
        x0, y0, x1, y1 = self.box(fragment)
        if x0 >= x1 or y0 >= y1:
            return False
        start = (y0 + (y1 - y0) // 2) * self.width
        left, right, find = start + x0, start + x1, self.contrast_mask.find
        if find(1, left, right) >= 0 and find(0, left, right) >= 0:
            return True
        # Check every pixel only if the middle row shows no contrast.
        low, high = 255, 0
        for y in range(y0, y1):
            row = self.grey[y * self.width + x0 : y * self.width + x1]
            low, high = min(low, *row), max(high, *row)
        return high - low >= _VISIBLE_CONTRAST


def render_page(page: pdfium.FPDF_PAGE, glyph_page: GlyphPage) -> PageBitmap:
    """Render the page in grey at 50 dpi, or smaller if it is very large."""
    scale = min(_DPI / 72, _MAX_PIXELS_PER_SIDE / max(glyph_page.width, glyph_page.height, 1.0))
    width, height = max(1, round(glyph_page.width * scale)), max(1, round(glyph_page.height * scale))
    bitmap = pdfium.FPDFBitmap_CreateEx(width, height, pdfium.FPDFBitmap_Gray, None, 0)
    if not bitmap:
        raise MemoryError("not enough memory to render the page")
    try:
        pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xFFFFFFFF)
        pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, glyph_page.rotation // 90, pdfium.FPDF_ANNOT)
        stride = pdfium.FPDFBitmap_GetStride(bitmap)
        raw = ctypes.string_at(pdfium.FPDFBitmap_GetBuffer(bitmap), stride * height)
    finally:
        pdfium.FPDFBitmap_Destroy(bitmap)
    if stride != width:
        raw = b"".join(raw[y * stride : y * stride + width] for y in range(height))
    return PageBitmap(raw, width, height, scale)


@dataclass(frozen=True, slots=True)
class InkCounts:
    """Pixels of ink: under the words of the text layer, and elsewhere (without straight lines and flat rules)."""

    under_words: int
    elsewhere: int


def measure_ink(page_bitmap: PageBitmap, words: Iterable[TextFragment]) -> InkCounts:
    """Count the page's ink under the words and elsewhere."""
    table = bytes(int(abs(level - page_bitmap.paper) > _INK_CONTRAST) for level in range(256))
    ink = bytearray(page_bitmap.grey.translate(table))
    before = ink.count(1)
    for word in words:
        x0, y0, x1, y1 = page_bitmap.box(word)
        x0, x1 = max(0, x0 - 2), min(page_bitmap.width, x1 + 2)
        blank = bytes(max(0, x1 - x0))
        for y in range(max(0, y0 - 1), min(page_bitmap.height, y1 + 1)):
            ink[y * page_bitmap.width + x0 : y * page_bitmap.width + x1] = blank
    left = ink.count(1)
    return InkCounts(
        before - left, _count_ink_without_rules(bytes(ink), page_bitmap.width, page_bitmap.height) if left else 0
    )


def _find_paper_level(grey: bytes) -> int:
    sample = grey[::7]
    return 255 if sample.count(255) * 2 > len(sample) else Counter(sample).most_common(1)[0][0]


def _count_ink_without_rules(ink: bytes, width: int, height: int) -> int:
    """Count the ink without rules, frames and dotted writing lines."""
    rows = [_remove_long_runs(ink[y * width : (y + 1) * width]) for y in range(height)]
    by_row = b"".join(rows)
    columns = [_remove_long_runs(by_row[x::width]) for x in range(width)]
    by_column = b"".join(columns)
    filled = [by_column[y::height].count(1) for y in range(height)]
    total, band = 0, []
    for count in [*filled, 0]:
        if count:
            band.append(count)
        else:
            total += sum(band) if len(band) > _MAX_FLAT_ROWS else 0
            band = []
    return total


def _remove_long_runs(row: bytes) -> bytes:
    return _LONG_RUN.sub(lambda run: bytes(len(run.group())), row) if row.count(1) >= _MIN_RULE_LENGTH else row


def image_share(page: pdfium.FPDF_PAGE, glyph_page: GlyphPage) -> float:
    """The share of the page that images cover, 0 to 1, measured on a coarse grid."""
    cells: set[int] = set()
    for x0, y0, x1, y1 in _find_images(page, glyph_page.matrix):
        columns = _get_grid_cells(x0, x1, glyph_page.width)
        for row in _get_grid_cells(y0, y1, glyph_page.height):
            cells.update(row * _GRID_SIZE + column for column in columns)
    return len(cells) / (_GRID_SIZE * _GRID_SIZE)


def _get_grid_cells(low: float, high: float, length: float) -> range:
    """The numbers of the grid cells whose centres lie between two edges."""
    if length <= 0:
        return range(0)
    first, last = low / length * _GRID_SIZE - 0.5, high / length * _GRID_SIZE - 0.5
    return range(max(0, int(first + 0.999)), max(0, min(_GRID_SIZE, int(last + 1))))


def _find_images(page: pdfium.FPDF_PAGE, matrix: Matrix) -> Iterator[tuple[float, float, float, float]]:
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    edges = [ctypes.byref(edge) for edge in (left, bottom, right, top)]
    pending: list[tuple[object, Matrix, int]] = [(None, matrix, 0)]
    visited = 0
    while pending:
        form, to_page, depth = pending.pop()
        count = pdfium.FPDFFormObj_CountObjects(form) if form else pdfium.FPDFPage_CountObjects(page)
        for index in range(min(max(count, 0), _MAX_OBJECTS - visited)):
            visited += 1
            item = pdfium.FPDFFormObj_GetObject(form, index) if form else pdfium.FPDFPage_GetObject(page, index)
            kind = pdfium.FPDFPageObj_GetType(item)
            if kind == pdfium.FPDF_PAGEOBJ_IMAGE and pdfium.FPDFPageObj_GetBounds(item, *edges):
                yield _transform_bounds(to_page, left.value, bottom.value, right.value, top.value)
            elif kind == pdfium.FPDF_PAGEOBJ_FORM and depth < 5:
                pending.append((item, _multiply_matrices(_get_matrix(item), to_page), depth + 1))


def _get_matrix(item: object) -> Matrix:
    m = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(item, ctypes.byref(m)):
        return (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    return (m.a, m.b, m.c, m.d, m.e, m.f)


def _multiply_matrices(m: Matrix, n: Matrix) -> Matrix:
    """The transformation by m, followed by n."""
    return (
        m[0] * n[0] + m[1] * n[2],
        m[0] * n[1] + m[1] * n[3],
        m[2] * n[0] + m[3] * n[2],
        m[2] * n[1] + m[3] * n[3],
        m[4] * n[0] + m[5] * n[2] + n[4],
        m[4] * n[1] + m[5] * n[3] + n[5],
    )


def _transform_bounds(m: Matrix, x0: float, y0: float, x1: float, y1: float) -> tuple[float, float, float, float]:
    xs = [m[0] * x + m[2] * y + m[4] for x in (x0, x1) for y in (y0, y1)]
    ys = [m[1] * x + m[3] * y + m[5] for x in (x0, x1) for y in (y0, y1)]
    return min(xs), min(ys), max(xs), max(ys)


def has_visible_annotations(page: pdfium.FPDF_PAGE) -> bool:
    """Whether the page has annotations that are visible and not in the text layer: fields, notes, strokes."""
    for index in range(pdfium.FPDFPage_GetAnnotCount(page)):
        annotation = pdfium.FPDFPage_GetAnnot(page, index)
        kind = pdfium.FPDFAnnot_GetSubtype(annotation)
        pdfium.FPDFPage_CloseAnnot(annotation)
        if kind in _VISIBLE_ANNOTATIONS:
            return True
    return False


def has_only_text(page: pdfium.FPDF_PAGE) -> bool:
    """Whether the page has only text objects, so that there is no other ink to look for."""
    count = pdfium.FPDFPage_CountObjects(page)
    return count <= _MAX_OBJECTS and all(
        pdfium.FPDFPageObj_GetType(pdfium.FPDFPage_GetObject(page, index)) == pdfium.FPDF_PAGEOBJ_TEXT
        for index in range(count)
    )
