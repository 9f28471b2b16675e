"""Rows cut at the labels that stand in them: a piece is text that may open with a label.

`1.  (a) Define work. [2]` is one piece with two tokens. `(a) 3   (b) 4   (c) 5` is three pieces.
"""

import re
from dataclasses import dataclass, replace

from grade.paper.numbering import Token, read_label
from grade.paper.rows import GAP, Row


@dataclass(frozen=True, slots=True)
class Piece:
    """`tokens`: labels not yet taken as a node's own. `text`: what follows them. `left` is where the piece
    starts; `opens` is False for a piece that starts inside a row."""

    row: Row
    tokens: tuple[Token, ...]
    text: str
    left: float
    opens: bool = True

    @property
    def whole(self) -> str:
        """The text with the labels that were not taken."""
        return "".join(token.raw for token in self.tokens) + self.text

    def taken(self) -> "Piece":
        """Without its outermost label; where the next one stands on the row is then not known."""
        return replace(self, tokens=self.tokens[1:], opens=False)


def pieces_of(rows: list[Row], *, bare: bool = True) -> list[Piece]:
    return [piece for row in rows for piece in _cut(row, bare)]


_TO_FILL = re.compile(r"^(?:____\s*|[Tt](?:rue)?\s*[/\s]\s*[Ff](?:alse)?\s+|[□☐○◯]\s*|\[\s*\]\s*)+(?=\(?\d)")
"""What a worksheet sets before a question's number, to be filled in or circled."""


def _cut(row: Row, bare: bool) -> list[Piece]:
    whole = _TO_FILL.sub("", row.text)
    label = None if _is_marginal(row) else read_label(whole, bare=bare)
    rest = label.rest if label else row.text
    starts = _inner_starts(rest, label.tokens[-1] if label else None)
    offset = len(row.text) - len(rest)
    pieces = [Piece(row, label.tokens if label else (), rest[: starts[0] if starts else None].strip(), row.left)]
    for start, end in zip(starts, [*starts[1:], len(rest)], strict=False):
        text = rest[start:end].strip()
        inner = read_label(text, bare=text[:1].isupper())
        if inner is None:
            pieces.append(Piece(row, (), text, _place(row, offset + start), opens=False))
        else:
            pieces.append(Piece(row, inner.tokens, inner.rest, _place(row, offset + start), opens=False))
    return pieces


def _is_marginal(row: Row) -> bool:
    """A number that stands alone at the right: marks, not a label."""
    return (row.left - row.origin) / row.width > 0.75 and bool(re.fullmatch(r"[\[(]?\s*[\d.½]+\s*[\])]?", row.text))


def _place(row: Row, position: int) -> float:
    """Where on the page the character at `position` of the row's text stands, about."""
    for cell in row.cells:
        if position <= len(cell.text):
            return cell.left + (cell.right - cell.left) * position / max(len(cell.text), 1)
        position -= len(cell.text) + len(GAP)
    return row.right


_LETTER_INSIDE = re.compile(
    r"(?:(?<=\t)(?P<number>\d{1,2})\s?[.)](?!\d)(?=\s*\S))|"
    r"(?:(?<=\s)|(?<=[.?!:;]))(?:\(\s?([A-Ha-h]|[ivx]{1,4})\s?\)|\((\d)\)|([A-Ha-h])[).](?=\s)|(?<=\t)([B-F])\s)\s*"
)
_REFERENCE = re.compile(
    r"\b(?:parts?|in|to|from|and|or|of|answers?|questions?|using|both|either|with|by|see|between|than|statement)\s*$",
    re.IGNORECASE,
)


_LISTED = re.compile(r"\s*(?:[,;]|and\b|or\b|&|\.\s|\.$)")
"""After a letter that a sentence only names: "the codes (A), (B), (C) and (D)"."""


_MOST_IN_A_ROW = 12


def _inner_starts(text: str, opening: Token | None) -> list[int]:
    """Where inside a row further labels start: each must follow the one before it in its list."""
    found: list[tuple[int, int, str]] = []
    for match in _LETTER_INSIDE.finditer(text):
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
    for index, (start, end, name) in enumerate(found[:_MOST_IN_A_ROW]):
        if not text[end:].strip() or _LISTED.match(text, end):
            continue
        after_gap = GAP in text[max(0, start - 1) : start]
        follows = before is not None and _follows(before, name)
        leads = name in ("a", "A", "i") and any(_follows(name, later[2]) for later in found[index + 1 : index + 2])
        skips = (
            after_gap
            and before is not None
            and name.isalpha()
            and before.isalpha()
            and before.isupper() == name.isupper()
            and name > before
        )
        if follows or leads or skips or (after_gap and before is None and not starts and start == 0):
            starts.append(start)
            before = name
    return starts


def _follows(before: str, name: str) -> bool:
    romans = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x")
    if before in romans and name in romans and romans.index(name) == romans.index(before) + 1:
        return True
    if before.isdigit() and name.isdigit():
        return int(name) == int(before) + 1
    return len(before) == len(name) == 1 and ord(name) == ord(before) + 1


def in_list_order(pieces: list[Piece]) -> list[Piece]:
    """Options set in columns that are read downwards, (a) (c) over (b) (d), put in the order of their letters."""
    places = [i for i, piece in enumerate(pieces) if piece.tokens and len(piece.tokens[0].name) == 1]
    letters = [pieces[i].tokens[0].name for i in places]
    wanted = sorted(letters)
    if letters == wanted or not 3 <= len(letters) <= 8 or all(pieces[i].opens for i in places):
        return pieces
    first = wanted[0]
    if first not in "aA" or wanted != [chr(ord(first) + step) for step in range(len(wanted))]:
        return pieces
    ends = [*places[1:], places[-1] + 1]
    groups = {pieces[i].tokens[0].name: pieces[i:end] for i, end in zip(places, ends, strict=True)}
    ordered = [piece for letter in wanted for piece in groups[letter]]
    return [*pieces[: places[0]], *ordered, *pieces[places[-1] + 1 :]]
