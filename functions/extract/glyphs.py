"""The glyphs of a PDF page as PDFium places them: what each says and where it stands.

Points of the page as it is shown (after /Rotate and crop box), origin at the top left, y downwards, and, where
most of the text runs another way, turned until it stands upright. The order of drawing is kept but not trusted.
"""

import ctypes
import math
from dataclasses import dataclass, field

import pypdfium2.raw as pdfium

Matrix = tuple[float, float, float, float, float, float]
Place = tuple[float, float, float, float, float]
_SPACES = frozenset({0x09, 0x0A, 0x0D, 0x20, 0xA0, 0x3000, *range(0x2000, 0x200C)})
# PDFium's own marks for a hyphen at a line's end, and the soft hyphen.
_HYPHENS = frozenset({0x02, 0xAD, 0xFFFE})
_UNKNOWN = "\ufffd"
_LETTERS = {code: chr(code) for code in range(0x21, 0x7F)}
_SAMPLE = 64
# In heights of a glyph's box, which is about 1.15 of the font size.
WORD_GAP = 0.13
SAME_BASE = 0.12
_unicode, _loose_box = pdfium.FPDFText_GetUnicode, pdfium.FPDFText_GetLooseCharBox
_STRAIGHT = math.radians(8)


@dataclass(slots=True)
class Piece:
    """Some letters that stand together: a word, or a part of one while words are being put together.

    `base` is the baseline's y; `space` says that a real space stands before.
    """

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    base: float
    space: bool

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    def grow(self, part: "Piece") -> None:
        self.text += part.text
        self.x0, self.y0 = min(self.x0, part.x0), min(self.y0, part.y0)
        self.x1, self.y1 = max(self.x1, part.x1), max(self.y1, part.y1)


@dataclass(slots=True)
class GlyphPage:
    """`pieces` in the order of drawing; `slanted` glyphs run another way than the page.

    `letters` counts all glyphs that are no spaces, `unmapped` those whose meaning nobody knows.
    """

    width: float
    height: float
    matrix: Matrix
    rotation: int
    pieces: list[Piece] = field(default_factory=list)
    slanted: list[Piece] = field(default_factory=list)
    letters: int = 0
    unmapped: int = 0


def shown(page: pdfium.FPDF_PAGE) -> tuple[float, float, Matrix]:
    """Width, height and the matrix from the page's own space to the page as it is shown, in points."""
    width, height = pdfium.FPDF_GetPageWidthF(page), pdfium.FPDF_GetPageHeightF(page)
    fine = 1000.0
    across, down = ctypes.c_int(), ctypes.c_int()
    at = []
    for x, y in ((0.0, 0.0), (fine, 0.0), (0.0, fine)):
        size = (max(1, round(width * 100)), max(1, round(height * 100)))
        pdfium.FPDF_PageToDevice(page, 0, 0, *size, 0, x, y, ctypes.byref(across), ctypes.byref(down))
        at.append((across.value / 100, down.value / 100))
    (e, f), (ax, ay), (bx, by) = at
    return width, height, ((ax - e) / fine, (ay - f) / fine, (bx - e) / fine, (by - f) / fine, e, f)


def read(page: pdfium.FPDF_PAGE, text: pdfium.FPDF_TEXTPAGE) -> GlyphPage:
    """The page's glyphs, those that touch and follow one another in drawing order put together already."""
    width, height, matrix = shown(page)
    count = pdfium.FPDFText_CountChars(text)
    rotation = _direction(text, count, math.atan2(matrix[1], matrix[0]))
    result = GlyphPage(*_upright(width, height, matrix, rotation), rotation=rotation)
    place = _Place(text, result.matrix)
    run: Piece | None = None
    x0 = x1 = 0.0
    level = (0.0, 0.0)
    fresh, space = True, False
    for index in range(count):
        code = _unicode(text, index)
        if code in _SPACES:
            space = space or pdfium.FPDFText_IsGenerated(text, index) != 1
            fresh = True
            continue
        glyph = place.at(index, fresh or space)
        if glyph is None:
            continue
        letter = _LETTERS.get(code) or _letter(code)
        result.letters += 1
        result.unmapped += letter == _UNKNOWN
        if place.slanted:
            result.slanted.append(Piece(letter, *glyph, space))
            run = None
        elif run is not None and not space and _touches(glyph, run, x0, x1):
            run.text += letter
            run.x1 = max(run.x1, glyph[2])
            if (glyph[1], glyph[3]) != level or glyph[0] < run.x0:
                run.x0, run.y0, run.y1 = min(run.x0, glyph[0]), min(run.y0, glyph[1]), max(run.y1, glyph[3])
        else:
            run = Piece(letter, *glyph, space)
            result.pieces.append(run)
        x0, x1, level = glyph[0], glyph[2], (glyph[1], glyph[3])
        fresh = space = False
    return result


