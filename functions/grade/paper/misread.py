"""Labels that were read wrong or not at all, put right where the paper itself leaves no doubt."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from grade.paper.marks_printed import find_marks
from grade.paper.numbering import Kind, Token, to_roman
from grade.paper.pieces import Piece


def put_right(pieces: list[Piece], warnings: list[str]) -> list[Piece]:
    """The pieces with labels that their neighbours make sure of. A label that was not printed, or not read, is
    said in a warning."""
    mended = _by_options(_by_totals(_strokes(pieces)))
    for before, after in zip(pieces, mended, strict=True):
        if not before.tokens and after.tokens:
            warnings.append(
                f"The label of question {after.tokens[0].name} could not be read; “{before.text[:40].strip()}” was"
                " taken for its start."
            )
    return mended


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


def _by_options(pieces: list[Piece]) -> list[Piece]:
    """Where options start again at A in one question, the text above them opens the next one, if no label does."""
    mended = list(pieces)
    number: Token | None = None
    letters, left = 0, 0.0
    stem: int | None = None
    for index, piece in enumerate(pieces):
        token = piece.tokens[0] if piece.tokens and piece.opens else None
        if token is not None and token.value(Kind.NUMBER) is not None and token.value(Kind.UPPER) is None:
            number, letters, stem, left = token, 0, None, piece.left
        elif token is not None and (value := _option(token)) is not None:
            if value == 1 and letters > 1 and stem is not None and number is not None:
                following = (number.value(Kind.NUMBER) or 0) + 1
                if _next_number(pieces[index:]) != following:
                    number = Token("", str(following), ((Kind.NUMBER, following),), number.style)
                    mended[stem] = replace(pieces[stem], tokens=(number,), left=left)
                letters = 0
            letters, stem = (value if value == letters + 1 else letters), None
        elif not piece.tokens and piece.opens and letters > 1 and stem is None and len(piece.text.split()) > 2:
            stem = index
    return mended


def _option(token: Token) -> int | None:
    return next((value for kind, value in token.values if kind in (Kind.UPPER, Kind.LOWER)), None)


def _next_number(pieces: Sequence[Piece]) -> int | None:
    values = (piece.tokens[0].value(Kind.NUMBER) for piece in pieces if piece.tokens and piece.opens)
    return next((value for value in values if value is not None), None)
