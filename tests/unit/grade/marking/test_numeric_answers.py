"""Numeric answers: the student's final value, in any equivalent unit, as precisely as the scheme requires."""

import pytest

from core.models.result import ReviewReason
from tests.unit.grade.marking.objective_cases import numeric


@pytest.mark.parametrize(
    "answer",
    [
        "4.2 m/s", "4,2 m/s", "4.2m/s", "4.2 ms-1", "4.20 ms⁻¹", "4.2 m s^-1", "4.2 metres per second", "420 cm/s",
        "15.12 km/h", "The answer is 4.2 m/s", "so the speed is 4.2 m/s.", "v = d/t = 8.4/2 = 4.2 m/s",
        "v = 8.4 m\nt = 2 s\nv = 4.2 m/s", "4.2 m/s because 8.4 / 2", "4.2 m/s (8.4 m in 2 s)", "≈ 4.2 m/s",
        "8.4 divided by 2 = 4.2 m/s", "4.25 m/s", "Answer: 4.2 m/s, from 8.4 m over 2 s",
    ],
)  # fmt: skip
def test_a_speed_is_accepted_in_many_notations(answer: str) -> None:
    decision = numeric(answer, "4.2", unit="m/s", tolerance="2%")
    assert (decision.marks, decision.review) == (2, ()), decision.reason


@pytest.mark.parametrize("answer", ["3.9 m/s", "42 m/s", "4.2 km/s", "-4.2 m/s", "8.4 / 2 = 4.7 m/s"])
def test_another_value_is_wrong(answer: str) -> None:
    assert numeric(answer, "4.2", unit="m/s", tolerance="2%").marks in (0, 1)
    assert numeric("3.9 m/s", "4.2", unit="m/s").marks == 0


@pytest.mark.parametrize("answer", ["4.2", "4.2 m", "4.2 km/h", "4.2 kg", "4.2 in total"])
def test_a_missing_unit_costs_half_and_goes_to_review(answer: str) -> None:
    decision = numeric(answer, "4.2", unit="m/s")
    assert decision.marks == 1
    assert decision.review == (ReviewReason.BORDERLINE,)


def test_the_unit_may_be_omitted_if_the_question_states_it() -> None:
    assert numeric("4.2", "4.2", unit="m/s", text="Find the speed in m/s.").marks == 2


@pytest.mark.parametrize("answer", ["4.2 or 4.3 m/s", "3 m/s, 4.2 m/s, 5 m/s", "4.2 / 5.1", "1 2 3 4.2 5"])
def test_several_values_earn_nothing(answer: str) -> None:
    decision = numeric(answer, "4.2")
    assert decision.marks in (0, None)
    if decision.marks is not None and "/" not in answer:
        assert decision.review == (ReviewReason.EXTRA_ANSWERS,)


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("3.0 x 10^8", "3e8"), ("3.0×10⁸", "300000000"), ("3E8", "3 x 10^8"), ("300 000 000", "3e8"),
        ("3·10^8", "300,000,000"), ("6.02e23", "6.02 × 10^23"), ("10⁻³", "0.001"), ("1.6 x 10^-19", "1.6e-19"),
        ("1,000", "1000"), ("1.234.567", "1234567"), ("1,234.5", "1234.5"), ("1.234,5", "1234.5"), ("9,81", "9.81"),
        ("0,125", "0.125"), (".5", "0.5"), ("3/4", "0.75"), ("¾", "0.75"), ("1 1/2", "1.5"), ("2½", "2.5"),
        ("-4", "−4"), ("x = −4", "-4"), ("5 - 9 = -4", "-4"), ("forty-two", "42"), ("seven", "7"), ("25%", "0.25"),
        ("3.14159", "3.14"), ("$4.50", "4.50"), ("Rs. 500", "500"), ("12 apples", "12"), ("+5", "5"),
    ],
)  # fmt: skip
def test_a_number_is_accepted_in_many_notations(answer: str, right: str) -> None:
    decision = numeric(answer, right)
    assert (decision.marks, decision.review) == (2, ()), decision.reason