def _touches(glyph: Place, run: Piece, x0: float, x1: float) -> bool:
    """Whether a glyph goes on with the run whose last glyph stood from x0 to x1."""
    size = glyph[3] - glyph[1] or 1.0
    if abs(glyph[4] - run.base) >= SAME_BASE * size:
        return False
    # The letters of a ligature share one box.
    same = glyph[0] == x0 and glyph[2] == x1
    return same or (-0.4 * size < glyph[0] - x1 < WORD_GAP * size and glyph[2] > x1 - 0.4 * size and glyph[2] > x0)


class _Place:
    """Where glyphs stand. Asking PDFium costs more than all the rest, so it is asked no more than needed:
    for the baseline where the box's height has changed, for the direction where a word begins."""

    def __init__(self, text: pdfium.FPDF_TEXTPAGE, matrix: Matrix) -> None:
        self._text = text
        self._matrix = matrix
        self._turned = math.atan2(matrix[1], matrix[0])
        self._box, self._x, self._y = pdfium.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
        self._box_at, self._x_at, self._y_at = (ctypes.byref(each) for each in (self._box, self._x, self._y))
        self._level: tuple[float, float] | None = None
        self._base = 0.0
        self.slanted = False

    def at(self, index: int, begins: bool) -> Place | None:
        """Left, top, right, bottom and baseline; None where PDFium knows no place."""
        box = self._box
        if not _loose_box(self._text, index, self._box_at):
            return None
        a, b, c, d, e, f = self._matrix
        bl, bt, br, bb = box.left, box.top, box.right, box.bottom
        if b == 0.0 == c:
            left, right, top, bottom = a * bl + e, a * br + e, d * bt + f, d * bb + f
        else:
            left, right = a * bl + c * bt + e, a * br + c * bb + e
            top, bottom = b * bl + d * bt + f, b * br + d * bb + f
        if left > right:
            left, right = right, left
        if top > bottom:
            top, bottom = bottom, top
        if begins or (top, bottom) != self._level:
            self._level = (top, bottom)
            pdfium.FPDFText_GetCharOrigin(self._text, index, self._x_at, self._y_at)
            self._base = b * self._x.value + d * self._y.value + f
            angle = pdfium.FPDFText_GetCharAngle(self._text, index) + self._turned
            self.slanted = abs(math.remainder(angle, math.tau)) >= _STRAIGHT
        return left, top, right, bottom, self._base


def _letter(code: int) -> str:
    if code in _HYPHENS:
        return "-"
    if code < 0x20 or 0x7F <= code < 0xA0 or 0xD800 <= code < 0xF900 or code in (0xFFFD, 0xFFFF) or code > 0x10FFFF:
        return _UNKNOWN
    return chr(code)


def _direction(text: pdfium.FPDF_TEXTPAGE, count: int, turned: float) -> int:
    """By how many degrees clockwise the shown page is to be turned so that most of its text stands upright.

    PDFium's angles are clockwise, as is `turned`, the page's own turn.
    """
    votes = [0, 0, 0, 0]
    for index in range(0, count, max(1, count // _SAMPLE)):
        if pdfium.FPDFText_GetUnicode(text, index) in _SPACES:
            continue
        angle = pdfium.FPDFText_GetCharAngle(text, index) + turned
        votes[round(angle / (math.pi / 2)) % 4] += 1
    clockwise = max(range(4), key=lambda quarter: (votes[quarter], -quarter))
    return (-clockwise % 4) * 90


def _upright(width: float, height: float, matrix: Matrix, rotation: int) -> tuple[float, float, Matrix]:
    """Width, height and matrix of the page once it has been turned clockwise."""
    a, b, c, d, e, f = matrix
    if rotation == 90:  # (x, y) → (height - y, x)
        return height, width, (-b, a, -d, c, height - f, e)
    if rotation == 180:
        return width, height, (-a, -b, -c, -d, width - e, height - f)
    if rotation == 270:  # (x, y) → (y, width - x)
        return height, width, (b, -a, d, -c, f, width - e)
    return width, height, matrix
