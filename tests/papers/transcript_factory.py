"""Builds transcripts by hand: lines of text positioned as they would be on a page."""

from core.models.transcript import Line, Page, Transcript

_LEFT, _TOP, _LEADING, _HEIGHT, _GLYPH = 0.08, 0.06, 0.024, 0.014, 0.0085


def one_page_transcript(*lines: str, confidence: float = 99.0, handwriting: bool = False) -> Transcript:
    """Build one page. Leading spaces indent a line, an empty line leaves a gap."""
    return transcript_of_pages(lines, confidence=confidence, handwriting=handwriting)


def transcript_of_pages(*pages: tuple[str, ...], confidence: float = 99.0, handwriting: bool = False) -> Transcript:
    return Transcript(
        tuple(
            Page(
                number,
                "textract" if handwriting else "text_layer",
                tuple(
                    Line(text.strip(), confidence, _box(text, row), handwriting)
                    for row, text in enumerate(page)
                    if text.strip()
                ),
            )
            for number, page in enumerate(pages, 1)
        )
    )


def _box(text: str, row: int) -> tuple[float, float, float, float]:
    indent = len(text) - len(text.lstrip())
    return (_LEFT + indent * _GLYPH, _TOP + row * _LEADING, min(len(text.strip()) * _GLYPH, 0.86), _HEIGHT)


def transcript_at_positions(*pages: tuple[tuple[float, float, str], ...], handwriting: bool = False) -> Transcript:
    """Build pages of lines at exact positions, each given as left, top and text."""
    return Transcript(
        tuple(
            Page(
                number,
                "textract",
                tuple(
                    Line(text, 99.0, (left, top, min(len(text) * _GLYPH, 0.86), 0.03), handwriting)
                    for left, top, text in page
                ),
            )
            for number, page in enumerate(pages, 1)
        )
    )
