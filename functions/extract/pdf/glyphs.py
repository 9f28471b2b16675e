"""Reads the glyphs of a PDF page from PDFium: their characters and positions.

Positions are in points of the page as displayed (after /Rotate and the crop box), origin at the top left, y downwards;
if most of the text runs in another direction, the page is rotated until it is upright. The drawing order is kept but
not trusted.
"""

import ctypes
import math
import re
from dataclasses import dataclass, field

import pypdfium2.raw as pdfium

Matrix = tuple[float, float, float, float, float, float]
GlyphBox = tuple[float, float, float, float, float]
_UNKNOWN = "\ufffd"
_SPACE = re.compile("[\t\n\r \xa0\u2000-\u200b\u3000]")
# PDFium's characters for a hyphen at the end of a line, and the soft hyphen.
_HYPHEN = re.compile("[\x02\xad\ufffe]")
# Control characters, surrogates, and the private use area, which every font uses as it likes.
_UNMAPPED = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\uf8ff\ufffd\uffff]")
_WORD = re.compile("[^ ]+")
_ANGLE_SAMPLES = 64
# In heights of a glyph's box, which is about 1.15 times the font size.
WORD_GAP = 0.13
SAME_BASELINE = 0.12
_loose_box = pdfium.FPDFText_GetLooseCharBox
_MAX_SLANT = math.radians(8)


@dataclass(slots=True)
class TextFragment:
    """A word, or a part of one while words are being built.

    `baseline` is the y position of the baseline; `space_before` says that a real space precedes the fragment.
    """

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    baseline: float
    space_before: bool

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    def absorb(self, part: "TextFragment") -> None:
        """Append another fragment's text and extend the box."""
        self.text += part.text
        self.x0, self.y0 = min(self.x0, part.x0), min(self.y0, part.y0)
        self.x1, self.y1 = max(self.x1, part.x1), max(self.y1, part.y1)


@dataclass(slots=True)
class GlyphPage:
    """A page's text: `fragments` in drawing order, and `slanted` glyphs, which run in another direction than the page.

    `matrix` maps the page's own coordinates to the upright page, `rotation` is in degrees clockwise. `letters` counts
    all glyphs except spaces, `unmapped` those without a Unicode character.
    """

    width: float
    height: float
    matrix: Matrix
    rotation: int
    fragments: list[TextFragment] = field(default_factory=list)
    slanted: list[TextFragment] = field(default_factory=list)
    letters: int = 0
    unmapped: int = 0


def get_page_geometry(page: pdfium.FPDF_PAGE) -> tuple[float, float, Matrix]:
    """Width, height, and the matrix from the page's own coordinates to the page as displayed, in points."""
    width, height = pdfium.FPDF_GetPageWidthF(page), pdfium.FPDF_GetPageHeightF(page)
    unit = 1000.0
    across, down = ctypes.c_int(), ctypes.c_int()
    at = []
    for x, y in ((0.0, 0.0), (unit, 0.0), (0.0, unit)):
        size = (max(1, round(width * 100)), max(1, round(height * 100)))
        pdfium.FPDF_PageToDevice(page, 0, 0, *size, 0, x, y, ctypes.byref(across), ctypes.byref(down))
        at.append((across.value / 100, down.value / 100))
    (e, f), (ax, ay), (bx, by) = at
    return width, height, ((ax - e) / unit, (ay - f) / unit, (bx - e) / unit, (by - f) / unit, e, f)


def read_glyphs(page: pdfium.FPDF_PAGE, text: pdfium.FPDF_TEXTPAGE) -> GlyphPage:
    """Read the page's glyphs; glyphs that touch and follow one another in drawing order are joined already."""
    width, height, matrix = get_page_geometry(page)
    letters = _read_characters(text)
    rotation = _find_rotation(text, letters, math.atan2(matrix[1], matrix[0]))
    result = GlyphPage(*_rotate_geometry(width, height, matrix, rotation), rotation=rotation)
    locator = _GlyphLocator(text, result.matrix)
    end = 0
    for word in _WORD.finditer(letters):
        start = word.start()
        # PDFium generates spaces where it sees gaps. Only real ones count: `line_builder` measures the gaps itself.
        space_before = start > end and pdfium.FPDFText_IsGenerated(text, end) != 1
        if start > end + 1 and not space_before:
            space_before = any(pdfium.FPDFText_IsGenerated(text, index) != 1 for index in range(end + 1, start))
        end = word.end()
        word_box = locator.locate_word(start, end)
        if word_box is not None:
            result.fragments.append(TextFragment(word.group(), *word_box, space_before))
        else:
            _read_separate_glyphs(locator, word.group(), start, space_before, result)
    result.letters = sum(len(fragment.text) for fragment in (*result.fragments, *result.slanted))
    result.unmapped = letters.count(_UNKNOWN)
    return result


