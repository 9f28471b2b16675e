"""Objective answers as students write them: written with their marks before they were run."""

from typing import Any

import pytest

from core.models.assessment import Option, Question, QuestionType, SchemeEntry
from grade.markers.key_points.marker import KeyPointMarker
from grade.marking import mark_sheet
from tests.unit.grade.marking.builders import answer, paper, scheme, sheet

N = QuestionType.NUMERIC
# What is asked for, the scheme's answers, what the student wrote, the marks of 2 (or what must come of it).
CASES: list[tuple[QuestionType, list[str], str, float | str, dict[str, Any]]] = [
    (N, ["12.5"], "12.5 m/s", 2, {"unit": "m/s"}),
    (N, ["12.5"], "v = s/t = 150/12 = 12.5 m/s", 2, {"unit": "m/s"}),
    (N, ["12.5"], "12,5 m/s", 2, {"unit": "m/s"}),
    (N, ["12.5"], "12.5 metres per second", 2, {"unit": "m/s"}),
    (N, ["12.5"], "12.5 ms^-1", 2, {"unit": "m/s"}),
    (N, ["12.5"], "12.5 m s-1", 2, {"unit": "m/s"}),
    (N, ["12.5"], "45 km/h", 2, {"unit": "m/s"}),
    (N, ["12.5"], "45 kmph", 2, {"unit": "m/s"}),
    (N, ["12.5"], "12.5", 1, {"unit": "m/s"}),
    (N, ["12.5"], "12.5 m", 1, {"unit": "m/s"}),
    (N, ["12.5"], "approximately 12.5 m/s", 2, {"unit": "m/s"}),
    (N, ["12.5"], "≈12.5m/s", 2, {"unit": "m/s"}),
    (N, ["12.5"], "1.25 x 10^1 m/s", 2, {"unit": "m/s"}),
    (N, ["12.5"], "The speed is 12.5 m/s.", 2, {"unit": "m/s"}),
    (N, ["12.5"], "150 ÷ 12 = 12.5 m/s so the cyclist goes 12.5 m/s", 2, {"unit": "m/s"}),
    (N, ["12.5"], "125 m/s", 0, {"unit": "m/s"}),
    (N, ["12.5"], "13 m/s", 0, {"unit": "m/s"}),
    (N, ["12.5"], "-12.5 m/s", 0, {"unit": "m/s"}),
    (N, ["12.5"], "12.5 or 13 m/s", "nothing, and a person", {"unit": "m/s"}),
    (N, ["9.81"], "9.8", 2, {"tolerance": "2%"}),
    (N, ["9.81"], "10", 2, {"tolerance": "2%"}),
    (N, ["9.81"], "10.1", 0, {"tolerance": "2%"}),
    (N, ["9.81"], "9.81 ms-2", 2, {"unit": "m/s^2"}),
    (N, ["9.81"], "9.81 m/s2", 2, {"unit": "m/s^2"}),
    (N, ["9.81"], "9.81 m/s²", 2, {"unit": "m/s^2"}),
    (N, ["9.81"], "9.81 N/kg", 2, {"unit": "m/s^2"}),
    (N, ["0.75"], "3/4", 2, {}),
    (N, ["0.75"], "¾", 2, {}),
    (N, ["0.75"], "75%", 2, {}),
    (N, ["0.75"], ".75", 2, {}),
    (N, ["0.75"], "0.750", 2, {}),
    (N, ["0.75"], "6/8", 2, {}),
    (N, ["1.5"], "1 1/2", 2, {}),
    (N, ["1.5"], "one and a half", 2, {}),
    (N, ["1.5"], "3/2", 2, {}),
    (N, ["1000"], "1,000", 2, {}),
    (N, ["1000"], "1 000", 2, {}),
    (N, ["1000"], "1000.0", 2, {}),
    (N, ["1000"], "10^3", 2, {}),
    (N, ["1000"], "1 thousand", 2, {}),
    (N, ["1000"], "one thousand", 2, {}),
    (N, ["1000000"], "1 million", 2, {}),
    (N, ["3e8"], "3 x 10^8 m/s", 2, {"unit": "m/s"}),
    (N, ["3e8"], "3×10⁸ m/s", 2, {"unit": "m/s"}),
    (N, ["3e8"], "300,000,000 m/s", 2, {"unit": "m/s"}),
    (N, ["3e8"], "3e8 m/s", 2, {"unit": "m/s"}),
    (N, ["3e8"], "300 000 km/s", 2, {"unit": "m/s"}),
    (N, ["3e8"], "3 x 108 m/s", "a person", {"unit": "m/s"}),
    (N, ["6.02e23"], "6.02 * 10**23", 2, {}),
    (N, ["1.6e-19"], "1.6 x 10^-19 C", 2, {"unit": "C"}),
    (N, ["-5"], "-5", 2, {}),
    (N, ["-5"], "−5 °C", 2, {"unit": "°C"}),
    (N, ["-5"], "5", 0, {}),
    (N, ["25"], "x = 25", 2, {}),
    (N, ["25"], "x=25cm", 2, {"unit": "cm"}),
    (N, ["25"], "250 mm", 2, {"unit": "cm"}),
    (N, ["25"], "0.25 m", 2, {"unit": "cm"}),
    (N, ["25"], "25 cm2", 1, {"unit": "cm"}),
    (N, ["24"], "24 cm²", 2, {"unit": "cm^2"}),
    (N, ["24"], "24 sq cm", 2, {"unit": "cm^2"}),
    (N, ["24"], "24 square centimetres", 2, {"unit": "cm^2"}),
    (N, ["24"], "24 cm3", 1, {"unit": "cm^2"}),
    (N, ["20"], "$20", 2, {}),
    (N, ["20"], "£20", 2, {}),
    (N, ["20"], "Rs. 20", 2, {}),
    (N, ["20"], "20 apples", 2, {}),
    (N, ["20"], "twenty", 2, {}),
    (N, ["20"], "20%", 2, {"unit": "%"}),
    (N, ["20"], "20 percent", 2, {"unit": "%"}),
    (N, ["42"], "forty two", 2, {}),
    (N, ["42"], "42.", 2, {}),
    (N, ["42"], "Ans: 42", 2, {}),
    (N, ["42"], "answer = 42", 2, {}),
    (N, ["42"], "40 + 2", 0, {}),
    (N, ["42"], "41 42", 0, {}),
    (N, ["42"], "24", 0, {}),
    (N, ["42"], "42 x", 2, {}),
    (N, ["42"], "4 2", "a person", {}),
    (N, ["15"], "15 Ω", 2, {"unit": "ohm"}),
    (N, ["15"], "15 ohms", 2, {"unit": "ohm"}),
    (N, ["15"], "R = V/I = 6/0.4 = 15Ω", 2, {"unit": "ohm"}),
    (N, ["15"], "0.015 kΩ", 2, {"unit": "ohm"}),
    (N, ["15"], "15 V", 1, {"unit": "ohm"}),
    (N, ["2.5"], "2 h 30 min", 2, {"unit": "h"}),
    (N, ["2.5"], "2 hours 30 minutes", 2, {"unit": "h"}),
    (N, ["2.5"], "150 min", 2, {"unit": "h"}),
    (N, ["0.05"], "5 x 10-2", "a person", {}),
    (N, ["3.14"], "π", 2, {}),
    (N, ["3.14"], "3.1416", 2, {}),
    (N, ["3.1"], "3.14", 2, {}),
    (N, ["100"], "1 hundred", 2, {}),
    (N, ["100"], "l00", "a person", {}),
    (N, ["100"], "1OO", "a person", {}),
    (N, ["298"], "298 K", 2, {"unit": "K"}),
    (N, ["4.2"], "4.2 J/g°C", 2, {"unit": "J/(g*delta_degC)"}),
    (N, ["4.2"], "4.2 J/(g K)", 2, {"unit": "J/(g*K)"}),
    (N, ["4.2"], "4200 J/kg/K", 2, {"unit": "J/(g*K)"}),
    (N, ["0.5"], "0.5 mol", 2, {"unit": "mol"}),
    (N, ["0.5"], "0.5 moles", 2, {"unit": "mol"}),
    (N, ["0.5"], "0.5 mol dm-3", 2, {"unit": "mol/dm^3"}),
    (N, ["0.5"], "0.5 M", 2, {"unit": "mol/dm^3"}),
    (N, ["0.5"], "0.5 mol/L", 2, {"unit": "mol/dm^3"}),
    (QuestionType.CHOICE, ["B"], "B", 2, {}),
    (QuestionType.CHOICE, ["B"], "b)", 2, {}),
    (QuestionType.CHOICE, ["B"], "(B)", 2, {}),
    (QuestionType.CHOICE, ["B"], "B. carbon dioxide", 2, {"options": [("A", "oxygen"), ("B", "carbon dioxide")]}),
    (QuestionType.CHOICE, ["B"], "carbon dioxide", 2, {"options": [("A", "oxygen"), ("B", "carbon dioxide")]}),
    (QuestionType.CHOICE, ["B"], "option B", 2, {}),
    (QuestionType.CHOICE, ["B"], "Ans - B", 2, {}),
    (QuestionType.CHOICE, ["B"], "the answer is B", 2, {}),
    (QuestionType.CHOICE, ["B"], "B because it is taken in", 2, {}),
    (QuestionType.CHOICE, ["B"], "A", 0, {}),
    (QuestionType.CHOICE, ["B"], "A and B", "nothing, and a person", {}),
    (QuestionType.CHOICE, ["B"], "A B", "nothing, and a person", {}),
    (QuestionType.CHOICE, ["B"], "8", "a person", {}),
    (
        QuestionType.CHOICE,
        ["B"],
        "A carbon dioxide",
        "a person",
        {"options": [("A", "oxygen"), ("B", "carbon dioxide")]},
    ),
    (QuestionType.CHOICE, ["A", "C"], "A, C", 2, {}),
    (QuestionType.CHOICE, ["A", "C"], "AC", 2, {}),
    (QuestionType.CHOICE, ["A", "C"], "C and A", 2, {}),
    (QuestionType.CHOICE, ["A", "C"], "A", 0, {}),
    (QuestionType.CHOICE, ["A", "C"], "A", 1, {"partial": True}),
    (QuestionType.CHOICE, ["A", "C"], "A B C", "at most half", {"partial": True}),
    (QuestionType.TRUE_FALSE, ["true"], "T", 2, {}),
    (QuestionType.TRUE_FALSE, ["true"], "TRUE", 2, {}),
    (QuestionType.TRUE_FALSE, ["true"], "yes", 2, {}),
    (QuestionType.TRUE_FALSE, ["true"], "✓", 2, {}),
    (QuestionType.TRUE_FALSE, ["true"], "True, because sound is faster in water", 2, {}),
    (QuestionType.TRUE_FALSE, ["true"], "F", 0, {}),
    (QuestionType.TRUE_FALSE, ["true"], "not true", 0, {}),
    (QuestionType.TRUE_FALSE, ["true"], "Correct", 2, {}),
    (QuestionType.TRUE_FALSE, ["true"], "T/F", "nothing, and a person", {}),
    (QuestionType.TRUE_FALSE, ["false"], "False - it is slower", 2, {}),
    (QuestionType.EXACT, ["mitochondria"], "mitochondria", 2, {}),
    (QuestionType.EXACT, ["mitochondria"], "the Mitochondria", 2, {}),
    (QuestionType.EXACT, ["mitochondria"], "mitocondria", "a person", {}),
    (QuestionType.EXACT, ["mitochondria"], "nucleus", 0, {}),
    (QuestionType.EXACT, ["oxygen", "O2"], "O2", 2, {}),
    (QuestionType.EXACT, ["oxygen", "O2"], "O₂", 2, {}),
    (QuestionType.EXACT, ["oxygen", "O2"], "02", "a person", {}),
    (QuestionType.EXACT, ["oxygen"], "it is oxygen", 2, {}),
    (QuestionType.EXACT, ["oxygen"], "not oxygen", 0, {}),
    (QuestionType.EXACT, ["Paris"], "PARIS.", 2, {}),
    (QuestionType.EXACT, ["New Delhi"], "New  Delhi", 2, {}),
    (QuestionType.EXACT, ["Na+"], "Na+", 2, {}),
]


