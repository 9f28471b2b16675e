"""Cuts rows into text chunks at the labels in them, and parses question ranges announced in directions and headings.

A chunk is text that may begin with a label. `1.  (a) Define work. [2]` is one chunk with two label tokens.
`(a) 3   (b) 4   (c) 5` is three chunks.
"""

import re
from dataclasses import dataclass, replace

from grade.paper.label_parser import LabelToken, parse_leading_label
from grade.paper.rows import GAP, Cell, Row

_ANSWER_FIELD = re.compile(r"^(?:____\s*|[Tt](?:rue)?\s*[/\s]\s*[Ff](?:alse)?\s+|[□☐○◯]\s*|\[\s*\]\s*)+(?=\(?\d)")
"""What a worksheet prints in front of a question's number, to be filled in or circled."""
_INNER_LABEL = re.compile(
    r"(?:(?<=\t)(?P<number>\d{1,2})\s?[.)](?!\d)(?=\s*\S))|"
    r"(?:(?<=\s)|(?<=[.?!:;]))(?:\(\s?([A-Ha-h]|[ivx]{1,4})\s?\)|\((\d)\)|([A-Ha-h])[).](?=\s)|(?<=\t)([B-F])\s)\s*"
)
_REFERENCE = re.compile(
    r"\b(?:parts?|in|to|from|and|or|of|answers?|questions?|using|both|either|with|by|see|between|than|statement)\s*$",
    re.IGNORECASE,
)
_ENUMERATION = re.compile(r"\s*(?:[,;]|and\b|or\b|&|\.\s|\.$)")
"""Follows a letter that a sentence only mentions: "the codes (A), (B), (C) and (D)"."""
_MAX_LABELS_PER_ROW = 12
_DIRECTION_RANGE = re.compile(
    r"\W*(?:(?:directions?|note|instructions?)\W+)?(?:[^.?!]{0,90}?\b(?:for|in|answer|to)\s+)?(?:each of\s+)?"
    r"(?:the\s+)?(?:following\s+)?(?:questions?|q\.?)\s*(?:numbers?|nos?\.?)?\s*\(?\s*(\d{1,3})\s*(?:to|and|&|-|–|—)\s*(?:q\.?\s*)?"
    r"(\d{1,3})(?![\d)]*\s*(?:marks?|points?))\b",
    re.IGNORECASE,
)
_SELECTION_WORDS = re.compile(
    r"\b(?:select|choose|mark|pick|tick|options?|codes?|alternatives?|assertion|statements?)\b", re.IGNORECASE
)
_ANNOUNCED_RANGE = re.compile(r"(?:^|\s)questions?\s+(\d{1,3})\s*(?:[-–—]|to|and|&)\s*(\d{1,3})(?!\d)", re.IGNORECASE)
_MAX_ANNOUNCED = 40


@dataclass(frozen=True, slots=True)
class TextChunk:
    """A stretch of one row that may begin with a label.

    `tokens` are the leading label tokens that no outline node has taken yet; `text` is what follows them. `left` is
    the x position of the chunk's start, as a fraction of the page width. `at_row_start` is False for a chunk that
    starts inside a row.
    """

    row: Row
    tokens: tuple[LabelToken, ...]
    text: str
    left: float
    at_row_start: bool = True

    @property
    def full_text(self) -> str:
        """The text, preceded by the label tokens that no node has taken."""
        return "".join(token.raw for token in self.tokens) + self.text

    def without_first_label(self) -> "TextChunk":
        """Return the chunk without its outermost label. The x position of the next label is then unknown."""
        return replace(self, tokens=self.tokens[1:], at_row_start=False)


def split_at_labels(rows: list[Row], *, bare: bool = True) -> list[TextChunk]:
    """Split each row at its labels. `bare`: a number with nothing after it counts as a label too."""
    return [chunk for row in rows for chunk in _split_row(row, bare)]