def _read_separate_glyphs(
    locator: "_GlyphLocator", letters: str, start: int, space_before: bool, result: GlyphPage
) -> None:
    """Read a word that is not drawn as one piece: glyph by glyph, joined where they touch."""
    run: TextFragment | None = None
    x0 = x1 = 0.0
    for index, letter in enumerate(letters, start=start):
        glyph = locator.at(index)
        if glyph is None:
            continue
        if locator.slanted:
            result.slanted.append(TextFragment(letter, *glyph, space_before))
            run = None
        elif run is not None and _is_adjacent(glyph, run, x0, x1):
            run.absorb(TextFragment(letter, *glyph, space_before=False))
        else:
            run = TextFragment(letter, *glyph, space_before)
            result.fragments.append(run)
        x0, x1 = glyph[0], glyph[2]
        space_before = False


def _read_characters(text: pdfium.FPDF_TEXTPAGE) -> str:
    """One character a glyph; any kind of space becomes a space, a glyph without a Unicode character U+FFFD."""
    count = max(0, pdfium.FPDFText_CountChars(text))
    units = (ctypes.c_ushort * (count + 1))()
    if pdfium.FPDFText_GetText(text, 0, count, units) == count + 1:
        letters = bytes(units)[: 2 * count].decode("utf-16-le", "surrogatepass")
    else:
        letters = ""
    if len(letters) != count:
        # Characters outside the basic plane take two units: read glyph by glyph instead.
        codes = (pdfium.FPDFText_GetUnicode(text, index) for index in range(count))
        letters = "".join(chr(code) if code <= 0x10FFFF else _UNKNOWN for code in codes)
    return _UNMAPPED.sub(_UNKNOWN, _HYPHEN.sub("-", _SPACE.sub(" ", letters)))


def _is_adjacent(glyph: GlyphBox, run: TextFragment, x0: float, x1: float) -> bool:
    """Whether a glyph continues the run whose last glyph is between x0 and x1."""
    size = glyph[3] - glyph[1] or 1.0
    if abs(glyph[4] - run.baseline) >= SAME_BASELINE * size:
        return False
    # The letters of a ligature share one box.
    same = glyph[0] == x0 and glyph[2] == x1
    return same or (-0.4 * size < glyph[0] - x1 < WORD_GAP * size and glyph[2] > x1 - 0.4 * size and glyph[2] > x0)


class _GlyphLocator:
    """Finds the positions of glyphs.

    Calls of PDFium cost more than all the rest, so there are as few as possible: for the first and the last glyph of a
    word that is drawn as one piece, and for the baseline only when the height of the box changes. `slanted` tells
    whether the glyph found last runs in another direction than the page.
    """

    def __init__(self, text: pdfium.FPDF_TEXTPAGE, matrix: Matrix) -> None:
        self._text = text
        self._matrix = matrix
        self._page_angle = math.atan2(matrix[1], matrix[0])
        self._box, self._x, self._y = pdfium.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
        self._box_at, self._x_at, self._y_at = (ctypes.byref(each) for each in (self._box, self._x, self._y))
        self._last_level: tuple[float, float] | None = None
        self._baseline = 0.0
        self.slanted = False

    def locate_word(self, start: int, end: int) -> GlyphBox | None:
        """A word's box and baseline; None if it is not one straight piece of text."""
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

    def at(self, index: int) -> GlyphBox | None:
        """A glyph's left, top, right, bottom and baseline; None if PDFium does not know its position."""
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
        if (top, bottom) != self._last_level:
            # Glyphs with the same top and bottom have the same baseline and direction.
            self._last_level = (top, bottom)
            pdfium.FPDFText_GetCharOrigin(self._text, index, self._x_at, self._y_at)
            self._baseline = b * self._x.value + d * self._y.value + f
            angle = pdfium.FPDFText_GetCharAngle(self._text, index) + self._page_angle
            self.slanted = abs(math.remainder(angle, math.tau)) >= _MAX_SLANT
        return left, top, right, bottom, self._baseline


def _find_rotation(text: pdfium.FPDF_TEXTPAGE, letters: str, page_angle: float) -> int:
    """By how many degrees clockwise the displayed page must be rotated so that most of its text is upright.

    PDFium's angles are clockwise, as is `page_angle`, the page's own rotation.
    """
    votes = [0, 0, 0, 0]
    for index in range(0, len(letters), max(1, len(letters) // _ANGLE_SAMPLES)):
        if letters[index] == " ":
            continue
        angle = pdfium.FPDFText_GetCharAngle(text, index) + page_angle
        votes[round(angle / (math.pi / 2)) % 4] += 1
    clockwise = max(range(4), key=lambda quarter: (votes[quarter], -quarter))
    return (-clockwise % 4) * 90


def _rotate_geometry(width: float, height: float, matrix: Matrix, rotation: int) -> tuple[float, float, Matrix]:
    """Width, height and matrix of the page after it has been rotated clockwise."""
    a, b, c, d, e, f = matrix
    if rotation == 90:  # (x, y) → (height - y, x)
        return height, width, (-b, a, -d, c, height - f, e)
    if rotation == 180:
        return width, height, (-a, -b, -c, -d, width - e, height - f)
    if rotation == 270:  # (x, y) → (y, width - x)
        return height, width, (b, -a, d, -c, f, width - e)
    return width, height, matrix
