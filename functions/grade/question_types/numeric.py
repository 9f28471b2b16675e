"""Marks numeric questions: compares the final value of the answer, in its unit, with the scheme."""

import math
import re
from dataclasses import dataclass
from typing import Any

from core.models.answer_limits import MAX_ANSWER_NUMBERS
from core.models.assessment import Question, SchemeEntry
from core.models.result import ReviewReason
from grade.language import lookalikes
from grade.mark_arithmetic import RuleMark, minor_error_penalty
from grade.question_types import units
from grade.question_types.answer_quantities import (
    Quantity,
    combine_compound_units,
    find_final_quantity,
    parse_quantities,
    remove_non_values,
)
from grade.question_types.numbers import (
    Number,
    convert_number_words,
    expand_k_suffix,
    parse_first_number,
    parse_numbers,
)

_SPACE_BETWEEN_DIGITS = re.compile(r"(?<=\d) (?=\d)")
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
class SchemeQuantity:
    """What the scheme accepts: values in `unit`, or the range of `entry`.

    `unit_text`: the unit as written. `optional_unit`: the question names the unit, so that an answer may omit it.
    """

    values: tuple[Number, ...]
    unit: Any | None
    unit_text: str
    entry: SchemeEntry
    optional_unit: bool


def mark(question: Question, entry: SchemeEntry, text: str, max_marks: float) -> RuleMark:
    """Marks the final value of the answer in the scheme's unit, within the scheme's tolerance or range.

    A value that is right only in another reading of its characters, or one of several, goes to a person.
    """
    scheme_quantity = _parse_scheme_quantity(question, entry)
    if scheme_quantity is None:
        return RuleMark(None, "The scheme's number cannot be read.", 0.0, (ReviewReason.NO_SCHEME,))
    if len(parse_numbers(text)) > MAX_ANSWER_NUMBERS:
        reason = f"The answer holds more than {MAX_ANSWER_NUMBERS} numbers, so nobody can tell which one is meant."
        return RuleMark(None, reason, 0.0, (ReviewReason.UNCLEAR_ANSWER,))
    decision = _decide(text, scheme_quantity, max_marks)
    if decision.marks == max_marks:
        return decision
    # Digits that OCR separated are also tried as one number.
    for changed in (*lookalikes.possible_quantity_texts(text), _SPACE_BETWEEN_DIGITS.sub("", text)):
        alternative = _decide(changed, scheme_quantity, max_marks)
        if alternative.marks is not None and alternative.marks > (decision.marks or 0.0):
            reason = f"{alternative.reason} Some characters look alike, so the reading is to be checked."
            return RuleMark(alternative.marks, reason, 0.6, (ReviewReason.LOOK_ALIKE,))
    return _check_other_forms(text, scheme_quantity, max_marks, decision)


def _check_other_forms(text: str, scheme_quantity: SchemeQuantity, max_marks: float, decision: RuleMark) -> RuleMark:
    """Checks a wrong value for other forms of the right one, for a person to decide.

    These are fractions written as odds, ratios or powers, and a right value next to the wrong one ("x = 7, y = 3").
    """
    if decision.marks or decision.review:
        return decision
    for form, replacement in _AS_FRACTION:
        alternative = _decide(form.sub(replacement, text), scheme_quantity, max_marks)
        if alternative.marks == max_marks:
            reason = f"{alternative.reason} It is written as odds, a ratio or a power."
            return RuleMark(max_marks, reason, 0.6, (ReviewReason.UNCLEAR_ANSWER,))
    stated = [_decide(match[1], scheme_quantity, max_marks) for match in _STATED_VALUE.finditer(text)]
    if any(alternative.marks == max_marks for alternative in stated):
        reason = f"{decision.reason} Another value in the answer is the right one."
        return RuleMark(decision.marks, reason, 0.5, (ReviewReason.UNCLEAR_ANSWER,))
    return decision


