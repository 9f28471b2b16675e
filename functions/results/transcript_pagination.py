"""Pagination of transcripts: a Lambda response is limited to 6 MB, and three hundred dense pages have more."""

import json
from typing import Any

from core.models import errors

# The response is JSON inside JSON: quotes and backslashes count twice. The rest of the 6 MB is for the envelope.
MAX_RESPONSE_BYTES = 5_000_000


def paginate_transcript(transcript: dict[str, Any], first: int, max_bytes: int = MAX_RESPONSE_BYTES) -> dict[str, Any]:
    """The pages from number `first` on that fit into `max_bytes`, with their text and all warnings.

    `next` is the number of the page to continue with, None after the last.

    Raises
    ------
    PayloadTooLarge
        A single page is larger than that.
    """
    pages: list[dict[str, Any]] = []
    size, next_page = 0, None
    for page in transcript["pages"]:
        if page["number"] < first:
            continue
        page_size = _response_size(page) + _response_size(_page_text(page))
        if page_size > max_bytes:
            raise errors.PayloadTooLarge(f"Page {page['number']} has more text than a response can hold.")
        if size + page_size > max_bytes:
            next_page = page["number"]
            break
        pages.append(page)
        size += page_size
    text = "\n\n".join(_page_text(page) for page in pages)
    return {"pages": pages, "text": text, "warnings": transcript.get("warnings", []), "next": next_page}


def _page_text(page: dict[str, Any]) -> str:
    return "\n".join(line["text"] for line in page["lines"])


def _response_size(value: Any) -> int:
    written = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    return len(written) + written.count('"') + written.count("\\")
