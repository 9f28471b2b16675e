"""Numeric answers: the value that the student ends on, in its unit, against the scheme."""

import math
import re
from dataclasses import dataclass
from typing import Any

from core.assessment import Question, SchemeEntry
from core.limits import MOST_NUMBERS
from core.result import ReviewReason
from grade.decision import Decision, slip
from grade.objective import units
from grade.objective.numbers import Number, first_number, read_numbers, spelled_out, thousands_in_k
from grade.objective.said import Quantity, added_up, final_quantity, read_quantities, value_part
from grade.words import lookalikes

_DIGITS_APART = re.compile(r"(?<=\d) (?=\d)")
_CURRENCY = re.compile(r"(?:[$£€₹¥]|\b(?:rs\.?|inr|usd|eur|gbp|dollars?|pounds?|euros?|rupees?)(?=\W|\d|$))", re.I)
_ROUNDING = 1e-9
_AS_FRACTION = (
    (re.compile(r"\b(\d+)\s+(?:in|out of)\s+(\d+)\b", re.I), r"\1/\2"),
    (re.compile(r"\b(\d+(?:\.\d+)?)\s*:\s*1\b(?!\d)"), r"\1"),
    (re.compile(r"\b(\d+)\s*:\s*(\d+)\b"), r"\1/\2"),
    (re.compile(r"\b(\d{1,2})\s*\^\s*(\d)\b"), lambda match: str(int(match[1]) ** int(match[2]))),
)
_STATED_VALUE = re.compile(r"\b[A-Za-z]\w?\s*(=\s*[-+−]?\d[^,;\n=]*)")


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
    if len(read_numbers(text)) > MOST_NUMBERS:
        reason = f"The answer holds more than {MOST_NUMBERS} numbers, so nobody can tell which one is meant."
        return Decision(None, reason, 0.0, (ReviewReason.UNCLEAR_ANSWER,))
    decision = _decide(text, wanted, max_marks)
    if decision.marks == max_marks:
        return decision
    # Digits that a reader has taken apart are offered as one number.
    for changed in (*lookalikes.numbers_for(text), _DIGITS_APART.sub("", text)):
        other = _decide(changed, wanted, max_marks)
        if other.marks is not None and other.marks > (decision.marks or 0.0):
            reason = f"{other.reason} Some characters look alike, so the reading is to be checked."
            return Decision(other.marks, reason, 0.6, (ReviewReason.LOOK_ALIKE,))
    return _to_be_looked_at(text, wanted, max_marks, decision)


def _to_be_looked_at(text: str, wanted: Wanted, max_marks: float, decision: Decision) -> Decision:
    """A wrong value beside which a right one stands ("x = 7, y = 3"), or that is a fraction in other signs: a person
    decides."""
    if decision.marks or decision.review:
        return decision
    for written, read in _AS_FRACTION:
        other = _decide(written.sub(read, text), wanted, max_marks)
        if other.marks == max_marks:
            reason = f"{other.reason} It is written as odds, a ratio or a power."
            return Decision(max_marks, reason, 0.6, (ReviewReason.UNCLEAR_ANSWER,))
    stated = [_decide(match[1], wanted, max_marks) for match in _STATED_VALUE.finditer(text)]
    if any(other.marks == max_marks for other in stated):
        reason = f"{decision.reason} Another value in the answer is the right one."
        return Decision(decision.marks, reason, 0.5, (ReviewReason.UNCLEAR_ANSWER,))
    return decision


def _decide(text: str, wanted: Wanted, max_marks: float) -> Decision:
    said = _CURRENCY.sub(" ", text)
    said = spelled_out(value_part(said))
    if wanted.unit is None:
        said = thousands_in_k(said)
    quantities = read_quantities(said, wanted.unit)
    if not quantities:
        return Decision(None, "No number can be read in the answer.", 0.3, (ReviewReason.UNCLEAR_ANSWER,))
    quantities = added_up(said, quantities, wanted.unit)
    final, several = final_quantity(said, quantities)
    decision = _judge(final, wanted, max_marks)
    if not several:
        return decision
    judged = [_judge(quantity, wanted, max_marks) for quantity in several]
    if all(other.marks == decision.marks for other in judged) and len(wanted.values) >= 1:
        return decision
    reason = "Several values are offered and none is marked as the answer."
    return Decision(0.0, reason, 0.6, (ReviewReason.EXTRA_ANSWERS,))


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
    if wanted.unit is None and _matches(value, wanted):
        return _right(read, quantity, wanted, max_marks, missing=False)
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
