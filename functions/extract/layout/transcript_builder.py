"""Builds a transcript's pages from the lines that an OCR engine found: upright, and in reading order."""

from collections.abc import Iterable, Sequence

from core.models.transcript import Box, Line, Page, Transcript, Word
from extract.layout import page_rotation
from extract.layout.page_rotation import Baseline, PagePoint
from extract.layout.reading_order import LineBox, find_reading_order
from extract.ocr.engine import DetectedLine

NO_TEXT = "no text found"
_A4_ASPECT = 0.7071
_DIGITS = 5


def build_transcript(pages: Iterable[Page], warnings: Iterable[str | None]) -> Transcript:
    """Join the pages, in order of their numbers, and the warnings; None among these is skipped."""
    ordered = tuple(sorted(pages, key=lambda page: page.number))
    messages = [warning for warning in warnings if warning]
    if not any(page.lines for page in ordered):
        messages.append(NO_TEXT)
    return Transcript(ordered, tuple(messages))


def build_page(detected: Sequence[DetectedLine], number: int, source: str, *, aspect: float | None = None) -> Page:
    """The page of these lines; lines without text are left out.

    `source` is the engine's name, `aspect` width ÷ height of the page as it was sent. Without it the page is taken for
    upright A4.
    """
    found = [line for line in detected if line.text.strip()]
    baselines = [baseline for line in found if (baseline := _build_baseline(line))]
    rotation = page_rotation.find_rotation(baselines, aspect or 1.0)
    upright_aspect = _A4_ASPECT if aspect is None else aspect if rotation in (0, 180) else 1 / aspect
    skew = page_rotation.find_skew(baselines, rotation, upright_aspect)
    lines = [_build_line(line, rotation) for line in found]
    line_boxes = [_build_line_box(at, line, upright_aspect, skew) for at, line in enumerate(lines)]
    return Page(
        number=number,
        source=source,
        lines=tuple(lines[at] for at in find_reading_order(line_boxes)),
        rotation=rotation,
        aspect=round(upright_aspect, _DIGITS),
    )


def _build_baseline(line: DetectedLine) -> Baseline | None:
    """The line's direction; None if nothing shows it."""
    weight = len(line.text)
    if len(line.words) > 1:
        return Baseline(_get_middle(line.words[0].box), _get_middle(line.words[-1].box), weight)
    if line.top_edge is None:
        return None
    # One or two letters are about as high as they are wide: their edges do not show a direction.
    return Baseline(*line.top_edge, weight if weight > 2 else 0)


def _get_middle(box: Box) -> PagePoint:
    left, top, width, height = box
    return (left + width / 2, top + height / 2)


def _build_line(line: DetectedLine, rotation: int) -> Line:
    return Line(
        text=line.text,
        confidence=round(line.confidence, 2),
        box=_build_box(line.box, rotation),
        handwriting=line.handwriting,
        words=tuple(
            [Word(text, round(confidence, 2), _build_box(box, rotation)) for text, confidence, box in line.words]
        ),
    )


def _build_box(box: Box, rotation: int) -> Box:
    left, top, width, height = page_rotation.rotate_box(box, rotation)
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