@pytest.mark.parametrize(("answer", "right"), [("1,000", "1.000"), ("1.000", "1000")])
def test_an_ambiguous_comma_goes_to_review(answer: str, right: str) -> None:
    decision = numeric(answer, right)
    assert decision.marks == 2
    assert decision.review == (ReviewReason.UNCLEAR_ANSWER,)


@pytest.mark.parametrize(
    ("answer", "right"),
    [("1O", "10"), ("l2", "12"), ("S.0", "5.0"), ("B5", "85"), ("3 x 108", "3e8")],
)
def test_look_alikes_go_to_review(answer: str, right: str) -> None:
    decision = numeric(answer, right)
    assert decision.marks == 2
    assert decision.review == (ReviewReason.LOOK_ALIKE,)


def test_a_digit_in_a_unit_goes_to_review() -> None:
    decision = numeric("4.2 m/5", "4.2", unit="m/s")
    assert (decision.marks, decision.review) == (2, (ReviewReason.LOOK_ALIKE,))


@pytest.mark.parametrize(
    ("answer", "unit", "right"),
    [
        ("298 K", "°C", "25"), ("25 C", "°C", "25"), ("77 F", "°C", "25"), ("25 degrees Celsius", "°C", "25"),
        ("3 hours and 20 minutes", "min", "200"), ("2 m 30 cm", "m", "2.3"), ("10 N/kg", "m/s^2", "10"),
        ("5 Nm", "J", "5"), ("2.5 kgm-3", "kg/m3", "2.5"), ("0.5 kW", "W", "500"), ("15 Ω", "ohm", "15"),
        ("15 ohms", "Ω", "15"), ("2.5 kΩ", "ohm", "2500"), ("3 μm", "m", "0.000003"), ("250 ml", "litre", "0.25"),
        ("9.8 ms-2", "m/s^2", "9.8"), ("1000 kg m^-3", "g/cm^3", "1"), ("60 mph", "mph", "60"), ("5 N m^-2", "Pa", "5"),
    ],
)  # fmt: skip
def test_equivalent_units_are_accepted(answer: str, unit: str, right: str) -> None:
    decision = numeric(answer, right, unit=unit, tolerance="1%")
    assert (decision.marks, decision.review) == (2, ()), decision.reason


@pytest.mark.parametrize(("answer", "marks"), [("4.2", 2), ("4.3", 2), ("4.1", 2), ("4.31", 0), ("4.09", 0)])
def test_an_absolute_tolerance_includes_its_ends(answer: str, marks: float) -> None:
    assert numeric(answer, "4.2", tolerance="0.1").marks == marks


@pytest.mark.parametrize(("answer", "marks"), [("10", 2), ("15", 2), ("12.7", 2), ("9.99", 0), ("15.1", 0)])
def test_a_range_includes_its_ends(answer: str, marks: float) -> None:
    assert numeric(answer, range=(10.0, 15.0)).marks == marks


@pytest.mark.parametrize(("answer", "marks"), [("9.81", 2), ("9.8", 0), ("9.810", 1), ("9.806", 1), ("981e-2", 2)])
def test_significant_figures_are_required(answer: str, marks: float) -> None:
    assert numeric(answer, "9.81", significant_figures=3).marks == marks


def test_trailing_zeros_may_or_may_not_be_significant() -> None:
    assert numeric("4200", "4200", significant_figures=2).marks == 2
    assert numeric("4200", "4200", significant_figures=4).marks == 2


def test_a_close_fraction_does_not_match_a_whole_number() -> None:
    assert numeric("42.3", "42").marks == 0


@pytest.mark.parametrize("answer", ["x", "it goes fast", "m/s"])
def test_an_answer_without_a_number_goes_to_review(answer: str) -> None:
    assert numeric(answer, "42").marks is None


def test_huge_powers_are_handled() -> None:
    assert numeric("10^999999999", "42").marks in (0, None)
    assert numeric("9e99999", "42").marks == 0
    assert numeric("5 m^9^9^9^9", "5", unit="m/s").marks in (0, 1)


def test_an_unreadable_number_in_the_scheme_goes_to_review() -> None:
    decision = numeric("5", "about five or so?")
    assert decision.marks in (2, None)
    assert numeric("5", "n/a").review == (ReviewReason.NO_SCHEME,)
