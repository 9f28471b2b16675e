"""A transcript out of Textract's answers: `trp` parses them, the order and the upright page are ours."""

from collections.abc import Iterable
from typing import Any

from core.transcript import Box, Line, Page, Transcript, Word
from extract import blocks, upright
from extract.order import Spot, reading_order
from extract.upright import Run

NO_TEXT = "no text found"
_A4 = 0.7071
_DIGITS = 5


def transcript_from_textract(responses: list[dict[str, Any]]) -> Transcript:
    """The transcript of saved Textract answers: one of a single page, or all parts of one job in order.

    A page that the job could not read is there without lines, and a warning names it.

    Raises
    ------
    ReadingIncomplete
        The job is still running, or a part is missing at the end.
    PageUnreadable
        The job has failed.
    """
    gathered = blocks.gather(responses)
    numbers = sorted({*gathered.pages, *gathered.missing})
    pages = tuple(
        page_from_blocks(gathered.pages[number], number)
        if number in gathered.pages
        else Page(number=number, source="textract", lines=())
        for number in numbers
    )
    warnings = [f"Page {number} could not be read by Textract." for number in sorted(gathered.missing)]
    if not any(page.lines for page in pages):
        warnings.append(NO_TEXT)
    return Transcript(pages, tuple(warnings))


def page_from_answer(answer: dict[str, Any], number: int, *, aspect: float = _A4) -> Page:
    """One page out of Textract's answer for it. `aspect` is width ÷ height of the page as it was sent."""
    gathered = blocks.gather([answer])
    if not gathered.pages:
        return Page(number=number, source="textract", lines=(), aspect=round(aspect, _DIGITS))
    return page_from_blocks(gathered.pages[min(gathered.pages)], number, aspect=aspect)


def page_from_blocks(page_blocks: list[blocks.Block], number: int, *, aspect: float | None = None) -> Page:
    """One page out of its blocks, as `blocks.gather` leaves them; of no known shape, it is taken for upright A4."""
    # Imported here: a document read from its text layer never needs it.
    import trp

    parsed = trp.Document({"Blocks": page_blocks}).pages
    found = [line for page in parsed for line in page.lines if line.text.strip()]
    runs = [_run(line) for line in found]
    rotation = upright.direction(runs, aspect or 1.0)
    turned_aspect = _A4 if aspect is None else aspect if rotation in (0, 180) else 1 / aspect
    fall = upright.slope(runs, rotation, turned_aspect)
    lines = [_line(line, rotation) for line in found]
    spots = [_spot(at, line, turned_aspect, fall) for at, line in enumerate(lines)]
    return Page(
        number=number,
        source="textract",
        lines=tuple(lines[at] for at in reading_order(spots)),
        rotation=rotation,
        aspect=round(turned_aspect, _DIGITS),
    )


def _run(line: Any) -> Run:
    weight = len(line.text)
    if len(line.words) > 1:
        return Run(_middle(line.words[0]), _middle(line.words[-1]), weight)
    first, second = line.geometry.polygon[:2]
    # A single letter is as high as it is wide: its edges say little.
    return Run((first.x, first.y), (second.x, second.y), weight if weight > 2 else 0)


def _middle(word: Any) -> upright.Point:
    box = word.geometry.boundingBox
    return (box.left + box.width / 2, box.top + box.height / 2)


def _line(line: Any, rotation: int) -> Line:
    words = tuple(Word(word.text, round(word.confidence, 2), _box(word, rotation)) for word in line.words)
    by_hand = sum(len(word.text) for word in line.words if word.block.get("TextType") == "HANDWRITING")
    total = sum(len(word.text) for word in line.words)
    return Line(
        text=line.text,
        confidence=round(line.confidence, 2),
        box=_box(line, rotation),
        handwriting=by_hand * 2 > total,
        words=words,
    )


def _box(item: Any, rotation: int) -> Box:
    box = item.geometry.boundingBox
    left, top, width, height = upright.turn_box((box.left, box.top, box.width, box.height), rotation)
    if left < 0 or top < 0 or left + width > 1 or top + height > 1:  # a line at the very edge reaches over it
        left, top = max(0.0, left), max(0.0, top)
        width, height = max(0.0, min(width, 1 - left)), max(0.0, min(height, 1 - top))
    return (round(left, _DIGITS), round(top, _DIGITS), round(width, _DIGITS), round(height, _DIGITS))


def _spot(at: int, line: Line, aspect: float, fall: float) -> Spot:
    """The line's place for ordering: in page heights, and with a page that lies askew put straight."""
    left, top, width, height = line.box
    x0, x1 = left * aspect, (left + width) * aspect
    # A sloping line's box is higher than its letters; what the slope adds is taken off again.
    letters = max(height - abs(fall) * (x1 - x0), 0.3 * height)
    middle = top + height / 2 - fall * (x0 + x1) / 2
    return Spot(at, x0, middle - letters / 2, x1, middle + letters / 2, line.text)


def with_warnings(pages: Iterable[Page], warnings: Iterable[str | None]) -> Transcript:
    """Pages put together, in order, with what a person should know of them."""
    ordered = tuple(sorted(pages, key=lambda page: page.number))
    said = [warning for warning in warnings if warning]
    if not any(page.lines for page in ordered):
        said.append(NO_TEXT)
    return Transcript(ordered, tuple(said))
