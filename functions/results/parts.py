"""A transcript in parts that an answer can carry: a Lambda's answer has 6 MB, three hundred dense pages have more."""

import json
from typing import Any

from core import errors

# The answer is JSON in JSON: quotes and backslashes are counted twice. The rest is left for the envelope.
MOST_BYTES = 5_000_000


def part_of(transcript: dict[str, Any], first: int, most: int = MOST_BYTES) -> dict[str, Any]:
    """The pages from number `first` on that fit into `most` bytes, with their text and all warnings; `next` is the
    number of the page to go on with, None after the last.

    Raises
    ------
    PayloadTooLarge
        One page by itself is larger.
    """
    pages: list[dict[str, Any]] = []
    size, following = 0, None
    for page in transcript["pages"]:
        if page["number"] < first:
            continue
        cost = _size(page) + _size(_text(page))
        if cost > most:
            raise errors.PayloadTooLarge(f"Page {page['number']} holds more text than an answer can carry.")
        if size + cost > most:
            following = page["number"]
            break
        pages.append(page)
        size += cost
    text = "\n\n".join(_text(page) for page in pages)
    return {"pages": pages, "text": text, "warnings": transcript.get("warnings", []), "next": following}


def _text(page: dict[str, Any]) -> str:
    return "\n".join(line["text"] for line in page["lines"])


def _size(value: Any) -> int:
    written = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    return len(written) + written.count('"') + written.count("\\")
