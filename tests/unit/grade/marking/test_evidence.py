"""A quote is evidence only if it occurs on the sheet; misread letters are allowed, other words are not."""

import pytest

from grade.markers.evidence import find_quote
from tests.unit.grade.marking.builders import answer

TEXT = "The Sun heats the sea and the water\nevaporates. It rises, cools and\nc0ndenses into clouds."
LINES = answer("1", TEXT).lines


@pytest.mark.parametrize(
    ("quote", "found", "top"),
    [
        ("heats the sea", "heats the sea", 0.1),
        ("HEATS  THE SEA", "heats the sea", 0.1),
        ("condenses into clouds", "c0ndenses into clouds.", 0.16),
        ("the water evaporates", "the water evaporates.", 0.1),
        ("rises, cools", "rises, cools", 0.13),
        ("heats teh sea", "heats the sea", 0.1),
    ],
)
def test_a_quote_is_found_and_returned_in_the_sheets_words(quote: str, found: str, top: float) -> None:
    evidence = find_quote(quote, TEXT, LINES)
    assert evidence is not None
    assert evidence.quote == found
    assert evidence.place is not None
    assert evidence.place.box[1] in (top, round(top + 0.03, 3))


@pytest.mark.parametrize(
    "quote", ["", "   ", "chlorophyll absorbs light", "the rain falls on the hills and runs off", "x" * 500]
)
def test_a_quote_that_is_not_on_the_sheet_is_not_found(quote: str) -> None:
    assert find_quote(quote, TEXT, LINES) is None


def test_a_short_quote_must_be_a_whole_word() -> None:
    assert find_quote("It", TEXT, LINES) is not None
    assert find_quote("ea", TEXT, LINES) is None


def test_an_answer_without_lines_has_evidence_without_a_region() -> None:
    evidence = find_quote("heats the sea", TEXT, ())
    assert evidence is not None
    assert evidence.place is None
