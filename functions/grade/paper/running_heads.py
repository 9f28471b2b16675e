"""What stands on a page but belongs to no question: running heads, page numbers, "Turn over"."""

import re
from collections import Counter

from grade.paper.rows import Row

_FURNITURE = re.compile(
    r"[\W_]*(?:page\s*\d+(?:\s*(?:of|/)\s*\d+)?|\d+\s*(?:of|/)\s*\d+(?:\s*pages?)?|pg?\.?\s*\d+|[-–—]\s*\d+\s*[-–—]"
    r"|p\.?\s?t\.?\s?o\.?|(?:please\s+)?turn over|turn (?:the )?page|(?:continued )?(?:on )?(?:the )?next page"
    r"|continued|blank page|do not write (?:in|outside) th(?:is|e) (?:margin|box|area)|leave (?:this )?blank"
    r"|end of (?:the )?(?:sample )?(?:questions?|paper|question paper|exam|examination|test|quiz|section\s*\w*"
    r"|part\s*\w*)"
    r"|\**\s*(?:all the best|good luck|best of luck)\s*[!.]*\**|[*x\s]{3,}|(?:©|copyright).*|\*[A-Z0-9]{6,}\*"
    r"|for (?:examiner|office)['’]?s? use(?: only)?|examiner only|over\s*/?)[\W_]*"
    r"(?:\t.*(?:continued|next page|turn over|page \d+).*)?",
    re.IGNORECASE,
)
_WITH_PAGE = re.compile(r"^\d{1,3}\s+of\s+\d{1,3}\b.{0,40}$|^.{0,60}\bpage\s+\d+\s+of\s+\d+\W*$", re.IGNORECASE)


def without_running_heads(rows: list[Row]) -> list[Row]:
    heads = _repeated(rows)
    numbers = _page_numbers(rows)
    return [
        row
        for index, row in enumerate(rows)
        if index not in heads and index not in numbers and not _is_furniture(row.text)
    ]


def _is_furniture(text: str) -> bool:
    return len(text) < 120 and bool(_FURNITURE.fullmatch(text) or _WITH_PAGE.match(text))


_QUESTION = re.compile(
    r"(?:q(?:uestion)?\s*\.?\s*)?\d{1,3}\s*(?:[.):]\s|\t)\S|\(?[a-h]\)\s|\(?[ivx]+\)\s", re.IGNORECASE
)


def _edges(rows: list[Row], depth: int) -> dict[int, tuple[list[int], list[int]]]:
    """For each page, the indices of its first and its last rows by height."""
    pages: dict[int, list[int]] = {}
    for index, row in enumerate(rows):
        pages.setdefault(row.page, []).append(index)
    edges = {}
    for page, indices in pages.items():
        ordered = sorted(indices, key=lambda index: rows[index].top)
        edges[page] = (ordered[:depth], ordered[-depth:])
    return edges


def _repeated(rows: list[Row]) -> set[int]:
    """Rows at the head or foot of a page that come again, but for their digits, on another page."""
    seen: Counter[tuple[str, str]] = Counter()
    places: dict[tuple[str, str], list[int]] = {}
    for first, last in _edges(rows, 3).values():
        for side, indices in (("head", first), ("foot", last)):
            for index in indices:
                if _QUESTION.match(rows[index].text):
                    continue
                words = re.sub(r"[\d\W_]+", " ", rows[index].text).strip().lower()
                if len(words) >= 4 and (side == "head") == (rows[index].top < 0.5):
                    key = (side, words)
                    seen[key] += 1
                    places.setdefault(key, []).append(index)
    return {
        index
        for key, count in seen.items()
        if count >= 2 and _same_height([rows[index] for index in places[key]])
        for index in places[key]
    }


def _same_height(rows: list[Row]) -> bool:
    return max(row.top for row in rows) - min(row.top for row in rows) < 0.03


def _page_numbers(rows: list[Row]) -> set[int]:
    """Lone numbers at the head or foot of a page that count with the pages, or stand in the middle."""
    found: dict[int, int] = {}
    for page, (first, last) in _edges(rows, 1).items():
        for index in (*first, *last):
            row = rows[index]
            if re.fullmatch(r"\d{1,3}", row.text) and (row.top < 0.1 or row.bottom > 0.88):
                middle = abs((row.left + row.right) / 2 - 0.5) < 0.06
                if middle or int(row.text) == page:
                    found[index] = int(row.text)
    return set(found)
