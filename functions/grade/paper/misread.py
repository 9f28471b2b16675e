"""Labels that were read wrong or not at all, put right where the paper itself leaves no doubt."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from grade.paper.marks_printed import find_marks
from grade.paper.numbering import Kind, Token, to_roman
from grade.paper.pieces import Piece


def put_right(pieces: list[Piece]) -> list[Piece]:
    return _by_totals(_strokes(pieces))


def _strokes(pieces: list[Piece]) -> list[Piece]:
    """(ii) right after (ii) is (iii): a stroke was lost."""
    mended = list(pieces)
    for index, (above, piece) in enumerate(_neighbours(mended)):
        value = _roman(piece)
        if value is None or _roman(above) != value or value not in (1, 2, 6, 7):
            continue
        if abs(above.left - piece.left) < 0.015 and above.row.page == piece.row.page:
            name = to_roman(value + 1)
            token = Token(piece.tokens[0].raw, name, ((Kind.ROMAN_LOWER, value + 1),), piece.tokens[0].style)
            place = mended.index(piece, index)
            mended[place] = replace(piece, tokens=(token, *piece.tokens[1:]))
    return mended


def _neighbours(pieces: Sequence[Piece]) -> list[tuple[Piece, Piece]]:
    """Labelled pieces that open their rows, each with the one before it."""
    labelled = [piece for piece in pieces if piece.tokens and piece.opens]
    return list(pairwise(labelled))


def _roman(piece: Piece) -> int | None:
    return piece.tokens[0].value(Kind.ROMAN_LOWER) if len(piece.tokens) == 1 and piece.text else None


def _by_totals(pieces: list[Piece]) -> list[Piece]:
    """Where "Total for Question 1" stands above a text without a label and "Total for Question 2" under it, the
    text opens question 2."""
    mended = list(pieces)
    opens: int | None = None
    ended: int | None = None
    style = "1"
    for index, piece in enumerate(pieces):
        number = piece.tokens[0].value(Kind.NUMBER) if piece.tokens else None
        totals = [int(m.question) for m in find_marks(piece.text) if m.total and m.question]
        if totals:
            if ended is not None and opens is not None and totals[-1] == ended + 1:
                token = Token("", str(totals[-1]), ((Kind.NUMBER, totals[-1]),), style)
                mended[opens] = replace(pieces[opens], tokens=(token,))
            ended, opens = totals[-1], None
        elif ended is not None and number == ended + 1:
            ended, opens, style = None, None, piece.tokens[0].style
        elif number is not None and ended is None:
            style = piece.tokens[0].style
        elif ended is not None and opens is None and piece.opens and not piece.tokens and len(piece.text.split()) > 2:
            opens = index
    return mended
