"""Removes headers, footers, page numbers, "Turn over" and pages of data: text that belongs to no question."""

import re
from collections import Counter
from itertools import groupby

from grade.paper.printed_marks import find_marks
from grade.paper.rows import Row

_BOILERPLATE = re.compile(
    r"[\W_]*(?:page\s*\d+(?:\s*(?:of|/)\s*\d+)?|\d+\s*(?:of|/)\s*\d+(?:\s*pages?)?|pg?\.?\s*\d+|[-–—]\s*\d+\s*[-–—]"
    r"|p\.?\s?t\.?\s?o\.?|(?:please\s+)?turn over|turn (?:the )?page|(?:continued )?(?:on )?(?:the )?next page"
    r"|continued|blank page|(?:please )?do not write (?:(?:in|outside) th(?:is|e) (?:margin|box|area|space)"
    r"|(?:anything )?on this page)|leave (?:this )?blank|(?:please )?(?:see|go on to|go to) (?:the )?next page"
    r"|(?:this )?question (?:\d{1,2} )?(?:is )?continue[sd]?(?: (?:on|over) (?:the )?(?:next|following) page"
    r"| overleaf)?|there (?:are|is) no (?:more )?questions?(?: printed)? on this page"
    r"|answers written (?:on|in) this (?:page|margin) will not be marked|this page is intentionally (?:left )?blank"
    r"|end of (?:the )?(?:sample )?(?:questions?(?:\s*\d{1,2})?|paper|question paper|exam|examination|test|quiz"
    r"|section\s*\w*|part\s*\w*)"
    r"|\**\s*(?:all the best|good luck|best of luck)\s*[!.]*\**|[*x\s]{3,}|(?:©|copyright).*|\*[A-Z0-9]{6,}\*"
    r"|for (?:examiner|office)['’]?s? use(?: only)?|examiner only|over\s*/?)[\W_]*"
    r"(?:\t.*(?:continued|next page|turn over|page \d+).*)?"
    r"|[\w/&.,() -]{1,40}\t\W*(?:see (?:the )?next page|(?:please )?turn over|p\.?t\.?o\.?|end of (?:question )?"
    r"(?:paper|exam|examination|test)|continued(?: overleaf)?)\W*",
    re.IGNORECASE,
)
_PAGE_OF_PAGES = re.compile(r"^\d{1,3}\s+of\s+\d{1,3}\b.{0,40}$|^.{0,60}\bpage\s+\d+\s+of\s+\d+\W*$", re.IGNORECASE)


_QUESTION_START = re.compile(
    r"(?:q(?:uestion)?\s*\.?\s*)?\d{1,3}\s*(?:[.):]\s|\t)\S|\(?[a-h]\)\s|\(?[ivx]+\)\s", re.IGNORECASE
)
_DATA_PAGE_HEADING = re.compile(
    r"\W*(?:(?:the |some )?(?:important|useful|physical|fundamental|standard|list of|table of)\s+(?:physical\s+)?"
    r"(?:values|constants|formula[es]*|data|information|equations|relationships|integrals)"
    r"|(?:mathematic(?:s|al) |physics |chemistry )?formula(?:e|s)?(?: and (?:data|tables|constants))?"
    r"(?: (?:sheet|list|booklet|page))?|(?:data|reference|formula) (?:sheet|booklet|page|tables?|information)"
    r"|(?:the )?periodic table|(?:physical )?constants(?: and)?|relationships sheet)\b[^?]{0,50}",
    re.IGNORECASE,
)
_MAX_HEADING_ROWS = 2


def remove_headers_and_footers(rows: list[Row]) -> list[Row]:
    """Remove the rows that repeat across pages, count pages or hold only boilerplate."""
    repeated = _find_repeated_rows(rows)
    numbers = _find_page_numbers(rows)
    return [
        row
        for index, row in enumerate(rows)
        if index not in repeated and index not in numbers and not _is_boilerplate(row.text)
    ]


def _is_boilerplate(text: str) -> bool:
    return len(text) < 120 and bool(_BOILERPLATE.fullmatch(text) or _PAGE_OF_PAGES.match(text))


