"""Directions over several questions ("For questions 5 and 6 select from the codes"), and options that they share."""

import re

from grade.paper.pieces import Piece

_FOR_SEVERAL = re.compile(
    r"\W*(?:(?:directions?|note|instructions?)\W+)?(?:[^.?!]{0,90}?\b(?:for|in|answer|to)\s+)?(?:each of\s+)?"
    r"(?:the\s+)?(?:following\s+)?(?:questions?|q\.?)\s*(?:numbers?|nos?\.?)?\s*\(?\s*(\d{1,3})\s*(?:to|and|&|-|–|—)\s*(?:q\.?\s*)?"
    r"(\d{1,3})(?![\d)]*\s*(?:marks?|points?))\b",
    re.IGNORECASE,
)
_SELECTS = re.compile(
    r"\b(?:select|choose|mark|pick|tick|options?|codes?|alternatives?|assertion|statements?)\b", re.IGNORECASE
)


def span_of(piece: Piece) -> tuple[int, int] | None:
    """The questions that a row of directions is about, first and last."""
    if not piece.opens or piece.tokens:
        return None
    found = _FOR_SEVERAL.match(piece.text)
    if found is None or not int(found[1]) < int(found[2]):
        return None
    return int(found[1]), int(found[2])


def parted(
    segment: list[Piece], value: int, later: set[int]
) -> tuple[list[Piece], list[Piece], tuple[int, int] | None]:
    """A question's pieces without the directions that stand between it and the next one, those, and whom they
    are for. `later`: the numbers that follow."""
    for index, piece in enumerate(segment[1:], 1):
        span = span_of(piece)
        if span is not None and span[0] > value and span[0] in later:
            return segment[:index], segment[index:], span
    return segment, [], None


def are_options(words: str, count: int) -> bool:
    """Whether letters under these words are what all the questions choose from."""
    return 2 <= count <= 6 and bool(_SELECTS.search(words))
