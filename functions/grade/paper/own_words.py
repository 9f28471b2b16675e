"""A draft's own words: its text flowing, the marks printed in it, and whether "OR" follows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.transcript import Box
from grade.paper.drafts import Draft
from grade.paper.marks_printed import PrintedMarks
from grade.paper.notation import Notation, piece_marks
from grade.paper.pieces import Piece
from grade.paper.rows import GAP

_OR = re.compile(r"[\W_]*or[\W_]*", re.IGNORECASE)


_INTRODUCES = re.compile(r":\s*\(\s*\d{1,2}\s*\)\s*$")
"""A line that ends in "…: (8)" over the parts of a question."""


@dataclass(frozen=True, slots=True)
class Own:
    """`marks`: those for the node; `totals`: those printed as a total, which may belong further up. `inner_or`:
    an "OR" stands between two texts without labels."""

    text: str
    marks: tuple[PrintedMarks, ...] = ()
    totals: tuple[PrintedMarks, ...] = ()
    inner_or: bool = False


def own_words(pieces: Sequence[Piece], notation: Notation, *, last: bool) -> Own:
    """`last`: no part follows these pieces."""
    texts: list[tuple[str, Piece]] = []
    marks: list[PrintedMarks] = []
    end = max((index for index, piece in enumerate(pieces) if not _OR.fullmatch(piece.whole)), default=-1)
    for index, piece in enumerate(pieces):
        whole = replace(piece, text=piece.whole, tokens=())
        introduces = index == end and not last and bool(_INTRODUCES.search(piece.text))
        text, found = piece_marks(whole, notation, last=introduces or (last and index == end))
        marks += found
        if text:
            texts.append((text, piece))
    if texts and _OR.fullmatch(texts[-1][0]):
        texts.pop()
    return Own(
        _flowing(texts),
        tuple(token for token in marks if not token.total),
        tuple(token for token in marks if token.total),
        inner_or=any(_OR.fullmatch(text) and text.strip(" ()[]*-").isupper() for text, _ in texts[1:]),
    )


def ends_in_or(draft: Draft) -> bool:
    """Whether "OR" is printed between this draft and the next."""
    last = draft
    while last.parts:
        last = last.parts[-1]
    return bool(last.own) and bool(_OR.fullmatch(last.own[-1].whole))


def joined(texts: Sequence[str]) -> str:
    return "\n".join(text.replace(GAP, "  ") for text in texts if text)


def _flowing(texts: list[tuple[str, Piece]]) -> str:
    """Rows that wrap at the right edge flow on; a row that ends short ends its line."""
    whole = ""
    wraps = False
    for text, piece in texts:
        said = text.replace(GAP, "  ").strip()
        whole += (" " if wraps else "\n") + said if whole else said
        wraps = piece.row.reach > 0.85
    return whole.strip().replace("____ ____", "____")


def place_of(draft: Draft) -> tuple[int | None, Box | None]:
    """The page that a draft starts on, and the box of its own words there."""
    if not draft.own:
        return (draft.parts[0].own[0].row.page if draft.parts and draft.parts[0].own else None), None
    row = draft.own[0].row
    same = [piece.row for piece in draft.own if piece.row.page == row.page]
    left, top = min(r.left for r in same), min(r.top for r in same)
    right, bottom = max(r.right for r in same), max(r.bottom for r in same)
    return row.page, (left, top, max(right - left, 0.0), max(bottom - top, 0.0))