def _first_and_last_rows(rows: list[Row], depth: int) -> dict[int, tuple[list[int], list[int]]]:
    """For each page, return the indices of its first and its last `depth` rows by height."""
    pages: dict[int, list[int]] = {}
    for index, row in enumerate(rows):
        pages.setdefault(row.page, []).append(index)
    edges = {}
    for page, indices in pages.items():
        ordered = sorted(indices, key=lambda index: rows[index].top)
        edges[page] = (ordered[:depth], ordered[-depth:])
    return edges


def _find_repeated_rows(rows: list[Row]) -> set[int]:
    """Return the indices of rows at a page's top or bottom that repeat on another page, digits aside."""
    counts: Counter[tuple[str, str]] = Counter()
    indices_by_key: dict[tuple[str, str], list[int]] = {}
    for first, last in _first_and_last_rows(rows, 3).values():
        for side, indices in (("head", first), ("foot", last)):
            for index in indices:
                if _QUESTION_START.match(rows[index].text):
                    continue
                words = _repetition_key(rows[index])
                if words and (side == "head") == (rows[index].top < 0.5):
                    key = (side, words)
                    counts[key] += 1
                    indices_by_key.setdefault(key, []).append(index)
    found: set[int] = set()
    for key, count in counts.items():
        matching = [
            index
            for index in indices_by_key[key]
            if any(_differ_only_by_page_number(rows[index], rows[o]) for o in indices_by_key[key])
        ]
        if count >= 2 and matching and _are_at_same_height([rows[index] for index in matching]):
            found.update(matching)
    return found


def _differ_only_by_page_number(one: Row, other: Row) -> bool:
    """Whether two rows of different pages differ only in numbers that increase with the pages.

    "4 marks" above one section and "19 marks" above the next are no running headers.
    """
    if one.page == other.page:
        return False
    own_numbers, other_numbers = re.findall(r"\d+", one.text), re.findall(r"\d+", other.text)
    page_difference = other.page - one.page
    return len(own_numbers) != len(other_numbers) or all(
        a == b or int(b) - int(a) == page_difference for a, b in zip(own_numbers, other_numbers, strict=True)
    )


def _repetition_key(row: Row) -> str:
    """The row's text without digits.

    A row with hardly any letters ("231/1 3") keeps its digits but loses the cell that counts pages.
    """
    words = re.sub(r"[\d\W_]+", " ", row.text).strip().lower()
    if len(words) >= 4:
        return words
    codes = [cell.text for cell in row.cells if re.search(r"\d", cell.text) and not re.fullmatch(r"\d+", cell.text)]
    at_edge = row.bottom < 0.07 or row.top > 0.93
    return " ".join(codes).lower() if at_edge and len(row.cells) > 1 else ""


def _are_at_same_height(rows: list[Row]) -> bool:
    return max(row.top for row in rows) - min(row.top for row in rows) < 0.03


def _find_page_numbers(rows: list[Row]) -> set[int]:
    """Return the indices of lone numbers at a page's top or bottom that match the page number or are centred."""
    found: dict[int, int] = {}
    for page, (first, last) in _first_and_last_rows(rows, 1).items():
        for index in (*first, *last):
            row = rows[index]
            if re.fullmatch(r"\d{1,3}", row.text) and (row.top < 0.1 or row.bottom > 0.88):
                middle = abs((row.left + row.right) / 2 - 0.5) < 0.06
                if middle or int(row.text) == page:
                    found[index] = int(row.text)
    return set(found)


def remove_data_pages(rows: list[Row]) -> list[Row]:
    """Remove the pages whose heading announces data, if no marks are printed on them."""
    kept: list[Row] = []
    for _, page in groupby(rows, key=lambda row: row.page):
        rows_on_page = list(page)
        is_data_page = any(
            len(row.text) < 80 and _DATA_PAGE_HEADING.fullmatch(row.text) for row in rows_on_page[:_MAX_HEADING_ROWS]
        )
        if not is_data_page or any(not marks.total for row in rows_on_page for marks in find_marks(row.text)):
            kept += rows_on_page
    return kept or rows
