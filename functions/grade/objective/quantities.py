"""Numeric answers: the value that the student ends on, in its unit, against the scheme."""

import math
import re
from dataclasses import dataclass, replace
from typing import Any

from core.assessment import Question, SchemeEntry
from core.result import ReviewReason
from grade.decision import Decision, slip
from grade.objective import units
from grade.objective.numbers import Number, first_number, read_numbers, spelled_out
from grade.words import lookalikes

_ANSWER_IS = re.compile(r"\b(?:answer|ans|result|total|final(?: value)?)\b\s*(?:is|was|are|=|:|≈|~|-|of)*\s*", re.I)
_LEADS_TO = re.compile(r"[=≈∴⇒→]|\b(?:therefore|hence|thus|gives|equals|so|approximately|is)\b", re.I)
_ASIDE = re.compile(r"\([^()]*\)\s*\.?\s*$|[,;.]?\s*\b(?:because|since|as|from|using|by)\b.*$", re.I | re.S)
_ONLY_JOINS = re.compile(r"^[\s,;/|&]*(?:or|and|to)?[\s,;/|&]*$", re.I)
_DIGITS_APART = re.compile(r"(?<=\d) (?=\d)")
_CURRENCY = re.compile(r"(?:[$£€₹¥]|\b(?:rs\.?|inr|usd|eur|gbp|dollars?|pounds?|euros?|rupees?)(?=\W|\d|$))", re.I)
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with the unit behind it (a pint unit, or None), where both end, and how they are written."""

    number: Number
    unit: Any | None
    end: int
    written: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the scheme takes: values (with how precisely each is written) in `unit`, or a range."""

    values: tuple[Number, ...]
    unit: Any | None
    unit_text: str
    entry: SchemeEntry
    optional_unit: bool


def mark_numeric(question: Question, entry: SchemeEntry, text: str, max_marks: float) -> Decision:
    """The final value in the scheme's unit, within its tolerance or range."""
    wanted = _wanted(question, entry)
    if wanted is None:
        return Decision(None, "The scheme's number cannot be read.", 0.0, (ReviewReason.NO_SCHEME,))
    decision = _decide(text, wanted, max_marks)
    if decision.marks == max_marks:
        return decision
    # Digits that a reader has taken apart are offered as one number.
    for changed in (*lookalikes.numbers_for(text), _DIGITS_APART.sub("", text)):
        other = _decide(changed, wanted, max_marks)
        if other.marks is not None and other.marks > (decision.marks or 0.0):
            reason = f"{other.reason} Some characters look alike, so the reading is to be checked."
            return Decision(other.marks, reason, 0.6, (ReviewReason.LOOK_ALIKE,))
    return decision


def _decide(text: str, wanted: Wanted, max_marks: float) -> Decision:
    said = _CURRENCY.sub(" ", text)
    said = spelled_out(said)
    quantities = read_quantities(said, wanted.unit)
    if not quantities:
        return Decision(None, "No number can be read in the answer.", 0.3, (ReviewReason.UNCLEAR_ANSWER,))
    quantities = _added_up(said, quantities, wanted.unit)
    final, several = final_quantity(said, quantities)
    decision = _judge(final, wanted, max_marks)
    if not several:
        return decision
    judged = [_judge(quantity, wanted, max_marks) for quantity in several]
    if all(other.marks == decision.marks for other in judged) and len(wanted.values) >= 1:
        return decision
    reason = "Several values are offered and none is marked as the answer."
    return Decision(0.0, reason, 0.6, (ReviewReason.EXTRA_ANSWERS,))


def read_quantities(text: str, like: Any | None) -> list[Quantity]:
    """Every number with the unit that follows it."""
    found = []
    numbers = read_numbers(text)
    for index, number in enumerate(numbers):
        until = numbers[index + 1].start if index + 1 < len(numbers) else len(text)
        tail = text[number.end : min(number.end + 30, max(until, number.end) + 3)]
        read = units.read_unit(tail.split("\n")[0], like) if re.match(r"\s?\s?[A-Za-zµμΩ%°℃℉/]", tail) else None
        if read and number.end + read[1] > until:
            inside = [later for later in numbers[index + 1 :] if later.start < number.end + read[1]]
            numbers = [later for later in numbers if later not in inside]
        end = number.end + (read[1] if read else 0)
        found.append(Quantity(number, read[0] if read else None, end, " ".join(text[number.start : end].split())))
    return [quantity for quantity in found if quantity.number in numbers]


