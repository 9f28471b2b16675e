"""A transcript in parts that an answer can carry: a Lambda's answer has 6 MB, three hundred dense pages have more."""

import json
from typing import Any

from core.models import errors

# The answer is JSON in JSON: quotes and backslashes are counted twice. The rest is left for the envelope.
MAX_RESPONSE_BYTES = 5_000_000


def paginate_transcript(transcript: dict[str, Any], first: int, max_bytes: int = MAX_RESPONSE_BYTES) -> dict[str, Any]:
    """The pages from number `first` on that fit into `most` bytes, with their text and all warnings; `next` is the
    number of the page to go on with, None after the last.

    Raises
    ------
    PayloadTooLarge
        One page by itself is larger.
    """
    pages: list[dict[str, Any]] = []
    size, next_page = 0, None
    for page in transcript["pages"]:
        if page["number"] < first:
            continue
        cost = _response_size(page) + _response_size(_page_text(page))
        if cost > max_bytes:
            raise errors.PayloadTooLarge(f"Page {page['number']} holds more text than an answer can carry.")
        if size + cost > max_bytes:
            next_page = page["number"]
            break
        pages.append(page)
        size += cost
    text = "\n\n".join(_page_text(page) for page in pages)
    return {"pages": pages, "text": text, "warnings": transcript.get("warnings", []), "next": next_page}


def _page_text(page: dict[str, Any]) -> str:
    return "\n".join(line["text"] for line in page["lines"])


def _response_size(value: Any) -> int:
    written = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    return len(written) + written.count('"') + written.count("\\")
