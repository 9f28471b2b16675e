"""Parses the quantities of a numeric answer, numbers with their units, and finds the final one."""

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
# "7 because 3 x 7 = 21" gives its value before the reason; "6 divided by 0.4 = 15" gives it at the end.
_REASON = re.compile(r"\b(?:because|since|as)\b", re.I)
# "x = 7 or x = -7"; the names distinguish it from "x = 7, y = 3".
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
    """A number with the unit after it (a pint unit, or None). `end`: the end of both; `written`: both as written."""

    number: Number
    unit: Any | None
    end: int
    written: str


def remove_non_values(text: str) -> str:
    """The text without numbers that are not values: "question 3", or the day of a date that has a month."""
    return _DAY.sub(" ", _QUESTION_REFERENCE.sub(" ", text))


def parse_quantities(text: str, target_unit: Any | None) -> list[Quantity]:
    """All numbers with the units that follow them, except numbers that are part of a unit.

    `target_unit`: the unit asked for, which decides between several readings of a unit.
    """
    found = []
    inside: set[int] = set()
    numbers = parse_numbers(text)
    for index, number in enumerate(numbers):
        next_start = numbers[index + 1].start if index + 1 < len(numbers) else len(text)
        tail = text[number.end : min(number.end + 30, max(next_start, number.end) + 3)]
        has_unit = re.match(r"\s?\s?[A-Za-zµμΩ%°℃℉/]", tail)
        parsed = units.parse_unit(tail.split("\n")[0], target_unit) if has_unit else None
        end = number.end + (parsed[1] if parsed else 0)
        inside |= {later.start for later in numbers[index + 1 : index + 1 + end - number.end] if later.start < end}
        found.append(Quantity(number, parsed[0] if parsed else None, end, " ".join(text[number.start : end].split())))
    return [quantity for quantity in found if quantity.number.start not in inside]


def combine_compound_units(text: str, quantities: list[Quantity], target_unit: Any | None) -> list[Quantity]:
    """Joins adjacent quantities in ever smaller units of one dimension ("3 hours and 20 minutes")."""
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
    """The final quantity of the answer and its alternatives: all quantities offered side by side with it, or none.

    Tried in this order: a value after "the answer is", the last value that "=" or "therefore" leads to, the only value.
    Where none of these applies, the last value is returned with all values as alternatives.
    """
    stated = [match.end() for match in _ANSWER_IS.finditer(text)]
    for position in reversed(stated):
        after = [quantity for quantity in quantities if quantity.number.start >= position]
        if after and not text[position : after[0].number.start].strip(" \t:=≈~$-"):
            return after[0], _find_adjacent(text, after)
    explanation = _EXPLANATION.search(text)
    if explanation is not None and re.search(r"[=≈]", explanation.group()) and not _REASON.search(explanation.group()):
        explanation = None  # the working continues in it: "6 divided by 0.4 = 15"
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
    """The last value before `lead` and the first after it, if they are alternatives ("x = 7 or x = -7")."""
    joined = _SET_EQUAL.search(text, 0, lead)
    before = [quantity for quantity in quantities if joined and quantity.end <= joined.start()]
    if joined is None or not before or text[before[-1].end : joined.start()].strip():
        return []
    named = re.search(r"([A-Za-z]\w?)\s*=\s*$", text[: before[-1].number.start])
    same = named is not None and named[1].casefold() == joined["name"].casefold()
    return [before[-1], after[0]] if same or joined["join"].casefold() == "or" else []


def _is_end_of_working(text: str, after: list[Quantity]) -> bool:
    """Whether the first value is the end of the working: words follow it, and no operator."""
    if len(after) == 1:
        return True
    between = text[after[0].end : after[1].number.start]
    return len(re.findall(r"[^\W\d]{2,}", between)) >= 2 and not _SIGNS.search(between)


def _find_adjacent(text: str, quantities: list[Quantity]) -> list[Quantity]:
    """The quantities in a row with the first one, separated only by "or", commas or spaces; empty for a single one."""
    row = quantities[:1]
    for quantity in quantities[1:]:
        between = text[row[-1].end : quantity.number.start]
        if not _ONLY_JOINS.match(between) or "\n" in between:
            break
        row.append(quantity)
    return row if len(row) > 1 else []