def _added_up(text: str, quantities: list[Quantity], like: Any | None) -> list[Quantity]:
    """Neighbours in ever smaller units of one kind as one quantity ("3 hours and 20 minutes")."""
    if like is None:
        return quantities
    kept: list[Quantity] = []
    for quantity in quantities:
        last = kept[-1] if kept else None
        if last is not None and _continues(text, last, quantity):
            more = units.convert(quantity.number.value, quantity.unit, last.unit) or 0.0
            number = replace(last.number, value=last.number.value + more, end=quantity.number.end, other=None)
            kept[-1] = Quantity(number, last.unit, quantity.end, f"{last.written} {quantity.written}")
        else:
            kept.append(quantity)
    return kept


def _continues(text: str, first: Quantity, second: Quantity) -> bool:
    between = text[first.end : second.number.start].strip().casefold()
    if first.unit is None or second.unit is None or between not in ("", "and", ","):
        return False
    return 0 < (units.convert(1.0, second.unit, first.unit) or 0.0) < 1


def final_quantity(text: str, quantities: list[Quantity]) -> tuple[Quantity, list[Quantity]]:
    """The quantity that the answer ends on, and, where several stand side by side, all of these."""
    stated = [match.end() for match in _ANSWER_IS.finditer(text)]
    for position in reversed(stated):
        after = [quantity for quantity in quantities if quantity.number.start >= position]
        if after and not text[position : after[0].number.start].strip(" \t:=≈~$-"):
            return after[0], _beside(text, after)
    aside = _ASIDE.search(text)
    if aside is not None and re.search(r"[=≈]", aside.group()):
        aside = None  # working goes on in it: "6 divided by 0.4 = 15"
    kept = [quantity for quantity in quantities if aside is None or quantity.end <= aside.start()] or quantities
    leads = [match.end() for match in _LEADS_TO.finditer(text, 0, kept[-1].number.start)]
    if leads:
        after = [quantity for quantity in kept if quantity.number.start >= leads[-1]]
        if after:
            beside = _beside(text, after)
            return (after[-1], []) if not beside else (after[0], beside)
    if len(kept) == 1:
        return kept[0], []
    return kept[-1], kept


def _beside(text: str, quantities: list[Quantity]) -> list[Quantity]:
    """The quantities that stand next to the first one with nothing but "or", commas or spaces between."""
    row = quantities[:1]
    for quantity in quantities[1:]:
        between = text[row[-1].end : quantity.number.start]
        if not _ONLY_JOINS.match(between) or "\n" in between:
            break
        row.append(quantity)
    return row if len(row) > 1 else []


def _wanted(question: Question, entry: SchemeEntry) -> Wanted | None:
    numbers, found_unit = [], None
    for answer in entry.answers:
        bare = _CURRENCY.sub(" ", answer)
        number = first_number(bare)
        if number is None:
            continue
        numbers.append(number)
        found_unit = found_unit or bare[number.end :].strip()
    if not numbers and entry.range is None:
        return None
    unit_text = _CURRENCY.sub("", (entry.unit or "")).strip() or (found_unit or "")
    read = units.read_unit(unit_text) if unit_text else None
    unit = read[0] if read else None
    asked, name = question.text.casefold(), unit_text.casefold()
    optional = bool(name) and (f"in {name}" in asked or f"({name})" in asked or (name == "%" and "percent" in asked))
    return Wanted(tuple(numbers), unit, unit_text, entry, optional)


def _judge(quantity: Quantity, wanted: Wanted, max_marks: float) -> Decision:
    read = f"Read {quantity.written}"
    value, other = quantity.number.value, quantity.number.other
    target = wanted.unit if wanted.unit is not None else _pure(quantity.unit)
    missing = wanted.unit is not None and quantity.unit is None
    if target is not None and quantity.unit is not None:
        converted = units.convert(value, quantity.unit, target)
        if converted is None or (not _matches(converted, wanted) and _matches(value, wanted)):
            return _wrong_unit(read, quantity, wanted, max_marks)
        other = units.convert(other, quantity.unit, target) if other is not None else None
        value = converted
    if missing and _pure(wanted.unit) is not None and _matches(100 * value, wanted):
        reason = f"{read}, which is {wanted.values[0].value:g} % as a plain number."
        return Decision(max_marks, reason, 0.7, (ReviewReason.BORDERLINE,))
    if _matches(value, wanted):
        return _right(read, quantity, wanted, max_marks, missing=missing)
    if other is not None and _matches(other, wanted):
        return Decision(
            max_marks,
            f"{read}, right if its comma or point is read the other way.",
            0.6,
            (ReviewReason.UNCLEAR_ANSWER,),
        )
    return Decision(-wanted.entry.negative if wanted.entry.negative else 0.0, f"{read}; right is {_target(wanted)}.")


