"""Who sits an assessment: the names and numbers that a sheet's own name line is checked against."""

from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Student:
    """`label` is how the student is called everywhere; `name` and `number` are what may stand on a sheet."""

    label: str
    name: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class Roster:
    """The students of one assessment, each label once."""

    students: tuple[Student, ...]

    def to_dict(self) -> dict[str, Any]:
        return {"students": [{"label": one.label, "name": one.name, "number": one.number} for one in self.students]}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        return cls(tuple(Student(one["label"], one["name"], one["number"]) for one in data["students"]))


def roster_key(tenant: str, assessment: str) -> str:
    """Where a roster lies. One key for all its versions: it names people, so older ones are to go by themselves."""
    return f"assessments/{tenant}/{assessment}/roster.json"
