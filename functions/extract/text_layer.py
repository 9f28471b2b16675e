"""Words and lines of a PDF page out of its glyphs, by where the glyphs stand.

A text layer's own order cannot be relied on: some producers place every glyph by itself, some draw the page in
any order. So words are glyphs that touch on one baseline, and lines are words that follow one another without
a wide gap. A gap wider than that (a margin mark, a second column, the next cell) begins a new line; what order
lines are read in is decided elsewhere (`extract.order`), the same way for both sources of lines.
"""

import statistics
from collections.abc import Iterable, Iterator
from itertools import pairwise
from operator import attrgetter

from extract.glyphs import SAME_BASE, WORD_GAP, Piece

# In heights of a glyph's box, as all distances here.
_LINE_GAP = 1.25
_RAISED = dict(zip("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ", strict=True))


PieceLine = list[Piece]


def lines(pieces: Iterable[Piece]) -> list[PieceLine]:
    """Lines of words, in no particular order among themselves."""
    rows = _rows(list(pieces))
    found = [line for row in rows for line in _cut(_words(row))]
    return _with_raised(found)


def slanted_lines(glyphs: Iterable[Piece]) -> list[PieceLine]:
    """Text that runs another way than its page (a note along the margin): the order of drawing is all there is."""
    result: list[PieceLine] = []
    last: Piece | None = None
    for glyph in glyphs:
        size = max(glyph.y1 - glyph.y0, glyph.x1 - glyph.x0, 0.1)
        near = last is not None and max(_apart(last, glyph)) < 2 * size
        if not near:
            result.append([])
        if near and not glyph.space and max(_apart(last, glyph)) < 0.5 * size:  # type: ignore[arg-type]
            result[-1][-1].grow(glyph)
        else:
            result[-1].append(glyph)
        last = glyph
    return result


def _apart(one: Piece, other: Piece) -> tuple[float, float]:
    return (
        max(other.x0 - one.x1, one.x0 - other.x1, 0.0),
        max(other.y0 - one.y1, one.y0 - other.y1, 0.0),
    )


def _rows(pieces: list[Piece]) -> list[PieceLine]:
    """Pieces on one baseline, each row from left to right."""
    rows: list[PieceLine] = []
    base = height = 0.0
    for piece in sorted(pieces, key=attrgetter("base")):
        own = piece.y1 - piece.y0
        if rows and piece.base - base < SAME_BASE * max(min(own, height), 2.0):
            rows[-1].append(piece)
        else:
            rows.append([piece])
        base, height = piece.base, own
    for row in rows:
        row.sort(key=attrgetter("x0"))
    return rows


def _words(row: PieceLine) -> PieceLine:
    """Pieces that touch are one word; letters that are spaced out evenly are one as well."""
    gap = WORD_GAP
    single = [piece for piece in row if len(piece.text) == 1]
    if len(single) > 4 and len(single) > 0.7 * len(row):
        apart = sorted((b.x0 - a.x1) / (a.height or 1.0) for a, b in pairwise(row))
        usual = statistics.median(apart)
        if WORD_GAP <= usual < 0.6:
            gap = 1.6 * usual
    words: PieceLine = []
    for piece in row:
        if words:
            before = words[-1]
            distance = piece.x0 - before.x1
            size = min(piece.height, before.height) or 1.0
            spaced = piece.space and distance > 0.05 * size and gap == WORD_GAP
            if not spaced and -0.4 * size < distance < gap * size:
                before.grow(piece)
                continue
        words.append(piece)
    return words


def _cut(row: PieceLine) -> Iterator[PieceLine]:
    """A row of words, cut where a gap is too wide for one line."""
    line: PieceLine = []
    for word in row:
        if line and (gap := word.x0 - line[-1].x1) > _LINE_GAP * word.height and gap > _LINE_GAP * line[-1].height:
            yield line
            line = []
        line.append(word)
    if line:
        yield line


def _with_raised(found: list[PieceLine]) -> list[PieceLine]:
    """Exponents and indices stand on a baseline of their own: each goes back beside the word it belongs to."""
    found.sort(key=lambda line: -max(word.height for word in line))
    kept: list[PieceLine] = []
    for line in found:
        home = next((other for other in kept if _belongs(line, other)), None) if _width(line) < 60 else None
        if home is None:
            kept.append(line)
        else:
            _insert(home, line)
    return kept


def _width(line: PieceLine) -> float:
    return line[-1].x1 - line[0].x0


def _belongs(small: PieceLine, line: PieceLine) -> bool:
    height, own = max(word.height for word in line), max(word.height for word in small)
    if own > 0.85 * height or not line[0].x0 - 0.5 * height < small[0].x0 < line[-1].x1 + 0.35 * height:
        return False
    top, bottom = min(word.y0 for word in line), max(word.y1 for word in line)
    overlap = min(bottom, max(word.y1 for word in small)) - max(top, min(word.y0 for word in small))
    if overlap < 0.4 * own:
        return False
    # Something must stand directly before it: a small line between two words is a line, not an exponent.
    return any(-0.3 * height < small[0].x0 - word.x1 < 0.35 * height for word in line)


def _insert(line: PieceLine, small: PieceLine) -> None:
    """Put each raised piece right after the word it touches, as part of that word: 10 and a raised 2 are not 102."""
    for piece in small:
        before = [word for word in line if word.x1 <= piece.x0 + 0.4 * piece.height]
        if before and piece.x0 - before[-1].x1 < 0.35 * before[-1].height:
            if before[-1].base - piece.base > 0.15 * before[-1].height and not set(piece.text) - _RAISED.keys():
                piece.text = "".join(_RAISED[letter] for letter in piece.text)
            before[-1].grow(piece)
            _join_next(line, line.index(before[-1]))
        else:
            line.append(piece)
            line.sort(key=attrgetter("x0"))


def _join_next(line: PieceLine, at: int) -> None:
    """A word that an index had parted (H, O around a lowered 2) is one word again."""
    if at + 1 < len(line):
        word, following = line[at], line[at + 1]
        if not following.space and following.x0 - word.x1 < WORD_GAP * following.height:
            word.grow(following)
            del line[at + 1]