def as_a_teacher_would(
    kind: QuestionType, right: list[str], written: str, wanted: float | str, entry: dict[str, Any]
) -> None:
    """Marks an answer and holds it against what is wanted."""
    named = entry.get("options") or (
        [(label, f"thing {label}") for label in "ABCD"] if kind is QuestionType.CHOICE else []
    )
    question = Question("1", "1", kind, "Which?", 2, tuple(Option(label, text) for label, text in named))
    rest = {name: value for name, value in entry.items() if name != "options"}
    found = mark_sheet(
        paper(question),
        scheme(SchemeEntry("1", kind, 2, answers=tuple(right), **rest)),
        sheet(answer("1", written)),
        free_text_marker=KeyPointMarker(),
    ).questions[0]
    match wanted:
        case "a person":
            assert found.review, found.reason
        case "nothing, and a person":
            assert found.review and not found.marks, found.reason
        case "at most half":
            assert (found.marks or 0) <= 1, found.reason
        case _:
            assert found.marks == wanted, found.reason


@pytest.mark.parametrize(("kind", "right", "written", "wanted", "entry"), CASES)
def test_an_answer_gets_what_a_teacher_gives(
    kind: QuestionType, right: list[str], written: str, wanted: float | str, entry: dict[str, Any]
) -> None:
    as_a_teacher_would(kind, right, written, wanted, entry)