def _split_row(row: Row, bare: bool) -> list[TextChunk]:
    full_text = _ANSWER_FIELD.sub("", row.text)
    label = None if _is_margin_number(row) else parse_leading_label(full_text, bare=bare)
    rest = label.rest if label else row.text
    starts = _find_inner_labels(rest, label.tokens[-1] if label else None)
    offset = len(row.text) - len(rest)
    chunks = [TextChunk(row, label.tokens if label else (), rest[: starts[0] if starts else None].strip(), row.left)]
    for start, end in zip(starts, [*starts[1:], len(rest)], strict=False):
        text = rest[start:end].strip()
        inner = parse_leading_label(text, bare=text[:1].isupper())
        if inner is None:
            chunks.append(TextChunk(row, (), text, _x_position(row, offset + start), at_row_start=False))
        else:
            chunks.append(
                TextChunk(row, inner.tokens, inner.rest, _x_position(row, offset + start), at_row_start=False)
            )
    return chunks


def _is_margin_number(row: Row) -> bool:
    """Whether the row is a lone number at the right: marks, not a label."""
    return (row.left - row.origin) / row.width > 0.75 and bool(re.fullmatch(r"[\[(]?\s*[\d.½]+\s*[\])]?", row.text))


def _x_position(row: Row, position: int) -> float:
    """Approximate x position on the page of the character at index `position` of the row's text."""
    for cell in row.cells:
        if position <= len(cell.text):
            return cell.left + (cell.right - cell.left) * position / max(len(cell.text), 1)
        position -= len(cell.text) + len(GAP)
    return row.right


def _find_inner_labels(text: str, opening: LabelToken | None) -> list[int]:
    """Return the indices where further labels start inside a row. Each must be the successor of the label before it."""
    found: list[tuple[int, int, str]] = []
    for match in _INNER_LABEL.finditer(text):
        after_gap = GAP in text[max(0, match.start() - 1) : match.start()]
        if match["number"]:
            found.append((match.start(), match.end(), match["number"]))
            continue
        if match[3] and (opening is None or opening.style != "(1)"):
            continue  # marks in the margin, unless the row itself opens with a number in brackets
        if after_gap or not _REFERENCE.search(text[: match.start()]):
            found.append((match.start(), match.end(), match[2] or match[3] or match[4] or match[5]))
    before = opening.name if opening else None
    starts: list[int] = []
    for index, (start, end, name) in enumerate(found[:_MAX_LABELS_PER_ROW]):
        if not text[end:].strip() or _ENUMERATION.match(text, end):
            continue
        after_gap = GAP in text[max(0, start - 1) : start]
        follows_before = before is not None and _is_successor(before, name)
        starts_list = name in ("a", "A", "i") and any(
            _is_successor(name, later[2]) for later in found[index + 1 : index + 2]
        )
        skips_letters = (
            after_gap
            and before is not None
            and name.isalpha()
            and before.isalpha()
            and before.isupper() == name.isupper()
            and name > before
        )
        if (
            follows_before
            or starts_list
            or skips_letters
            or (after_gap and before is None and not starts and start == 0)
        ):
            starts.append(start)
            before = name
    return starts


def _is_successor(before: str, name: str) -> bool:
    romans = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x")
    if before in romans and name in romans and romans.index(name) == romans.index(before) + 1:
        return True
    if before.isdigit() and name.isdigit():
        return int(name) == int(before) + 1
    return len(before) == len(name) == 1 and ord(name) == ord(before) + 1


def sort_options(chunks: list[TextChunk]) -> list[TextChunk]:
    """Put options that are printed in columns read downwards, (a) (c) over (b) (d), into the order of their letters."""
    positions = [i for i, chunk in enumerate(chunks) if chunk.tokens and len(chunk.tokens[0].name) == 1]
    letters = [chunks[i].tokens[0].name for i in positions]
    expected = sorted(letters)
    if letters == expected or not 3 <= len(letters) <= 8 or all(chunks[i].at_row_start for i in positions):
        return chunks
    first = expected[0]
    if first not in "aA" or expected != [chr(ord(first) + step) for step in range(len(expected))]:
        return chunks
    ends = [*positions[1:], positions[-1] + 1]
    groups = {chunks[i].tokens[0].name: chunks[i:end] for i, end in zip(positions, ends, strict=True)}
    ordered = [chunk for letter in expected for chunk in groups[letter]]
    return [*chunks[: positions[0]], *ordered, *chunks[positions[-1] + 1 :]]


