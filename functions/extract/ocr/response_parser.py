"""Builds transcripts from Textract's responses: `trp` parses them; the reading order and the rotation are ours."""

from collections.abc import Iterable
from typing import Any

from core.models.transcript import Box, Line, Page, Transcript, Word
from extract.layout import page_rotation
from extract.layout.page_rotation import Baseline
from extract.layout.reading_order import LineBox, find_reading_order
from extract.ocr import blocks

NO_TEXT = "no text found"
_A4_ASPECT = 0.7071
_DIGITS = 5


def parse_transcript(responses: list[dict[str, Any]]) -> Transcript:
    """The transcript of saved Textract responses: one for a single page, or all parts of one job in order.

    A page that the job could not read has no lines, and a warning names it.

    Raises
    ------
    ReadingIncomplete
        The job is still running, or a part is missing at the end.
    PageUnreadable
        The job has failed.
    """
    gathered = blocks.gather_blocks(responses)
    numbers = sorted({*gathered.pages, *gathered.missing})
    pages = tuple(
        parse_page_blocks(gathered.pages[number], number)
        if number in gathered.pages
        else Page(number=number, source="textract", lines=())
        for number in numbers
    )
    warnings = [f"Page {number} could not be read by Textract." for number in sorted(gathered.missing)]
    if not any(page.lines for page in pages):
        warnings.append(NO_TEXT)
    return Transcript(pages, tuple(warnings))


def parse_page(response: dict[str, Any], number: int, *, aspect: float = _A4_ASPECT) -> Page:
    """Parse Textract's response for one page. `aspect` is width ÷ height of the page as it was sent."""
    gathered = blocks.gather_blocks([response])
    if not gathered.pages:
        return Page(number=number, source="textract", lines=(), aspect=round(aspect, _DIGITS))
    return parse_page_blocks(gathered.pages[min(gathered.pages)], number, aspect=aspect)


def parse_page_blocks(page_blocks: list[blocks.Block], number: int, *, aspect: float | None = None) -> Page:
    """Parse one page's blocks, as `gather_blocks` returns them. Without `aspect` the page is taken for upright A4."""
    # Imported here: a document read from its text layer does not need it.
    import trp

    parsed = trp.Document({"Blocks": page_blocks}).pages
    found = [line for page in parsed for line in page.lines if line.text.strip()]
    runs = [_build_baseline(line) for line in found]
    rotation = page_rotation.find_rotation(runs, aspect or 1.0)
    upright_aspect = _A4_ASPECT if aspect is None else aspect if rotation in (0, 180) else 1 / aspect
    skew = page_rotation.find_skew(runs, rotation, upright_aspect)
    lines = [_build_line(line, rotation) for line in found]
    line_boxes = [_build_line_box(at, line, upright_aspect, skew) for at, line in enumerate(lines)]
    return Page(
        number=number,
        source="textract",
        lines=tuple(lines[at] for at in find_reading_order(line_boxes)),
        rotation=rotation,
        aspect=round(upright_aspect, _DIGITS),
    )


def _build_baseline(line: Any) -> Baseline:
    weight = len(line.text)
    if len(line.words) > 1:
        return Baseline(_get_word_middle(line.words[0]), _get_word_middle(line.words[-1]), weight)
    first, second = line.geometry.polygon[:2]
    # One or two letters are about as high as they are wide: their edges do not show a direction.
    return Baseline((first.x, first.y), (second.x, second.y), weight if weight > 2 else 0)


def _get_word_middle(word: Any) -> page_rotation.PagePoint:
    box = word.geometry.boundingBox
    return (box.left + box.width / 2, box.top + box.height / 2)


def _build_line(line: Any, rotation: int) -> Line:
    words = tuple(Word(word.text, round(word.confidence, 2), _build_box(word, rotation)) for word in line.words)
    handwritten = sum(len(word.text) for word in line.words if word.block.get("TextType") == "HANDWRITING")
    total = sum(len(word.text) for word in line.words)
    return Line(
        text=line.text,
        confidence=round(line.confidence, 2),
        box=_build_box(line, rotation),
        handwriting=handwritten * 2 > total,
        words=words,
    )


def _build_box(item: Any, rotation: int) -> Box:
    box = item.geometry.boundingBox
    left, top, width, height = page_rotation.rotate_box((box.left, box.top, box.width, box.height), rotation)
    if left < 0 or top < 0 or left + width > 1 or top + height > 1:  # a line at the page's edge may extend beyond it
        left, top = max(0.0, left), max(0.0, top)
        width, height = max(0.0, min(width, 1 - left)), max(0.0, min(height, 1 - top))
    return (round(left, _DIGITS), round(top, _DIGITS), round(width, _DIGITS), round(height, _DIGITS))


def _build_line_box(at: int, line: Line, aspect: float, skew: float) -> LineBox:
    """The line's box for the reading order: in page heights, corrected for the page's skew."""
    left, top, width, height = line.box
    x0, x1 = left * aspect, (left + width) * aspect
    # A skewed line's box is higher than its letters: subtract what the skew adds.
    letters = max(height - abs(skew) * (x1 - x0), 0.3 * height)
    middle = top + height / 2 - skew * (x0 + x1) / 2
    return LineBox(at, x0, middle - letters / 2, x1, middle + letters / 2, line.text)


def build_transcript(pages: Iterable[Page], warnings: Iterable[str | None]) -> Transcript:
    """Join the pages, in order of their numbers, and the warnings; None among these is skipped."""
    ordered = tuple(sorted(pages, key=lambda page: page.number))
    messages = [warning for warning in warnings if warning]
    if not any(page.lines for page in ordered):
        messages.append(NO_TEXT)
    return Transcript(ordered, tuple(messages))
