"""Scores how well the labels of lines count up in the given order: 1, 2, 3; a, b, c; i, ii."""

import re
from collections.abc import Iterable

# "3.", "Q3)", "(iv)", "b)", and the capital letter of an option: "C pascal".
_LABEL = re.compile(
    r"(?i:(?:q(?:uestion)?\s*\.?\s*)?\(?(?P<value>\d{1,2}|[ivx]{1,4}|[a-z])(?:[.):\]](?!\d)|\s*[-–]\s))|(?P<capital>[A-H])\s"
)
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "x": 10}


def score_label_order(texts: Iterable[str]) -> int:
    """How often a label follows the previous one of its kind, minus how often it does not.

    A list that continues after a number has come in between scores nothing: options belong to their question.
    """
    last: dict[str, int] = {}
    continued: set[str] = set()
    score = 0
    for text in texts:
        match = _LABEL.match(text)
        if not match:
            # A bare number may be anything; one that continues the count is the next question.
            if text.isdecimal() and int(text) == last.get("number", 0) + 1:
                last["number"], continued, score = int(text), set(), score + 1
            continue
        kind, value = _parse_label_value(match["value"] or match["capital"], last)
        follows = value == last.get(kind, 0) + 1
        if value != 1 or follows:
            score += (value == 1 or kind in continued or kind == "number") if follows else -1
        last[kind] = value
        continued = set() if kind == "number" else continued | {kind}
    return score


def _parse_label_value(text: str, last: dict[str, int]) -> tuple[str, int]:
    if text.isdigit():
        return "number", int(text)
    lowered = text.lower()
    letter = ord(lowered) - ord("a") + 1 if len(lowered) == 1 else 0
    kind = "capital" if text.isupper() else "letter"
    # "i" is a letter after "h" and a Roman numeral otherwise; likewise "v" and "x".
    if lowered in _ROMAN and not (letter and last.get(kind) == letter - 1):
        return "roman", _ROMAN[lowered]
    return (kind, letter) if letter else ("other", 0)
