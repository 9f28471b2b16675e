"""How far marks lie from those that a teacher gave by hand (`samples/expected.json`)."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.labels import spoken
from local import wording
from local.deliveries import Delivery

_TOLERANCE = 1.0


@dataclass(frozen=True, slots=True)
class Expected:
    """One sheet's marks by hand: question ("4(a)" → "4a") → marks, for those that count."""

    path: Path
    student: str
    marks: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`compared` questions that the marker decided by itself, `exact` and `within` one mark among them;
    `reviewed` it sent to review; `apart` names each that is further off, in words."""

    compared: int
    exact: int
    within: int
    reviewed: int
    apart: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        return self.compared > 0 and not self.apart


def read_expected(path: Path) -> list[Expected]:
    document = json.loads(path.read_text(encoding="utf-8"))
    return [
        Expected(
            path.parent / sheet["file"],
            sheet["student"],
            {_key(question["question"]): question["marks"] for question in sheet["questions"] if question["counted"]},
        )
        for sheet in document["sheets"]
    ]


def compare(sheets: Sequence[Delivery], expected: Sequence[Expected]) -> Comparison:
    """Every question that the teacher counted. One without any mark from us is apart, unless it is in review."""
    by_student = {sheet.student: sheet for sheet in sheets}
    compared = exact = within = reviewed = 0
    apart: list[str] = []
    for wanted in expected:
        sheet = by_student.get(wanted.student)
        found = {_key(mark.question): mark for mark in reversed(sheet.marks)} if sheet else {}
        for question, marks in wanted.marks.items():
            mark = found.get(question)
            if mark and mark.review:
                reviewed += 1
                continue
            compared += 1
            if mark is None or mark.marks is None or abs(mark.marks - marks) > _TOLERANCE:
                given = wording.number(mark.marks) if mark else "no mark"
                name = spoken(mark.question) if mark else question
                apart.append(f"{wanted.student} {name}: {given} instead of {wording.number(marks)}")
                continue
            within += 1
            exact += mark.marks == marks
    return Comparison(compared, exact, within, reviewed, tuple(apart))


def _key(question: str) -> str:
    return "".join(re.findall(r"[0-9A-Za-z]+", question)).lower()
