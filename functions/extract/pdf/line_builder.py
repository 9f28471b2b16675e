"""Builds the words and lines of a PDF page from its glyphs, by their positions.

The order of a text layer cannot be relied on: some producers place every glyph separately, some draw the page in any
order. So words are glyphs that touch on one baseline, and lines are words that follow one another without a wide gap.
A wider gap (before a margin mark, a second column, the next cell) begins a new line. The reading order of the lines is
decided in `extract.layout.reading_order`, in the same way for text layers and OCR.
"""

import statistics
from collections.abc import Iterable, Iterator
from itertools import pairwise
from operator import attrgetter

from extract.pdf.glyphs import SAME_BASELINE, WORD_GAP, TextFragment

# In heights of a glyph's box, as all distances here.
_LINE_GAP = 1.25
_SUPERSCRIPTS = dict(zip("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ", strict=True))

FragmentLine = list[TextFragment]


def build_lines(fragments: Iterable[TextFragment]) -> list[FragmentLine]:
    """Lines of words, in no particular order."""
    rows = _group_rows(list(fragments))
    found = [line for row in rows for line in _split_row(_build_words(row))]
    return _attach_scripts(found)


def build_slanted_lines(glyphs: Iterable[TextFragment]) -> list[FragmentLine]:
    """Lines of text that runs in another direction than the page (a note along the margin), by drawing order only."""
    result: list[FragmentLine] = []
    last: TextFragment | None = None
    for glyph in glyphs:
        size = max(glyph.y1 - glyph.y0, glyph.x1 - glyph.x0, 0.1)
        near = last is not None and max(_measure_distance(last, glyph)) < 2 * size
        if not near:
            result.append([])
        if near and not glyph.space_before and max(_measure_distance(last, glyph)) < 0.5 * size:  # type: ignore[arg-type]
            result[-1][-1].absorb(glyph)
        else:
            result[-1].append(glyph)
        last = glyph
    return result


def _measure_distance(one: TextFragment, other: TextFragment) -> tuple[float, float]:
    return (
        max(other.x0 - one.x1, one.x0 - other.x1, 0.0),
        max(other.y0 - one.y1, one.y0 - other.y1, 0.0),
    )


def _group_rows(fragments: list[TextFragment]) -> list[FragmentLine]:
    """Group the fragments by baseline; each row is sorted from left to right."""
    rows: list[FragmentLine] = []
    baseline = height = 0.0
    for fragment in sorted(fragments, key=attrgetter("baseline")):
        own_height = fragment.y1 - fragment.y0
        if rows and fragment.baseline - baseline < SAME_BASELINE * max(min(own_height, height), 2.0):
            rows[-1].append(fragment)
        else:
            rows.append([fragment])
        baseline, height = fragment.baseline, own_height
    for row in rows:
        row.sort(key=attrgetter("x0"))
    return rows


def _build_words(row: FragmentLine) -> FragmentLine:
    """Join fragments that touch into words; evenly spaced single letters are joined as well."""
    gap = WORD_GAP
    single = [fragment for fragment in row if len(fragment.text) == 1]
    if len(single) > 4 and len(single) > 0.7 * len(row):
        gaps = sorted((b.x0 - a.x1) / (a.height or 1.0) for a, b in pairwise(row))
        median_gap = statistics.median(gaps)
        if WORD_GAP <= median_gap < 0.6:
            gap = 1.6 * median_gap
    words: FragmentLine = []
    for fragment in row:
        if words:
            previous = words[-1]
            distance = fragment.x0 - previous.x1
            size = min(fragment.height, previous.height) or 1.0
            spaced = fragment.space_before and distance > 0.05 * size and gap == WORD_GAP
            if not spaced and -0.4 * size < distance < gap * size:
                previous.absorb(fragment)
                continue
        words.append(fragment)
    return words


def _split_row(row: FragmentLine) -> Iterator[FragmentLine]:
    """Split a row of words where a gap is too wide for one line."""
    line: FragmentLine = []
    for word in row:
        if line and (gap := word.x0 - line[-1].x1) > _LINE_GAP * word.height and gap > _LINE_GAP * line[-1].height:
            yield line
            line = []
        line.append(word)
    if line:
        yield line


def _attach_scripts(found: list[FragmentLine]) -> list[FragmentLine]:
    """Put exponents and indices, which have a baseline of their own, back into the lines that they belong to."""
    found.sort(key=lambda line: -max(word.height for word in line))
    merged: list[FragmentLine] = []
    for line in found:
        parent_line = (
            next((other for other in merged if _is_script_of(line, other)), None) if _get_width(line) < 60 else None
        )
        if parent_line is None:
            merged.append(line)
        else:
            _insert_script(parent_line, line)
    return merged


def _get_width(line: FragmentLine) -> float:
    return line[-1].x1 - line[0].x0


def _is_script_of(script_line: FragmentLine, line: FragmentLine) -> bool:
    height, own_height = max(word.height for word in line), max(word.height for word in script_line)
    if own_height > 0.85 * height or not line[0].x0 - 0.5 * height < script_line[0].x0 < line[-1].x1 + 0.35 * height:
        return False
    top, bottom = min(word.y0 for word in line), max(word.y1 for word in line)
    overlap = min(bottom, max(word.y1 for word in script_line)) - max(top, min(word.y0 for word in script_line))
    if overlap < 0.4 * own_height:
        return False
    # A word must be directly before it: a small line between two words is a line, not an exponent.
    return any(-0.3 * height < script_line[0].x0 - word.x1 < 0.35 * height for word in line)


def _insert_script(line: FragmentLine, script_line: FragmentLine) -> None:
    """Append each raised or lowered fragment to the word that it touches. Raised characters become superscripts:
    10 with a raised 2 is 10², not 102."""
    for fragment in script_line:
        previous = [word for word in line if word.x1 <= fragment.x0 + 0.4 * fragment.height]
        if previous and fragment.x0 - previous[-1].x1 < 0.35 * previous[-1].height:
            if (
                previous[-1].baseline - fragment.baseline > 0.15 * previous[-1].height
                and not set(fragment.text) - _SUPERSCRIPTS.keys()
            ):
                fragment.text = "".join(_SUPERSCRIPTS[letter] for letter in fragment.text)
            previous[-1].absorb(fragment)
            _join_next_word(line, line.index(previous[-1]))
        else:
            line.append(fragment)
            line.sort(key=attrgetter("x0"))


def _join_next_word(line: FragmentLine, at: int) -> None:
    """Join a word again that an index had split (H and O around a lowered 2)."""
    if at + 1 < len(line):
        word, following = line[at], line[at + 1]
        if not following.space_before and following.x0 - word.x1 < WORD_GAP * following.height:
            word.absorb(following)
            del line[at + 1]
