"""The glyphs of a PDF page as PDFium places them: what each says and where it stands.

Points of the page as it is shown (after /Rotate and crop box), origin at the top left, y downwards, and, where
most of the text runs another way, turned until it stands upright. The order of drawing is kept but not trusted.
"""

import ctypes
import math
import re
from dataclasses import dataclass, field

import pypdfium2.raw as pdfium

Matrix = tuple[float, float, float, float, float, float]
Place = tuple[float, float, float, float, float]
_UNKNOWN = "\ufffd"
_SPACE = re.compile("[\t\n\r \xa0\u2000-\u200b\u3000]")
# PDFium's own marks for a hyphen at a line's end, and the soft hyphen.
_HYPHEN = re.compile("[\x02\xad\ufffe]")
# Control characters, halves of pairs, and codes that every font uses for what it likes.
_MEANINGLESS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\uf8ff\ufffd\uffff]")
_WORD = re.compile("[^ ]+")
_SAMPLE = 64
# In heights of a glyph's box, which is about 1.15 of the font size.
WORD_GAP = 0.13
SAME_BASE = 0.12
_loose_box = pdfium.FPDFText_GetLooseCharBox
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
    letters = _letters(text)
    rotation = _direction(text, letters, math.atan2(matrix[1], matrix[0]))
    result = GlyphPage(*_upright(width, height, matrix, rotation), rotation=rotation)
    place = _Place(text, result.matrix)
    end = 0
    for word in _WORD.finditer(letters):
        start = word.start()
        # PDFium puts spaces of its own where it sees gaps; whether there are any is for us to see.
        space = start > end and pdfium.FPDFText_IsGenerated(text, end) != 1
        if start > end + 1 and not space:
            space = any(pdfium.FPDFText_IsGenerated(text, index) != 1 for index in range(end + 1, start))
        end = word.end()
        whole = place.of_word(start, end)
        if whole is not None:
            result.pieces.append(Piece(word.group(), *whole, space))
        else:
            _read_apart(place, word.group(), start, space, result)
    result.letters = sum(len(piece.text) for piece in (*result.pieces, *result.slanted))
    result.unmapped = letters.count(_UNKNOWN)
    return result


def _read_apart(place: "_Place", letters: str, start: int, space: bool, result: GlyphPage) -> None:
    """Glyphs that are not drawn as one: letter by letter, put together where they touch."""
    run: Piece | None = None
    x0 = x1 = 0.0
    for index, letter in enumerate(letters, start=start):
        glyph = place.at(index)
        if glyph is None:
            continue
        if place.slanted:
            result.slanted.append(Piece(letter, *glyph, space))
            run = None
        elif run is not None and _touches(glyph, run, x0, x1):
            run.grow(Piece(letter, *glyph, space=False))
        else:
            run = Piece(letter, *glyph, space)
            result.pieces.append(run)
        x0, x1 = glyph[0], glyph[2]
        space = False


def _letters(text: pdfium.FPDF_TEXTPAGE) -> str:
    """One character a glyph: what it says, a space for any kind of space, U+FFFD where nobody knows."""
    count = max(0, pdfium.FPDFText_CountChars(text))
    units = (ctypes.c_ushort * (count + 1))()
    if pdfium.FPDFText_GetText(text, 0, count, units) == count + 1:
        letters = bytes(units)[: 2 * count].decode("utf-16-le", "surrogatepass")
    else:
        letters = ""
    if len(letters) != count:
        # Characters beyond the basic plane take two units: then glyph by glyph.
        codes = (pdfium.FPDFText_GetUnicode(text, index) for index in range(count))
        letters = "".join(chr(code) if code <= 0x10FFFF else _UNKNOWN for code in codes)
    return _MEANINGLESS.sub(_UNKNOWN, _HYPHEN.sub("-", _SPACE.sub(" ", letters)))


def _touches(glyph: Place, run: Piece, x0: float, x1: float) -> bool:
    """Whether a glyph goes on with the run whose last glyph stood from x0 to x1."""
    size = glyph[3] - glyph[1] or 1.0
    if abs(glyph[4] - run.base) >= SAME_BASE * size:
        return False
    # The letters of a ligature share one box.
    same = glyph[0] == x0 and glyph[2] == x1
    return same or (-0.4 * size < glyph[0] - x1 < WORD_GAP * size and glyph[2] > x1 - 0.4 * size and glyph[2] > x0)


class _Place:
    """Where glyphs stand. Asking PDFium costs more than all the rest, so it is asked no more than needed: for the
    first and the last glyph of a word that is drawn as one, for the baseline where a box's height has changed."""

    def __init__(self, text: pdfium.FPDF_TEXTPAGE, matrix: Matrix) -> None:
        self._text = text
        self._matrix = matrix
        self._turned = math.atan2(matrix[1], matrix[0])
        self._box, self._x, self._y = pdfium.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
        self._box_at, self._x_at, self._y_at = (ctypes.byref(each) for each in (self._box, self._x, self._y))
        self._level: tuple[float, float] | None = None
        self._base = 0.0
        self.slanted = False

    def of_word(self, start: int, end: int) -> Place | None:
        """A whole word's place; None where it is not plainly one straight piece of text."""
        if end - start > 1 and pdfium.FPDFText_CountRects(self._text, start, end - start) != 1:
            return None
        first = self.at(start)
        if first is None or self.slanted:
            return None
        if end - start == 1:
            return first
        last = self.at(end - 1)
        if last is None or last[1] != first[1] or last[3] != first[3] or last[2] < first[2]:
            return None
        return first[0], first[1], last[2], first[3], first[4]

    def at(self, index: int) -> Place | None:
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
        if (top, bottom) != self._level:
            # Glyphs on one level stand on one baseline and run one way.
            self._level = (top, bottom)
            pdfium.FPDFText_GetCharOrigin(self._text, index, self._x_at, self._y_at)
            self._base = b * self._x.value + d * self._y.value + f
            angle = pdfium.FPDFText_GetCharAngle(self._text, index) + self._turned
            self.slanted = abs(math.remainder(angle, math.tau)) >= _STRAIGHT
        return left, top, right, bottom, self._base


def _direction(text: pdfium.FPDF_TEXTPAGE, letters: str, turned: float) -> int:
    """By how many degrees clockwise the shown page is to be turned so that most of its text stands upright.

    PDFium's angles are clockwise, as is `turned`, the page's own turn.
    """
    votes = [0, 0, 0, 0]
    for index in range(0, len(letters), max(1, len(letters) // _SAMPLE)):
        if letters[index] == " ":
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