def _decide(text: str, scheme_quantity: SchemeQuantity, max_marks: float) -> RuleMark:
    cleaned = _CURRENCY.sub(" ", text)
    cleaned = convert_number_words(remove_non_values(cleaned))
    if scheme_quantity.unit is None:
        cleaned = expand_k_suffix(cleaned)
    quantities = parse_quantities(cleaned, scheme_quantity.unit)
    if not quantities:
        return RuleMark(None, "No number can be read in the answer.", 0.3, (ReviewReason.UNCLEAR_ANSWER,))
    quantities = combine_compound_units(cleaned, quantities, scheme_quantity.unit)
    final, several = find_final_quantity(cleaned, quantities)
    decision = _compare_quantity(final, scheme_quantity, max_marks)
    if not several:
        return decision
    decisions = [_compare_quantity(quantity, scheme_quantity, max_marks) for quantity in several]
    if all(alternative.marks == decision.marks for alternative in decisions) and len(scheme_quantity.values) >= 1:
        return decision
    reason = "Several values are offered and none is marked as the answer."
    return RuleMark(0.0, reason, 0.6, (ReviewReason.EXTRA_ANSWERS,))


def _parse_scheme_quantity(question: Question, entry: SchemeEntry) -> SchemeQuantity | None:
    numbers, found_unit = [], None
    for answer in entry.answers:
        bare = _CURRENCY.sub(" ", answer)
        number = parse_first_number(bare)
        if number is None:
            continue
        numbers.append(number)
        found_unit = found_unit or bare[number.end :].strip()
    if not numbers and entry.range is None:
        return None
    unit_text = _CURRENCY.sub("", (entry.unit or "")).strip() or (found_unit or "")
    parsed = units.parse_unit(unit_text) if unit_text else None
    unit = parsed[0] if parsed else None
    asked, name = question.text.casefold(), unit_text.casefold()
    optional = bool(name) and (f"in {name}" in asked or f"({name})" in asked or (name == "%" and "percent" in asked))
    return SchemeQuantity(tuple(numbers), unit, unit_text, entry, optional)


def _compare_quantity(quantity: Quantity, scheme_quantity: SchemeQuantity, max_marks: float) -> RuleMark:
    prefix = f"Read {quantity.written}"
    value, alternative = quantity.number.value, quantity.number.alternative
    if scheme_quantity.unit is None and _matches(value, scheme_quantity):
        return _decide_right_value(prefix, quantity, scheme_quantity, max_marks, missing=False)
    target = scheme_quantity.unit if scheme_quantity.unit is not None else _dimensionless_unit(quantity.unit)
    missing = scheme_quantity.unit is not None and quantity.unit is None
    if target is not None and quantity.unit is not None:
        converted = units.convert_unit(value, quantity.unit, target)
        if converted is None or (not _matches(converted, scheme_quantity) and _matches(value, scheme_quantity)):
            return _decide_wrong_unit(prefix, quantity, scheme_quantity, max_marks)
        alternative = units.convert_unit(alternative, quantity.unit, target) if alternative is not None else None
        value = converted
    if missing and _dimensionless_unit(scheme_quantity.unit) is not None and _matches(100 * value, scheme_quantity):
        reason = f"{prefix}, which is {scheme_quantity.values[0].value:g} % as a plain number."
        return RuleMark(max_marks, reason, 0.7, (ReviewReason.BORDERLINE,))
    if _matches(value, scheme_quantity):
        return _decide_right_value(prefix, quantity, scheme_quantity, max_marks, missing=missing)
    if alternative is not None and _matches(alternative, scheme_quantity):
        return RuleMark(
            max_marks,
            f"{prefix}, right if its comma or point is read the other way.",
            0.6,
            (ReviewReason.UNCLEAR_ANSWER,),
        )
    return RuleMark(
        -scheme_quantity.entry.negative if scheme_quantity.entry.negative else 0.0,
        f"{prefix}; right is {_format_scheme_quantity(scheme_quantity)}.",
    )


def _dimensionless_unit(unit: Any | None) -> Any | None:
    """The dimensionless unit for a percentage and the like; None for no unit and for units with a dimension."""
    return units.unit_registry().dimensionless if unit is not None and unit.dimensionless else None


