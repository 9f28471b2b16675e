"""Pagination of transcripts: a Lambda response is limited to 6 MB, and three hundred dense pages have more."""

import json
from typing import Any

from core.models import errors
from core.models.transcript import Page, Transcript, TranscriptPart

# The response is JSON inside JSON: quotes and backslashes count twice. The rest of the 6 MB is for the envelope.
MAX_RESPONSE_BYTES = 5_000_000


def paginate_transcript(transcript: Transcript, first: int, max_bytes: int = MAX_RESPONSE_BYTES) -> TranscriptPart:
    """The pages from number `first` on that fit into `max_bytes`, with their text and all warnings.

    Raises
    ------
    PayloadTooLarge
        A single page is larger than that.
    """
    pages: list[Page] = []
    size = 0
    for page in transcript.pages:
        if page.number < first:
            continue
        page_size = _response_size(page.to_dict()) + _response_size(page.text)
        if page_size > max_bytes:
            raise errors.PayloadTooLarge(f"Page {page.number} has more text than a response can hold.")
        if size + page_size > max_bytes:
            return TranscriptPart(tuple(pages), transcript.warnings, page.number)
        pages.append(page)
        size += page_size
    return TranscriptPart(tuple(pages), transcript.warnings, None)


def _response_size(value: Any) -> int:
    written = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    return len(written) + written.count('"') + written.count("\\")
