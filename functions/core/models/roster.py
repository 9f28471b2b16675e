"""Who sits an assessment: the names and numbers that a sheet's own name line is checked against."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
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


# Letters that Unicode does not take apart into a base letter and an accent.
_BASE_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ŋ": "ng"}
)
# How names are written where a keyboard or a file system has no such letter.
_LONG_FORMS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
# Letters of their own, although Unicode takes them apart into another letter and a mark.
_CYRILLIC_LETTERS = frozenset("йїўѓќ")
_VARIATION_SELECTOR = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_APOSTROPHES = re.compile(r"['’ʼ`´]")


def normalize_name(text: str) -> str:
    """Without accents, case and signs, so that "José-María" and "jose maria" are one.

    Only Latin, Greek and Cyrillic letters lose their accents. In other scripts a mark makes another letter or is a
    vowel ("だ" is not "た"), so a name in them keeps its marks.
    """
    normalized = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold().translate(_BASE_LETTERS))
    letters: list[str] = []
    keeps_marks = False
    for char in normalized:
        category = unicodedata.category(char)
        if category == "Cf" or _VARIATION_SELECTOR.match(char):
            continue  # nobody sees it
        if category.startswith("M"):
            letters.append(char if keeps_marks else "")
            continue
        base = _base_letter(char)
        keeps_marks = char.isalpha() and base is None
        letters.append(base or (char if char.isalnum() else " "))
    return " ".join("".join(letters).split())


@lru_cache(maxsize=4096)
def _base_letter(char: str) -> str | None:
    """A Latin, Greek or Cyrillic letter without its accents; None for any other character."""
    if char in _CYRILLIC_LETTERS:
        return char
    base = unicodedata.normalize("NFD", char)[0]
    return base if unicodedata.name(base, "").startswith(("LATIN ", "GREEK ", "CYRILLIC ")) else None


def has_base_letters_only(word: str) -> bool:
    """Whether a word of `plain` is written in Latin, Greek or Cyrillic letters (and digits). In other scripts a
    character is a syllable or a word, and one that differs makes another name."""
    return all(_base_letter(char) for char in word if not char.isdecimal())


def _name_spellings(text: str) -> set[tuple[str, ...]]:
    """The words of a text in alphabetical order, in every spelling that is usual ("Müller" as Muller and Mueller)."""
    casefolded = unicodedata.normalize("NFKC", text).casefold()
    forms = {casefolded, casefolded.translate(_LONG_FORMS)}
    forms |= {_APOSTROPHES.sub("", form) for form in forms}
    found = {tuple(sorted(normalize_name(form).split())) for form in forms}
    return found - {()}


@dataclass(frozen=True, slots=True)
class StudentMatcher:
    """A class list, prepared for many labels. Built by `matcher`."""

    labels: Mapping[str, Student]
    numbers: Mapping[str, frozenset[Student]]
    spellings: Mapping[tuple[str, ...], frozenset[Student]]

    def match(self, label: str) -> Student | None:
        """The one student whom the label names; None where that is nobody, or might be two."""
        exact = self.labels.get(unicodedata.normalize("NFC", label))
        if exact is not None:
            return exact
        found = {student for words in _name_spellings(label) for student in self.spellings.get(words, ())}
        found |= self.numbers.get(normalize_name(label), frozenset())
        return found.pop() if len(found) == 1 else None


def build_student_matcher(roster: Roster) -> StudentMatcher:
    numbers: dict[str, set[Student]] = {}
    spellings: dict[tuple[str, ...], set[Student]] = {}
    for student in roster.students:
        number = normalize_name(student.number)
        if number:
            numbers.setdefault(number, set()).add(student)
        for words in _name_spellings(student.label) | _name_spellings(student.name):
            spellings.setdefault(words, set()).add(student)
            spellings.setdefault(tuple(sorted((*words, *number.split()))), set()).add(student)
    return StudentMatcher(
        labels={unicodedata.normalize("NFC", student.label): student for student in roster.students},
        numbers={number: frozenset(students) for number, students in numbers.items()},
        spellings={words: frozenset(students) for words, students in spellings.items()},
    )
