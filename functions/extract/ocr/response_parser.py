"""Parses Textract's responses into the lines of pages: `trp` parses them, this module decodes what it finds."""

from collections.abc import Iterable
from typing import Any

from core.models.transcript import Box, Transcript, Word
from extract.layout.transcript_builder import build_page, build_transcript
from extract.ocr import blocks
from extract.ocr.engine import DetectedLine

TEXTRACT = "textract"


def parse_transcript(responses: Iterable[dict[str, Any]]) -> Transcript:
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
    pages = [build_page(parse_blocks(gathered.pages.get(number, [])), number, TEXTRACT) for number in numbers]
    warnings = [f"Page {number} could not be read by Textract." for number in sorted(gathered.missing)]
    return build_transcript(pages, warnings)


def parse_page_lines(response: dict[str, Any]) -> list[DetectedLine]:
    """The lines of Textract's response for one page."""
    gathered = blocks.gather_blocks([response])
    return parse_blocks(gathered.pages[min(gathered.pages)]) if gathered.pages else []


def parse_blocks(page_blocks: list[blocks.Block]) -> list[DetectedLine]:
    """The lines of one page's blocks, as `gather_blocks` returns them."""
    if not page_blocks:
        return []
    # Imported here: a document read from its text layer does not need it.
    import trp

    return [_build_line(line) for page in trp.Document({"Blocks": page_blocks}).pages for line in page.lines]


def _build_line(line: Any) -> DetectedLine:
    first, second = line.geometry.polygon[:2]
    handwritten = sum(len(word.text) for word in line.words if word.block.get("TextType") == "HANDWRITING")
    total = sum(len(word.text) for word in line.words)
    return DetectedLine(
        text=line.text,
        confidence=line.confidence,
        box=_get_box(line),
        words=tuple([Word(word.text, word.confidence, _get_box(word)) for word in line.words]),
        handwriting=handwritten * 2 > total,
        top_edge=((first.x, first.y), (second.x, second.y)),
    )


def _get_box(item: Any) -> Box:
    box = item.geometry.boundingBox
    return (box.left, box.top, box.width, box.height)
