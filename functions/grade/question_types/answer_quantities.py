"""What a numeric answer says: its numbers with their units, and the one that it ends on."""

import re
from dataclasses import dataclass, replace
from typing import Any

from grade.question_types import units
from grade.question_types.numbers import Number, parse_numbers

_ANSWER_IS = re.compile(r"\b(?:answer|ans|result|total|final(?: value)?)\b\s*(?:is|was|are|=|:|≈|~|-|of)*\s*", re.I)
_LEADS_TO = re.compile(r"[=≈∴⇒→]|\b(?:therefore|hence|thus|gives|equals|so|approximately|is)\b", re.I)
_EXPLANATION = re.compile(
    r"\([^()]*\)\s*+(?:\.\s*+)?$|(?:[,;.]|(?<!\s))\s*+\b(?:because|since|as|from|using|by)\b.*$", re.I | re.S
)
_ONLY_JOINS = re.compile(r"^[\s,;/|&]*+(?:(?:or|and|to)[\s,;/|&]*+)?$", re.I)
# "7 because 3 x 7 = 21" has ended before its reason; "6 divided by 0.4 = 15" has not.
_REASON = re.compile(r"\b(?:because|since|as)\b", re.I)
# "x = 7 or x = -7", and "x = 7, y = 3" by the names of what is set.
_SET_EQUAL = re.compile(r"(?P<join>\bor\b|,|;|\band\b)\s*(?P<name>[A-Za-z]\w?)\s*=\s*$")
_SIGNS = re.compile(r"[=+*/×÷^<>-]")
_QUESTION_REFERENCE = re.compile(r"\b(?:question|ques|part|number|no\.|q)\s*\d+\b", re.I)
_MONTHS = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*\.?"
_DAY = re.compile(
    rf"\b\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?(?={_MONTHS})"
    r"|(?<=[a-z.])\s\d{1,2}(?:st|nd|rd|th)?,?(?=\s\d{4}\b)",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with the unit behind it (a pint unit, or None), where both end, and how they are written."""

    number: Number
    unit: Any | None
    end: int
    written: str


def remove_non_values(text: str) -> str:
    """The text without numbers that are no values: "question 3", the day of a date beside its year."""
    return _DAY.sub(" ", _QUESTION_REFERENCE.sub(" ", text))


def parse_quantities(text: str, target_unit: Any | None) -> list[Quantity]:
    """Every number with the unit that follows it, but for numbers that are a part of a unit."""
    found = []
    inside: set[int] = set()
    numbers = parse_numbers(text)
    for index, number in enumerate(numbers):
        until = numbers[index + 1].start if index + 1 < len(numbers) else len(text)
        tail = text[number.end : min(number.end + 30, max(until, number.end) + 3)]
        read = units.parse_unit(tail.split("\n")[0], target_unit) if re.match(r"\s?\s?[A-Za-zµμΩ%°℃℉/]", tail) else None
        end = number.end + (read[1] if read else 0)
        inside |= {later.start for later in numbers[index + 1 : index + 1 + end - number.end] if later.start < end}
        found.append(Quantity(number, read[0] if read else None, end, " ".join(text[number.start : end].split())))
    return [quantity for quantity in found if quantity.number.start not in inside]


def combine_compound_units(text: str, quantities: list[Quantity], target_unit: Any | None) -> list[Quantity]:
    """Neighbours in ever smaller units of one kind as one quantity ("3 hours and 20 minutes")."""
    if target_unit is None:
        return quantities
    kept: list[Quantity] = []
    for quantity in quantities:
        last = kept[-1] if kept else None
        if last is not None and _is_smaller_unit_part(text, last, quantity):
            more = units.convert_unit(quantity.number.value, quantity.unit, last.unit) or 0.0
            number = replace(last.number, value=last.number.value + more, end=quantity.number.end, alternative=None)
            kept[-1] = Quantity(number, last.unit, quantity.end, f"{last.written} {quantity.written}")
        else:
            kept.append(quantity)
    return kept


def _is_smaller_unit_part(text: str, first: Quantity, second: Quantity) -> bool:
    between = text[first.end : second.number.start].strip().casefold()
    if first.unit is None or second.unit is None or between not in ("", "and", ","):
        return False
    return 0 < (units.convert_unit(1.0, second.unit, first.unit) or 0.0) < 1


def find_final_quantity(text: str, quantities: list[Quantity]) -> tuple[Quantity, list[Quantity]]:
    """The quantity that the answer ends on, and, where several stand side by side, all of these."""
    stated = [match.end() for match in _ANSWER_IS.finditer(text)]
    for position in reversed(stated):
        after = [quantity for quantity in quantities if quantity.number.start >= position]
        if after and not text[position : after[0].number.start].strip(" \t:=≈~$-"):
            return after[0], _find_adjacent(text, after)
    explanation = _EXPLANATION.search(text)
    if explanation is not None and re.search(r"[=≈]", explanation.group()) and not _REASON.search(explanation.group()):
        explanation = None  # working goes on in it: "6 divided by 0.4 = 15"
    kept = [
        quantity for quantity in quantities if explanation is None or quantity.end <= explanation.start()
    ] or quantities
    leads = [match.end() for match in _LEADS_TO.finditer(text, 0, kept[-1].number.start)]
    if leads:
        after = [quantity for quantity in kept if quantity.number.start >= leads[-1]]
        if after:
            if adjacent := _find_alternatives(text, quantities, leads[-1], after) or _find_adjacent(text, after):
                return after[0], adjacent
            return (after[0] if _is_end_of_working(text, after) else after[-1]), []
    if len(kept) == 1:
        return kept[0], []
    return kept[-1], kept


def _find_alternatives(text: str, quantities: list[Quantity], lead: int, after: list[Quantity]) -> list[Quantity]:
    """Values that one name is set equal to, with "or" between them."""
    joined = _SET_EQUAL.search(text, 0, lead)
    before = [quantity for quantity in quantities if joined and quantity.end <= joined.start()]
    if joined is None or not before or text[before[-1].end : joined.start()].strip():
        return []
    named = re.search(r"([A-Za-z]\w?)\s*=\s*$", text[: before[-1].number.start])
    same = named is not None and named[1].casefold() == joined["name"].casefold()
    return [before[-1], after[0]] if same or joined["join"].casefold() == "or" else []


def _is_end_of_working(text: str, after: list[Quantity]) -> bool:
    """Whether the first value is the end of the working: words follow it, and no sign that it goes on."""
    if len(after) == 1:
        return True
    between = text[after[0].end : after[1].number.start]
    return len(re.findall(r"[^\W\d]{2,}", between)) >= 2 and not _SIGNS.search(between)


def _find_adjacent(text: str, quantities: list[Quantity]) -> list[Quantity]:
    """The quantities that stand next to the first one with nothing but "or", commas or spaces between."""
    row = quantities[:1]
    for quantity in quantities[1:]:
        between = text[row[-1].end : quantity.number.start]
        if not _ONLY_JOINS.match(between) or "\n" in between:
            break
        row.append(quantity)
    return row if len(row) > 1 else []