def _decide_right_value(
    prefix: str, quantity: Quantity, scheme_quantity: SchemeQuantity, max_marks: float, *, missing: bool
) -> RuleMark:
    figures = scheme_quantity.entry.significant_figures
    if missing and not scheme_quantity.optional_unit:
        reason = f"{prefix}: the value is right, the unit {scheme_quantity.unit_text} is missing."
        return RuleMark(max_marks - minor_error_penalty(max_marks), reason, 0.6, (ReviewReason.BORDERLINE,))
    if figures is not None and not _has_significant_figures(quantity.number, figures):
        reason = f"{prefix}: the value is right, but not given to {figures} significant figures."
        return RuleMark(max_marks - minor_error_penalty(max_marks), reason, 0.8)
    return RuleMark(max_marks, f"{prefix}, which is right.")


def _decide_wrong_unit(prefix: str, quantity: Quantity, scheme_quantity: SchemeQuantity, max_marks: float) -> RuleMark:
    if _matches(quantity.number.value, scheme_quantity):
        reason = f"{prefix}: the number is right, but the unit is not {scheme_quantity.unit_text}."
        return RuleMark(max_marks - minor_error_penalty(max_marks), reason, 0.5, (ReviewReason.BORDERLINE,))
    return RuleMark(
        -scheme_quantity.entry.negative if scheme_quantity.entry.negative else 0.0,
        f"{prefix}; right is {_format_scheme_quantity(scheme_quantity)}.",
    )


def _has_significant_figures(number: Number, figures: int) -> bool:
    """Whether the number may have that many significant figures; trailing zeros count or not ("4200")."""
    if number.significant_figures == figures:
        return True
    whole = number.decimals == 0 and number.value == int(number.value) if math.isfinite(number.value) else False
    return whole and figures <= number.significant_figures and len(str(abs(int(number.value))).rstrip("0")) <= figures


def _matches(value: float, scheme_quantity: SchemeQuantity) -> bool:
    entry = scheme_quantity.entry
    if entry.range is not None and _is_in_range(value, *entry.range):
        return True
    return any(_is_close(value, expected, entry) for expected in scheme_quantity.values)


def _is_in_range(value: float, low: float, high: float) -> bool:
    slack = _ROUNDING * max(abs(low), abs(high), 1e-300)
    return min(low, high) - slack <= value <= max(low, high) + slack


def _is_close(value: float, expected: Number, entry: SchemeEntry) -> bool:
    if not math.isfinite(value):
        return False
    slack = _ROUNDING * max(abs(expected.value), abs(value))
    if entry.tolerance:
        allowed = _parse_tolerance(entry.tolerance, expected.value)
        return abs(value - expected.value) <= allowed + slack
    if abs(value - expected.value) <= slack:
        return True
    if entry.significant_figures:
        return _round_to_figures(value, entry.significant_figures) == _round_to_figures(
            expected.value, entry.significant_figures
        )
    # A value with more decimals than the scheme's is right if it rounds to it (3.14159 for 3.14).
    return (
        expected.decimals > 0
        and abs(value - expected.value) <= 0.5 * 10.0**-expected.decimals * _power_of_ten(expected) + slack
    )


def _power_of_ten(expected: Number) -> float:
    """The power of ten with which the scheme's number is written (3.00 × 10^8: 10^8)."""
    if expected.value == 0:
        return 1.0
    lead = math.floor(math.log10(abs(expected.value)))
    written = expected.significant_figures - expected.decimals - 1
    return 10.0 ** (lead - written) if expected.significant_figures > expected.decimals else 1.0


def _parse_tolerance(text: str, expected: float) -> float:
    number = parse_first_number(text)
    if number is None:
        return 0.0
    return abs(expected) * abs(number.value) / 100 if "%" in text or "percent" in text.lower() else abs(number.value)


def _round_to_figures(value: float, figures: int) -> str:
    return f"{value:.{max(figures, 1) - 1}e}"


def _format_scheme_quantity(scheme_quantity: SchemeQuantity) -> str:
    if scheme_quantity.values:
        return f"{scheme_quantity.values[0].value:g} {scheme_quantity.unit_text}".strip()
    low, high = scheme_quantity.entry.range or (0.0, 0.0)
    return f"{low:g} to {high:g} {scheme_quantity.unit_text}".strip()