def _pure(unit: Any | None) -> Any | None:
    """The plain number that a percentage is measured in; None for units that a bare number does not take."""
    return units.registry().dimensionless if unit is not None and unit.dimensionless else None


def _right(read: str, quantity: Quantity, wanted: Wanted, max_marks: float, *, missing: bool) -> Decision:
    figures = wanted.entry.significant_figures
    if missing and not wanted.optional_unit:
        reason = f"{read}: the value is right, the unit {wanted.unit_text} is missing."
        return Decision(max_marks - slip(max_marks), reason, 0.6, (ReviewReason.BORDERLINE,))
    if figures is not None and not _has_figures(quantity.number, figures):
        reason = f"{read}: the value is right, but not given to {figures} significant figures."
        return Decision(max_marks - slip(max_marks), reason, 0.8)
    return Decision(max_marks, f"{read}, which is right.")


def _wrong_unit(read: str, quantity: Quantity, wanted: Wanted, max_marks: float) -> Decision:
    if _matches(quantity.number.value, wanted):
        reason = f"{read}: the number is right, but the unit is not {wanted.unit_text}."
        return Decision(max_marks - slip(max_marks), reason, 0.5, (ReviewReason.BORDERLINE,))
    return Decision(-wanted.entry.negative if wanted.entry.negative else 0.0, f"{read}; right is {_target(wanted)}.")


def _has_figures(number: Number, figures: int) -> bool:
    """Zeros that end a whole number may or may not be significant ("4200")."""
    if number.figures == figures:
        return True
    whole = number.decimals == 0 and number.value == int(number.value) if math.isfinite(number.value) else False
    return whole and figures <= number.figures and len(str(abs(int(number.value))).rstrip("0")) <= figures


def _matches(value: float, wanted: Wanted) -> bool:
    entry = wanted.entry
    if entry.range is not None and _between(value, *entry.range):
        return True
    return any(_close(value, expected, entry) for expected in wanted.values)


def _between(value: float, low: float, high: float) -> bool:
    slack = _ROUNDING * max(abs(low), abs(high), 1e-300)
    return min(low, high) - slack <= value <= max(low, high) + slack


def _close(value: float, expected: Number, entry: SchemeEntry) -> bool:
    if not math.isfinite(value):
        return False
    slack = _ROUNDING * max(abs(expected.value), abs(value))
    if entry.tolerance:
        allowed = _tolerance(entry.tolerance, expected.value)
        return abs(value - expected.value) <= allowed + slack
    if abs(value - expected.value) <= slack:
        return True
    if entry.significant_figures:
        return _to_figures(value, entry.significant_figures) == _to_figures(expected.value, entry.significant_figures)
    # A value with more decimals than the scheme's is right if it rounds to it (3.14159 for 3.14).
    return (
        expected.decimals > 0
        and abs(value - expected.value) <= 0.5 * 10.0**-expected.decimals * _scale(expected) + slack
    )


def _scale(expected: Number) -> float:
    """The power of ten that the scheme's number is written with (3.00 × 10^8: 10^8)."""
    if expected.value == 0:
        return 1.0
    lead = math.floor(math.log10(abs(expected.value)))
    written = expected.figures - expected.decimals - 1
    return 10.0 ** (lead - written) if expected.figures > expected.decimals else 1.0


def _tolerance(text: str, expected: float) -> float:
    number = first_number(text)
    if number is None:
        return 0.0
    return abs(expected) * abs(number.value) / 100 if "%" in text or "percent" in text.lower() else abs(number.value)


def _to_figures(value: float, figures: int) -> str:
    return f"{value:.{max(figures, 1) - 1}e}"


def _target(wanted: Wanted) -> str:
    if wanted.values:
        return f"{wanted.values[0].value:g} {wanted.unit_text}".strip()
    low, high = wanted.entry.range or (0.0, 0.0)
    return f"{low:g} to {high:g} {wanted.unit_text}".strip()