def parse_direction_range(chunk: TextChunk) -> tuple[int, int] | None:
    """Return the first and last number of the questions that a row of directions applies to, or None."""
    if not chunk.at_row_start or chunk.tokens:
        return None
    found = _DIRECTION_RANGE.match(chunk.text)
    if found is None or not int(found[1]) < int(found[2]):
        return None
    return int(found[1]), int(found[2])


def split_off_directions(
    segment: list[TextChunk], value: int, later: set[int]
) -> tuple[list[TextChunk], list[TextChunk], tuple[int, int] | None]:
    """Split off the directions printed between a question and the next one.

    `later` holds the numbers of the questions that follow. Returns the question's own chunks, the chunks of the
    directions, and the range of questions that the directions apply to (None where there are no directions).
    """
    for index, chunk in enumerate(segment[1:], 1):
        span = parse_direction_range(chunk)
        if span is not None and span[0] > value and span[0] in later:
            return segment[:index], segment[index:], span
    return segment, [], None


def are_shared_options(words: str, count: int) -> bool:
    """Whether `count` letters under these words are options that several questions share."""
    return 2 <= count <= 6 and bool(_SELECTION_WORDS.search(words))


def parse_announced_range(text: str) -> tuple[int, int] | None:
    """Return the range of questions that a heading announces, or None."""
    found = _ANNOUNCED_RANGE.search(text)
    if found is None:
        return None
    first, last = int(found[1]), int(found[2])
    return (first, last) if 0 < first < last <= first + _MAX_ANNOUNCED else None


def move_gap_numbers_first(rows: list[Row]) -> list[Row]:
    """Split rows with numbered gaps into one row per gap, with the gap's number moved to the front."""
    reordered: list[Row] = []
    expected_number, last = 1, 0
    for row in rows:
        if span := parse_announced_range(row.text):
            expected_number, last = span
        rest: Row | None = row
        while (
            rest is not None and expected_number <= last and (cut := _split_at_gap(rest, expected_number)) is not None
        ):
            numbered, rest = cut
            reordered.append(numbered)
            expected_number += 1
        if rest is None:
            continue
        reordered.append(rest)
        expected_number += expected_number <= last and bool(re.match(rf"\D{{0,3}}{expected_number}\b", rest.text))
    return reordered


def _split_at_gap(row: Row, number: int) -> tuple[Row, Row | None] | None:
    """Return the row up to the gap with this number, number first, and the remainder of the row (None if nothing is
    left)."""
    found = re.search(
        rf"(?<=[\s(\[])[(\[]?{number}[)\].]?\s*(?:[£$€]\s*)?(?:____|\.{{2,}}(?=\s|$)|…+)(?:\s*____)*", row.text
    )
    if found is None or not row.text[: found.start()].strip():
        return None
    before, after = row.text[: found.start()].strip(), row.text[found.end() :].strip(" .\t")
    first = replace(row, cells=_numbered_cells(row, f"{number}.", f"{before} ____"))
    if "____" not in after and ".." not in after:
        words = f"{before} ____ {after}".strip()
        return replace(row, cells=_numbered_cells(row, f"{number}.", words)), None
    return first, replace(row, cells=(Cell(after.replace(GAP, " "), row.left, row.right),))


def _numbered_cells(row: Row, label: str, words: str) -> tuple[Cell, Cell]:
    return Cell(label, row.left, row.left), Cell(words.replace(GAP, " "), row.left, row.right)
